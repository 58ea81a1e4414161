//! The embedded example: Acme Agent, its two repositories with their whole history. Pure: files and streams, no I/O.
//!
//! Dates and authors are fixed, so that every run makes the same commits.

mod releases;
mod stream;

pub use releases::{PORT, bootstrap, on_port, source};
pub use stream::{Commit, Stream};
