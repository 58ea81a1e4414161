//! A folder of generated files, brought up to date. Files are made in parallel and compared with what is there; those that
//! differ wait beside the folder until all are made. Then a new folder, whose unchanged files are the old ones under a
//! second name, changes places with the old one.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use crate::adapters::disk::{exchange, open_to_others, parent};
use crate::adapters::temporary;
use crate::diag::Finding;
use crate::ports::{Failure, NotRefreshed, Pages, Refreshed};

/// The list of files of the last run, in the folder itself: what may be removed.
const LIST: &str = "data/files.txt";

/// Findings shown, of pages that could not be made.
const SHOWN: usize = 5;

pub fn refresh(folder: &Path, pages: &dyn Pages) -> Result<Refreshed, NotRefreshed> {
    let folder = &fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let fail = |error: &std::io::Error| Failure::file("write", folder, error);
    let names = pages.names();
    let before = earlier(folder)?;
    let new: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    if let Some(old) = &before {
        foreign(folder, old, &new)?;
    }
    let beside = parent(folder);
    fs::create_dir_all(beside).map_err(|error| fail(&error))?;
    let staging = temporary::folder_in(beside).map_err(|error| fail(&error))?;
    for below in new
        .iter()
        .filter_map(|name| name.rsplit_once('/'))
        .map(|(below, _)| below)
        .chain(["data"])
        .collect::<BTreeSet<_>>()
    {
        let path = staging.path().join(below);
        fs::create_dir_all(&path).map_err(|error| Failure::file("write", &path, &error))?;
    }
    let kept = made(folder, staging.path(), pages)?;
    let removed = before
        .iter()
        .flatten()
        .filter(|name| !new.contains(name.as_str()))
        .count();
    let refreshed = Refreshed {
        written: names.len() - kept.len(),
        kept: kept.len(),
        removed,
    };
    if before.is_some() && refreshed.written + removed == 0 {
        return Ok(refreshed);
    }
    kept.par_iter().try_for_each(|number| {
        again(
            &folder.join(&names[*number]),
            &staging.path().join(&names[*number]),
        )
    })?;
    let list: String = names.iter().map(|name| format!("{name}\n")).collect();
    let path = staging.path().join(LIST);
    fs::write(&path, list).map_err(|error| Failure::file("write", &path, &error))?;
    open_to_others(staging.path());
    if before.is_some() {
        exchange(staging.path(), folder).map_err(|error| fail(&error))?;
    } else {
        // An empty folder may stand there.
        let _ = fs::remove_dir(folder);
        fs::rename(staging.path(), folder).map_err(|error| fail(&error))?;
        let _ = staging.keep();
    }
    Ok(refreshed)
}

/// The files of an earlier run; `None` where the folder is not there, or empty.
fn earlier(folder: &Path) -> Result<Option<BTreeSet<String>>, Failure> {
    let mut entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file("write", folder, &error)),
        Ok(entries) => entries,
    };
    match fs::read_to_string(folder.join(LIST)) {
        Ok(list) => Ok(Some(list.lines().map(str::to_owned).collect())),
        Err(_) if entries.next().is_none() => Ok(None),
        Err(_) => Err(Failure::new(format!(
            "`{}` is not empty and was not made by tidings",
            folder.display()
        ))
        .help("give another folder with `--out`: what is in it is replaced")),
    }
}

/// A file that neither this run nor an earlier one made: it would be lost.
fn foreign(folder: &Path, old: &BTreeSet<String>, new: &BTreeSet<&str>) -> Result<(), Failure> {
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let path = folder.join(&below);
        let entries = fs::read_dir(&path).map_err(|error| Failure::file("read", &path, &error))?;
        for entry in entries.flatten() {
            let inner = below.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(inner);
                continue;
            }
            let name = inner.to_string_lossy().replace('\\', "/");
            if name != LIST && !old.contains(&name) && !new.contains(name.as_str()) {
                return Err(Failure::new(format!("`{}` is none of the files that tidings writes", folder.join(inner).display()))
                    .help("move it into `content/`, from where it is copied, or give another folder with `--out`"));
            }
        }
    }
    Ok(())
}

/// Makes every file; writes those that differ into `staging`. The numbers of the others.
fn made(folder: &Path, staging: &Path, pages: &dyn Pages) -> Result<Vec<usize>, NotRefreshed> {
    let findings: Mutex<Vec<(usize, Finding)>> = Mutex::default();
    let names = pages.names();
    let kept: Result<Vec<Option<usize>>, Failure> = (0..names.len())
        .into_par_iter()
        .map(|number| {
            let bytes = match pages.bytes(number) {
                Ok(bytes) => bytes,
                Err(finding) => {
                    if let Ok(mut findings) = findings.lock() {
                        findings.push((number, finding));
                    }
                    return Ok(None);
                }
            };
            if same(&folder.join(&names[number]), &bytes) {
                return Ok(Some(number));
            }
            let path = staging.join(&names[number]);
            fs::write(&path, bytes).map_err(|error| Failure::file("write", &path, &error))?;
            Ok(None)
        })
        .collect();
    let mut findings = findings.into_inner().unwrap_or_default();
    if findings.is_empty() {
        return Ok(kept?.into_iter().flatten().collect());
    }
    // A broken template breaks every page that it makes: a few are enough.
    findings.sort_by_key(|(number, _)| *number);
    let mut shown: Vec<Finding> = Vec::new();
    for (_, finding) in findings {
        if shown.len() < SHOWN
            && !shown
                .iter()
                .any(|known| known.message == finding.message && known.span == finding.span)
        {
            shown.push(finding);
        }
    }
    Err(NotRefreshed::Findings(shown))
}

fn same(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|old| old.len() == bytes.len() as u64)
        && fs::read(path).is_ok_and(|old| old == bytes)
}

/// The old file under a second name; a copy where the file system has no such thing.
fn again(old: &Path, new: &Path) -> Result<(), Failure> {
    match fs::hard_link(old, new) {
        Ok(()) => Ok(()),
        Err(_) => fs::copy(old, new)
            .map(|_| ())
            .map_err(|error| Failure::file("write", new, &error)),
    }
}
