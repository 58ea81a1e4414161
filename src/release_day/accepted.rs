//! What a vendor lives with, and what customers must not see.

use chrono::NaiveDate;

use crate::documents::{Answer, Row};
use crate::ports::hosting::Alert;

/// An alert that is lived with, until a day.
#[derive(Clone, Debug)]
pub struct Acceptance {
    pub id: String,
    pub reason: String,
    pub until: NaiveDate,
}

/// A row for the open alerts of a kind: none, all accepted, or those that are not.
pub fn accept(check: &str, alerts: &[Alert], accepted: &[Acceptance], today: NaiveDate) -> Row {
    if alerts.is_empty() {
        return Row::pass(check, "none is open");
    }
    let (mut open, mut lived) = (Vec::new(), Vec::new());
    for alert in alerts {
        match accepted.iter().find(|acceptance| acceptance.id == alert.id) {
            Some(acceptance) if acceptance.until >= today => lived.push(format!(
                "{} until {}: {}",
                alert.id, acceptance.until, acceptance.reason
            )),
            Some(acceptance) => open.push(format!(
                "{} was accepted until {} only: {}",
                alert.id, acceptance.until, alert.summary
            )),
            None => open.push(format!("{}: {} {}", alert.id, alert.summary, alert.url)),
        }
    }
    if open.is_empty() {
        return Row::accepted(check, lived.join("\n"));
    }
    Row::fail(
        check,
        open.join("\n"),
        "mend it, or add it to `[[accepted]]` in operator.toml with a reason and a day",
    )
}

/// Rows that nobody looked at, and that the operator accepts by name: `[[accepted]] id = "not-checked:code-scanning"`.
pub fn accepted_rows(rows: Vec<Row>, accepted: &[Acceptance], today: NaiveDate) -> Vec<Row> {
    rows.into_iter()
        .map(|row| {
            let found = accepted.iter().find(|acceptance| {
                row.answer == Answer::NotChecked
                    && acceptance.id == row.not_checked_id()
                    && acceptance.until >= today
            });
            match found {
                Some(acceptance) => Row::accepted(
                    &row.check,
                    format!(
                        "not checked until {}: {}",
                        acceptance.until, acceptance.reason
                    ),
                ),
                None => row,
            }
        })
        .collect()
}

/// Tracked files of the bootstrap repository that are not for customers, or are made by tidings.
pub fn private<'f>(
    tracked: &'f [String],
    internal_docs: &str,
    customers: Option<&str>,
) -> Vec<&'f String> {
    let internal = internal_docs
        .trim_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("")
        .to_owned();
    let customers = customers.and_then(|path| path.rsplit('/').next());
    tracked
        .iter()
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let report = name.starts_with("incident-") && name.ends_with(".md");
            let made = name.ends_with(".eml")
                || name == "context.json"
                || name == "operator.toml"
                || path.contains(".tidings/");
            (!internal.is_empty() && path.split('/').any(|part| part == internal))
                || report
                || made
                || customers == Some(name)
        })
        .collect()
}
