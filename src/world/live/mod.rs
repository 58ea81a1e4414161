//! The real outside. The only place with files, git, the network, the environment and the clock.

#![allow(clippy::disallowed_methods, reason = "this is the door to the outside")]

pub mod agent;
mod disk;
mod forge;
mod git;
mod ledger;
mod mail;
mod probe;
mod process;
mod refresh;
mod registry;
mod repository;
mod serve;
mod terminal;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::{NaiveDate, Utc};

use crate::world::forge::ForgeKind;
use crate::world::registry::Manifest;
use crate::world::{
    Action, Failure, Files, Forge, FreshClone, Hosting, Ledger, LedgerKind, NotRefreshed, Pages,
    Ran, Reactor, Refreshed, RemoteTag, Repository, Tagged, Transport, TransportKind, Unit, World,
};

/// The machine that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Live;

impl World for Live {
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        disk::read(path)
    }

    fn read_input(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        Ok(bytes)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn real(&self, path: &Path) -> PathBuf {
        disk::real(path)
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        disk::list(folder)
    }

    fn today(&self) -> NaiveDate {
        // https://reproducible-builds.org/specs/source-date-epoch/
        let epoch = std::env::var("SOURCE_DATE_EPOCH")
            .ok()
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
        epoch.unwrap_or_else(Utc::now).date_naive()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn tags(&self, repository: &Path, file: &str) -> Result<Vec<Tagged>, Failure> {
        git::tags(repository, file)
    }

    fn file_at(
        &self,
        repository: &Path,
        commit: &str,
        file: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        git::file_at(repository, commit, file)
    }

    fn reach(&self, url: &str) -> Result<(), String> {
        probe::reach(url)
    }

    fn tracked(&self, repository: &Path, file: &Path) -> Result<bool, Failure> {
        git::tracked(repository, file)
    }

    fn version_answer(&self, url: &str) -> Result<String, Failure> {
        probe::version_answer(url)
    }

    fn refresh(&self, folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed> {
        refresh::refresh(folder, pages)
    }

    fn serve(
        &self,
        port: u16,
        below: &str,
        watched: &[PathBuf],
        build: &mut dyn FnMut() -> Option<Files>,
        ready: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        serve::serve(port, below, watched, build, ready)
    }

    fn remote_tag(&self, repository: &Path, tag: &str) -> Result<Option<RemoteTag>, Failure> {
        git::remote_tag(repository, tag)
    }

    fn matching(&self, folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
        disk::matching(folder, pattern)
    }

    fn measure(&self, path: &Path) -> Result<(u64, String), Failure> {
        forge::sha256(path)
    }

    fn run(
        &self,
        folder: &Path,
        line: &str,
        environment: &BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Ran, Failure> {
        process::run(folder, line, environment, limit)
    }

    fn fresh_clone(&self, repository: &Path, tag: &str) -> Result<FreshClone, Failure> {
        git::fresh_clone(repository, tag)
    }

    fn repository(&self, folder: &Path) -> Box<dyn Repository> {
        Box::new(repository::open(folder))
    }

    fn forge(&self, kind: &ForgeKind) -> Result<Box<dyn Forge>, Failure> {
        forge::open(kind)
    }

    fn hosting(&self, kind: &ForgeKind) -> Result<Option<Box<dyn Hosting>>, Failure> {
        forge::hosting(kind)
    }

    fn manifest(&self, image: &str, reference: &str) -> Result<Option<Manifest>, Failure> {
        registry::manifest(image, reference)
    }

    fn ledger(&self, kind: &LedgerKind) -> Result<Box<dyn Ledger>, Failure> {
        ledger::open(kind)
    }

    fn transport(&self, kind: &TransportKind) -> Result<Box<dyn Transport>, Failure> {
        mail::open(kind)
    }

    fn reactor(&self) -> Box<dyn Reactor> {
        mail::reactor()
    }

    fn asked_to_end(&self) -> Arc<AtomicBool> {
        terminal::asked_to_end()
    }

    fn confirm(&self, question: &str) -> Option<bool> {
        terminal::confirm(question)
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn progress(&self, what: &str, of: u64, unit: Unit) -> Box<dyn Fn(u64) + Sync> {
        terminal::progress(what, of, unit)
    }

    fn perform(&self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::WriteFile { path, bytes } => disk::write(path, bytes),
            Action::ReplaceFolder { path, files } => disk::replace_folder(path, files),
            Action::MakeRepository {
                path,
                remote,
                stream,
            } => git::import(path, remote, stream),
            Action::MakeExecutable { path } => disk::make_executable(path),
            Action::LinkSelf { path } => disk::link_self(path),
        }
    }
}
