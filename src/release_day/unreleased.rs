//! `[Unreleased]` becomes the entry of a release, and a new one stands above it.

use chrono::NaiveDate;

use crate::model::{Changelog, Level, SectionKind, Version};

/// Why a changelog cannot be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no `[Unreleased]`.
    Nothing,
    Empty,
    /// The version has an entry already.
    Taken,
    /// What the entry says asks for a higher level; the words that say so.
    Level(String),
}

/// The changelog with the entry of `version`, dated. Link references at its end are kept up.
///
/// # Errors
/// Says why there can be no such entry.
pub fn cut(
    changelog: &Changelog,
    version: &Version,
    level: Level,
    day: NaiveDate,
    tag_prefix: &str,
) -> Result<String, Refused> {
    let text = &*changelog.text.body;
    if changelog.entry(version).is_some() {
        return Err(Refused::Taken);
    }
    let entry = changelog.unreleased().ok_or(Refused::Nothing)?;
    if entry.is_empty() {
        return Err(Refused::Empty);
    }
    if let Some(words) = contradiction(changelog, level) {
        return Err(Refused::Level(words));
    }
    let heading = &text[entry.heading.start..entry.heading.end];
    let linked = heading.contains('[');
    let dated = match linked {
        true => format!("## [{version}] - {day}"),
        false => format!("## {version} - {day}"),
    };
    let marks: String = heading.chars().take_while(|c| *c == '#').collect();
    let dated = if marks.is_empty() {
        dated
    } else {
        dated.replacen("##", &marks, 1)
    };
    let end = if heading.ends_with('\n') { "\n" } else { "" };
    let made = format!(
        "{}{heading}{}\n{dated}{end}{}",
        &text[..entry.heading.start],
        if end.is_empty() { "\n" } else { "" },
        &text[entry.heading.end..]
    );
    Ok(references(&made, version, tag_prefix))
}

/// The lowest level that `[Unreleased]` may be released as; `None` where it holds nothing.
pub fn lowest_level(changelog: &Changelog) -> Option<Level> {
    let entry = changelog.unreleased()?;
    (!entry.is_empty()).then_some(())?;
    let fits = |level: &Level| contradiction(changelog, *level).is_none();
    [Level::Patch, Level::Minor]
        .into_iter()
        .find(fits)
        .or(Some(Level::Major))
}

/// What asks for more than this level.
fn contradiction(changelog: &Changelog, level: Level) -> Option<String> {
    let entry = changelog.unreleased()?;
    let holds = |kind: SectionKind| {
        let section = entry
            .section(kind)
            .filter(|section| !section.items.is_empty())?;
        let item = section.items[0].span;
        Some(crate::diag::clipped(
            changelog
                .text
                .slice(item)
                .lines()
                .next()
                .unwrap_or("")
                .trim_start_matches(['-', '*', '+', ' ']),
            80,
        ))
    };
    let breaking = [SectionKind::Breaking, SectionKind::Removed]
        .into_iter()
        .find_map(holds);
    let added = [SectionKind::Added].into_iter().find_map(holds);
    match level {
        Level::Patch => breaking.or(added),
        Level::Minor => breaking,
        _ => None,
    }
}

/// `[Unreleased]: …/compare/v1.3.0...HEAD` becomes a line for the release and one from it on.
fn references(text: &str, version: &Version, tag_prefix: &str) -> String {
    let mut out = String::with_capacity(text.len() + 128);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let found = bare
            .strip_prefix("[Unreleased]:")
            .or_else(|| bare.strip_prefix("[unreleased]:"))
            .and_then(|rest| rest.trim().split_once("/compare/"))
            .and_then(|(base, range)| Some((base, range.split_once("...")?)));
        match found {
            Some((base, (from, to))) => {
                let name = bare.split(':').next().unwrap_or("[Unreleased]");
                let tag = format!("{tag_prefix}{version}");
                out.push_str(&format!("{name}: {base}/compare/{tag}...{to}\n[{version}]: {base}/compare/{from}...{tag}\n"));
            }
            None => out.push_str(line),
        }
    }
    out
}
