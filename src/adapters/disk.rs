//! Files and folders. Everything is replaced whole: a failed or killed run leaves what was there.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use crate::adapters::temporary;
use crate::ports::{Failure, Files};

/// A larger file is not read: no changelog, pin or template is.
pub(in crate::adapters) const LARGEST: u64 = 512 << 20;

pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let fail = |error: &std::io::Error| Failure::file("read", path, error);
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(fail(&error)),
        Ok(found) if found.is_dir() => Err(fail(&ErrorKind::IsADirectory.into())),
        Ok(found) if !found.is_file() => Err(Failure::new(format!(
            "cannot read `{}`: it is no plain file",
            path.display()
        ))),
        Ok(found) if found.len() > LARGEST => Err(Failure::new(format!(
            "`{}` is larger than {} MiB",
            path.display(),
            LARGEST >> 20
        ))
        .help("is this the right file?")),
        Ok(_) => fs::read(path).map(Some).map_err(|error| fail(&error)),
    }
}

/// The path with its links followed: of a part that is not there yet, the names are kept.
pub fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let found = path
        .ancestors()
        .find_map(|up| Some((up, fs::canonicalize(up).ok()?)));
    match found {
        Some((up, real)) if up == path => real,
        Some((up, real)) => path
            .strip_prefix(up)
            .map(|rest| real.join(rest))
            .unwrap_or(real),
        None => path,
    }
}

/// Files below a folder, three levels deep; links to folders are not followed.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(folder, Path::new(""), 3, &mut files);
    files.sort();
    files
}

fn walk(folder: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder.join(below)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 1 => walk(folder, &path, depth - 1, files),
            Ok(kind) if kind.is_dir() => {}
            _ => files.push(path),
        }
    }
}

/// Writes beside the file, then renames over it. A link is followed: its target is replaced, not the link.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let fail = |error: &std::io::Error| Failure::file("write", path, error);
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(|error| fail(&error))?;
    let file = written(folder, bytes).map_err(|error| fail(&error))?;
    let mode = fs::metadata(path).map(|old| old.permissions()).ok();
    if let Some(mode) = mode.or_else(usual_mode) {
        file.as_file()
            .set_permissions(mode)
            .map_err(|error| fail(&error))?;
    }
    file.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}

/// The same for what only its owner may read: 0600, and 0700 for folders that are made, from the first byte and whatever the umask.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: &std::io::Error| Failure::file("write", path, error);
    private_folder(parent(path)).map_err(|error| fail(&error))?;
    let file = written(parent(path), bytes).map_err(|error| fail(&error))?;
    file.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}

/// A temporary file is its owner's own.
fn written(folder: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = temporary::file_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes a folder that only its owner may enter, where there is none.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes an empty file that only its owner may read, where there is none.
pub fn private_file(path: &Path) -> std::io::Result<()> {
    private_folder(parent(path))?;
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// Whether others than its owner may read it.
#[cfg(unix)]
pub fn open_to_others_at(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub fn open_to_others_at(_: &Path) -> bool {
    false
}

#[cfg(unix)]
pub(in crate::adapters) fn usual_mode() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(in crate::adapters) fn usual_mode() -> Option<fs::Permissions> {
    None
}

pub(in crate::adapters) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The file that every folder made here holds, and how it starts.
const MARK: (&str, &str) = ("context.json", "{\n  \"schema\": \"tidings/context/1\"");

/// Writes a new folder beside the old one, then lets them change places.
pub fn replace_folder(path: &Path, files: &Files) -> Result<(), Failure> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let fail = |error: &std::io::Error| Failure::file("write", path, error);
    let exists = ours(path, files)?;
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(|error| fail(&error))?;
    let new = temporary::folder_in(folder).map_err(|error| fail(&error))?;
    write_all(new.path(), files)?;
    open_to_others(new.path());
    if exists {
        exchange(new.path(), path).map_err(|error| fail(&error))
        // The old folder is now at the temporary place, and goes with it.
    } else {
        // An empty folder may stand there.
        let _ = fs::remove_dir(path);
        fs::rename(new.path(), path).map_err(|error| fail(&error))?;
        let _ = new.keep();
        Ok(())
    }
}

/// Whether there is a folder to replace. Only one that an earlier run made is: nobody's files are taken for ours.
fn ours(path: &Path, files: &Files) -> Result<bool, Failure> {
    let entries: Vec<PathBuf> = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure::file("write", path, &error)),
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
    };
    if entries.is_empty() {
        return Ok(false);
    }
    let marked = fs::read_to_string(path.join(MARK.0)).is_ok_and(|text| text.starts_with(MARK.1));
    let tops: Vec<&str> = files
        .keys()
        .filter_map(|name| name.split('/').next())
        .collect();
    let known = |entry: &Path| {
        entry
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| tops.contains(&name) || matches!(name, "mail" | "upgrade"))
    };
    let foreign = entries.iter().find(|entry| !known(entry));
    match (marked, foreign) {
        (true, None) => Ok(true),
        (true, Some(foreign)) => Err(Failure::new(format!(
            "`{}` is none of the files that tidings writes",
            foreign.display()
        ))
        .help("move it away, or give another folder with `--out`: the folder is replaced whole")),
        (false, _) => Err(Failure::new(format!(
            "`{}` is not empty and was not made by tidings",
            path.display()
        ))
        .help("give another folder with `--out`: it is replaced whole")),
    }
}

