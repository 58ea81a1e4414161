//! The real outside. The only place with files, git, the network, the environment and the clock.

#![allow(clippy::disallowed_methods, reason = "this is the door to the outside")]

pub mod demo_agent;
mod disk;
mod forge;
mod git;
mod git_environment;
mod http;
mod inside;
mod ledger;
mod mail;
mod oci_registry;
mod process;
mod registry_account;
mod registry_challenge;
mod registry_index;
mod registry_many;
mod repository;
mod secrets;
mod site_server;
mod site_writer;
mod temporary;
mod terminal;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::{NaiveDate, Utc};

use crate::ports::forge::ForgeKind;
use crate::ports::registry::Manifest;
use crate::ports::{
    Action, Console, Environment, Failure, FileSystem, Files, Forge, FreshClone, GitRead, Hosting,
    Inside, Ledger, LedgerKind, Mailing, NotRefreshed, Pages, Processes, Ran, Reactor, Refreshed,
    RemoteTag, Remotes, Repository, Tagged, Transport, TransportKind, Unit, Web,
};

/// The machine that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Live;

impl FileSystem for Live {
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        disk::read(path)
    }

    fn read_inside(&self, root: &Path, path: &Path) -> Result<Inside, Failure> {
        inside::read(root, path)
    }

    fn open_to_others(&self, path: &Path) -> bool {
        disk::open_to_others_at(path)
    }

    fn leads_inside(&self, root: &Path, path: &Path) -> bool {
        inside::leads(root, path)
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

    fn matching(&self, folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
        disk::matching(folder, pattern)
    }

    fn measure(&self, path: &Path) -> Result<(u64, String), Failure> {
        forge::sha256(path)
    }

    fn refresh(&self, folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed> {
        site_writer::refresh(folder, pages)
    }

    fn perform(&self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::WriteFile { path, bytes } => disk::write(path, bytes),
            Action::WritePrivate { path, text } => {
                disk::write_private(path, secrets::struck(text).as_bytes())
            }
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

impl GitRead for Live {
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

    fn tracked(&self, repository: &Path, file: &Path) -> Result<bool, Failure> {
        git::tracked(repository, file)
    }

    fn remote_tag(&self, repository: &Path, tag: &str) -> Result<Option<RemoteTag>, Failure> {
        git::remote_tag(repository, tag)
    }

    fn fresh_clone(&self, repository: &Path, tag: &str) -> Result<FreshClone, Failure> {
        git::fresh_clone(repository, tag)
    }

    fn repository(&self, folder: &Path) -> Box<dyn Repository> {
        Box::new(repository::open(folder))
    }
}

impl Processes for Live {
    fn run(
        &self,
        folder: &Path,
        line: &str,
        environment: &BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Ran, Failure> {
        process::run(folder, line, environment, limit)
    }
}

impl Environment for Live {
    fn today(&self, zone: Option<chrono_tz::Tz>) -> NaiveDate {
        // https://reproducible-builds.org/specs/source-date-epoch/
        let epoch = std::env::var("SOURCE_DATE_EPOCH")
            .ok()
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
        let now = epoch.unwrap_or_else(Utc::now);
        match zone {
            Some(zone) => now.with_timezone(&zone).date_naive(),
            None => now.with_timezone(&chrono::Local).date_naive(),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn withhold(&self, secrets: &[String], passed: &[String]) {
        secrets::withhold(secrets, passed);
    }

    fn struck(&self, text: &str) -> String {
        secrets::struck(text)
    }

    fn asked_to_end(&self) -> Arc<AtomicBool> {
        terminal::asked_to_end()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

impl Console for Live {
    fn read_input(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        Ok(bytes)
    }

    fn confirm(&self, question: &str) -> Option<bool> {
        terminal::confirm(question)
    }

    fn progress(&self, what: &str, of: u64, unit: Unit) -> Box<dyn Fn(u64) + Sync> {
        terminal::progress(what, of, unit)
    }

    fn mail_progress(&self, of: u64) -> crate::ports::mail::MailProgress {
        terminal::mail_progress(of)
    }
}

impl Web for Live {
    fn reach(&self, url: &str) -> Result<(), String> {
        http::reach(url)
    }

    fn version_answer(&self, url: &str) -> Result<String, Failure> {
        http::version_answer(url)
    }

    fn serve(
        &self,
        port: u16,
        below: &str,
        watched: &[PathBuf],
        build: &mut dyn FnMut() -> Option<Files>,
        ready: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        site_server::serve(port, below, watched, build, ready)
    }
}

impl Remotes for Live {
    fn forge(&self, kind: &ForgeKind) -> Result<Box<dyn Forge>, Failure> {
        forge::open(kind)
    }

    fn hosting(&self, kind: &ForgeKind) -> Result<Option<Box<dyn Hosting>>, Failure> {
        forge::hosting(kind)
    }

    fn manifest(&self, image: &str, reference: &str) -> Result<Option<Manifest>, Failure> {
        oci_registry::manifest(image, reference)
    }

    fn manifests(&self, asked: &[(String, String)]) -> Vec<Result<Option<Manifest>, Failure>> {
        registry_many::manifests(asked)
    }
}

impl Mailing for Live {
    fn ledger(&self, kind: &LedgerKind) -> Result<Box<dyn Ledger>, Failure> {
        ledger::open(kind)
    }

    fn transport(&self, kind: &TransportKind) -> Result<Box<dyn Transport>, Failure> {
        mail::open(kind)
    }

    fn reactor(&self) -> Box<dyn Reactor> {
        mail::reactor()
    }
}
