//! The outside in memory: for tests, and for anybody who uses the library without a disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::NaiveDate;

use crate::world::forge::ForgeKind;
use crate::world::registry::Manifest;
use crate::world::{
    Action, Failure, Files, Forge, FreshClone, Hosting, Ledger, LedgerKind, Live, NotRefreshed,
    Pages, Ran, Reactor, Refreshed, RemoteTag, Repository, Tagged, Transport, TransportKind, Unit,
    World,
};

/// Files, tags and a day, all given.
#[derive(Default)]
pub struct Memory {
    pub files: RefCell<BTreeMap<PathBuf, Vec<u8>>>,
    pub tags: Vec<Tagged>,
    pub tracked: Vec<PathBuf>,
    pub variables: BTreeMap<String, String>,
    pub today: NaiveDate,
    pub answer: Option<String>,
    pub input: Vec<u8>,
}

impl World for Memory {
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.files.borrow().get(path).cloned())
    }

    fn read_input(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.input.clone())
    }

    fn exists(&self, path: &Path) -> bool {
        self.files
            .borrow()
            .keys()
            .any(|file| file.starts_with(path))
    }

    fn real(&self, path: &Path) -> PathBuf {
        path.to_path_buf()
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        self.files
            .borrow()
            .keys()
            .filter_map(|file| file.strip_prefix(folder).ok().map(Path::to_path_buf))
            .collect()
    }

    fn today(&self) -> NaiveDate {
        self.today
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn tags(&self, _: &Path, _: &str) -> Result<Vec<Tagged>, Failure> {
        Ok(self.tags.clone())
    }

    fn file_at(&self, _: &Path, commit: &str, file: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self
            .files
            .borrow()
            .get(&Path::new(commit).join(file))
            .cloned())
    }

    fn reach(&self, url: &str) -> Result<(), String> {
        self.answer
            .as_ref()
            .map(|_| ())
            .ok_or_else(|| format!("nothing answers at {url}"))
    }

    fn tracked(&self, _: &Path, file: &Path) -> Result<bool, Failure> {
        Ok(self.tracked.iter().any(|tracked| tracked == file))
    }

    fn version_answer(&self, url: &str) -> Result<String, Failure> {
        self.answer
            .clone()
            .ok_or_else(|| Failure::new(format!("nothing answers at {url}")))
    }

    fn refresh(&self, folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed> {
        let mut new = BTreeMap::new();
        for (number, name) in pages.names().iter().enumerate() {
            new.insert(
                folder.join(name),
                pages
                    .bytes(number)
                    .map_err(|finding| NotRefreshed::Findings(vec![finding]))?,
            );
        }
        let mut files = self.files.borrow_mut();
        let kept = new
            .iter()
            .filter(|(path, bytes)| files.get(*path) == Some(bytes))
            .count();
        let before = files.keys().filter(|path| path.starts_with(folder)).count();
        files.retain(|path, _| !path.starts_with(folder) || new.contains_key(path));
        let refreshed = Refreshed {
            written: new.len() - kept,
            kept,
            removed: before - files.keys().filter(|path| path.starts_with(folder)).count(),
        };
        files.extend(new);
        Ok(refreshed)
    }

    fn serve(
        &self,
        _: u16,
        below: &str,
        _: &[PathBuf],
        build: &mut dyn FnMut() -> Option<Files>,
        ready: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        let files = build().ok_or_else(|| Failure::new("there is no site"))?;
        self.files.borrow_mut().extend(
            files
                .into_iter()
                .map(|(name, bytes)| (Path::new(below).join(name), bytes)),
        );
        ready(below);
        Ok(())
    }

    fn remote_tag(&self, _: &Path, tag: &str) -> Result<Option<RemoteTag>, Failure> {
        let found = self.tags.iter().find(|(known, _)| known.name == tag);
        Ok(found.map(|(tag, _)| RemoteTag {
            object: tag.commit.clone(),
            commit: tag.commit.clone(),
        }))
    }

    fn matching(&self, folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
        let path = folder.join(pattern);
        Ok(self
            .files
            .borrow()
            .keys()
            .filter(|file| **file == path)
            .cloned()
            .collect())
    }

    fn measure(&self, path: &Path) -> Result<(u64, String), Failure> {
        let bytes = self
            .read(path)?
            .ok_or_else(|| Failure::new(format!("there is no `{}`", path.display())))?;
        Ok((bytes.len() as u64, String::new()))
    }

    fn run(
        &self,
        _: &Path,
        line: &str,
        _: &BTreeMap<String, String>,
        _: Duration,
    ) -> Result<Ran, Failure> {
        Err(Failure::new(format!(
            "there are no programs in memory: `{line}`"
        )))
    }

    fn fresh_clone(&self, _: &Path, tag: &str) -> Result<FreshClone, Failure> {
        Err(Failure::new(format!("there is no git in memory: `{tag}`")))
    }

    fn repository(&self, folder: &Path) -> Box<dyn Repository> {
        // git itself says that there is nothing.
        Live.repository(folder)
    }

    fn forge(&self, _: &ForgeKind) -> Result<Box<dyn Forge>, Failure> {
        Err(Failure::new("there is no forge in memory"))
    }

    fn hosting(&self, _: &ForgeKind) -> Result<Option<Box<dyn Hosting>>, Failure> {
        Ok(None)
    }

    fn manifest(&self, image: &str, _: &str) -> Result<Option<Manifest>, Failure> {
        Err(Failure::new(format!(
            "there is no registry in memory: `{image}`"
        )))
    }

    fn ledger(&self, _: &LedgerKind) -> Result<Box<dyn Ledger>, Failure> {
        Err(Failure::new("there is no ledger in memory"))
    }

    fn transport(&self, _: &TransportKind) -> Result<Box<dyn Transport>, Failure> {
        Err(Failure::new("there is no mail in memory"))
    }

    fn reactor(&self) -> Box<dyn Reactor> {
        Live.reactor()
    }

    fn asked_to_end(&self) -> Arc<AtomicBool> {
        Arc::default()
    }

    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }

    fn pause(&self, _: Duration) {}

    fn progress(&self, _: &str, _: u64, _: Unit) -> Box<dyn Fn(u64) + Sync> {
        Box::new(|_| {})
    }

    fn perform(&self, action: &Action) -> Result<(), Failure> {
        let mut files = self.files.borrow_mut();
        match action {
            Action::WriteFile { path, bytes } => {
                files.insert(path.clone(), bytes.clone());
            }
            Action::MakeRepository { path, stream, .. } => {
                files.insert(path.join(".git"), stream.clone());
            }
            Action::MakeExecutable { .. } => {}
            Action::LinkSelf { path } => {
                files.insert(path.clone(), Vec::new());
            }
            Action::ReplaceFolder { path, files: new } => {
                files.retain(|file, _| !file.starts_with(path));
                files.extend(
                    new.iter()
                        .map(|(name, bytes)| (path.join(name), bytes.clone())),
                );
            }
        }
        Ok(())
    }
}
