//! The bootstrap repository, read: its changelog, its pins at every tag, its known issues, joined into the history.

use std::collections::{BTreeMap, HashMap};

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{
    Actions, Changelog, Entry, History, KnownIssue, Notes, Pin, Release, Scheme, Tag, Version,
};
use crate::sources::config::BootstrapConfig;
use crate::sources::{changelog, issue_ranges, issues, pin, policy_lines, utf8};

/// What the outside gave: texts of the working tree, and the pin file at each tag.
pub struct Input {
    pub config: BootstrapConfig,
    pub changelog: Text,
    pub pin: Option<Text>,
    pub issues: Option<Text>,
    pub tags: Vec<(Tag, Option<Vec<u8>>)>,
}

/// Other files that a pin names, by their paths from the folder of `tidings.toml`: of the working tree, or at a tag.
pub type Beside<'b> = &'b dyn Fn(Option<&Tag>, &str) -> Option<Text>;

/// Everything that the bootstrap repository says.
pub struct Bootstrap {
    pub config: BootstrapConfig,
    pub changelog: Changelog,
    pub history: History,
    /// The pin of the working tree: what the next tag will hold.
    pub working_pin: Option<Pin>,
    pub pin_text: Option<Text>,
    pub findings: Vec<About>,
}

/// A finding, and the release it is about: a defect of an old one only warns.
pub struct About {
    pub version: Option<Version>,
    pub finding: Finding,
}

/// Nothing lies beside the pin.
pub fn alone(_: Option<&Tag>, _: &str) -> Option<Text> {
    None
}

/// Joins all of it. Never fails.
pub fn read(input: Input, beside: Beside<'_>) -> Bootstrap {
    let changelog = changelog::read_as(input.changelog, &input.config.dialect);
    let mut findings: Vec<About> = Vec::new();
    let mut releases = releases(&changelog, &input.config, &mut findings);
    let tags = tagged(&input.config, input.tags, beside, &mut findings);
    for Tagged { version, tag, pin } in tags {
        let release = releases
            .entry(version.clone())
            .or_insert_with(|| without_entry(version, &changelog));
        // An entry without a date has the one of its pin, or of its tag.
        let day = pin
            .as_ref()
            .and_then(|pin| pin.released)
            .map(|time| time.date_naive())
            .or(tag.day);
        release.date = release.date.or(day);
        (release.tag, release.pin) = (Some(tag), pin);
        release.unpinned = input.config.unpinned;
    }
    let (working_pin, pin_findings) = match &input.pin {
        Some(text) => pin::read(text, &input.config.pin, None, &|path| beside(None, path)),
        None => (None, Findings::new()),
    };
    let working_version = working_pin.as_ref().map(|pin| pin.version.clone());
    findings.extend(pin_findings.into_iter().map(|finding| About {
        version: working_version.clone(),
        finding,
    }));
    // A release that is not tagged yet has the pin of the working tree; one that has no entry either is known by it.
    if let Some(pin) = &working_pin {
        let release = releases
            .entry(pin.version.clone())
            .or_insert_with(|| without_entry(pin.version.clone(), &changelog));
        release.pin.get_or_insert_with(|| pin.clone());
    }
    let known = known_issues(
        input.issues.as_ref(),
        &releases,
        &input.config.policy.scheme,
        &mut findings,
    );
    let history = History::new(
        input.config.policy.clone(),
        known,
        releases.into_values().collect(),
    );
    let lines = policy_lines::check(&input.config.text, &input.config.policy_lines, &history);
    findings.extend(lines.into_iter().map(|finding| About {
        version: None,
        finding,
    }));
    Bootstrap {
        history,
        config: input.config,
        changelog,
        working_pin,
        pin_text: input.pin,
        findings,
    }
}

fn releases(
    changelog: &Changelog,
    config: &BootstrapConfig,
    findings: &mut Vec<About>,
) -> BTreeMap<Version, Release> {
    let text = &changelog.text;
    let mut releases: BTreeMap<Version, Release> = BTreeMap::new();
    for entry in &changelog.entries {
        let Some(version) = &entry.version else {
            continue;
        };
        findings.extend(duplicates(text, entry, version));
        let (mut notes, found) = changelog::notes(changelog, entry);
        absolute(
            &mut notes,
            &config
                .product
                .bootstrap
                .file(&config.product.bootstrap.tag(version), ""),
        );
        let unread = changelog::unread(text, entry, &notes);
        findings.extend(found.into_iter().chain(unread).map(|finding| About {
            version: Some(version.clone()),
            finding,
        }));
        let date = entry.date.filter(|_| !entry.unreleased);
        let release = Release {
            version: version.clone(),
            date,
            withdrawn: entry.yanked,
            notes: Some(notes),
            heading: entry.heading,
            pin: None,
            tag: None,
            unpinned: false,
        };
        releases.insert(version.clone(), release);
    }
    releases
}

