//! A changelog as it stands in its text: entries, sections and items as spans. What they mean is in `notes`.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::diag::{Span, Text};
use crate::model::Version;

/// A changelog, with the text that its spans point into.
#[derive(Clone, Debug)]
pub struct Changelog {
    pub text: Text,
    /// In the order of the file; several entries of one version are one.
    pub entries: Vec<Entry>,
    /// What links by reference and footnotes of the whole file lead to.
    pub references: References,
}

/// Link reference definitions and footnotes of a file (CommonMark 4.7; GitHub's footnotes).
#[derive(Clone, Debug, Default)]
pub struct References {
    links: HashMap<String, (String, String)>,
    notes: HashMap<String, String>,
}

impl References {
    /// The first definition of a label counts.
    pub fn define(&mut self, label: &str, target: &str, title: &str) {
        self.links
            .entry(normal(label))
            .or_insert_with(|| (target.to_owned(), title.to_owned()));
    }

    pub fn define_note(&mut self, label: &str, text: &str) {
        self.notes
            .entry(normal(label))
            .or_insert_with(|| text.to_owned());
    }

    /// Address and title.
    #[must_use]
    pub fn link(&self, label: &str) -> Option<(&str, &str)> {
        if self.links.is_empty() {
            return None;
        }
        self.links
            .get(&normal(label))
            .map(|(target, title)| (target.as_str(), title.as_str()))
    }

    /// The text of a footnote: Markdown.
    #[must_use]
    pub fn note(&self, label: &str) -> Option<&str> {
        if self.notes.is_empty() {
            return None;
        }
        self.notes.get(&normal(label)).map(String::as_str)
    }
}

/// Labels match in any case, runs of blanks being one (CommonMark 4.7).
fn normal(label: &str) -> String {
    label
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

impl Changelog {
    /// The first entry of `version`.
    pub fn entry(&self, version: &Version) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.version.as_ref() == Some(version))
    }

    pub fn unreleased(&self) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.version.is_none() && entry.unreleased)
    }
}

/// One release's section in the changelog.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// `None` for `[Unreleased]`.
    pub version: Option<Version>,
    /// In a changelog of several packages, the one that the heading names.
    pub package: Option<Box<str>>,
    pub date: Option<NaiveDate>,
    pub yanked: bool,
    pub unreleased: bool,
    /// The heading, its version and its date in the text. An absent date has an empty span.
    pub heading: Span,
    pub version_span: Span,
    pub date_span: Span,
    /// From the end of the heading to the next entry.
    pub body: Span,
    /// Where further entries of the same version stand: what they hold has been added to this one.
    pub also: Vec<Also>,
    /// The paragraphs before the first sub-heading or list.
    pub summary: Option<Span>,
    pub sections: Vec<Section>,
    /// Comments: shown to nobody.
    pub comments: usize,
}

impl Entry {
    pub fn section(&self, kind: SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    /// Nothing stands under the heading.
    pub fn is_empty(&self) -> bool {
        self.summary.is_none() && self.sections.iter().all(|section| section.items.is_empty())
    }
}

/// A further entry of a version.
#[derive(Clone, Copy, Debug)]
pub struct Also {
    pub heading: Span,
    pub version_span: Span,
    pub date: Option<NaiveDate>,
    pub body: Span,
    /// Its first section among those of the joined entry.
    pub first_section: usize,
}

/// A part of an entry: under a sub-heading, or the bare list after the summary (with an empty title).
#[derive(Clone, Debug)]
pub struct Section {
    pub kind: SectionKind,
    pub title: Span,
    /// The title names no section that is known: the kind is that of the section above it.
    pub inherited: bool,
    pub body: Span,
    pub items: Vec<Item>,
}

impl Section {
    /// A paragraph that stands by itself, under no sub-heading.
    #[must_use]
    pub fn paragraph(span: Span) -> Section {
        Section {
            kind: SectionKind::Other,
            title: Span::new(span.start, span.start),
            inherited: false,
            body: span,
            items: vec![Item {
                span,
                paragraph: true,
            }],
        }
    }
}

/// A list item or paragraph of a section.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub span: Span,
    /// A paragraph that stands alone, rather than an item of a list.
    pub paragraph: bool,
}

/// What a section is about: the six types of Keep a Changelog, ours, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    Added,
    Changed,
    Deprecated,
    Removed,
    Fixed,
    Security,
    RequiredAction,
    KnownIssues,
    Rollback,
    Breaking,
    /// For the vendor's own people: no customer sees it.
    Internal,
    Other,
}

impl SectionKind {
    /// The kind that a sub-heading names, decoration aside: `### :bug: **Bug fixes**` is `Fixed`, `## Upgrade notes for 2.1`
    /// is `RequiredAction`.
    pub fn read(title: &str) -> SectionKind {
        Self::read_with(title, &[])
    }

    /// The same with further names: each in lower case, words apart by one blank.
    pub fn read_with(title: &str, names: &[(String, SectionKind)]) -> SectionKind {
        let kind = Self::of_words(title, names);
        if kind != SectionKind::Other || title.len() > 80 {
            return kind;
        }
        // `Upgrade notes for 2.1`, `Breaking changes in v2.0`, `Upgrading from 1.x`, `Migration (2.0)`.
        [" for ", " in ", " since ", " from ", " to ", " (", ": "]
            .iter()
            .filter_map(|joint| title.find(joint))
            .min()
            .filter(|at| title[*at..].bytes().any(|b| b.is_ascii_digit()))
            .map_or(SectionKind::Other, |at| Self::of_words(&title[..at], names))
    }

