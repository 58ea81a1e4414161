//! Which of two versions of a package is the newer one, in the order of its ecosystem. Where nothing can be said, nothing is.

use std::cmp::Ordering;

/// `None` where the two cannot be compared: commits, dates in words, two builds of one version.
pub fn order(ecosystem: &str, a: &str, b: &str) -> Option<Ordering> {
    if a.is_empty() || b.is_empty() || is_hash(a) || is_hash(b) {
        return None;
    }
    let order = match ecosystem {
        "deb" | "rpm" | "alpm" => debian(a, b),
        "apk" => debian(&apk(a), &apk(b)),
        "pypi" => debian(&pypi(a), &pypi(b)),
        _ => semantic(a, b)?,
    };
    (order != Ordering::Equal).then_some(order)
}

/// A commit has no order.
fn is_hash(version: &str) -> bool {
    let bare = version.strip_prefix("sha256:").unwrap_or(version);
    bare.len() >= 7
        && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
        && bare.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Alpine's `_rc1` comes before the release, as Debian's `~` does.
fn apk(version: &str) -> String {
    ["_alpha", "_beta", "_pre", "_rc"]
        .iter()
        .fold(version.to_owned(), |version, word| {
            version.replace(word, &format!("~{}", &word[1..]))
        })
}

/// PEP 440 in Debian's order: `1.0rc1` and `1.0.dev1` come before `1.0`, `1!0.1` has an epoch.
fn pypi(version: &str) -> String {
    let version = version.trim_start_matches('v').to_ascii_lowercase();
    let (version, local) = version.split_once('+').unwrap_or((&version, ""));
    let version = version
        .replace('!', ":")
        .replace(".dev", "~~dev")
        .replace(".post", "+post");
    let mut out = String::new();
    for c in version.chars() {
        // `a`, `b`, `rc` right after a digit; `dev` and `post` have their sign already.
        let before = out.chars().last();
        if matches!(c, 'a' | 'b' | 'c' | 'r')
            && before.is_some_and(|before| before.is_ascii_digit())
        {
            out.push('~');
        }
        out.push(c);
    }
    if local.is_empty() {
        out
    } else {
        format!("{out}+{local}")
    }
}

/// Semantic Versioning, with as many parts as there are; else Debian's order, which is right for `1.1.1k` and `2024a`.
fn semantic(a: &str, b: &str) -> Option<Ordering> {
    let split = |version: &str| {
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let version = version.split('+').next().unwrap_or("").to_owned();
        match version.split_once('-') {
            Some((numbers, stage)) => (numbers.to_owned(), Some(stage.to_owned())),
            None => (version, None),
        }
    };
    let numeric = |text: &str| {
        !text.is_empty()
            && text
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let ((a_numbers, a_stage), (b_numbers, b_stage)) = (split(a), split(b));
    if !numeric(&a_numbers) || !numeric(&b_numbers) {
        let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        return (starts(&a_numbers) && starts(&b_numbers)).then(|| debian(a, b));
    }
    let numbers = parts(&a_numbers, &b_numbers);
    if numbers != Ordering::Equal {
        return Some(numbers);
    }
    Some(match (a_stage, b_stage) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => debian(&a, &b),
    })
}

/// Missing parts are zero.
fn parts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => match number(x.unwrap_or("0"), y.unwrap_or("0")) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

/// Numbers of any length.
fn number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Debian's order (`deb-version(7)`): epoch, upstream version, revision; `~` before the end, letters before other signs.
fn debian(a: &str, b: &str) -> Ordering {
    let epoch = |version: &str| match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (epoch.to_owned(), rest.to_owned())
        }
        _ => (String::new(), version.to_owned()),
    };
    let ((a_epoch, a), (b_epoch, b)) = (epoch(a), epoch(b));
    let halves = |version: &str| match version.rsplit_once('-') {
        Some((upstream, revision)) => (upstream.to_owned(), revision.to_owned()),
        None => (version.to_owned(), String::new()),
    };
    let ((a, a_revision), (b, b_revision)) = (halves(&a), halves(&b));
    number(&a_epoch, &b_epoch)
        .then_with(|| runs(&a, &b))
        .then_with(|| runs(&a_revision, &b_revision))
}

/// Runs of other signs and of digits by turns.
fn runs(mut a: &str, mut b: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_alphabetic() => c as i64,
        Some(c) => c as i64 + 0x11_0000,
    };
    while !(a.is_empty() && b.is_empty()) {
        let digit = |c: char| c.is_ascii_digit();
        let (a_word, a_rest) = a.split_at(a.find(digit).unwrap_or(a.len()));
        let (b_word, b_rest) = b.split_at(b.find(digit).unwrap_or(b.len()));
        let (mut x, mut y) = (a_word.chars(), b_word.chars());
        loop {
            let (x, y) = (x.next(), y.next());
            match weight(x).cmp(&weight(y)) {
                Ordering::Equal if x.is_none() && y.is_none() => break,
                Ordering::Equal => {}
                other => return other,
            }
        }
        let other = |c: char| !c.is_ascii_digit();
        let (a_number, a_next) = a_rest.split_at(a_rest.find(other).unwrap_or(a_rest.len()));
        let (b_number, b_next) = b_rest.split_at(b_rest.find(other).unwrap_or(b_rest.len()));
        match number(a_number, b_number) {
            Ordering::Equal => (a, b) = (a_next, b_next),
            order => return order,
        }
    }
    Ordering::Equal
}
