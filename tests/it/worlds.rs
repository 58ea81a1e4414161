//! Actions: doing one twice is doing it once, what is not ours is never replaced.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tidings::adapters::Live;
use tidings::ports::{Action, FileSystem, Files};

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    Live.list(folder)
        .into_iter()
        .map(|path| {
            (
                path.to_string_lossy().into_owned(),
                fs::read(folder.join(&path)).unwrap(),
            )
        })
        .collect()
}

fn files(more: &str) -> Files {
    Files::from([
        (
            "context.json".into(),
            b"{\n  \"schema\": \"tidings/context/1\"\n}\n".to_vec(),
        ),
        ("upgrade/a.md".into(), more.as_bytes().to_vec()),
    ])
}

#[test]
fn twice_is_once() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let actions = [
        Action::ReplaceFolder {
            path: out,
            files: files("one"),
        },
        Action::WriteFile {
            path: folder.path().join("b/file"),
            bytes: b"x".to_vec(),
        },
    ];
    for action in &actions {
        Live.perform(action).unwrap();
    }
    let once = tree(folder.path());
    for action in &actions {
        Live.perform(action).unwrap();
    }
    assert_eq!(tree(folder.path()), once);
}

#[test]
fn a_folder_is_replaced_whole_and_nothing_else_is_left() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    Live.perform(&Action::ReplaceFolder {
        path: out.clone(),
        files: files("one"),
    })
    .unwrap();
    let mut new = files("two");
    new.insert("upgrade/b.md".into(), b"b".to_vec());
    Live.perform(&Action::ReplaceFolder {
        path: out.clone(),
        files: new.clone(),
    })
    .unwrap();
    assert_eq!(tree(&out), new);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary folder is left"
    );
}

#[test]
fn folders_that_are_not_ours_are_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("thesis.txt"), "x").unwrap();
    let replace = |path: &Path| {
        Live.perform(&Action::ReplaceFolder {
            path: path.to_path_buf(),
            files: files("one"),
        })
    };
    let failure = replace(folder.path()).unwrap_err();
    assert!(
        failure.what.contains("not made by tidings"),
        "{}",
        failure.what
    );
    let out = folder.path().join("out");
    replace(&out).unwrap();
    fs::write(out.join("mine.txt"), "x").unwrap();
    assert!(replace(&out).unwrap_err().what.contains("mine.txt"));
    assert_eq!(fs::read_to_string(out.join("mine.txt")).unwrap(), "x");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_are_said() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, folder.path().join("link")).unwrap();
    Live.perform(&Action::WriteFile {
        path: folder.path().join("link"),
        bytes: b"new".to_vec(),
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert!(
        fs::symlink_metadata(folder.path().join("link"))
            .unwrap()
            .file_type()
            .is_symlink()
    );
    let circle = folder.path().join("circle");
    std::os::unix::fs::symlink(&circle, &circle).unwrap();
    assert!(Live.read(&circle).unwrap_err().what.contains("circle"));
}
