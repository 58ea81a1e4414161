//! What a proposer can write stays inside its repository: configuration, links, content, templates.

use std::os::unix::fs::symlink;
use std::path::Path;

use tidings::adapters::Live;
use tidings::ports::{FileSystem, Inside};

use crate::fixture::{Repo, TOML, log, tidings};

const SECRET: &str = "root-of-the-machine:x:0:0";

/// Keys of tidings.toml that hold a path. A key added to the schema whose name says that it is one must stand here.
const KEYS: [(&str, &str); 4] = [
    ("changelog", "CHANGELOG.md"),
    ("pin", "pin.json"),
    ("known_issues", "known-issues.toml"),
    ("readme", "README.md"),
];

/// Commands that read them, and would show what they read.
const COMMANDS: [&[&str]; 8] = [
    &["check", "--format", "github"],
    &["notes"],
    &["changelog"],
    &["matrix"],
    &["readme", "--write"],
    &["guide", "build"],
    &["generate", "--out", "made"],
    &["upgrade", "1.0.0"],
];

/// A repository with a folder beside it that holds a secret.
fn with_secret() -> (Repo, tempfile::TempDir) {
    let repo = Repo::good();
    repo.write("README.md", "# Acme\n\n<!-- tidings:policy -->\n<!-- /tidings:policy -->\n\n<!-- tidings:matrix -->\n<!-- /tidings:matrix -->\n");
    repo.tag("with-readme");
    let outside = tempfile::TempDir::new().unwrap();
    std::fs::write(outside.path().join("secret"), SECRET).unwrap();
    (repo, outside)
}

fn set(repo: &Repo, table: &str, value: &str) {
    let toml: toml::Table = TOML.parse().unwrap();
    let mut toml = toml;
    let entry = toml
        .entry(table)
        .or_insert(toml::Value::Table(toml::Table::new()));
    entry
        .as_table_mut()
        .unwrap()
        .insert("file".to_owned(), value.into());
    repo.write("tidings.toml", toml.to_string());
}

fn nothing_of_the_secret(folder: &Path) {
    let found = std::process::Command::new("grep")
        .args([
            "-rl",
            "--exclude-dir=.git",
            "--dereference-recursive",
            SECRET,
            "guide",
            "made",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn every_key_that_holds_a_path_is_listed() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schema/tidings.toml.json")).unwrap();
    let mut found = Vec::new();
    for (table, value) in schema["properties"].as_object().unwrap() {
        let name = value["$ref"]
            .as_str()
            .or(value["allOf"][0]["$ref"].as_str())
            .unwrap_or("");
        let name = name.rsplit('/').next().unwrap_or("");
        for key in schema["$defs"][name]["properties"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let says = ["file", "path", "folder", "dir"]
                .iter()
                .any(|word| key.0.contains(word));
            if says {
                found.push(format!("{table}.{}", key.0));
            }
        }
    }
    found.sort();
    // A list of files is held by `several_files_of_a_pin_stay_inside`.
    let mut listed: Vec<String> = KEYS
        .iter()
        .map(|(table, _)| format!("{table}.file"))
        .chain(["pin.files".to_owned()])
        .collect();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn no_key_names_a_file_of_the_machine() {
    let (repo, outside) = with_secret();
    let secret = outside.path().join("secret");
    let absolute = secret.display().to_string();
    let up = format!(
        "../{}/secret",
        outside.path().file_name().unwrap().to_string_lossy()
    );
    symlink(&secret, repo.path().join("link")).unwrap();
    symlink(outside.path(), repo.path().join("folder")).unwrap();
    for (table, _) in KEYS {
        for written in [
            &absolute,
            &up,
            "a/../../x",
            ".git/config",
            "docs/.GIT/config",
            "",
        ] {
            set(&repo, table, written);
            for command in [COMMANDS[0], COMMANDS[2]] {
                let run = repo.tidings(command).says(1, &["path-outside"]);
                assert!(
                    format!("{}{}", run.out, run.err).contains("tidings.toml"),
                    "{}",
                    run.err
                );
            }
        }
        for written in ["link", "folder/secret"] {
            set(&repo, table, written);
            let run = repo.tidings(if table == "readme" {
                &["readme", "--check"]
            } else {
                COMMANDS[1]
            });
            let run = run.says(1, &["path-outside", written]);
            assert!(!format!("{}{}", run.out, run.err).contains(SECRET));
        }
    }
}

#[test]
fn no_link_leads_out_in_any_command() {
    for name in [
        "CHANGELOG.md",
        "pin.json",
        "known-issues.toml",
        "README.md",
        "tidings.toml",
        "content/own.md",
        "content/own.png",
        "templates/style.css",
        "templates/partials/x.html",
    ] {
        let (repo, outside) = with_secret();
        let at = repo.path().join(name);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&at);
        symlink(outside.path().join("secret"), &at).unwrap();
        let mut refused = 0;
        for command in COMMANDS {
            let run = repo.tidings(command);
            let all = format!("{}{}", run.out, run.err);
            assert!(!all.contains(SECRET), "{name} {command:?}\n{all}");
            refused += usize::from(all.contains("path-outside") && all.contains(name));
        }
        assert!(refused > 0, "{name}");
        nothing_of_the_secret(repo.path());
        assert_eq!(
            std::fs::read_to_string(outside.path().join("secret")).unwrap(),
            SECRET
        );
    }
}

#[test]
fn a_link_that_stays_inside_is_followed_and_gits_own_folder_is_none() {
    let (repo, _outside) = with_secret();
    repo.write(
        "docs/log.md",
        log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]),
    );
    std::fs::remove_file(repo.path().join("CHANGELOG.md")).unwrap();
    symlink("docs/log.md", repo.path().join("CHANGELOG.md")).unwrap();
    repo.tidings(&["notes"]).ok();
    std::fs::create_dir_all(repo.path().join("content")).unwrap();
    symlink("../.git/config", repo.path().join("content/own.md")).unwrap();
    repo.tidings(&["guide", "build"])
        .says(1, &["path-outside", "content/own.md"]);
}

