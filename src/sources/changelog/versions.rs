//! Where versions stand in a line, and what of it is a date or a package name.

use crate::diag::Span;
use crate::model::Version;
use crate::sources::changelog::dates::date_in;
use crate::sources::changelog::heading::USUAL;

/// A version in a line: the version itself, and with its `v` and package name.
pub struct Found {
    pub version: Version,
    pub span: Span,
    pub whole: Span,
    pub package: Option<Box<str>>,
    /// Only a number: `3`. Believed where a word or sign says that it is a version.
    pub bare: bool,
}

/// Every version in the line that is not a date beside another version.
pub fn versions_in(line: &str, date: Option<Span>) -> Vec<Found> {
    let found = scan(line, date);
    if found.is_empty() && date.is_some() {
        scan(line, None)
            .into_iter()
            .filter(|f| f.span.end - f.span.start > 4)
            .collect()
    } else {
        found
    }
}

/// The versions outside `skip`.
fn scan(line: &str, skip: Option<Span>) -> Vec<Found> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(skip) = skip.filter(|skip| skip.contains(at)) {
            at = skip.end;
            continue;
        }
        if !bytes[at].is_ascii_digit() || boundary_before(line, at).is_none() {
            at += 1;
            continue;
        }
        let end = version_end(bytes, at);
        let overlaps = skip.is_some_and(|skip| at < skip.start && skip.start < end);
        match found_at(line, at, end) {
            Some(one) if !overlaps || skip.is_some_and(|skip| one.span.end <= skip.start) => {
                found.push(one)
            }
            _ => {}
        }
        at = end.max(at + 1);
    }
    found
}

/// Where the token that the digits at `at` belong to starts, if a version may start here: after a space, a bracket, a
/// `v`, or a package name with `@`, `-`, `/` or `#`.
fn boundary_before(line: &str, at: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut start = at;
    if start > 1 && bytes[start - 1] == b'.' && matches!(bytes[start - 2], b'v' | b'V') {
        start -= 2;
    } else if start > 0 && matches!(bytes[start - 1], b'v' | b'V') {
        start -= 1;
    } else if line[..at].ends_with("rel.") || line[..at].ends_with("Ver.") {
        start -= 4;
    }
    match start.checked_sub(1).map(|before| bytes[before]) {
        None => Some(start),
        Some(
            b' ' | b'\t' | b'\n' | b'[' | b'(' | b'"' | b'\'' | b'`' | b'*' | b'_' | b'~' | b'<'
            | b'>' | b':' | b'=' | b',' | b'|' | b'{' | b'!',
        ) => Some(start),
        Some(b'@' | b'/' | b'-' | b'#') => Some(start),
        Some(byte) if byte >= 0x80 => Some(start),
        Some(_) => None,
    }
}

/// The end of the version that starts with the digits at `at`.
fn version_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < bytes.len() {
        let byte = bytes[end];
        let inner = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
        if !inner {
            break;
        }
        end += 1;
    }
    while end > at && !bytes[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    end
}

fn found_at(line: &str, at: usize, end: usize) -> Option<Found> {
    let bytes = line.as_bytes();
    let text = &line[at..end];
    let token = boundary_before(line, at)?;
    let (text, end) = without_date_tail(text, at, end);
    let core = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let dots = text[..core].trim_end_matches('.').matches('.').count();
    let has_v = token < at;
    let bracketed = token > 0 && bytes[token - 1] == b'[' && bytes.get(end) == Some(&b']');
    let wild = |pair: &[u8], next: Option<&u8>| {
        pair == b".." || (pair == b".x" && next.is_none_or(|next| matches!(next, b'-' | b'.')))
    };
    if text
        .as_bytes()
        .windows(2)
        .enumerate()
        .any(|(start, pair)| wild(pair, text.as_bytes().get(start + 2)))
    {
        return None;
    }
    let worded = || {
        let before = line[..token].trim_end().to_ascii_lowercase();
        before.ends_with("version") || before.ends_with("release")
    };
    let bare = dots == 0;
    if bare
        && (!(has_v || bracketed || worded())
            || text.bytes().any(|b| !b.is_ascii_digit() && b != b'-')
            || core > 8)
    {
        return None;
    }
    let odd_tail = text[core..].trim_start_matches(['-', '+', '_', '.']);
    if !odd_tail.is_empty()
        && core > 0
        && text.as_bytes()[core].is_ascii_alphabetic()
        && !pre_release_word(odd_tail)
    {
        return None;
    }
    let version = Version::read(text)?;
    let (package, whole) = package_before(line, token);
    Some(Found {
        version,
        span: Span::new(at, end),
        whole: Span::new(whole, end),
        package,
        bare: bare && !bracketed,
    })
}

/// `1.2.3-2020-01-02`, `0.4.0-2015.10.12`: a date glued behind a version is not its pre-release.
fn without_date_tail(text: &str, at: usize, end: usize) -> (&str, usize) {
    let Some(dash) = text.find(['-', '_']) else {
        return (text, end);
    };
    let tail = &text[dash + 1..];
    let dated = tail.len() >= 8
        && tail.as_bytes()[0].is_ascii_digit()
        && date_in(tail).is_some_and(|(span, _)| span.start == 0 && span.end == tail.len());
    if dated && text[..dash].contains('.') {
        (&text[..dash], at + dash)
    } else {
        (text, end)
    }
}

/// Letters right behind the number (`18.3a0`, `1.0rc1`) are a pre-release when they are one of the usual words.
fn pre_release_word(tail: &str) -> bool {
    let letters: String = tail
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(
        letters.as_str(),
        "a" | "b"
            | "c"
            | "rc"
            | "alpha"
            | "beta"
            | "dev"
            | "post"
            | "pre"
            | "preview"
            | "p"
            | "r"
            | "d"
            | "final"
            | "ga"
            | "release"
            | "next"
            | "canary"
    )
}

/// `agent@1.2.3`, `@scope/agent@1.2.3`, `agent-v1.2.3`, `agent/v1.2.3`: the package, and where it starts.
fn package_before(line: &str, token: usize) -> (Option<Box<str>>, usize) {
    let bytes = line.as_bytes();
    let Some(joint) = token
        .checked_sub(1)
        .filter(|at| matches!(bytes[*at], b'@' | b'-' | b'/' | b'#'))
    else {
        return (None, token);
    };
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.' | b'@');
    let start = (0..joint)
        .rev()
        .find(|at| !name(bytes[*at]))
        .map_or(0, |at| at + 1);
    let package = line[start..joint].trim_matches('-');
    if package.is_empty() || package.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return (None, token);
    }
    let channel = matches!(
        package.to_ascii_lowercase().as_str(),
        "stable" | "edge" | "nightly" | "canary" | "preview"
    );
    let usual = !channel && USUAL.contains(&package.to_ascii_lowercase().as_str());
    (if usual { None } else { Some(package.into()) }, start)
}
