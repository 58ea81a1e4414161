//! What one line says: the version it names, its date, and how surely it heads a release.

use chrono::NaiveDate;

use super::dates::date_in;
use crate::diag::Span;
use crate::model::Version;

/// How surely a line heads a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Words before the version: `Socket.IO 2.0`.
    Titled,
    /// Words after it: `2.0.0 - The big one`.
    Followed,
    /// A version, with nothing but a date and the usual words about it.
    Plain,
}

/// A version (or `Unreleased`) that a line names. Spans are in the line.
#[derive(Clone, Debug)]
pub struct Named {
    pub version: Option<Version>,
    pub version_span: Span,
    pub package: Option<Box<str>>,
    pub date: Option<(Span, NaiveDate)>,
    pub yanked: bool,
    pub unreleased: bool,
    pub strength: Strength,
    /// The words before the version, in lower case: what a file that writes `Socket.IO 2.0` repeats.
    pub title: String,
}

/// A line longer than this heads nothing.
const LONGEST: usize = 300;

/// Words that may stand around a version without making the line about something else.
const USUAL: &[&str] = &[
    "version", "release", "released", "releases", "ver", "v", "the", "on", "at", "date", "tag", "tagged", "of", "and", "a", "as", "stable",
    "published", "out", "new", "in", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "latest", "current", "npm", "patch", "minor", "major", "lts", "alpha", "beta", "rc", "hotfix", "utc", "gmt", "pre",
    "final", "prerelease", "initial", "first", "public", "maintenance", "bugfix", "security", "preview", "next", "edge", "by",
];

/// Words before a version that still make the line its heading: `CHANGES WITH 5.3.0:`, `What's new in 2.0`.
const LEADING: &[&str] = &["changes", "with", "for", "what", "s", "what's", "notes", "changelog", "changed", "news", "history", "to"];

/// Words that make a line speak about another version than its own.
const ABOUT: &[&str] = &[
    "since", "from", "upgrade", "upgrading", "upgrades", "migrate", "migrating", "migration", "before", "until", "after", "than", "requires",
    "require", "required", "support", "supports", "supported", "prior", "older", "earlier", "below", "above", "bump", "bumped", "bumps",
    "update", "updated", "updates", "instead", "use", "using", "x", "node", "python", "msrv", "rust", "rustc", "via", "drop", "dropped",
    "backport", "backported", "compatibility", "compatible", "breaking", "differences", "why", "how", "issue", "pr", "section", "step",
    "dependencies", "dependency", "http", "https", "es", "deprecated", "removed", "highlights", "contributors",
];

const YANKED: &[&str] = &["yanked", "yank", "withdrawn", "retracted", "unpublished", "recalled", "revoked", "pulled"];

const UNRELEASED: &[&str] = &[
    "unreleased", "upcoming", "head", "main", "master", "trunk", "wip", "tbd", "tba", "unpublished", "development", "dev", "pending", "next",
    "future", "draft", "planned", "nightly", "snapshot", "develop", "releasedate",
];

const UNRELEASED_PHRASES: &[&str] = &[
    "not yet released", "not released", "un-released", "in progress", "in development", "under development", "to be released",
    "to be announced", "not published", "xxxx-xx-xx", "yyyy-mm-dd", "????-??-??", "xx-xx", "unrelease", "??",
];

/// Judges one line of plain text (markup removed).
pub fn judge(line: &str) -> Vec<Named> {
    if line.len() > LONGEST || line.trim().is_empty() {
        return Vec::new();
    }
    let lower = line.to_ascii_lowercase();
    let versions = versions_in(line);
    match versions.as_slice() {
        [] => unreleased_alone(&lower).into_iter().collect(),
        [first, others @ ..] => {
            let Some(named) = around(line, &lower, first) else { return Vec::new() };
            let mut all = vec![named];
            all.extend(joined(line, first, others, &all[0]));
            all
        }
    }
}

/// `1.2.3 / 1.1.9`, `0.1.0 and 0.2.0`: further versions in the same heading, joined by nothing but a sign.
fn joined(line: &str, first: &Found, others: &[Found], named: &Named) -> Vec<Named> {
    let mut end = first.span.end;
    let mut all = Vec::new();
    for other in others {
        if !line.get(end..other.whole.start).is_some_and(joins) {
            break;
        }
        end = other.span.end;
        all.push(Named { version: Some(other.version.clone()), version_span: other.span, package: other.package.clone(), ..named.clone() });
    }
    all
}

/// A sign between two versions, and at most the name of a package: ` / `, ` and `, ` (core), `, `, lock_api `.
fn joins(gap: &str) -> bool {
    let separated = |c: char| c.is_whitespace() || "[]()`*".contains(c);
    let gap = gap.replace(',', " , ");
    let words: Vec<&str> = gap.split(separated).filter(|word| !word.is_empty()).collect();
    let signs = words.iter().filter(|word| matches!(**word, "/" | "," | "&" | "and" | "+" | "|" | ";")).count();
    let name = |word: &&&str| word.contains(['_', '-']) && word.len() > 2;
    signs == 1 && words.len() - signs == words.iter().filter(name).count().min(1)
}

