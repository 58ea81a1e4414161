//! What an item says of itself at its beginning: `**Breaking:** …`, `[SECURITY] …`, `[**breaking**] …`, `feat!: …`.

use std::borrow::Cow;

use crate::model::SectionKind;

/// No mark is longer than this.
const LONGEST: usize = 32;

/// The kind that an item is marked as, and whether it is breaking.
pub fn marked(markdown: &str) -> Option<(SectionKind, bool)> {
    split(&unescaped(markdown)).map(|(kind, breaking, _)| (kind, breaking))
}

/// Behind so many bytes no mark ends.
const WITHIN: usize = 64;

/// An item whose mark is written with escapes or entities (`\\[BREAKING\\]`, `feat\\!:`, `&#91;…`), with the mark as a reader sees it;
/// the rest stays as it is written.
fn unescaped(markdown: &str) -> Cow<'_, str> {
    let head = &markdown[..markdown.floor_char_boundary(WITHIN)];
    if !head.contains(['\\', '&']) || split(markdown).is_some() {
        return Cow::Borrowed(markdown);
    }
    let ends = head.char_indices().map(|(at, c)| at + c.len_utf8());
    let whole = |end: usize| format!("{}{}", shown(&head[..end]), &markdown[end..]);
    ends.map(whole)
        .find(|text| split(text).is_some())
        .map_or(Cow::Borrowed(markdown), Cow::Owned)
}

/// A short text without the backslashes of escapes, and with the characters of entities that marks are made of.
fn shown(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let entity = || {
            let (name, behind) = after.split_once(';').filter(|(name, _)| name.len() <= 6)?;
            let code = match name.strip_prefix('#') {
                Some(hex) if hex.starts_with(['x', 'X']) => {
                    u32::from_str_radix(&hex[1..], 16).ok()?
                }
                Some(number) => number.parse().ok()?,
                None => u32::from(match name {
                    "lbrack" | "lsqb" => '[',
                    "rbrack" | "rsqb" => ']',
                    "lpar" => '(',
                    "rpar" => ')',
                    "excl" => '!',
                    "colon" => ':',
                    "ast" => '*',
                    "nbsp" => ' ',
                    _ => return None,
                }),
            };
            Some((char::from_u32(code)?, behind))
        };
        match c {
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                rest = after;
                if let Some(escaped) = after.chars().next() {
                    out.push(escaped);
                    rest = &after[escaped.len_utf8()..];
                }
            }
            '&' => match entity() {
                Some((decoded, behind)) => {
                    out.push(decoded);
                    rest = behind;
                }
                None => {
                    out.push(c);
                    rest = after;
                }
            },
            _ => {
                out.push(c);
                rest = after;
            }
        }
    }
    out
}

/// An item without the mark of a required action or a known issue: what is left says it.
pub fn unmarked(markdown: &str) -> String {
    match split(&unescaped(markdown)) {
        Some((SectionKind::RequiredAction | SectionKind::KnownIssues, _, rest))
            if !rest.is_empty() =>
        {
            rest.to_owned()
        }
        _ => markdown.to_owned(),
    }
}

fn split(markdown: &str) -> Option<(SectionKind, bool, &str)> {
    if let Some(rest) = markdown.strip_prefix('\u{1f4a5}') {
        return Some((SectionKind::Breaking, true, rest.trim_start()));
    }
    let inner = markdown.trim_start_matches(['*', '_', '~', ' ']);
    let (inner, bracket) = match inner.strip_prefix(['[', '(']) {
        Some(inner) => (inner.trim_start_matches(['*', '_']), true),
        None => (inner, false),
    };
    let name = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '_');
    let length = inner.find(|c| !name(c)).unwrap_or(inner.len());
    // `_` closes emphasis as well.
    let words = inner[..length].trim_end_matches(['_', ' ']);
    if words.is_empty() || words.len() > LONGEST {
        return None;
    }
    let after = inner[words.len()..].trim_start_matches(['*', '_']);
    let rest = if bracket {
        let closed = after.trim_start().strip_prefix([']', ')'])?;
        // `[Security](https://…)` is a link.
        if closed.starts_with(['(', '[']) {
            return None;
        }
        closed
    } else {
        return conventional(words, after).or_else(|| colon(words, after));
    };
    named(words).map(|(kind, breaking)| {
        (
            kind,
            breaking,
            rest.trim_start_matches(['*', '_', ':', ' ']),
        )
    })
}

/// `Breaking: …`, `**Breaking change**: …`
fn colon<'m>(words: &str, after: &'m str) -> Option<(SectionKind, bool, &'m str)> {
    let rest = after.trim_start().strip_prefix(':')?;
    named(words).map(|(kind, breaking)| (kind, breaking, rest.trim_start_matches(['*', '_', ' '])))
}

/// `feat!: …`, `fix(api)!: …` (Conventional Commits 1.0).
fn conventional<'m>(words: &str, after: &'m str) -> Option<(SectionKind, bool, &'m str)> {
    let rest = match after.strip_prefix('(') {
        Some(scoped) => scoped.split_once(')')?.1,
        None => after,
    };
    let kind = match words {
        "feat" => SectionKind::Added,
        "fix" => SectionKind::Fixed,
        "refactor" | "perf" | "build" | "chore" | "docs" | "style" | "test" | "ci" | "revert" => {
            SectionKind::Changed
        }
        _ => return None,
    };
    rest.strip_prefix("!:")
        .map(|rest| (kind, true, rest.trim_start_matches(['*', '_', ' '])))
}

fn named(words: &str) -> Option<(SectionKind, bool)> {
    let kind = SectionKind::read(words);
    let alone = matches!(
        words.to_ascii_lowercase().as_str(),
        "new" | "upgrade" | "upgrading" | "bug" | "ci" | "deps" | "internal"
    );
    (kind != SectionKind::Other && !alone).then_some((kind, kind == SectionKind::Breaking))
}
