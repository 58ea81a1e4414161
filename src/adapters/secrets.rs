//! The environment variables that hold secrets: they are kept from what is started, and their values from what is shown.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// A shorter value is no secret, and its letters stand in many words.
const SHORTEST: usize = 6;

static KNOWN: Mutex<Known> = Mutex::new(Known {
    names: Vec::new(),
    passed: Vec::new(),
    values: Vec::new(),
});

struct Known {
    names: Vec<String>,
    passed: Vec<String>,
    values: Vec<(String, String)>,
}

/// From here on these variables are secrets; those in `passed` reach programs all the same.
pub fn withhold(names: &[String], passed: &[String]) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.names = names.to_vec();
    known.passed = passed.to_vec();
    known.values = names.iter().flat_map(|name| values(name)).collect();
    // What is part of another is struck after it.
    known
        .values
        .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
}

/// The value of a variable; of one of several lines (a key) each line by itself too.
fn values(name: &str) -> Vec<(String, String)> {
    let whole = std::env::var(name).unwrap_or_default();
    let mut all = vec![whole.trim().to_owned()];
    all.extend(whole.lines().map(|line| line.trim().to_owned()));
    all.retain(|value| value.len() >= SHORTEST && !value.starts_with("-----"));
    all.dedup();
    all.into_iter()
        .map(|value| (value, name.to_owned()))
        .collect()
}

/// Takes the secrets out of the environment of a program.
pub fn keep_from(command: &mut Command) {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    for name in known
        .names
        .iter()
        .filter(|name| !known.passed.contains(name))
    {
        command.env_remove(name);
    }
}

/// The same for git, whose credential helpers may need the forge's token.
pub fn keep_from_git(command: &mut Command) {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = |name: &&String| !known.passed.contains(name) && !name.contains("TOKEN");
    for name in known.names.iter().filter(kept) {
        command.env_remove(name);
    }
}

/// The text without the values of secrets.
pub fn struck(text: &str) -> String {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = text.to_owned();
    for (value, name) in &known.values {
        if text.contains(value.as_str()) {
            text = text.replace(value.as_str(), &format!("[{name}]"));
        }
    }
    text
}
