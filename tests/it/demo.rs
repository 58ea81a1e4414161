//! The example: the README's first command, and every document of it as its readers see it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::fixture::{golden, run, tidings};

/// One example for all tests that only look.
static EXAMPLE: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    tidings(folder.path(), &["demo", "example"]).ok();
    folder
});

fn example() -> std::path::PathBuf {
    EXAMPLE.path().join("example")
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(example().join(path)).unwrap()
}

#[test]
fn every_document_is_as_it_was_approved() {
    for name in [
        "release-note.md",
        "release-note.html",
        "release-note.txt",
        "support-matrix.md",
        "support-matrix.html",
        "support-matrix.txt",
        "support-matrix.csv",
        "support-matrix.json",
        "support-matrix.ics",
        "known-issues.json",
        "upgrade/1.4.0.md",
        "upgrade/1.4.0.html",
        "upgrade/2.0.1.md",
        "mail/initech-1.eml",
        "mail/stark-1.eml",
        "mail/wayne-1.eml",
    ] {
        golden(
            &format!("acme/{name}"),
            &text(format!("out/{name}")).replace("\r\n", "\n"),
        );
    }
}

#[test]
fn the_example_has_what_it_promises() {
    let tags = run(Command::new("git")
        .args(["tag"])
        .current_dir(example().join("bootstrap")))
    .ok()
    .out;
    assert!(tags.lines().count() >= 8);
    assert_eq!(fs::read_dir(example().join("out/mail")).unwrap().count(), 6);
    assert!(text("bootstrap/CHANGELOG.md").contains("[YANKED]"));
    assert!(text("bootstrap/sbom.cdx.json").contains("CycloneDX"));
    let status = run(Command::new("git")
        .args(["status", "--porcelain"])
        .current_dir(example().join("bootstrap")))
    .ok()
    .out;
    assert_eq!(status, "", "the checkout is clean");
    let remote = run(Command::new("git")
        .args(["ls-remote", "--tags", "origin"])
        .current_dir(example().join("source")))
    .ok()
    .out;
    assert!(remote.contains("refs/tags/v2.1.0"));
}

#[test]
fn two_runs_make_the_same_commits_and_documents() {
    let folder = TempDir::new().unwrap();
    tidings(folder.path(), &["demo", "again"]).ok();
    let head = |path: &Path| {
        run(Command::new("git")
            .args(["rev-parse", "HEAD", "v2.1.0"])
            .current_dir(path))
        .ok()
        .out
    };
    assert_eq!(
        head(&folder.path().join("again/bootstrap")),
        head(&example().join("bootstrap"))
    );
    for name in ["context.json", "mail/globex-1.eml"] {
        assert_eq!(
            fs::read(folder.path().join("again/out").join(name)).unwrap(),
            fs::read(example().join("out").join(name)).unwrap()
        );
    }
    tidings(folder.path(), &["demo", "again"]).says(2, &["is there already", "demo DIR"]);
}

#[test]
fn the_example_passes_its_own_checks() {
    tidings(&example(), &["-C", "source", "check", "--strict"]).says(0, &["nothing to mend"]);
    tidings(&example(), &["-C", "bootstrap", "readme", "--check"]).ok();
    for version in ["1.4.0", "1.5.1", "2.0.0"] {
        tidings(&example(), &["-C", "bootstrap", "notes", version])
            .says(0, &["What you need to do"]);
    }
}

#[test]
fn the_install_script_holds_the_warning_as_it_is_printed() {
    let snippet = tidings(&example(), &["-C", "bootstrap", "support", "--shell"])
        .ok()
        .out;
    assert!(text("bootstrap/install.sh").contains(snippet.trim_end()));
}

#[test]
fn the_agent_is_installed_asked_rolled_back_and_stopped() {
    let folder = TempDir::new().unwrap();
    tidings(folder.path(), &["demo", "d"]).ok();
    let (demo, bootstrap) = (folder.path().join("d"), folder.path().join("d/bootstrap"));
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let install = || {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ACME_PORT={port} ./install.sh")])
            .current_dir(&bootstrap);
        run(&mut command)
    };
    install().says(0, &["running 2.1.0"]);
    let url = format!("http://127.0.0.1:{port}/version");
    let report = tidings(
        &demo,
        &[
            "-C",
            "source",
            "incident",
            "--answer",
            &url,
            "--observed",
            "restore progress stays at 0 %",
        ],
    )
    .ok()
    .out;
    golden("acme/incident.md", &report);
    run(Command::new("git")
        .args(["checkout", "--quiet", "v1.4.0"])
        .current_dir(&bootstrap))
    .ok();
    install().says(
        0,
        &[
            "running 1.4.0",
            "warning: Acme Agent 1.4.0 is 3 minor versions behind 2.1.0",
        ],
    );
    let log = fs::read_to_string(demo.join("agent/install.log")).unwrap();
    assert!(log.contains("warning: Acme Agent 1.4.0"));
    tidings(&demo, &["demo", "--stop", "."]).says(0, &["the agent is stopped"]);
    tidings(&demo, &["demo", "--stop", "."]).says(0, &["no agent runs"]);
    tidings(&demo, &["-C", "source", "incident", "--answer", &url]).says(
        0,
        &[
            "`/version` does not answer",
            "v1.4.0; nothing confirms that it ran",
        ],
    );
}
