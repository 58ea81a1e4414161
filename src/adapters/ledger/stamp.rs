//! How many steps a ledger has taken, written outside it: in the git directory of the repository that it lies in, where neither a backup of
//! the ledger's folder nor `git clean` reaches. A ledger that has taken fewer is not the newest.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Digits of a number, so that a shorter one overwrites all of a longer one.
const WIDTH: usize = 20;

pub struct Stamp(File);

impl Stamp {
    /// `None` where there is no git directory, or nothing can be written there.
    pub fn open(folder: &Path, ledger: &str) -> Option<Stamp> {
        let folder = git_directory(folder)?.join("tidings");
        std::fs::create_dir_all(&folder).ok()?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        private(&mut options);
        options
            .open(folder.join(format!("ledger-{ledger}")))
            .ok()
            .map(Stamp)
    }

    pub fn read(&mut self) -> i64 {
        let mut text = String::new();
        let read = self
            .0
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.0.read_to_string(&mut text));
        read.ok()
            .and_then(|_| text.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Not synced: behind a power cut it may say less than the ledger, which is no fault.
    pub fn write(&mut self, step: i64) {
        let text = format!("{step:>WIDTH$}\n");
        let _ = self
            .0
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.0.write_all(text.as_bytes()));
    }
}

/// For the owner only.
#[cfg(unix)]
pub fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
pub fn private(_: &mut OpenOptions) {}

/// `.git` of a folder or of one above it; in a worktree it is a file that names the directory.
fn git_directory(folder: &Path) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let git = folder
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|git| git.exists())?;
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(&git).ok()?;
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(git.parent()?.join(named))
}