/// A version in a line: the version itself, and with its `v` and package name.
struct Found {
    version: Version,
    span: Span,
    whole: Span,
    package: Option<Box<str>>,
    /// Only a number: `3`. Believed where a word or sign says that it is a version.
    bare: bool,
}

/// Every version in the line that is not a date beside another version.
fn versions_in(line: &str) -> Vec<Found> {
    let date = date_in(line).map(|(span, _)| span);
    let found = scan(line);
    let outside = |f: &Found| date.is_none_or(|d| f.span.start >= d.end || f.span.end <= d.start);
    if found.iter().any(&outside) { found.into_iter().filter(outside).collect() } else { found.into_iter().filter(|f| f.span.end - f.span.start > 4).collect() }
}

fn scan(line: &str) -> Vec<Found> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_digit() && boundary_before(line, at).is_some();
        if !starts {
            at += 1;
            continue;
        }
        let end = version_end(bytes, at);
        if let Some(one) = found_at(line, at, end) {
            found.push(one);
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
        Some(b' ' | b'\t' | b'\n' | b'[' | b'(' | b'"' | b'\'' | b'`' | b'*' | b'_' | b'~' | b'<' | b'>' | b':' | b'=' | b',' | b'|' | b'{' | b'!') => Some(start),
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
    let core = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let dots = text[..core].trim_end_matches('.').matches('.').count();
    let has_v = token < at;
    let bracketed = token > 0 && bytes[token - 1] == b'[' && bytes.get(end) == Some(&b']');
    if text.contains("..") || text.ends_with(".x") || text.contains(".x-") || text.contains(".x.") {
        return None;
    }
    let worded = || {
        let before = line[..token].trim_end().to_ascii_lowercase();
        before.ends_with("version") || before.ends_with("release")
    };
    let bare = dots == 0;
    if bare && (!(has_v || bracketed || worded()) || text.bytes().any(|b| !b.is_ascii_digit() && b != b'-') || core > 8) {
        return None;
    }
    let odd_tail = text[core..].trim_start_matches(['-', '+', '_', '.']);
    if !odd_tail.is_empty() && core > 0 && text.as_bytes()[core].is_ascii_alphabetic() && !pre_release_word(odd_tail) {
        return None;
    }
    let version = Version::read(text)?;
    let (package, whole) = package_before(line, token);
    Some(Found { version, span: Span::new(at, end), whole: Span::new(whole, end), package, bare: bare && !bracketed })
}

/// `1.2.3-2020-01-02`, `0.4.0-2015.10.12`: a date glued behind a version is not its pre-release.
fn without_date_tail(text: &str, at: usize, end: usize) -> (&str, usize) {
    let Some(dash) = text.find(['-', '_']) else { return (text, end) };
    let tail = &text[dash + 1..];
    let dated = date_in(tail).is_some_and(|(span, _)| span.start == 0 && span.end == tail.len());
    if dated && text[..dash].contains('.') { (&text[..dash], at + dash) } else { (text, end) }
}

/// Letters right behind the number (`18.3a0`, `1.0rc1`) are a pre-release when they are one of the usual words.
fn pre_release_word(tail: &str) -> bool {
    let letters: String = tail.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    matches!(letters.as_str(), "a" | "b" | "c" | "rc" | "alpha" | "beta" | "dev" | "post" | "pre" | "preview" | "p" | "r" | "d" | "final" | "ga" | "next" | "canary")
}

/// `agent@1.2.3`, `@scope/agent@1.2.3`, `agent-v1.2.3`, `agent/v1.2.3`: the package, and where it starts.
fn package_before(line: &str, token: usize) -> (Option<Box<str>>, usize) {
    let bytes = line.as_bytes();
    let Some(joint) = token.checked_sub(1).filter(|at| matches!(bytes[*at], b'@' | b'-' | b'/' | b'#')) else { return (None, token) };
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.' | b'@');
    let start = (0..joint).rev().find(|at| !name(bytes[*at])).map_or(0, |at| at + 1);
    let package = line[start..joint].trim_matches('-');
    if package.is_empty() || package.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return (None, token);
    }
    let usual = USUAL.contains(&package.to_ascii_lowercase().as_str());
    (if usual { None } else { Some(package.into()) }, start)
}

