//! The ledger: evidence that a step passed for one tag, commit and digest. Receipts are added, never changed.

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `smoke`, `published`, `withdrawn`, `reinstated`, `notified`, `gate-overridden`.
    pub step: String,
    pub version: String,
    pub tag: String,
    /// The commit that the tag led to.
    pub commit: String,
    pub digest: String,
    /// What was seen, as JSON.
    pub detail: String,
}

/// A receipt as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub number: i64,
    /// RFC 3339, UTC.
    pub at: String,
    pub receipt: Receipt,
}

pub const SMOKE: &str = "smoke";
pub const PUBLISHED: &str = "published";
pub const WITHDRAWN: &str = "withdrawn";
/// All messages of a kind are settled.
pub const NOTIFIED: &str = "notified";
/// An operator went past a gate, and said why.
pub const OVERRIDDEN: &str = "gate-overridden";
pub const REINSTATED: &str = "reinstated";

impl Receipt {
    /// Whether it is evidence for exactly this release.
    pub fn is_for(&self, step: &str, tag: &str, commit: &str, digest: &str) -> bool {
        self.step == step && self.tag == tag && self.commit == commit && self.digest == digest
    }
}
