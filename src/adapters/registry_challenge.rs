//! Reads `WWW-Authenticate` (RFC 9110, section 11.6.1): several challenges in one header or in several, quoted or not.

/// A way to prove who one is that a registry offers.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// In lower case: `basic`, `bearer`.
    pub scheme: String,
    /// Names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// All challenges of one header's value. What is no challenge is left out.
pub fn read(value: &str) -> Vec<Challenge> {
    let mut all: Vec<Challenge> = Vec::new();
    let mut rest = value;
    // A word right after a scheme, without `=`, is its token68 and no scheme of its own.
    let mut after_scheme = false;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        if let Some(next) = trimmed.strip_prefix(',') {
            (rest, after_scheme) = (next, false);
            continue;
        }
        let end = trimmed.find([' ', '\t', ',', '=']).unwrap_or(trimmed.len());
        if trimmed.is_empty() {
            return all;
        }
        let (word, behind) = trimmed.split_at(end);
        let behind = behind.trim_start_matches([' ', '\t']);
        if let Some(given) = behind.strip_prefix('=') {
            let (said, next) = value_of(given.trim_start_matches([' ', '\t']));
            if let Some(challenge) = all.last_mut() {
                challenge.parameters.push((word.to_ascii_lowercase(), said));
            }
            (rest, after_scheme) = (next, false);
            continue;
        }
        if !after_scheme {
            all.push(Challenge {
                scheme: word.to_ascii_lowercase(),
                parameters: Vec::new(),
            });
        }
        (rest, after_scheme) = (behind, !after_scheme);
    }
}

/// A quoted string with its escapes, or everything up to the next comma or blank: registries leave the quotes out around addresses too.
fn value_of(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut said, mut escaped) = (String::new(), false);
    for (at, sign) in inner.char_indices() {
        match sign {
            _ if escaped => {
                said.push(sign);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (said, &inner[at + 1..]),
            _ => said.push(sign),
        }
    }
    (said, "")
}
