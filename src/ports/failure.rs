//! A failure is about the world: a file that cannot be read, an address that does not answer. It names the thing and
//! says what to do.

use std::path::Path;

/// What failed, what it says, and what to do. Exit 2.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    pub what: String,
    pub help: Option<String>,
}

impl Failure {
    pub fn new(what: impl Into<String>) -> Self {
        Failure {
            what: what.into(),
            help: None,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `cannot read `path`: permission denied`.
    pub fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            std::io::ErrorKind::StorageFull => "the disk is full".to_owned(),
            std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
            _ if error.to_string().contains("symbolic links") => {
                "its symbolic links lead in a circle".to_owned()
            }
            std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(format!(
            "cannot {doing} `{}`: {why}",
            crate::ports::shown(path)
        ))
    }
}
