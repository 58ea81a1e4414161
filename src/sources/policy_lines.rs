//! The lines that the policy names, held against what was released: one that does nothing is an error.

use chrono::NaiveDate;

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{End, History, Line, Support};
use crate::sources::config::PolicyLine;

/// Lines that were never released, and extended ones that end no later than by the rule.
pub fn check(text: &Text, lines: &[PolicyLine], history: &History) -> Findings {
    let mut findings = Findings::new();
    if lines.is_empty() {
        return findings;
    }
    let scheme = &history.policy.scheme;
    let mut known: Vec<Line> = history
        .releases()
        .iter()
        .filter(|release| !release.version.is_prerelease())
        .map(|release| Line::of(&release.version, scheme))
        .collect();
    known.dedup();
    let last = history.last_day(NaiveDate::MAX);
    let support = Support::on(history, last);
    for said in lines {
        let finding = if !known.contains(&said.line) {
            let names: Vec<&str> = known.iter().map(Line::as_str).collect();
            let help = match crate::diag::closest(said.line.as_str(), names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("released lines: {}", crate::diag::list(&names, "and")),
            };
            Some((
                format!(
                    "no release of `{}` was ever made, so this has no effect",
                    said.line
                ),
                help,
            ))
        } else {
            said.extended
                .then(|| without_effect(&support, said))
                .flatten()
        };
        findings.extend(finding.map(|(what, help)| {
            Finding::new(Code::PolicyVersion, what)
                .at(text, said.span.clone())
                .help(help)
        }));
    }
    findings
}

fn without_effect(support: &Support<'_>, said: &PolicyLine) -> Option<(String, String)> {
    let row = support.line(&said.line).filter(|row| !row.extended)?;
    Some((
        format!("the extension of `{}` has no effect", said.line),
        match row.end {
            End::On(date) => {
                format!("by the rule it is supported until {date} anyway: name a later day, or remove this")
            }
            End::After(_) => {
                "the day is over, and by the rule it is supported still: name a later day, or remove this".to_owned()
            }
        },
    ))
}
