//! Files that stay inside their repository, links followed: what a proposer can write names no file of the machine.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use crate::adapters::disk::LARGEST;
use crate::ports::{Failure, Inside};

/// Reads `path`, which is one from `root`. The file that was looked at is the file that is read: its real path is opened part by part
/// from the folder of the repository, and no part may be a link any more.
pub fn read(root: &Path, path: &Path) -> Result<Inside, Failure> {
    let whole = root.join(path);
    let fail = |error: &std::io::Error| Failure::file("read", &whole, error);
    let (top, below) = match place(root, path) {
        Ok(Some(place)) => place,
        Ok(None) => return Ok(Inside::Outside),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Inside::Absent);
        }
        Err(error) => return Err(fail(&error)),
    };
    let file = open(&top, &below).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => changed(&whole),
        _ if error.to_string().contains("symbolic links") => changed(&whole),
        _ => fail(&error),
    })?;
    let found = file.metadata().map_err(|error| fail(&error))?;
    if found.is_dir() {
        return Err(fail(&ErrorKind::IsADirectory.into()));
    }
    if !found.is_file() {
        return Err(Failure::new(format!(
            "cannot read `{}`: it is no plain file",
            whole.display()
        )));
    }
    let mut bytes = Vec::new();
    let most = LARGEST + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| fail(&error))?;
    if bytes.len() as u64 == most {
        return Err(Failure::new(format!(
            "`{}` is larger than {} MiB",
            whole.display(),
            LARGEST >> 20
        ))
        .help("is this the right file?"));
    }
    Ok(Inside::Bytes(bytes))
}

/// Whether a path from `root` leads to something, and to something inside the repository.
pub fn leads(root: &Path, path: &Path) -> bool {
    matches!(place(root, path), Ok(Some(_)))
}

fn changed(path: &Path) -> Failure {
    Failure::new(format!("`{}` changed while it was read", path.display()))
        .help("run this again when nobody else writes there")
}

/// The repository, and where in it the path leads; `None` where it leads out of it, or into git's own folder.
fn place(root: &Path, path: &Path) -> std::io::Result<Option<(PathBuf, PathBuf)>> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(plain) {
        return Ok(None);
    }
    let root = fs::canonicalize(if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    })?;
    let top = top(&root);
    let real = fs::canonicalize(root.join(path))?;
    let Ok(below) = real.strip_prefix(&top) else {
        return Ok(None);
    };
    let own = |part: Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
    Ok((!below.components().any(own)).then(|| (top.clone(), below.to_path_buf())))
}

/// The folder that holds the repository; where there is none, the folder itself.
fn top(root: &Path) -> PathBuf {
    root.ancestors()
        .find(|up| up.join(".git").exists())
        .unwrap_or(root)
        .to_path_buf()
}

#[cfg(unix)]
fn open(top: &Path, below: &Path) -> std::io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let folder = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let mut at = openat(CWD, top, folder, Mode::empty())?;
    let parts: Vec<Component<'_>> = below.components().collect();
    for (number, part) in parts.iter().enumerate() {
        // A pipe that somebody put there does not hold us up.
        let flags = if number + 1 == parts.len() {
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC
        } else {
            folder
        };
        at = openat(
            &at,
            part.as_os_str(),
            flags | OFlags::NOFOLLOW,
            Mode::empty(),
        )?;
    }
    Ok(File::from(at))
}

#[cfg(not(unix))]
fn open(top: &Path, below: &Path) -> std::io::Result<File> {
    File::open(top.join(below))
}
