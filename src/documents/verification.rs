//! What was published, beside what is there now.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verification {
    pub schema: &'static str,
    pub version: String,
    pub tag: String,
    /// When the receipt was written (RFC 3339).
    pub published: String,
    /// How many rows are not what they were.
    pub drifted: usize,
    /// How many rows could not be looked at.
    pub unread: usize,
    pub rows: Vec<VerifiedPart>,
}

/// One thing that was published.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerifiedPart {
    pub what: String,
    /// As the receipt has it.
    pub then: String,
    /// As it is; `gone`; or why it could not be looked at.
    pub now: String,
    /// `same`, `changed`, `unread`.
    pub state: String,
}

impl Verification {
    pub const SCHEMA: &'static str = "tidings/verification/1";

    pub fn of(version: &str, tag: &str, published: &str, rows: Vec<VerifiedPart>) -> Self {
        Verification {
            schema: Self::SCHEMA,
            version: version.to_owned(),
            tag: tag.to_owned(),
            published: published.to_owned(),
            drifted: rows.iter().filter(|row| row.state == "changed").count(),
            unread: rows.iter().filter(|row| row.state == "unread").count(),
            rows,
        }
    }
}

impl VerifiedPart {
    /// `None` for what is gone.
    pub fn of(what: impl Into<String>, then: impl Into<String>, now: Option<String>) -> Self {
        let (then, now) = (then.into(), now.unwrap_or_else(|| "gone".to_owned()));
        let state = if then == now { "same" } else { "changed" };
        VerifiedPart {
            what: what.into(),
            then,
            now,
            state: state.to_owned(),
        }
    }

    pub fn unread(
        what: impl Into<String>,
        then: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        VerifiedPart {
            what: what.into(),
            then: then.into(),
            now: why.into(),
            state: "unread".to_owned(),
        }
    }
}
