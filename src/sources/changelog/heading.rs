//! What one line says: the version it names, its date, and how surely it heads a release.

use chrono::NaiveDate;

use crate::diag::Span;
use crate::model::Version;
use crate::sources::changelog::dates::date_in;
use crate::sources::changelog::versions::{Found, versions_in};

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
pub const USUAL: &[&str] = &[
    "version",
    "release",
    "released",
    "releases",
    "ver",
    "v",
    "the",
    "on",
    "at",
    "date",
    "tag",
    "tagged",
    "of",
    "and",
    "a",
    "as",
    "stable",
    "published",
    "out",
    "new",
    "in",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "latest",
    "current",
    "npm",
    "patch",
    "minor",
    "major",
    "lts",
    "alpha",
    "beta",
    "rc",
    "hotfix",
    "utc",
    "gmt",
    "pre",
    "final",
    "prerelease",
    "initial",
    "first",
    "public",
    "maintenance",
    "bugfix",
    "security",
    "preview",
    "next",
    "edge",
    "by",
];

/// Words before a version that still make the line its heading: `CHANGES WITH 5.3.0:`, `What's new in 2.0`.
const LEADING: &[&str] = &[
    "changes",
    "with",
    "for",
    "what",
    "s",
    "what's",
    "notes",
    "changelog",
    "changed",
    "news",
    "history",
    "to",
];

/// Words that make a line speak about another version than its own.
const ABOUT: &[&str] = &[
    "since",
    "from",
    "upgrade",
    "upgrading",
    "upgrades",
    "migrate",
    "migrating",
    "migration",
    "before",
    "until",
    "after",
    "than",
    "requires",
    "require",
    "required",
    "support",
    "supports",
    "supported",
    "prior",
    "older",
    "earlier",
    "below",
    "above",
    "bump",
    "bumped",
    "bumps",
    "update",
    "updated",
    "updates",
    "instead",
    "use",
    "using",
    "x",
    "node",
    "python",
    "msrv",
    "rust",
    "rustc",
    "via",
    "drop",
    "dropped",
    "backport",
    "backported",
    "compatibility",
    "compatible",
    "breaking",
    "differences",
    "why",
    "how",
    "issue",
    "pr",
    "section",
    "step",
    "dependencies",
    "dependency",
    "http",
    "https",
    "es",
    "deprecated",
    "removed",
    "highlights",
    "contributors",
];

const YANKED: &[&str] = &[
    "yanked",
    "yank",
    "withdrawn",
    "retracted",
    "unpublished",
    "recalled",
    "revoked",
    "pulled",
];

const UNRELEASED: &[&str] = &[
    "unreleased",
    "upcoming",
    "head",
    "main",
    "master",
    "trunk",
    "wip",
    "tbd",
    "tba",
    "unpublished",
    "development",
    "dev",
    "pending",
    "next",
    "future",
    "draft",
    "planned",
    "nightly",
    "snapshot",
    "develop",
    "releasedate",
];

const UNRELEASED_PHRASES: &[&str] = &[
    "not yet released",
    "not released",
    "un-released",
    "in progress",
    "in development",
    "under development",
    "to be released",
    "to be announced",
    "not published",
    "xxxx-xx-xx",
    "yyyy-mm-dd",
    "????-??-??",
    "xx-xx",
    "unrelease",
    "??",
];

/// Judges one line of plain text (markup removed).
pub fn judge(line: &str, mut found: impl FnMut(Named)) {
    if line.len() > LONGEST || line.trim().is_empty() {
        return;
    }
    if let Some(named) = usual_shape(line) {
        return found(named);
    }
    let date = date_in(line);
    let versions = versions_in(line, date.map(|(span, _)| span));
    match versions.as_slice() {
        [] => unreleased_alone(&line.to_ascii_lowercase())
            .into_iter()
            .for_each(found),
        [first, others @ ..] => {
            let Some(named) = around(line, date, first) else {
                return;
            };
            let others = joined(line, first, others, &named);
            found(named);
            others.into_iter().for_each(found);
        }
    }
}

