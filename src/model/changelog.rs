//! A changelog as it stands in its text: entries, sections and items as spans. What they mean is in `notes`.

use chrono::NaiveDate;

use crate::diag::{Span, Text};
use crate::model::Version;

/// A changelog, with the text that its spans point into.
#[derive(Clone, Debug)]
pub struct Changelog {
    pub text: Text,
    /// In the order of the file, duplicates included.
    pub entries: Vec<Entry>,
}

impl Changelog {
    /// The first entry of `version`.
    pub fn entry(&self, version: &Version) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.version.as_ref() == Some(version))
    }

    pub fn unreleased(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.version.is_none() && entry.unreleased)
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
    /// The paragraphs before the first sub-heading or list.
    pub summary: Option<Span>,
    pub sections: Vec<Section>,
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

/// A part of an entry: under a sub-heading, or the bare list after the summary (with an empty title).
#[derive(Clone, Debug)]
pub struct Section {
    pub kind: SectionKind,
    pub title: Span,
    pub body: Span,
    pub items: Vec<Item>,
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
    Other,
}

/// The names a section goes by, in lower case. The first of each kind is the one we write.
const NAMES: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::RequiredAction,
        &[
            "required action", "required actions", "what you need to do", "action required", "actions required", "upgrade notes",
            "upgrading", "migration", "migration notes", "urgent upgrade notes",
        ],
    ),
    (SectionKind::KnownIssues, &["known issues", "known issue", "known bugs"]),
    (SectionKind::Rollback, &["rollback", "rolling back", "roll back"]),
    (SectionKind::Breaking, &["breaking", "breaking changes", "breaking change", "breaks"]),
    (SectionKind::Added, &["added", "add", "new", "features", "feature", "new features", "additions"]),
    (SectionKind::Changed, &["changed", "changes", "change", "improvements", "improved", "enhancements"]),
    (SectionKind::Deprecated, &["deprecated", "deprecations", "deprecation"]),
    (SectionKind::Removed, &["removed", "removals", "remove"]),
    (SectionKind::Fixed, &["fixed", "fixes", "bug fixes", "bugfixes", "bug fix", "fix", "bugs fixed"]),
    (SectionKind::Security, &["security", "security fixes", "vulnerabilities"]),
];

impl SectionKind {
    /// The kind that a sub-heading names, decoration aside: `### :bug: **Bug fixes**` is `Fixed`.
    pub fn read(title: &str) -> SectionKind {
        let letters = |c: char| c.is_alphanumeric() || c == '\'';
        let words: Vec<&str> = title.split(|c| !letters(c)).filter(|word| !word.is_empty()).collect();
        let name = words.join(" ").to_lowercase();
        let bare = || words.iter().skip(1).copied().collect::<Vec<_>>().join(" ").to_lowercase();
        Self::named(&name)
            .or_else(|| title.trim_start().starts_with(':').then(|| Self::named(&bare())).flatten())
            .unwrap_or(SectionKind::Other)
    }

    fn named(name: &str) -> Option<SectionKind> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(kind, _)| *kind)
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
            SectionKind::Other => "Other",
        }
    }
}
