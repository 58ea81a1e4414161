//! The port: everything that is asked of the outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::NaiveDate;

use crate::model::Tag;
use crate::ports::forge::ForgeKind;
use crate::ports::registry::Manifest;
use crate::ports::{
    Action, Failure, Files, Forge, Hosting, Ledger, LedgerKind, NotRefreshed, Pages, Reactor,
    Refreshed, Repository, Transport, TransportKind,
};

/// What a bar counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Messages,
    Seconds,
}

/// A tag, and a file at it (`None` where the tag has none).
pub type Tagged = (Tag, Option<Vec<u8>>);

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// `None` where it was stopped because it took too long.
    pub code: Option<i32>,
    /// The end of what it said.
    pub output: String,
    pub took: Duration,
}

/// What a path inside a repository leads to, links followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    Absent,
    Bytes(Vec<u8>),
    /// Out of the repository, or into git's own folder.
    Outside,
}

/// A clone in a folder of its own.
pub struct FreshClone {
    pub path: PathBuf,
    pub took: Duration,
    /// Dropped, it takes the folder with it.
    pub guard: Box<dyn std::any::Any>,
}

/// A tag as a remote has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteTag {
    /// The tag object of an annotated tag; the commit of a lightweight one.
    pub object: String,
    pub commit: String,
}

/// Files of this machine.
pub trait FileSystem {
    /// The bytes of a file; `None` where there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure>;

    /// Reads a file that a proposer can name or replace by a link: a path from `root` that must stay inside its repository.
    ///
    /// # Errors
    /// The file is there and cannot be read, or it changed meanwhile.
    fn read_inside(&self, root: &Path, path: &Path) -> Result<Inside, Failure>;

    /// Whether others than its owner may read a file.
    fn open_to_others(&self, path: &Path) -> bool;

    /// Whether a path from `root` leads to something inside the repository.
    fn leads_inside(&self, root: &Path, path: &Path) -> bool;

    fn exists(&self, path: &Path) -> bool;

    /// Where a path leads, links followed as far as it exists.
    fn real(&self, path: &Path) -> PathBuf;

    /// The files below a folder, at most three levels down, as paths from it.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;