/// Three of four headings: `[1.2.3] - 2026-11-20`, `v1.2.3 (2026-11-20)`, `1.2.3`. Read without looking around.
fn usual_shape(line: &str) -> Option<Named> {
    let bytes = line.as_bytes();
    let opened = usize::from(bytes.first() == Some(&b'['));
    let start = opened + usize::from(bytes.get(opened) == Some(&b'v'));
    let core = start
        + bytes[start.min(bytes.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit() || **b == b'.')
            .count();
    let pre =
        bytes.get(core) == Some(&b'-') && bytes.get(core + 1).is_some_and(u8::is_ascii_alphabetic);
    let in_pre = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'.' | b'-');
    let end = if pre {
        core + bytes[core..].iter().take_while(in_pre).count()
    } else {
        core
    };
    let dots = bytes
        .get(start..core)?
        .iter()
        .filter(|b| **b == b'.')
        .count();
    let closed = end + usize::from(bytes.get(end) == Some(&b']'));
    let date = match bytes.get(closed..)? {
        [] => None,
        [b' ', b'-' | b'/', b' ', date @ ..] | [b' ', b'(', date @ .., b')']
            if date.len() == 10 =>
        {
            let at = closed + if bytes[closed + 1] == b'(' { 2 } else { 3 };
            Some((Span::new(at, at + 10), iso(date)?))
        }
        _ => return None,
    };
    let version = if dots == 2 && bytes[core - 1] != b'.' {
        Version::read(&line[start..end])?
    } else {
        return None;
    };
    Some(Named {
        version: Some(version),
        version_span: Span::new(start, end),
        package: None,
        date,
        yanked: false,
        unreleased: false,
        strength: Strength::Plain,
        title: String::new(),
    })
}

/// `2026-11-20`
fn iso(bytes: &[u8]) -> Option<NaiveDate> {
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0u32, |n, b| {
            b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0'))
        })
    };
    let dashed = bytes[4] == b'-' && bytes[7] == b'-';
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
        .filter(|_| dashed && (1970..=2200).contains(&year))
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
        all.push(Named {
            version: Some(other.version.clone()),
            version_span: other.span,
            package: other.package.clone(),
            ..named.clone()
        });
    }
    all
}

/// A sign between two versions, and at most the name of a package: ` / `, ` and `, ` (core), `, `, lock_api `.
fn joins(gap: &str) -> bool {
    let separated = |c: char| c.is_whitespace() || "[]()`*".contains(c);
    let gap = gap.replace(',', " , ");
    let words: Vec<&str> = gap
        .split(separated)
        .filter(|word| !word.is_empty())
        .collect();
    let signs = words
        .iter()
        .filter(|word| matches!(**word, "/" | "," | "&" | "and" | "+" | "|" | ";"))
        .count();
    let name = |word: &&&str| word.contains(['_', '-']) && word.len() > 2;
    signs == 1 && words.len() - signs == words.iter().filter(name).count().min(1)
}

/// Judges what stands around the first version.
fn around(line: &str, date: Option<(Span, NaiveDate)>, found: &Found) -> Option<Named> {
    let behind = || {
        date_in(&line[found.span.end..]).map(|(span, date)| (span.shifted(found.span.end), date))
    };
    let date = match date {
        // Part of the version (`2026.09.01`), or glued to it (`1.2.3-2026-09-01`): another may stand behind.
        Some((span, _)) if span.start < found.span.end && found.span.start < span.end => behind(),
        None if line[found.span.end..].starts_with(['-', '_']) => behind(),
        date => date,
    };
    if wordless(line, date, found) {
        return (!found.bare || found.whole != found.span).then(|| Named {
            version: Some(found.version.clone()),
            version_span: found.span,
            package: found.package.clone(),
            date,
            yanked: false,
            unreleased: false,
            strength: Strength::Plain,
            title: String::new(),
        });
    }
    let lower = line.to_ascii_lowercase();
    let before = words(&lower[..found.whole.start], date.map(|(span, _)| span), 0);
    let after = words(
        &lower[found.span.end..],
        date.map(|(span, _)| span),
        found.span.end,
    );
    if before.iter().any(|w| ABOUT.contains(&w.as_str())) || is_range(&lower[found.span.end..]) {
        return None;
    }
    // `1.4 and earlier` heads what is not told here.
    if after
        .iter()
        .find(|word| !matches!(word.as_str(), "and" | "or"))
        .is_some_and(|word| {
            matches!(
                word.as_str(),
                "earlier" | "older" | "below" | "lower" | "previous"
            )
        })
    {
        return Some(Named {
            version: None,
            version_span: Span::default(),
            package: None,
            date: None,
            yanked: false,
            unreleased: false,
            strength: Strength::Plain,
            title: String::new(),
        });
    }
    let yanked = struck(line)
        || before
            .iter()
            .chain(&after)
            .any(|w| YANKED.contains(&w.as_str()))
        || lower.contains("do not use");
    let unreleased = says_unreleased(&lower[found.span.end..], &after)
        || before.iter().any(|w| w == "unreleased");
    let unusual = |w: &&String| {
        !USUAL.contains(&w.as_str())
            && !YANKED.contains(&w.as_str())
            && !UNRELEASED.contains(&w.as_str())
    };
    let unusual_before: Vec<&String> = before
        .iter()
        .filter(unusual)
        .filter(|w| !LEADING.contains(&w.as_str()))
        .collect();
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
        title: unusual_before
            .iter()
            .map(|w| w.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    })
}

