//! A configuration as it is in force, written as TOML.

use serde::Serialize;

/// The file with its defaults filled in.
pub fn as_toml(file: &impl Serialize) -> String {
    toml::to_string(file).unwrap_or_else(|error| format!("# cannot be shown: {error}\n"))
}