    fn of_words(title: &str, names: &[(String, SectionKind)]) -> SectionKind {
        if !names.is_empty() {
            let words = words_of(title);
            if let Some((_, kind)) = names.iter().find(|(name, _)| *name == words) {
                return *kind;
            }
        }
        // Most are one of the names, as they stand.
        let bare = title.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some(kind) = Self::named(bare) {
            return kind;
        }
        if bare.len() > 64 {
            return SectionKind::Other;
        }
        let words: Vec<&str> = title
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty())
            .collect();
        let shortcode = title.trim_start().starts_with(':');
        Self::named(&words.join(" "))
            .or_else(|| {
                if shortcode {
                    Self::named(&words.get(1..).unwrap_or_default().join(" "))
                } else {
                    None
                }
            })
            .unwrap_or(SectionKind::Other)
    }

    /// The names that a section goes by, in any case.
    fn named(name: &str) -> Option<SectionKind> {
        let mut lower = [0; 40];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|known| known.as_bytes() == &*lower))
            .map(|(kind, _)| *kind)
    }

    /// Whether a customer could miss something if it were read as another kind.
    #[must_use]
    pub fn is_weighty(self) -> bool {
        matches!(
            self,
            SectionKind::RequiredAction
                | SectionKind::KnownIssues
                | SectionKind::Rollback
                | SectionKind::Breaking
        )
    }

    /// The heading we write.
    pub fn title(self) -> &'static str {
        match self {
            SectionKind::Added => "Added",
            SectionKind::Changed => "Changed",
            SectionKind::Deprecated => "Deprecated",
            SectionKind::Removed => "Removed",
            SectionKind::Fixed => "Fixed",
            SectionKind::Security => "Security",
            SectionKind::RequiredAction => "Required action",
            SectionKind::KnownIssues => "Known issues",
            SectionKind::Rollback => "Rollback",
            SectionKind::Breaking => "Breaking",
            SectionKind::Internal => "Internal",
            SectionKind::Other => "Other",
        }
    }
}

/// A title as names are compared: in lower case, words apart by one blank.
#[must_use]
pub fn words_of(title: &str) -> String {
    title
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// Names of sections as changelogs of the field have them: Keep a Changelog, Kubernetes, towncrier, git-cliff, Prometheus,
/// HashiCorp, GitHub's advisories. In lower case, words apart by one blank.
const NAMES: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::RequiredAction,
        &[
            "required action",
            "required actions",
            "what you need to do",
            "action required",
            "actions required",
            "action needed",
            "action items",
            "upgrade notes",
            "upgrade note",
            "upgrade notice",
            "upgrade guide",
            "upgrade instructions",
            "upgrade steps",
            "upgrade considerations",
            "upgrading",
            "how to upgrade",
            "upgrade",
            "before you upgrade",
            "before upgrading",
            "after upgrading",
            "after you upgrade",
            "migration",
            "migrations",
            "migration notes",
            "migration guide",
            "migration steps",
            "migration instructions",
            "migrating",
            "how to migrate",
            "urgent upgrade notes",
            "upgrade impact",
            "manual steps",
            "manual steps required",
            "required steps",
            "you need to",
            "what you must do",
            "required changes",
        ],
    ),
    (
        SectionKind::KnownIssues,
        &[
            "known issues",
            "known issue",
            "known bugs",
            "known bug",
            "known problems",
            "known problem",
            "known limitations",
            "known limitation",
            "open issues",
            "outstanding issues",
        ],
    ),
    (
        SectionKind::Rollback,
        &[
            "rollback",
            "rolling back",
            "roll back",
            "rollback notes",
            "downgrade",
            "downgrading",
            "downgrade notes",
        ],
    ),
    (
        SectionKind::Breaking,
        &[
            "breaking",
            "breaking changes",
            "breaking change",
            "breaks",
            "potentially breaking changes",
            "potentially breaking",
            "possibly breaking changes",
            "incompatible changes",
            "incompatibilities",
            "backward incompatible changes",
            "backwards incompatible changes",
            "backwards incompatibilities",
            "backward incompatibilities",
            "backward incompatibility",
            "bc breaks",
            "bc break",
            "breaking api changes",
            "api breaking changes",
            "api breaking",
        ],
    ),
    (
        SectionKind::Added,
        &[
            "added",
            "add",
            "new",
            "features",
            "feature",
            "new feature",
            "new features",
            "additions",
            "features added",
            "feature additions",
        ],
    ),
    (
        SectionKind::Changed,
        &[
            "changed",
            "changes",
            "change",
            "improvements",
            "improvement",
            "improved",
            "enhancements",
            "enhancement",
            "features improvements",
        ],
    ),
    (
        SectionKind::Deprecated,
        &["deprecated", "deprecations", "deprecation"],
    ),
    (
        SectionKind::Removed,
        &[
            "removed",
            "removals",
            "removal",
            "remove",
            "deprecations and removals",
        ],
    ),
    (
        SectionKind::Fixed,
        &[
            "fixed",
            "fixes",
            "bug fixes",
            "bugfixes",
            "bugfix",
            "bug fix",
            "fix",
            "bugs fixed",
            "bugs",
            "bug",
            "bug or regression",
            "fixed bugs",
            "bugs and regressions",
        ],
    ),
    (
        SectionKind::Security,
        &[
            "security",
            "security fixes",
            "security fix",
            "vulnerabilities",
            "security advisory",
            "security advisories",
            "security updates",
            "security notes",
            "security issues",
        ],
    ),
    (
        SectionKind::Internal,
        &[
            "internal",
            "internals",
            "internal changes",
            "chores",
            "chore",
            "ci",
            "deps",
            "housekeeping",
        ],
    ),
];
