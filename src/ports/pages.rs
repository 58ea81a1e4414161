//! A folder of many files that are made one at a time, so that they are never all in memory.

use crate::diag::{Finding, Findings};
use crate::ports::Failure;

/// Files that can be made, by their number.
pub trait Pages: Sync {
    /// Their paths below the folder, with `/`; no two alike.
    fn names(&self) -> &[String];

    /// # Errors
    /// The finding that keeps the file from being made: nothing is written then.
    fn bytes(&self, number: usize) -> Result<Vec<u8>, Finding>;
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// New files, and those with other bytes than before.
    pub written: usize,
    /// Files that had these bytes: they were not touched.
    pub kept: usize,
    /// Files of an earlier run that are no more.
    pub removed: usize,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum NotRefreshed {
    Findings(Findings),
    Failure(Failure),
}

impl From<Failure> for NotRefreshed {
    fn from(failure: Failure) -> Self {
        NotRefreshed::Failure(failure)
    }
}