fn write_all(root: &Path, files: &Files) -> Result<(), Failure> {
    let mut folders: Vec<&str> = files
        .keys()
        .filter_map(|name| name.rsplit_once('/').map(|(folder, _)| folder))
        .collect();
    folders.dedup();
    for folder in folders {
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(|error| Failure::file("write", &path, &error))?;
    }
    let all: Vec<(&String, &Vec<u8>)> = files.iter().collect();
    all.par_iter().try_for_each(|(name, bytes)| {
        let path = root.join(name);
        fs::write(&path, bytes).map_err(|error| Failure::file("write", &path, &error))
    })
}

/// A temporary folder is for its owner only; the finished one is an ordinary one.
pub(in crate::adapters) fn open_to_others(path: &Path) {
    let _ = make_executable(path);
}

/// Two folders change names in one step where the system can; else in two renames.
pub(in crate::adapters) fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = new.with_extension("old");
    fs::rename(old, &aside)?;
    if let Err(error) = fs::rename(new, old) {
        fs::rename(&aside, old)?;
        return Err(error);
    }
    fs::rename(&aside, new)
}

/// A link to this program; a copy where links are not to be had.
pub fn link_self(path: &Path) -> Result<(), Failure> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("cannot find this program: {error}")))?;
    let _ = fs::remove_file(path);
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(&own, path);
    #[cfg(not(unix))]
    let linked = fs::copy(&own, path).map(|_| ());
    linked.map_err(|error| Failure::file("write", path, &error))
}

/// Plain files that a pattern names, below `folder`.
pub fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |why: &str| {
        Failure::new(format!("`{pattern}` names no files: {why}"))
            .help("write `dist/*.json`, or the name of one file")
    };
    if Path::new(pattern).is_absolute() || pattern.split('/').any(|part| part == "..") {
        return Err(wrong("it leads out of the folder of operator.toml"));
    }
    let below = glob::Pattern::escape(&folder.to_string_lossy());
    // `**` at the end finds folders only, and files are meant.
    let all = if pattern.ends_with("**") { "/*" } else { "" };
    let found = glob::glob(&format!("{below}/{pattern}{all}")).map_err(|error| wrong(error.msg))?;
    // What is found has no `./` at its front, whatever the folder has.
    let bare: PathBuf = folder
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let (top, mut files) = (real(folder), Vec::new());
    for path in found {
        let path = path.map_err(|error| Failure::file("read", error.path(), error.error()))?;
        if path.is_file() {
            if !real(&path).starts_with(&top) {
                return Err(Failure::new(format!(
                    "`{}` is a link that leads out of the folder of operator.toml",
                    path.display()
                ))
                .help(
                    "put the file itself there: what is attached can be read by every customer",
                ));
            }
            files.push(folder.join(path.strip_prefix(&bare).unwrap_or(&path)));
        }
    }
    files.sort();
    Ok(files)
}

/// For everybody who may read it.
#[cfg(unix)]
pub fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|error| Failure::file("write", path, &error))
}

#[cfg(not(unix))]
pub fn make_executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// A lock on a file that is only there for that. The system lets it go when the process ends, however it ends.
pub fn lock(path: &Path) -> Result<Box<dyn std::any::Any>, Failure> {
    let fail = |error: &std::io::Error| Failure::file("lock", path, error);
    private_file(path).map_err(|error| fail(&error))?;
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| fail(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(Box::new(file)),
        Err(fs::TryLockError::WouldBlock) => {
            Err(Failure::new("another tidings is at work with this ledger")
                .help("wait until it is done, then run this again"))
        }
        Err(fs::TryLockError::Error(error)) => Err(fail(&error)),
    }
}
