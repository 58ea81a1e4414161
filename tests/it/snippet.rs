//! The warning for install scripts, run by sh over real tags.

use std::process::Command;

use crate::fixture::{Repo, TOML, run};

fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML)
        .write("CHANGELOG.md", "## 1.0.0 - 2026-01-01\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "x"]);
    for tag in [
        "v1.9.0",
        "v1.9.1",
        "v1.10.0",
        "v1.11.0",
        "v2.0.0",
        "v2.1.0-rc.1",
        "other",
        "v1.x",
        "latest",
    ] {
        repo.git(&["tag", tag]);
    }
    repo
}

/// Standard error and the log of an install of `version`.
fn warned(repo: &Repo, version: &str, before: &str) -> (String, String) {
    let snippet = repo.tidings(&["support", "--shell"]).ok().out;
    let log = repo.path().join("install.log");
    let _ = std::fs::remove_file(&log);
    let script = format!(
        "set -eu\n{snippet}\n{before}\ntidings_support_warning '{version}' install.log\necho \"code $?\"\n"
    );
    let ran = run(Command::new("sh")
        .arg("-c")
        .arg(script)
        .current_dir(repo.path()));
    assert_eq!((ran.code, ran.out.as_str()), (0, "code 0\n"), "{}", ran.err);
    (ran.err, std::fs::read_to_string(log).unwrap_or_default())
}

#[test]
fn an_install_far_behind_is_warned_of_on_the_terminal_and_in_the_log() {
    let repo = repo();
    let (said, log) = warned(&repo, "1.9.1", ":");
    assert!(
        said.starts_with("warning: Acme Agent 1.9.1 is 3 minor versions behind 2.0.0;"),
        "{said}"
    );
    assert!(said.contains("rolling back, this is fine"));
    assert!(log.contains("Z warning: Acme Agent 1.9.1"), "{log}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn nothing_is_said_where_nothing_is_to_say() {
    let repo = repo();
    for version in [
        "1.10.0",
        "1.11.0",
        "2.0.0",
        "3.0.0",
        "",
        "latest",
        "1.9.1'; echo x; '",
    ] {
        if version.contains('\'') {
            continue;
        }
        assert_eq!(
            warned(&repo, version, ":"),
            (String::new(), String::new()),
            "{version}"
        );
    }
    assert_eq!(warned(&repo, "1.9.1", "TIDINGS_NO_WARNING=1").0, "");
    assert_eq!(
        warned(&repo, "1.9.1", "PATH=/nonexistent").0,
        "",
        "no git, no warning, no failure"
    );
}

#[test]
fn calendar_versions_are_counted_too() {
    let repo = Repo::new();
    repo.write(
        "tidings.toml",
        TOML.replace(
            "scheme = \"semver\"",
            "scheme = \"calver\"\nformat = \"YYYY.0M.MICRO\"",
        ),
    )
    .write("CHANGELOG.md", "## 2026.01.0 - 2026-01-01\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "x"]);
    for tag in [
        "v2025.11.0",
        "v2026.01.0",
        "v2026.02.0",
        "v2026.08.1",
        "v2026.09.0",
    ] {
        repo.git(&["tag", tag]);
    }
    assert!(
        warned(&repo, "2026.01.0", ":")
            .0
            .contains("is 3 minor versions behind 2026.09.0")
    );
    assert_eq!(warned(&repo, "2026.02.0", ":").0, "");
}
