//! What the reader understood of a changelog, and findings as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::Finding;
use crate::model::{Changelog, Entry};

/// What `tidings changelog` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reading {
    pub schema: &'static str,
    pub file: String,
    /// In the order of the file.
    pub releases: Vec<ReadRelease>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReadRelease {
    /// `null` for `[Unreleased]`.
    pub version: Option<String>,
    pub package: Option<String>,
    /// ISO 8601.
    pub date: Option<String>,
    pub yanked: bool,
    pub unreleased: bool,
    /// Markdown.
    pub summary: Option<String>,
    pub sections: Vec<ReadSection>,
    /// The line of its heading, from 1.
    pub line: usize,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReadSection {
    /// As written; empty for a list that stands under no sub-heading.
    pub title: String,
    /// What kind of section that is: `Added`, `Required action`, … or `Other`.
    pub kind: String,
    /// Markdown.
    pub items: Vec<String>,
    pub line: usize,
}

impl Reading {
    pub const SCHEMA: &'static str = "tidings/changelog/1";

    /// `markdown` takes an item out of its list.
    pub fn of(changelog: &Changelog, markdown: impl Fn(&str) -> String) -> Self {
        let text = &changelog.text;
        let lines = text.lines(changelog.entries.iter().map(|entry| entry.heading.start));
        let release = |(entry, line): (&Entry, usize)| ReadRelease {
            version: entry.version.as_ref().map(|version| version.to_string()),
            package: entry.package.as_deref().map(str::to_owned),
            date: entry.date.map(|date| date.to_string()),
            yanked: entry.yanked,
            unreleased: entry.unreleased,
            summary: entry.summary.map(|span| markdown(text.slice(span))),
            sections: sections(changelog, entry, &markdown, line),
            line,
        };
        Reading {
            schema: Self::SCHEMA,
            file: text.name.to_string(),
            releases: changelog.entries.iter().zip(lines).map(release).collect(),
        }
    }
}

fn sections(
    changelog: &Changelog,
    entry: &Entry,
    markdown: &impl Fn(&str) -> String,
    entry_line: usize,
) -> Vec<ReadSection> {
    let text = &changelog.text;
    let from = entry.heading.start;
    entry
        .sections
        .iter()
        .map(|section| ReadSection {
            title: text
                .slice(section.title)
                .trim()
                .trim_matches(['#', '*', ':', ' '])
                .lines()
                .next()
                .unwrap_or("")
                .trim()
                .to_owned(),
            kind: section.kind.title().to_owned(),
            items: section
                .items
                .iter()
                .map(|item| markdown(text.slice(item.span)))
                .collect(),
            line: entry_line
                + text.body[from..section.title.start.max(from)]
                    .bytes()
                    .filter(|byte| *byte == b'\n')
                    .count(),
        })
        .collect()
}

/// Findings as data: what `--format json` prints of them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingsReport {
    pub schema: &'static str,
    pub errors: usize,
    pub warnings: usize,
    pub findings: Vec<FindingRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingRow {
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    pub message: String,
    pub help: Option<String>,
    pub file: Option<String>,
    /// From 1; columns in characters.
    pub line: Option<usize>,
    pub column: Option<usize>,
    pub end_line: Option<usize>,
    pub end_column: Option<usize>,
    /// How many more of the same kind were folded into this one.
    pub more: usize,
}

impl FindingsReport {
    pub const SCHEMA: &'static str = "tidings/findings/1";

    pub fn of(findings: &[Finding]) -> Self {
        let total = |error: bool| {
            findings
                .iter()
                .filter(|finding| finding.is_error() == error)
                .map(|finding| 1 + finding.more)
                .sum()
        };
        FindingsReport {
            schema: Self::SCHEMA,
            errors: total(true),
            warnings: total(false),
            findings: findings.iter().map(row).collect(),
        }
    }
}

fn row(finding: &Finding) -> FindingRow {
    let places = finding.places();
    FindingRow {
        code: finding.code.as_str().to_owned(),
        severity: finding.severity.word().to_owned(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        file: finding.file().map(str::to_owned),
        line: places.map(|(from, _)| from.line),
        column: places.map(|(from, _)| from.column),
        end_line: places.map(|(_, to)| to.line),
        end_column: places.map(|(_, to)| to.column),
        more: finding.more,
    }
}
