//! The readers: text in, value and findings out. Never failing, never panicking.
//!
//! The only home of pulldown-cmark, toml, the YAML parser and the CSV reader. Reads no files itself.

mod bootstrap;
pub mod changelog;
pub mod config;
pub mod content;
pub mod customers;
mod issue_ranges;
pub mod issues;
mod node;
pub mod pin;
mod policy_lines;
pub mod sbom;
mod sheet;
mod toml_text;
mod utf8;
pub mod version_answer;

pub use bootstrap::{About, Beside, Bootstrap, Input, alone, read};
pub use utf8::{sheet_text, text as utf8_text};
