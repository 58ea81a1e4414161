//! What is done to the outside, as values: planned, shown, then carried out. Doing an action twice is doing it once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diag::count;

/// Files by their path below a folder, with `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Clone, Debug)]
pub enum Action {
    /// Replaces one file, all or nothing.
    WriteFile { path: PathBuf, bytes: Vec<u8> },
    /// The same for a file that only its owner may read, without the values of secrets.
    WritePrivate { path: PathBuf, text: String },
    /// Replaces a folder by these files, all or nothing. A folder that was not made by tidings is refused.
    ReplaceFolder { path: PathBuf, files: Files },
    /// Makes a git repository with a bare remote from a `git fast-import` stream, where there is none.
    MakeRepository {
        path: PathBuf,
        remote: PathBuf,
        stream: Vec<u8>,
    },
    /// Lets a file be run as a program.
    MakeExecutable { path: PathBuf },
    /// Makes this program reachable under a path: for the example's install script.
    LinkSelf { path: PathBuf },
}

/// A path as people read it: without `./` at its front.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

impl Action {
    /// One line for a dry run.
    pub fn show(&self) -> String {
        match self {
            Action::WriteFile { path, bytes } => {
                format!("write {} ({})", shown(path), size(bytes.len()))
            }
            Action::WritePrivate { path, text } => {
                format!("write {} ({})", shown(path), size(text.len()))
            }
            Action::MakeRepository { path, remote, .. } => {
                format!(
                    "make the repository {} with the remote {}",
                    shown(path),
                    shown(remote)
                )
            }
            Action::MakeExecutable { path } => format!("make {} executable", shown(path)),
            Action::LinkSelf { path } => format!("link {} to this program", shown(path)),
            Action::ReplaceFolder { path, files } => {
                format!(
                    "replace {} by {} ({})",
                    shown(path),
                    count(files.len(), "file"),
                    size(files.values().map(Vec::len).sum())
                )
            }
        }
    }
}

/// Actions in the order of regret: what is easiest to undo first.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub actions: Vec<Action>,
}

impl Plan {
    pub fn one(action: Action) -> Self {
        Plan {
            actions: vec![action],
        }
    }

    pub fn show(&self) -> String {
        self.actions
            .iter()
            .map(|action| action.show() + "\n")
            .collect()
    }
}

pub fn size(bytes: usize) -> String {
    match bytes {
        0..1_024 => count(bytes, "byte"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
