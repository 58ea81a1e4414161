//! The support matrix: a row a line.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::parts::{ProductPart, Standpoint, spoken_date};
use crate::model::{End, Line, LineSupport, Policy, Scheme, Status, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Matrix {
    pub schema: &'static str,
    pub product: ProductPart,
    pub as_of: String,
    /// The rule in one sentence.
    pub rule: String,
    /// Newest line first.
    pub rows: Vec<MatrixRow>,
    /// Releases that were withdrawn, newest first.
    pub withdrawn: Vec<String>,
    /// What a withdrawal changed: `Support of 2.0 goes on …`.
    pub regained: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MatrixRow {
    pub line: String,
    pub latest: String,
    pub tag: String,
    /// When the latest patch was released.
    pub released: Option<String>,
    /// When the line was opened.
    pub opened: String,
    /// `supported` or `unsupported`.
    pub status: String,
    /// In words: `when 1.8 ships`, `2026-11-20`.
    pub ends: String,
    pub ends_on: Option<String>,
    pub extended: bool,
    /// Lines above it.
    pub newer_lines: usize,
    pub digest: Option<String>,
    pub release_page: String,
}

impl Matrix {
    pub const SCHEMA: &'static str = "tidings/support-matrix/1";

    pub fn of(at: Standpoint<'_>) -> Self {
        let support = at.support;
        let newest = support.lines.first().map(|row| row.line.clone());
        Matrix {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            as_of: spoken_date(at.day()),
            rule: rule(&at.history.policy),
            rows: support
                .lines
                .iter()
                .map(|row| matrix_row(at, row, newest.as_ref()))
                .collect(),
            withdrawn: at
                .history
                .releases()
                .iter()
                .rev()
                .filter(|r| r.withdrawn)
                .map(|r| r.version.to_string())
                .collect(),
            regained: regained(at),
        }
    }
}

/// Withdrawn releases above the latest are looked at: one below it changes nothing any more.
fn regained(at: Standpoint<'_>) -> Vec<String> {
    let latest = at.history.latest(at.day());
    let above = at
        .history
        .releases()
        .iter()
        .rev()
        .take_while(|release| latest.is_none_or(|latest| release.version > latest.version));
    let gone = above.filter(|release| release.withdrawn && release.released_by(at.day()));
    gone.take(MOST_GONE)
        .filter_map(|release| regained_words(at, &release.version, None))
        .collect()
}

/// Withdrawn releases of which it is said what that changed.
const MOST_GONE: usize = 4;

/// `Support of 2.0 goes on: 2.2.0, which would have changed that, was withdrawn.`
pub fn regained_words(
    at: Standpoint<'_>,
    withdrawn: &Version,
    only: Option<&Line>,
) -> Option<String> {
    let mut lines = at.support.regained(at.history, withdrawn);
    lines.retain(|line| only.is_none_or(|only| only == line));
    let lines: Vec<String> = lines.iter().rev().map(Line::to_string).collect();
    (!lines.is_empty()).then(|| {
        format!(
            "Support of {} goes on: {withdrawn}, which would have changed that, was withdrawn.",
            crate::diag::list(&lines, "and")
        )
    })
}

fn matrix_row(at: Standpoint<'_>, row: &LineSupport<'_>, newest: Option<&Line>) -> MatrixRow {
    let tag = at.tag(row.latest);
    MatrixRow {
        line: row.line.to_string(),
        latest: row.latest.version.to_string(),
        released: row.latest.date.map(spoken_date),
        opened: spoken_date(row.opened),
        status: row.status.as_str().to_owned(),
        ends: end_words(&row.end, newest, &at.history.policy.scheme),
        ends_on: match row.end {
            End::On(date) => Some(spoken_date(date)),
            End::After(_) => None,
        },
        extended: row.extended,
        newer_lines: row.newer,
        digest: row.latest.pin.as_ref().map(|pin| pin.digest.to_string()),
        release_page: at.product.bootstrap.release_page(&tag),
        tag,
    }
}

/// `2026-11-20`, `when 1.8 ships`, `when two more lines have shipped`.
pub fn end_words(end: &End, newest: Option<&Line>, scheme: &Scheme) -> String {
    match end {
        End::On(date) => spoken_date(*date),
        End::After(lines) => match newest.and_then(|line| scheme.following(line, *lines as u64)) {
            Some(next) => format!("when {next} ships"),
            None if *lines == 1 => "when the next line ships".to_owned(),
            None => format!("when {lines} more lines have shipped"),
        },
    }
}

/// The support rule in one sentence.
pub fn rule(policy: &Policy) -> String {
    let what = match policy.scheme {
        Scheme::Semver | Scheme::Pep440 => "minor version",
        Scheme::Calver(_) => "release line",
    };
    let first = match policy.supported_minors {
        1 => format!("The latest {what} is supported"),
        2 => format!("The last two {what}s are supported"),
        3 => format!("The last three {what}s are supported"),
        n => format!("The last {n} {what}s are supported"),
    };
    let grace = match policy.grace_days {
        0 => String::new(),
        days => format!(
            ", an older one for {} more after the release that pushes it out",
            crate::diag::count(days as usize, "day")
        ),
    };
    format!("{first}{grace}; anything older still installs but gets no further fixes.")
}

/// The day on which support of a version's line ends or ended, where that is known.
pub fn dated_end(at: Standpoint<'_>, version: &Version) -> Option<NaiveDate> {
    match at
        .support
        .line(&Line::of(version, &at.history.policy.scheme))?
        .end
    {
        End::On(date) => Some(date),
        End::After(_) => None,
    }
}

/// Whether a version is supported, in words: `supported until …`.
pub fn status_words(at: Standpoint<'_>, version: &Version) -> (Status, Option<String>) {
    let support = at.support;
    let status = support.status(at.history, version);
    let line = support.line(&Line::of(version, &at.history.policy.scheme));
    let newest = support.lines.first().map(|row| row.line.clone());
    (
        status,
        line.map(|row| end_words(&row.end, newest.as_ref(), &at.history.policy.scheme)),
    )
}
