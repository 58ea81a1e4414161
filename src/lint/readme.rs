//! The README outside the generated blocks: whoever reads it installs what it names.

use std::ops::Range;

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{Release, Version};
use crate::sources::Bootstrap;

/// Released versions that it names beside the newest one. `at_hand` is the release that is being made.
pub fn readme_versions(
    bootstrap: &Bootstrap,
    readme: &Text,
    at_hand: Option<&Version>,
) -> Findings {
    let history = &bootstrap.history;
    let newest = at_hand
        .and_then(|version| history.release(version))
        .filter(|release| !release.withdrawn && !release.version.is_prerelease())
        .or(history.newest());
    let Some(newest) = newest else {
        return Findings::new();
    };
    let text = &*readme.body;
    let blocks = blocks(text);
    let mut found: Vec<(Range<usize>, &Release)> = Vec::new();
    for release in history.releases() {
        if release.version == newest.version {
            continue;
        }
        let version = release.version.as_str();
        let places = text.match_indices(version).filter(|(at, _)| {
            let table = text[..*at]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.trim_start().starts_with('|'));
            // A table of versions is a history, and no command to copy.
            !table && whole(text, *at, version) && !blocks.iter().any(|block| block.contains(at))
        });
        found.extend(places.map(|(at, _)| (at..at + version.len(), release)));
    }
    found.sort_by_key(|(place, _)| place.start);
    found
        .into_iter()
        .map(|(place, release)| {
            let version = &release.version;
            let what = if release.withdrawn {
                format!("the README names {version}, which was withdrawn")
            } else {
                format!("the README names {version}, and {} is the newest release", newest.version)
            };
            Finding::new(Code::ReadmeVersion, what)
                .at(readme, place)
                .help(format!("write `{}`, or no version; what stands between the markers of `tidings readme` is kept up by itself", newest.version))
        })
        .collect()
}

/// The ranges between markers, and comments.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("<!--").map(|at| from + at) {
        let comment = text[start..]
            .find("-->")
            .map_or(text.len(), |at| start + at + 3);
        let name = text[start..comment]
            .trim_start_matches("<!--")
            .trim()
            .strip_prefix("tidings:")
            .map(|name| name.trim_end_matches("-->").trim());
        let end = name.and_then(|name| {
            let close = format!("<!-- /tidings:{name} -->");
            text[comment..]
                .find(&close)
                .map(|at| comment + at + close.len())
        });
        let end = end.unwrap_or(comment);
        all.push(start..end);
        from = end;
    }
    all
}

/// Not a part of a longer version, number or word; a `v` before it belongs to it.
fn whole(text: &str, at: usize, version: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = text[..at].chars().rev();
    let last = match before.next() {
        Some('v' | 'V') => before.next(),
        last => last,
    };
    let mut after = text[at + version.len()..].chars();
    let goes_on = match after.next() {
        Some('.' | '-' | '+') => after.next().is_some_and(part),
        Some(c) => part(c),
        None => false,
    };
    !last.is_some_and(|c| part(c) || c == '.') && !goes_on
}
