//! Where the facts are read: in the working tree, or, where an older release is checked out, at the newest commit that the clone knows.
//!
//! After a rollback the clone stands at an old tag. What was released since, what was withdrawn and which issues are known must not hang on that.

use std::path::Path;

use crate::diag::Text;
use crate::model::Version;
use crate::ports::git::Detached;
use crate::ports::{Failure, shown};
use crate::project::load::{bytes_inside, folder};
use crate::project::session::{Session, Stop};
use crate::sources::utf8_text;

/// Where changelog, known issues and configuration are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    WorkingTree,
    Newest {
        commit: String,
        /// The branch or tag: `origin/main`.
        name: String,
        /// The released tag that is checked out.
        here: String,
        /// The default branch.
        branch: Option<String>,
    },
}

impl Facts {
    /// # Errors
    /// git fails.
    pub fn of(session: &Session<'_>, root: &Path, tag_prefix: &str) -> Result<Facts, Stop> {
        let repository = session.world.repository(root);
        let Some(detached) = repository.detached()? else {
            return Ok(Facts::WorkingTree);
        };
        let released = released(&detached, tag_prefix);
        let here = released
            .iter()
            .find(|(_, _, commit)| **commit == detached.commit);
        let Some((_, here, _)) = here else {
            return Ok(Facts::WorkingTree);
        };
        let mut newest: Option<(&str, &str)> = None;
        let main = detached
            .main
            .as_ref()
            .map(|(name, commit)| (name.as_str(), commit.as_str()));
        let tag = released
            .iter()
            .max_by_key(|(version, _, _)| version)
            .map(|(_, name, commit)| (*name, *commit));
        for (name, commit) in main.into_iter().chain(tag) {
            // A branch that was fetched long ago is older than the tags.
            let newer = |known: &str| {
                known != commit && repository.contains(commit, known).unwrap_or(false)
            };
            if newest.is_none_or(|(_, known)| newer(known)) {
                newest = Some((name, commit));
            }
        }
        match newest {
            Some((name, commit)) if !repository.contains(&detached.commit, commit)? => {
                Ok(Facts::Newest {
                    commit: commit.to_owned(),
                    name: name.to_owned(),
                    here: (*here).to_owned(),
                    branch: main.map(|(name, _)| name.trim_start_matches("origin/").to_owned()),
                })
            }
            _ => Ok(Facts::WorkingTree),
        }
    }

    /// Says where they are read, where that is not what is checked out.
    pub fn announce(&self, session: &Session<'_>) {
        if let Facts::Newest { name, here, .. } = self
            && session.facts_said.set(()).is_ok()
        {
            session.say(&format!("{here} is checked out; changelog, known issues and configuration are read from `{name}`, the newest that this clone knows"));
        }
    }

    /// The bytes of a file, by its path from `root`.
    ///
    /// # Errors
    /// It cannot be read, or leads out of the repository.
    pub fn bytes(
        &self,
        session: &Session<'_>,
        root: &Path,
        path: impl AsRef<Path>,
    ) -> Result<Option<Vec<u8>>, Stop> {
        match self {
            Facts::WorkingTree => bytes_inside(session, root, path),
            Facts::Newest { commit, .. } => {
                let path = path.as_ref().to_string_lossy().replace('\\', "/");
                Ok(session.world.file_at(root, commit, &path)?)
            }
        }
    }

    /// The same, as text, named by where it was read.
    ///
    /// # Errors
    /// As `bytes`; a file that is not UTF-8.
    pub fn text(
        &self,
        session: &Session<'_>,
        root: &Path,
        path: impl AsRef<Path>,
    ) -> Result<Option<Text>, Stop> {
        let path = path.as_ref();
        let name = match self {
            Facts::WorkingTree => shown(&root.join(path)),
            Facts::Newest { name, .. } => format!("{name}:{}", path.display()),
        };
        match self
            .bytes(session, root, path)?
            .map(|bytes| utf8_text(&name, bytes))
        {
            None => Ok(None),
            Some((text, findings)) if findings.is_empty() => Ok(Some(text)),
            Some((_, findings)) => Err(Stop::Findings(findings)),
        }
    }

    /// The configuration of the newest commit, where an older release is checked out that had another one, or none.
    ///
    /// # Errors
    /// As `text`.
    pub fn configuration(&self, session: &Session<'_>, file: &Path) -> Result<Option<Text>, Stop> {
        match (self, file.file_name()) {
            (Facts::Newest { .. }, Some(name)) => self.text(session, &folder(file), name),
            _ => Ok(None),
        }
    }

    /// Whether a path leads to something inside the repository.
    pub fn exists(&self, session: &Session<'_>, root: &Path, path: &str) -> bool {
        match self {
            Facts::WorkingTree => session.world.leads_inside(root, Path::new(path)),
            Facts::Newest { commit, .. } => {
                session.world.leads_inside(root, Path::new(path))
                    || matches!(session.world.file_at(root, commit, path), Ok(Some(_)))
            }
        }
    }

    /// Nothing is written into the files of an old release.
    ///
    /// # Errors
    /// An older release is checked out.
    pub fn writable(&self, root: &Path) -> Result<(), Stop> {
        let Facts::Newest { here, branch, .. } = self else {
            return Ok(());
        };
        let branch = branch.as_deref().unwrap_or("main");
        let failure = Failure::new(format!(
            "{here} is checked out in `{}`: what is written there would be part of no release",
            shown(root)
        ));
        Err(failure
            .help(format!(
                "`git -C {} checkout {branch}`, then run this again",
                crate::diag::shell_word(&shown(root))
            ))
            .into())
    }
}

/// The tags that name a version: it, the tag, its commit.
fn released<'d>(detached: &'d Detached, prefix: &str) -> Vec<(Version, &'d str, &'d str)> {
    detached
        .tags
        .iter()
        .filter_map(|(name, commit)| {
            let rest = name.strip_prefix(prefix)?;
            let version = rest
                .starts_with(|c: char| c.is_ascii_digit())
                .then(|| Version::read(rest))??;
            Some((version, name.as_str(), commit.as_str()))
        })
        .collect()
}
