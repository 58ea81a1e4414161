//! Values of header fields (RFC 5322), encoded where they hold more than ASCII (RFC 2047) and folded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A name with an address, as `From`, `To` and `Reply-To` have it. The name is quoted only where it must be: Gmail drops quotes that are not
/// needed, and a signature fails.
pub fn mailbox(name: Option<&str>, address: &str) -> String {
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        None => address.to_owned(),
        Some(name) => {
            let name = if !name.is_ascii() || name.contains("=?") {
                encoded(name)
            } else if name.split(' ').all(is_atom) {
                name.to_owned()
            } else {
                format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
            };
            folded(&format!("{name} <{address}>"))
        }
    }
}

/// Text such as a subject.
pub fn text(text: &str) -> String {
    if text.is_ascii() && !text.contains("=?") {
        folded(text)
    } else {
        encoded(text)
    }
}

fn is_atom(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
}

/// Encoded words of at most 75 characters, each of whole letters.
fn encoded(text: &str) -> String {
    const MOST: usize = 42;
    let mut words: Vec<String> = vec![String::new()];
    for letter in text.chars() {
        if words.last().map_or(0, String::len) + letter.len_utf8() > MOST {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let words = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    words.collect::<Vec<_>>().join("\r\n ")
}

/// Lines of at most 78 characters where there are spaces.
fn folded(text: &str) -> String {
    const MOST: usize = 64;
    let (mut out, mut line) = (String::with_capacity(text.len() + 8), 0);
    for (place, word) in text.split(' ').enumerate() {
        if place > 0 && line + word.len() >= MOST && !word.is_empty() {
            out.push_str("\r\n ");
            line = 0;
        } else if place > 0 {
            out.push(' ');
        }
        out.push_str(word);
        line += word.len() + 1;
    }
    out
}