/// Several entries of one version were read as one; where they contradict each other, somebody would be told wrong things.
fn duplicates(text: &Text, entry: &Entry, version: &Version) -> Vec<About> {
    if entry.also.is_empty() {
        return Vec::new();
    }
    let line = text.place(entry.heading.start).line;
    let about = |finding| About {
        version: Some(version.clone()),
        finding,
    };
    entry
        .also
        .iter()
        .map(|also| {
            let contradicts = also.date.is_some() && also.date != entry.date;
            let finding = if contradicts {
                Finding::new(
                    Code::EntryContradiction,
                    format!("`{version}` has another date in line {line}"),
                )
                .help("put both entries into one, with one date")
            } else {
                Finding::new(
                    Code::EntryDuplicate,
                    format!(
                        "`{version}` has an entry in line {line} already: both are read as one"
                    ),
                )
                .help("put both into one entry")
            };
            about(finding.at(text, also.version_span))
        })
        .collect()
}

/// Documents are read far from the repository: relative links are made to lead to the files at the release's tag.
fn absolute(notes: &mut Notes, base: &str) {
    let absolute =
        |text: &mut String| *text = changelog::with_absolute_links(std::mem::take(text), base);
    absolute(&mut notes.summary);
    notes.alerts.iter_mut().for_each(absolute);
    notes
        .changes
        .iter_mut()
        .for_each(|change| absolute(&mut change.text));
    notes.rollback.as_mut().map(absolute);
    if let Actions::Required(actions) = &mut notes.actions {
        for action in actions {
            absolute(&mut action.text);
            action.change.as_mut().map(absolute);
            action.check.as_mut().map(absolute);
        }
    }
    for issue in &mut notes.known_issues {
        issue.workaround.as_mut().map(absolute);
    }
}

/// A release that only its tag or pin knows.
fn without_entry(version: Version, changelog: &Changelog) -> Release {
    Release {
        version,
        date: None,
        withdrawn: false,
        notes: None,
        heading: changelog.text.first_line(),
        pin: None,
        tag: None,
        unpinned: false,
    }
}

struct Tagged {
    version: Version,
    tag: Tag,
    pin: Option<Pin>,
}

/// The tags that name a version, with the pin at each. The same pin text is read once.
fn tagged(
    config: &BootstrapConfig,
    tags: Vec<(Tag, Option<Vec<u8>>)>,
    beside: Beside<'_>,
    findings: &mut Vec<About>,
) -> Vec<Tagged> {
    let prefix = &config.product.bootstrap.tag_prefix;
    let mut all = Vec::with_capacity(tags.len());
    for (tag, bytes) in tags {
        let Some(version) = tag
            .name
            .strip_prefix(prefix.as_str())
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .and_then(Version::read)
        else {
            continue;
        };
        let pin = bytes.and_then(|bytes| {
            let (text, mut found) = utf8::text(&format!("{}:{}", tag.name, config.pin.file), bytes);
            let other = |path: &str| beside(Some(&tag), path);
            let (pin, more) = pin::read(&text, &config.pin, Some(&tag.name), &other);
            found.extend(more);
            findings.extend(found.into_iter().map(|finding| About {
                version: Some(version.clone()),
                finding,
            }));
            pin.filter(|pin| pin.version == version)
        });
        all.push(Tagged { version, tag, pin });
    }
    all
}

/// Issues of the file and of the entries. An entry's issue is taken as fixed by the file's word of the same id.
fn known_issues(
    text: Option<&Text>,
    releases: &BTreeMap<Version, Release>,
    scheme: &Scheme,
    findings: &mut Vec<About>,
) -> Vec<KnownIssue> {
    let (placed, mut found) = text.map(issues::read).unwrap_or_default();
    let all: Vec<&Release> = releases.values().collect();
    if let Some(text) = text {
        found.extend(
            placed
                .iter()
                .flat_map(|placed| issue_ranges::check(text, placed, &all)),
        );
    }
    let mut known: Vec<KnownIssue> = placed.into_iter().map(|placed| placed.issue).collect();
    findings.extend(found.into_iter().map(|finding| About {
        version: None,
        finding,
    }));
    let mut at: HashMap<String, usize> = known
        .iter()
        .enumerate()
        .map(|(index, issue)| (issue.id.clone(), index))
        .collect();
    for issue in releases
        .values()
        .rev()
        .filter_map(|release| release.notes.as_ref())
        .flat_map(|notes| &notes.known_issues)
    {
        if !at.contains_key(&issue.id) {
            at.insert(issue.id.clone(), known.len());
            let mut issue = issue.clone();
            issue.affected.settle(&releases.keys(), scheme);
            known.push(issue);
        }
    }
    known
}
