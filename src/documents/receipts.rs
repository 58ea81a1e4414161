//! The receipts of a ledger, and one that a smoke test writes.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Receipts {
    pub schema: &'static str,
    pub receipts: Vec<ReceiptPart>,
}

/// Evidence that a step passed for one tag, commit and digest.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReceiptPart {
    pub number: i64,
    /// RFC 3339, UTC.
    pub at: String,
    pub step: String,
    pub version: String,
    pub tag: String,
    pub commit: String,
    pub digest: String,
    /// What was seen; its form depends on the step.
    pub detail: Value,
}

impl Receipts {
    pub const SCHEMA: &'static str = "tidings/ledger/1";
}

/// A smoke test that passed, step by step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SmokeTest {
    pub schema: &'static str,
    pub version: String,
    pub tag: String,
    pub seconds: f64,
    pub steps: Vec<TimedStep>,
    /// `operations` where none is named, `rollback` where there is no earlier release.
    pub not_checked: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TimedStep {
    pub step: String,
    pub seconds: f64,
}

impl SmokeTest {
    pub const SCHEMA: &'static str = "tidings/smoke/1";
}
