//! Package URLs (ECMA-427): what identifies a package across ecosystems.

/// `pkg:npm/%40babel/core@7.1.0?a=b#c`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purl {
    /// In lower case: `npm`, `deb`.
    pub kind: String,
    /// Decoded: `@babel`, `debian`. Empty where there is none.
    pub namespace: String,
    pub name: String,
    /// Decoded. Empty where there is none.
    pub version: String,
}

/// `None` where it is none.
pub fn read(text: &str) -> Option<Purl> {
    let rest = text.trim().strip_prefix("pkg:")?.trim_start_matches('/');
    let rest = rest.split(['?', '#']).next()?;
    let (kind, path) = rest.split_once('/')?;
    // Some write the `@` of an npm scope as it is: the version begins at the first one that begins no segment.
    let at = path
        .match_indices('@')
        .map(|(at, _)| at)
        .find(|at| *at > 0 && path.as_bytes()[at - 1] != b'/');
    let (path, version) = match at {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (path, ""),
    };
    let kind = kind.to_ascii_lowercase();
    let mut path = decoded(path.trim_matches('/'));
    if matches!(kind.as_str(), "pypi" | "github" | "bitbucket" | "deb") {
        path = path.to_lowercase();
    }
    if kind == "pypi" {
        path = path.replace(['_', '.'], "-");
    }
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", &path));
    (!kind.is_empty() && !name.is_empty()).then(|| Purl {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: decoded(version),
        kind,
    })
}

impl Purl {
    /// What stays the same from release to release.
    pub fn identity(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    /// The package as people of its ecosystem call it.
    pub fn shown(&self) -> String {
        match (self.kind.as_str(), self.namespace.as_str()) {
            // The namespace is the distribution.
            (_, "") | ("deb" | "rpm" | "apk" | "alpm", _) => self.name.clone(),
            ("maven", namespace) => format!("{namespace}:{}", self.name),
            (_, namespace) => format!("{namespace}/{}", self.name),
        }
    }
}

/// Percent-encoding undone, where it is UTF-8; else as it is.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let pair = bytes
            .get(at + 1..at + 3)
            .filter(|pair| *byte == b'%' && pair.iter().all(u8::is_ascii_hexdigit))
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(pair.unwrap_or(*byte));
        at += if pair.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