/// Judges what stands around the first version.
fn around(line: &str, lower: &str, found: &Found) -> Option<Named> {
    let date = date_in(&line[found.span.end..])
        .map(|(span, date)| (span.shifted(found.span.end), date))
        .or_else(|| date_in(&line[..found.whole.start]));
    let before = words(&lower[..found.whole.start], date.map(|(span, _)| span), 0);
    let after = words(&lower[found.span.end..], date.map(|(span, _)| span), found.span.end);
    if before.iter().any(|w| ABOUT.contains(&w.as_str())) || is_range(&lower[found.span.end..]) {
        return None;
    }
    let yanked = struck(line) || before.iter().chain(&after).any(|w| YANKED.contains(&w.as_str())) || lower.contains("do not use");
    let unreleased = says_unreleased(&lower[found.span.end..], &after) || before.iter().any(|w| w == "unreleased");
    let unusual = |w: &&String| !USUAL.contains(&w.as_str()) && !YANKED.contains(&w.as_str()) && !UNRELEASED.contains(&w.as_str());
    let unusual_before: Vec<&String> = before.iter().filter(unusual).filter(|w| !LEADING.contains(&w.as_str())).collect();
    let unusual_after = after.iter().filter(unusual).count();
    let strength = match (unusual_before.len(), unusual_after) {
        (0, 0) => Strength::Plain,
        (0, _) if found.bare => return None,
        (0, _) if unreleased || yanked => Strength::Plain,
        (0, _) => Strength::Followed,
        (1..=4, 0) => Strength::Titled,
        (1..=2, _) if date.is_some() => Strength::Titled,
        _ => return None,
    };
    if strength == Strength::Titled && found.bare {
        return None;
    }
    Some(Named {
        version: Some(found.version.clone()),
        version_span: found.span,
        package: found.package.clone(),
        date,
        yanked,
        unreleased,
        strength,
        title: unusual_before.iter().map(|w| w.as_str()).collect::<Vec<_>>().join(" "),
    })
}

/// `1.0 to 2.0`, `1.x → 2.x`, `1.0 -> 2.0`: about two versions, so the heading of neither.
fn is_range(after: &str) -> bool {
    let after = after.trim_start_matches([']', ')', '`', ' ']);
    ["to ", "→", "->", "=>", "through ", "until ", "vs"].iter().any(|sign| after.starts_with(sign)) && after.contains(|c: char| c.is_ascii_digit())
}

fn struck(line: &str) -> bool {
    line.trim_start().starts_with("~~")
}

/// The words of a part of the line, the date left out.
fn words(part: &str, date: Option<Span>, offset: usize) -> Vec<String> {
    let letter = |c: char| c.is_alphanumeric() || c == '\'' || c == '’';
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(start) = part[at..].find(letter).map(|s| s + at) {
        let end = part[start..].find(|c| !letter(c)).map_or(part.len(), |e| e + start);
        let in_date = date.is_some_and(|d| d.start < offset + end && offset + start < d.end);
        let ordinal = matches!(&part[start..end], "st" | "nd" | "rd" | "th");
        let digits = part[start..end].bytes().all(|b| b.is_ascii_digit()) || is_time(&part[start..end]);
        if !in_date && !ordinal && !digits {
            words.push(part[start..end].replace('’', "'"));
        }
        at = end;
    }
    words
}

/// Pieces of a time of day or a zone: `t14`, `30z`, `0500`.
fn is_time(word: &str) -> bool {
    let inner = word.trim_start_matches('t').trim_end_matches('z');
    inner.bytes().all(|b| b.is_ascii_digit()) && (inner.len() < word.len()) && word.len() <= 7
}

fn says_unreleased(after: &str, words: &[String]) -> bool {
    UNRELEASED_PHRASES.iter().any(|phrase| after.contains(phrase))
        || words.iter().any(|w| matches!(w.as_str(), "unreleased" | "upcoming" | "tbd" | "tba" | "wip" | "pending" | "releasedate"))
}

/// `[Unreleased]`, `Next`, `Upcoming release`: no version, and nothing but such words.
fn unreleased_alone(lower: &str) -> Option<Named> {
    let words = words(lower, None, 0);
    let fits = |w: &String| UNRELEASED.contains(&w.as_str()) || USUAL.contains(&w.as_str()) || matches!(w.as_str(), "changes" | "yet" | "not" | "branch" | "to" | "be" | "is");
    let said = words.iter().any(|w| UNRELEASED.contains(&w.as_str())) || UNRELEASED_PHRASES.iter().any(|phrase| lower.contains(phrase));
    let sure = words.iter().any(|w| w == "unreleased");
    if words.is_empty() || words.len() > 8 || !said || !(words.iter().all(fits) || (sure && words.len() <= 4)) {
        return None;
    }
    let start = lower.find(words[0].as_str()).unwrap_or(0);
    Some(Named {
        version: None,
        version_span: Span::new(start, lower.trim_end().len().max(start)),
        package: None,
        date: None,
        yanked: false,
        unreleased: true,
        strength: Strength::Plain,
        title: String::new(),
    })
}
