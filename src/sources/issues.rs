//! `known-issues.toml`.

use std::collections::HashSet;

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{Affected, KnownIssue, RollbackAdvice, Version};
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
    workaround: Option<String>,
    rollback: Option<Spanned<String>>,
    reason: Option<String>,
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
    let fields = [
        (
            "introduced",
            issue.affected.introduced.as_ref().map(Version::to_string),
        ),
        (
            "fixed",
            issue.affected.fixed.as_ref().map(Version::to_string),
        ),
        ("workaround", issue.workaround.clone()),
        ("rollback", Some(advice)),
        ("reason", issue.reason.clone()),
    ];
    lines.extend(
        fields
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} = {}", quoted(value.as_ref()?)))),
    );
    let before = file.trim_end();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}{}\n", lines.join("\n"))
}

pub fn read(text: &Text) -> (Vec<KnownIssue>, Findings) {
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

fn issue(text: &Text, row: Row, findings: &mut Findings) -> KnownIssue {
    let mut version = |field: &Option<Spanned<String>>| {
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
    };
    let affected = Affected {
        introduced: version(&row.introduced),
        fixed: version(&row.fixed),
    };
    let (rollback, reason) = advice(text, &row, findings);
    KnownIssue {
        id: row.id.into_inner(),
        title: row.title,
        symptoms: row.symptoms,
        affected,
        workaround: row.workaround,
        rollback,
        reason,
    }
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
