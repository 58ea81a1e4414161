//! One tree for JSON, YAML, TOML and `.env`: scalars as they are written, each with its place.

mod tree;
mod yaml;

pub use tree::{Node, NodeKind, Unreadable, env, toml};
pub use yaml::{yaml, yaml_documents};
