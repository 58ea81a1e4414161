//! Temporary files and folders beside what they will become. Their names say which process they belong to, so that the next run
//! can remove what a killed one left behind.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

const MARK: &str = ".tidings-";
const CLONE: &str = "tidings-smoke-";

/// A folder beside the one that it will replace.
pub fn folder_in(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    sweep(folder, MARK);
    tempfile::Builder::new()
        .prefix(&own(MARK))
        .tempdir_in(folder)
}

/// A file beside the one that it will replace. For its owner only, until somebody says otherwise.
pub fn file_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    sweep(folder, MARK);
    tempfile::Builder::new()
        .prefix(&own(MARK))
        .tempfile_in(folder)
}

/// A folder for a clone, in the system's folder for temporary things.
pub fn clone_folder() -> std::io::Result<tempfile::TempDir> {
    sweep(&std::env::temp_dir(), CLONE);
    tempfile::Builder::new().prefix(&own(CLONE)).tempdir()
}

fn own(mark: &str) -> String {
    format!("{mark}{}-", std::process::id())
}

/// Removes what dead processes left in a folder: once in a run.
fn sweep(folder: &Path, mark: &str) {
    static SWEPT: OnceLock<Mutex<HashSet<PathBuf>>> = OnceLock::new();
    let swept = SWEPT.get_or_init(Mutex::default);
    if !swept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(folder.to_path_buf())
    {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(mark)?.split_once('-')?.0.parse().ok());
        if process.is_some_and(dead) {
            let path = entry.path();
            // A link is removed as a link.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => remove_folder(&path),
                _ => drop(fs::remove_file(path)),
            }
        }
    }
}

/// A program that the killed run had started may still be writing there for a moment.
fn remove_folder(path: &Path) {
    for _ in 0..20 {
        if fs::remove_dir_all(path).is_ok() || !path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
}

/// Whether no process has this number. One of somebody else's is alive.
#[cfg(unix)]
fn dead(process: i32) -> bool {
    rustix::process::Pid::from_raw(process).is_some_and(|process| {
        rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
    })
}

#[cfg(not(unix))]
fn dead(_: i32) -> bool {
    false
}