#[test]
fn a_link_to_a_folder_is_not_walked() {
    let (repo, outside) = with_secret();
    std::fs::create_dir_all(repo.path().join("content")).unwrap();
    symlink(outside.path(), repo.path().join("content/own")).unwrap();
    repo.tidings(&["guide", "build"])
        .says(1, &["path-outside", "content/own"]);
    std::fs::remove_file(repo.path().join("content/own")).unwrap();
    std::fs::remove_dir(repo.path().join("content")).unwrap();
    symlink(outside.path(), repo.path().join("content")).unwrap();
    std::fs::write(outside.path().join("page.md"), SECRET).unwrap();
    repo.tidings(&["guide", "build"])
        .says(1, &["path-outside", "content"]);
    assert!(!repo.path().join("guide").exists());
}

#[test]
fn a_broken_link_of_an_entry_tells_nothing_about_the_machine() {
    let (repo, outside) = with_secret();
    symlink(outside.path().join("secret"), repo.path().join("there")).unwrap();
    repo.write(
        "CHANGELOG.md",
        log(&[
            (
                "1.2.0",
                "2026-04-10",
                "### Added\n\n- [One](there) and [two](../../../../../../../etc/passwd).",
            ),
            ("1.1.0", "2026-03-10", ""),
        ]),
    );
    repo.tidings(&["check", "1.2.0"])
        .says(1, &["`there` is no file", "passwd` is no file"]);
}

/// Somebody swaps the file for a link between the look and the read: what is read was looked at, or nothing is.
#[test]
fn a_race_between_look_and_read_yields_no_secret() {
    let (repo, outside) = with_secret();
    let (at, root) = (repo.path().join("swap"), repo.path().to_path_buf());
    std::fs::create_dir(repo.path().join("real")).unwrap();
    std::fs::write(repo.path().join("real/secret"), "harmless").unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for target in [root.join("real"), outside.path().to_path_buf()] {
                    let new = root.join("new");
                    let _ = std::fs::remove_file(&new);
                    symlink(target, &new).unwrap();
                    std::fs::rename(&new, &at).unwrap();
                }
            }
        });
        let mut read = 0;
        // On a busy machine the other thread may hold the link there for long.
        let mut tries = 0;
        while tries < 3000 || read == 0 && tries < 1_000_000 {
            tries += 1;
            if let Ok(Inside::Bytes(bytes)) = Live.read_inside(&root, Path::new("swap/secret")) {
                assert_eq!(bytes, b"harmless");
                read += 1;
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(read > 0);
    });
}

#[test]
fn a_named_pipe_holds_nobody_up() {
    let (repo, _outside) = with_secret();
    std::fs::remove_file(repo.path().join("CHANGELOG.md")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(repo.path().join("CHANGELOG.md"))
        .status();
    assert!(made.unwrap().success());
    tidings(repo.path(), &["notes"]).says(2, &["no plain file"]);
}

#[test]
fn several_files_of_a_pin_stay_inside() {
    let (repo, outside) = with_secret();
    let secret = outside.path().join("secret");
    for written in [secret.display().to_string(), "../secret".to_owned()] {
        let mut toml: toml::Table = TOML.parse().unwrap();
        let files = toml::Value::Array(vec!["pin.json".into(), written.into()]);
        let table = toml::Table::from_iter([("files".to_owned(), files)]);
        toml.insert("pin".to_owned(), toml::Value::Table(table));
        repo.write("tidings.toml", toml.to_string());
        let run = repo.tidings(&["check"]).says(1, &["path-outside"]);
        assert!(!format!("{}{}", run.out, run.err).contains(SECRET));
    }
    // A Compose file that includes a link out of the repository, or takes its variables from one.
    std::os::unix::fs::symlink(&secret, repo.path().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink(&secret, repo.path().join(".env")).unwrap();
    let mut toml: toml::Table = TOML.parse().unwrap();
    let table = toml::Table::from_iter([("file".to_owned(), "compose.yaml".into())]);
    toml.insert("pin".to_owned(), toml::Value::Table(table));
    repo.write("tidings.toml", toml.to_string());
    repo.write(
        "compose.yaml",
        "include: [link.yaml]\nservices: {agent: {image: '${AGENT}'}}\n",
    );
    let run = repo
        .tidings(&["check"])
        .says(1, &["pin-unreadable", "`AGENT` has no value"]);
    assert!(!format!("{}{}", run.out, run.err).contains(SECRET));
}
