//! The port: everything that is asked of the outside.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::model::Tag;
use crate::world::{Action, Failure, Files, NotRefreshed, Pages, Refreshed};

/// A tag, and a file at it (`None` where the tag has none).
pub type Tagged = (Tag, Option<Vec<u8>>);

pub trait World {
    /// The bytes of a file; `None` where there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure>;

    /// Standard input, to its end.
    ///
    /// # Errors
    /// It cannot be read.
    fn read_input(&self) -> Result<Vec<u8>, Failure>;

    fn exists(&self, path: &Path) -> bool;

    /// Where a path leads, links followed as far as it exists.
    fn real(&self, path: &Path) -> PathBuf;

    /// The files below a folder, at most three levels down, as paths from it.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;

    /// Today, in UTC: the only clock there is.
    fn today(&self) -> NaiveDate;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// All tags of a git repository, with one file at each, in one pass.
    ///
    /// # Errors
    /// The folder is no repository, or git fails.
    fn tags(&self, repository: &Path, file: &str) -> Result<Vec<Tagged>, Failure>;

    /// One file at a commit; `None` where it has none.
    ///
    /// # Errors
    /// git fails.
    fn file_at(&self, repository: &Path, commit: &str, file: &str) -> Result<Option<Vec<u8>>, Failure>;

    /// Whether a web address answers; why not where it does not.
    fn reach(&self, url: &str) -> Result<(), String>;

    /// Whether git tracks a file in the repository that it lies in.
    ///
    /// # Errors
    /// git fails.
    fn tracked(&self, repository: &Path, file: &Path) -> Result<bool, Failure>;

    /// What an agent answers at its version address, at most a mebibyte of it.
    ///
    /// # Errors
    /// It does not answer in ten seconds, or with an error.
    fn version_answer(&self, url: &str) -> Result<String, Failure>;

    /// Brings a folder of generated files up to date: writes what differs, leaves the rest alone, removes what an earlier run
    /// made and this one does not. The folder changes in one step, or not at all.
    ///
    /// # Errors
    /// A file that cannot be made or written; a folder that was not made by tidings.
    fn refresh(&self, folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed>;

    /// Serves a site on the loopback address, at the path `below`, until the program ends; builds it again when one of the
    /// watched files or folders changes, and keeps the last one where that gives none. `ready` is told the address.
    ///
    /// # Errors
    /// The port is taken, or there is no first site.
    fn serve(
        &self,
        port: u16,
        below: &str,
        watched: &[PathBuf],
        build: &mut dyn FnMut() -> Option<Files>,
        ready: &mut dyn FnMut(&str),
    ) -> Result<(), Failure>;

    /// # Errors
    /// The action failed; what was there before is untouched.
    fn perform(&self, action: &Action) -> Result<(), Failure>;
}
