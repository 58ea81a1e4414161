//! `known-issues.toml`.

use std::collections::HashSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{Affected, AffectedRange, KnownIssue, RollbackAdvice, Version};
use crate::sources::changelog::without_reason;
use crate::sources::toml_text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issue: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Spanned<String>,
    title: String,
    #[serde(default)]
    symptoms: Vec<String>,
    introduced: Option<Spanned<String>>,
    fixed: Option<Spanned<String>>,
    #[serde(default)]
    affected: Vec<RangeRow>,
    workaround: Option<String>,
    rollback: Option<Spanned<String>>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeRow {
    introduced: Option<Spanned<String>>,
    fixed: Option<Spanned<String>>,
}

const EXAMPLES: toml_text::Examples = &[
    ("id", "id = \"KI-1\""),
    ("title", "title = \"Backups stop after a clock change\""),
];

/// The file with an issue more at its end; what stood there is left as it is.
pub fn appended(file: &str, issue: &KnownIssue) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut lines = vec![
        "[[issue]]".to_owned(),
        format!("id = {}", quoted(&issue.id)),
        format!("title = {}", quoted(&issue.title)),
    ];
    if !issue.symptoms.is_empty() {
        let all: Vec<String> = issue.symptoms.iter().map(|text| quoted(text)).collect();
        lines.push(format!("symptoms = [{}]", all.join(", ")));
    }
    let advice = issue.rollback.as_str().to_owned();
    let ends = |range: &AffectedRange| {
        let ends = [
            (
                "introduced",
                range.introduced.as_ref().map(Version::to_string),
            ),
            ("fixed", range.fixed.as_ref().map(Version::to_string)),
        ];
        written(&ends)
    };
    match issue.affected.ranges.as_slice() {
        [] => {}
        [range] => lines.extend(ends(range)),
        ranges => {
            let all: Vec<String> = ranges
                .iter()
                .map(|range| format!("{{ {} }}", ends(range).join(", ")))
                .collect();
            lines.push(format!("affected = [{}]", all.join(", ")));
        }
    }
    lines.extend(written(&[
        ("workaround", issue.workaround.clone()),
        ("rollback", Some(advice)),
        ("reason", issue.reason.clone()),
    ]));
    let before = file.trim_end();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}{}\n", lines.join("\n"))
}

/// The fields that have a value, as TOML.
fn written(fields: &[(&str, Option<String>)]) -> Vec<String> {
    fields
        .iter()
        .filter_map(|(name, value)| {
            let value = toml::Value::from(value.as_deref()?);
            Some(format!("{name} = {value}"))
        })
        .collect()
}

/// An issue, and where each of its ranges stands.
pub struct Placed {
    pub issue: KnownIssue,
    pub places: Vec<Place>,
}

/// Where the ends of a range stand in the file; the id's place where they do not.
pub struct Place {
    pub introduced: Range<usize>,
    pub fixed: Range<usize>,
}

pub fn read(text: &Text) -> (Vec<Placed>, Findings) {
    let (file, mut findings) = toml_text::read::<File>(text, EXAMPLES);
    let mut seen = HashSet::new();
    let mut issues = Vec::new();
    for row in file.map(|file| file.issue).unwrap_or_default() {
        if !seen.insert(row.id.get_ref().clone()) {
            findings.push(
                Finding::new(
                    Code::IssueDuplicate,
                    format!("`{}` is the id of two known issues", row.id.get_ref()),
                )
                .at(text, row.id.span())
                .help("give each issue an id of its own"),
            );
            continue;
        }
        issues.push(issue(text, row, &mut findings));
    }
    (issues, findings)
}

fn issue(text: &Text, mut row: Row, findings: &mut Findings) -> Placed {
    let mut rows = std::mem::take(&mut row.affected);
    let own = RangeRow {
        introduced: row.introduced.take(),
        fixed: row.fixed.take(),
    };
    if own.introduced.is_some() || own.fixed.is_some() {
        if !rows.is_empty() {
            let finding = Finding::new(
                Code::IssueField,
                format!(
                    "`{}` has ranges beside `introduced` and `fixed`",
                    row.id.get_ref()
                ),
            );
            findings.push(
                finding
                    .at(text, row.id.span())
                    .help("put all of them into `affected`"),
            );
        }
        rows.insert(0, own);
    }
    let mut ranges: Vec<(AffectedRange, Place)> = rows
        .into_iter()
        .map(|range| {
            let place = |field: &Option<Spanned<String>>| {
                field.as_ref().map_or_else(|| row.id.span(), Spanned::span)
            };
            let places = Place {
                introduced: place(&range.introduced),
                fixed: place(&range.fixed),
            };
            let read = AffectedRange {
                introduced: version(text, &range.introduced, findings),
                fixed: version(text, &range.fixed, findings),
            };
            (read, places)
        })
        .collect();
    ranges.sort_by(|(a, _), (b, _)| a.introduced.cmp(&b.introduced));
    let (ranges, places) = ranges.into_iter().unzip();
    let (rollback, reason) = advice(text, &row, findings);
    Placed {
        issue: KnownIssue {
            id: row.id.into_inner(),
            title: row.title,
            symptoms: row.symptoms,
            affected: Affected { ranges },
            workaround: row.workaround,
            rollback,
            reason,
        },
        places,
    }
}

fn version(
    text: &Text,
    field: &Option<Spanned<String>>,
    findings: &mut Findings,
) -> Option<Version> {
    let field = field.as_ref()?;
    let read = Version::read(field.get_ref());
    if read.is_none() {
        findings.push(
            Finding::new(
                Code::IssueField,
                format!("`{}` is no version", field.get_ref()),
            )
            .at(text, field.span())
            .help("write a version such as `1.5.1`"),
        );
    }
    read
}

fn advice(text: &Text, row: &Row, findings: &mut Findings) -> (RollbackAdvice, Option<String>) {
    let Some(field) = &row.rollback else {
        return (RollbackAdvice::Yes, row.reason.clone());
    };
    let Some((advice, reason)) = RollbackAdvice::read(field.get_ref()) else {
        findings.push(
            Finding::new(
                Code::IssueField,
                format!("`{}` is no advice on rolling back", field.get_ref()),
            )
            .at(text, field.span())
            .help("write `yes`, `no` or `ask`"),
        );
        return (RollbackAdvice::Ask, row.reason.clone());
    };
    let reason = row.reason.clone().or(reason);
    if advice != RollbackAdvice::Yes && reason.is_none() {
        findings.push(
            without_reason(advice)
                .at(text, field.span())
                .help("add `reason = \"…\"` for the person who must decide at night"),
        );
    }
    (advice, reason)
}