    /// The files that a pattern such as `dist/*.json` names, below a folder, by name.
    ///
    /// # Errors
    /// It is no pattern, or a folder cannot be read.
    fn matching(&self, folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure>;

    /// Size in bytes and `sha256:…` of a file.
    ///
    /// # Errors
    /// It cannot be read.
    fn measure(&self, path: &Path) -> Result<(u64, String), Failure>;

    /// Brings a folder of generated files up to date: writes what differs, leaves the rest alone, removes what an earlier run
    /// made and this one does not. The folder changes in one step, or not at all.
    ///
    /// # Errors
    /// A file that cannot be made or written; a folder that was not made by tidings.
    fn refresh(&self, folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed>;

    /// # Errors
    /// The action failed; what was there before is untouched.
    fn perform(&self, action: &Action) -> Result<(), Failure>;
}

/// What git knows, without a repository being opened for more.
pub trait GitRead {
    /// All tags of a git repository, with one file at each, in one pass.
    ///
    /// # Errors
    /// The folder is no repository, or git fails.
    fn tags(&self, repository: &Path, file: &str) -> Result<Vec<Tagged>, Failure>;

    /// One file at a commit; `None` where it has none.
    ///
    /// # Errors
    /// git fails.
    fn file_at(
        &self,
        repository: &Path,
        commit: &str,
        file: &str,
    ) -> Result<Option<Vec<u8>>, Failure>;

    /// Whether git tracks a file in the repository that it lies in.
    ///
    /// # Errors
    /// git fails.
    fn tracked(&self, repository: &Path, file: &Path) -> Result<bool, Failure>;

    /// What a tag of the remote `origin` leads to: the object, and the commit behind it. `None` where the remote has no such tag.
    ///
    /// # Errors
    /// There is no remote, or it cannot be reached.
    fn remote_tag(&self, repository: &Path, tag: &str) -> Result<Option<RemoteTag>, Failure>;

    /// Clones what `origin` of a repository is at a tag into a new folder, which goes with the guard.
    ///
    /// # Errors
    /// The remote has no such tag, or cannot be reached.
    fn fresh_clone(&self, repository: &Path, tag: &str) -> Result<FreshClone, Failure>;

    /// A git repository: whatever is asked of one that is none fails.
    fn repository(&self, folder: &Path) -> Box<dyn Repository>;
}

/// Programs that are started.
pub trait Processes {
    /// Runs a command line with `sh` in a folder, for at most `limit`.
    ///
    /// # Errors
    /// It cannot be started.
    fn run(
        &self,
        folder: &Path,
        line: &str,
        environment: &BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Ran, Failure>;
}

/// The clock, the variables, and whether somebody asked to end.
pub trait Environment {
    /// Today: in this zone, else in the machine's. The only clock there is.
    fn today(&self, zone: Option<chrono_tz::Tz>) -> NaiveDate;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// From here on these variables are secrets: programs do not get them, those in `passed` aside, and nothing shows their values.
    fn withhold(&self, secrets: &[String], passed: &[String]);

    /// A text without the values of secrets.
    fn struck(&self, text: &str) -> String;

    /// Set once the operator asks to end (Ctrl-C, SIGTERM).
    fn asked_to_end(&self) -> Arc<AtomicBool>;

    /// Waits: for a server that asks for it.
    fn pause(&self, time: Duration);
}

/// Standard input, and the terminal if there is one.
pub trait Console {
    /// Standard input, to its end.
    ///
    /// # Errors
    /// It cannot be read.
    fn read_input(&self) -> Result<Vec<u8>, Failure>;

    /// Puts a question to the operator on the terminal; `None` where there is no terminal.
    fn confirm(&self, question: &str) -> Option<bool>;

    /// A bar on a terminal, for `of` things of this unit; nothing elsewhere.
    fn progress(&self, what: &str, of: u64, unit: Unit) -> Box<dyn Fn(u64) + Sync>;

    /// A bar for so many messages, told how many are done and why it goes slowly, if it does. Without a terminal such a reason is a line, one in
    /// ten seconds at most.
    fn mail_progress(&self, of: u64) -> crate::ports::mail::MailProgress;
}

/// Addresses that are asked, and a site that is served on loopback.
pub trait Web {
    /// Whether a web address answers; why not where it does not.
    fn reach(&self, url: &str) -> Result<(), String>;

    /// What an agent answers at its version address, at most a mebibyte of it.
    ///
    /// # Errors
    /// It does not answer in ten seconds, or with an error.
    fn version_answer(&self, url: &str) -> Result<String, Failure>;

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
}

/// Forges, registries.
pub trait Remotes {
    /// A forge to publish at.
    ///
    /// # Errors
    /// What is configured makes no forge.
    fn forge(&self, kind: &ForgeKind) -> Result<Box<dyn Forge>, Failure>;

    /// A repository at a forge; `None` where the forge only keeps pages.
    ///
    /// # Errors
    /// As `forge`.
    fn hosting(&self, kind: &ForgeKind) -> Result<Option<Box<dyn Hosting>>, Failure>;

    /// What a registry has of an image at a tag or digest, with every child of an index looked for; `None` where it has none.
    ///
    /// # Errors
    /// The registry cannot be asked, or wants an account.
    fn manifest(&self, image: &str, reference: &str) -> Result<Option<Manifest>, Failure>;

    /// The same for many images with their references, side by side; a registry that does not answer is asked once. In the order asked.
    fn manifests(&self, asked: &[(String, String)]) -> Vec<Result<Option<Manifest>, Failure>>;
}

/// The ledger, the ways for messages to leave, and what drives many connections at once.
pub trait Mailing {
    /// A ledger.
    ///
    /// # Errors
    /// It cannot be opened.
    fn ledger(&self, kind: &LedgerKind) -> Result<Box<dyn Ledger>, Failure>;

    /// A way for messages to leave.
    ///
    /// # Errors
    /// What is configured makes none.
    fn transport(&self, kind: &TransportKind) -> Result<Box<dyn Transport>, Failure>;

    /// What carries out on one thread what mostly waits.
    fn reactor(&self) -> Box<dyn Reactor>;
}

/// Everything that is asked of the outside, for what wires it together. What does one thing takes the one port that it needs.
pub trait World:
    FileSystem + GitRead + Processes + Environment + Console + Web + Remotes + Mailing
{
}

impl<T: FileSystem + GitRead + Processes + Environment + Console + Web + Remotes + Mailing> World
    for T
{
}
