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

impl SectionKind {
    /// The kind that a sub-heading names, decoration aside: `### :bug: **Bug fixes**` is `Fixed`.
    pub fn read(title: &str) -> SectionKind {
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
        let mut lower = [0; 24];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"required action"
            | b"required actions"
            | b"what you need to do"
            | b"action required"
            | b"actions required" => SectionKind::RequiredAction,
            b"upgrade notes"
            | b"upgrading"
            | b"migration"
            | b"migration notes"
            | b"urgent upgrade notes" => SectionKind::RequiredAction,
            b"known issues" | b"known issue" | b"known bugs" => SectionKind::KnownIssues,
            b"rollback" | b"rolling back" | b"roll back" => SectionKind::Rollback,
            b"breaking" | b"breaking changes" | b"breaking change" | b"breaks" => {
                SectionKind::Breaking
            }
            b"added" | b"add" | b"new" | b"features" | b"feature" | b"new features"
            | b"additions" => SectionKind::Added,
            b"changed" | b"changes" | b"change" | b"improvements" | b"improved"
            | b"enhancements" => SectionKind::Changed,
            b"deprecated" | b"deprecations" | b"deprecation" => SectionKind::Deprecated,
            b"removed" | b"removals" | b"remove" => SectionKind::Removed,
            b"fixed" | b"fixes" | b"bug fixes" | b"bugfixes" | b"bug fix" | b"fix"
            | b"bugs fixed" => SectionKind::Fixed,
            b"security" | b"security fixes" | b"vulnerabilities" => SectionKind::Security,
            _ => return None,
        })
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
