//! What an item says of itself at its beginning: `**Breaking:** …`, `[SECURITY] …`, `[**breaking**] …`, `feat!: …`.

use crate::model::SectionKind;

/// No mark is longer than this.
const LONGEST: usize = 32;

/// The kind that an item is marked as, and whether it is breaking.
pub fn marked(markdown: &str) -> Option<(SectionKind, bool)> {
    split(markdown).map(|(kind, breaking, _)| (kind, breaking))
}

/// An item without the mark of a required action or a known issue: what is left says it.
pub fn unmarked(markdown: &str) -> String {
    match split(markdown) {
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
