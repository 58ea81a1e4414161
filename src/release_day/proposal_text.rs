//! The text that customers have already: a proposal of a pin changes the entry of its own release, and the generated blocks of the README, nothing else.

use std::collections::BTreeMap;

use crate::diag::{clipped, list};
use crate::documents::Row;
use crate::model::{Changelog, Version};

/// How many entries are named.
const SHOWN: usize = 5;

/// Entries of other releases, as they were where the proposal began and as they are in it.
pub fn older_entries(version: &Version, before: &Changelog, proposed: &Changelog) -> Row {
    let check = "older entries";
    let (was, is) = (entries(before, version), entries(proposed, version));
    let mut changed: Vec<String> = was
        .iter()
        .filter_map(|(version, text)| match is.get(version) {
            Some(now) if now == text => None,
            Some(_) => Some(format!("{version} changes")),
            None => Some(format!("{version} is gone")),
        })
        .collect();
    changed.extend(
        is.keys()
            .filter(|version| !was.contains_key(*version) && !was.is_empty())
            .map(|version| format!("{version} is new")),
    );
    if changed.is_empty() {
        return Row::pass(check, format!("{} as they were before it", was.len()));
    }
    let more = changed.len().saturating_sub(SHOWN);
    changed.truncate(SHOWN);
    if more > 0 {
        changed.push(format!("{more} more"));
    }
    Row::fail(
        check,
        list(&changed, "and"),
        "what was told of a release changes in a change of its own, that says why; bring the mark of a withdrawal into the source repository's changelog",
    )
}

/// The README outside the generated blocks, and outside the version that it names.
pub fn readme_text(version: &Version, before: &str, proposed: &str) -> Row {
    let check = "README";
    let (was, is) = (outside(before), outside(proposed));
    let differs = |(a, b): &(&String, &String)| a != b && !only_versions(a, b, version);
    let first = was
        .iter()
        .zip(&is)
        .find(differs)
        .map(|(_, line)| line.as_str())
        .or_else(|| {
            (was.len() != is.len()).then(|| {
                let longer = if was.len() > is.len() { &was } else { &is };
                longer[was.len().min(is.len())].as_str()
            })
        });
    match first {
        None => Row::pass(
            check,
            "the same outside the generated blocks, the version aside",
        ),
        Some(line) => Row::fail(
            check,
            format!(
                "changes outside the generated blocks: `{}`",
                clipped(line.trim(), 80)
            ),
            "what customers read there changes in a change of its own, that says why",
        ),
    }
}

fn entries<'c>(log: &'c Changelog, version: &Version) -> BTreeMap<&'c Version, (bool, String)> {
    let mut all = BTreeMap::new();
    for entry in &log.entries {
        if let Some(other) = entry.version.as_ref().filter(|other| *other != version) {
            let body = log.text.slice(entry.body);
            // Link references stand at the end of a file, whatever entry is the last.
            let kept = body
                .lines()
                .filter(|line| !(line.starts_with('[') && line.contains("]: ")));
            let body: Vec<&str> = kept.map(str::trim_end).collect();
            all.insert(other, (entry.yanked, body.join("\n").trim().to_owned()));
        }
    }
    all
}

/// The lines that are in no generated block.
fn outside(readme: &str) -> Vec<String> {
    let mut inside = false;
    let mut kept = Vec::new();
    for line in readme.lines() {
        let closes = line.contains("<!-- /tidings:");
        if line.contains("<!-- tidings:") {
            inside = true;
        } else if !inside {
            kept.push(line.trim_end().to_owned());
        }
        inside &= !closes;
    }
    kept
}

/// Whether two lines are the same but for a version in the one that is the proposed version in the other.
fn only_versions(was: &str, is: &str, version: &Version) -> bool {
    let mut parts = is.split(version.as_str());
    let Some(rest) = parts.next().and_then(|first| was.strip_prefix(first)) else {
        return false;
    };
    let mut rest = rest;
    for part in parts {
        let digits = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || ".-+".contains(c)))
            .unwrap_or(rest.len());
        // The version ends where what follows it begins.
        let at = match part.chars().next() {
            Some(next) if ".-+".contains(next) => rest[..digits].rfind(next).unwrap_or(digits),
            _ => digits,
        };
        if Version::read(&rest[..at]).is_none() {
            return false;
        }
        match rest[at..].strip_prefix(part) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}
