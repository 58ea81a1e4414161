//! What is said about an author's text: where it stands, what is wrong, what to write instead.
//!
//! A finding is a value; nothing here reads files or prints. Knows nothing of releases.

mod code;
mod finding;
mod show;
mod span;
mod words;

pub use code::{Code, DOCUMENTED, Documented};
pub use finding::{Finding, Findings, Severity};
pub use show::{annotations, report, summary_line};
pub use span::{Place, Span, Text};
pub use words::{clipped, closest, count, list, plain, shell_word};