/// Nothing but signs stands around the version and its date, and none of them says more.
fn wordless(line: &str, date: Option<(Span, NaiveDate)>, found: &Found) -> bool {
    let date = date.map_or(Span::new(line.len(), line.len()), |(span, _)| span);
    let (first, second) = if date.start < found.whole.start {
        (date, found.whole)
    } else {
        (found.whole, date)
    };
    let silent = |part: Option<&str>| {
        part.is_some_and(|part| {
            part.bytes().all(|b| {
                matches!(
                    b,
                    b' ' | b'[' | b']' | b'(' | b')' | b':' | b',' | b'*' | b'`' | b'/'
                )
            }) || matches!(part, " - " | "] - ")
        })
    };
    silent(line.get(..first.start))
        && silent(line.get(first.end..second.start))
        && silent(line.get(second.end..))
}

/// `1.0 to 2.0`, `1.x → 2.x`, `1.0 -> 2.0`: about two versions, so the heading of neither.
fn is_range(after: &str) -> bool {
    let after = after.trim_start_matches([']', ')', '`', ' ']);
    ["to ", "→", "->", "=>", "through ", "until ", "vs"]
        .iter()
        .any(|sign| after.starts_with(sign))
        && after.contains(|c: char| c.is_ascii_digit())
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
        let end = part[start..]
            .find(|c| !letter(c))
            .map_or(part.len(), |e| e + start);
        let in_date = date.is_some_and(|d| d.start < offset + end && offset + start < d.end);
        let ordinal = matches!(&part[start..end], "st" | "nd" | "rd" | "th");
        let digits =
            part[start..end].bytes().all(|b| b.is_ascii_digit()) || is_time(&part[start..end]);
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

/// Whether a line without a version may head what is not released yet.
pub fn speaks_of_unreleased(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphabetic()).any(|word| {
        word.eq_ignore_ascii_case("released")
            || word.eq_ignore_ascii_case("progress")
            || UNRELEASED
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
    })
}

fn says_unreleased(after: &str, words: &[String]) -> bool {
    UNRELEASED_PHRASES
        .iter()
        .any(|phrase| after.contains(phrase))
        || words.iter().any(|w| {
            matches!(
                w.as_str(),
                "unreleased" | "upcoming" | "tbd" | "tba" | "wip" | "pending" | "releasedate"
            )
        })
}

/// `[Unreleased]`, `Next`, `Upcoming release`: no version, and nothing but such words.
fn unreleased_alone(lower: &str) -> Option<Named> {
    let words = words(lower, None, 0);
    let fits = |w: &String| {
        UNRELEASED.contains(&w.as_str())
            || USUAL.contains(&w.as_str())
            || matches!(
                w.as_str(),
                "changes" | "yet" | "not" | "branch" | "to" | "be" | "is"
            )
    };
    let said = words.iter().any(|w| UNRELEASED.contains(&w.as_str()))
        || UNRELEASED_PHRASES
            .iter()
            .any(|phrase| lower.contains(phrase));
    let sure = words.iter().any(|w| w == "unreleased");
    if words.is_empty()
        || words.len() > 8
        || !said
        || !(words.iter().all(fits) || (sure && words.len() <= 4))
    {
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
