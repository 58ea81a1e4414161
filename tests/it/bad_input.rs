//! What bad input gets: a clear finding or failure with place and help, exit 1 or 2, the old output untouched, no panic.

use std::fs;

use crate::fixture::{Repo, TOML, log, pin, tidings};

/// A good repository with output, then one thing wrong: `notes` and `generate` say it, and the output stays.
fn spoiled(spoil: impl Fn(&Repo), code: i32, words: &[&str]) {
    let repo = Repo::good();
    repo.tidings(&["generate", "--out", "out"]).ok();
    let before = fs::read(repo.path().join("out/release-note.md")).unwrap();
    spoil(&repo);
    repo.tidings(&["generate", "--out", "out"])
        .says(code, words);
    assert_eq!(
        fs::read(repo.path().join("out/release-note.md")).unwrap(),
        before
    );
}

#[test]
fn a_missing_empty_undated_or_future_entry_makes_no_note() {
    let entries = |text: &str| text.to_owned() + "\n## [1.0.0] - 2026-01-10\n\nT.\n";
    let changelog = |text: &'static str| {
        move |repo: &Repo| {
            repo.write("CHANGELOG.md", entries(text));
        }
    };
    spoiled(
        |repo| {
            repo.write("pin.json", pin("1.2.0"))
                .write("CHANGELOG.md", entries("## [Unreleased]\n\n- a\n"))
                .tag("v1.2.0");
            repo.git(&["tag", "-d", "v1.1.0"]);
        },
        1,
        &[
            "entry-missing",
            "no entry for `1.2.0`",
            "rename its heading to `## [1.2.0] - YYYY-MM-DD`",
        ],
    );
    spoiled(
        changelog("## [1.1.0] - 2026-03-10\n"),
        1,
        &["entry-empty", "CHANGELOG.md:1:1"],
    );
    spoiled(
        changelog("## [1.1.0]\n\nText.\n"),
        1,
        &["entry-undated", "write `## [1.1.0] - "],
    );
    spoiled(
        changelog("## [1.1.0] - 2027-03-10\n\nText.\n"),
        1,
        &["entry-future", "today is 2026-11-22"],
    );
    spoiled(
        changelog("## [1.1.0] - 2026-03-10\n\n- only a list\n"),
        1,
        &["summary-missing"],
    );
    spoiled(
        changelog("## [1.1.0] - 2026-03-10\n\nText.\n\n## 1.1.0 - 2026-03-11\n\nMore.\n"),
        1,
        &["entry-contradiction", "line 1"],
    );
    spoiled(
        changelog("## [1.1.0] - 2026-03-10\n\nText with [a link](docs/none.md).\n"),
        1,
        &["link-broken", "docs/none.md"],
    );
    spoiled(
        changelog(
            "## [1.1.0] - 2026-03-10\n\nText.\n\n### Required action\n\n- Nothing\n- Run it.\n",
        ),
        1,
        &["action-contradiction"],
    );
    spoiled(
        changelog(
            "## [1.1.0] - 2026-03-10\n\nText.\n\n### Required action\n\n- Run it.\n  Downtime: a while\n",
        ),
        1,
        &["label-unreadable", "write `Downtime: 5 minutes`"],
    );
    spoiled(
        changelog("## [1.1.0] - 2026-03-10\n\nText.\n\n### Removed\n\n- All of it.\n"),
        1,
        &["action-missing", "something was removed"],
    );
}

#[test]
fn a_named_release_without_an_entry_is_an_error_and_no_empty_note() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        "# Changelog\n\n## [Unreleased]\n\n- things\n\n## [1.0.0] - 2026-01-10\n\nT.\n",
    )
    .write("pin.json", pin("1.1.0"));
    repo.tidings(&["notes", "1.1.0"]).says(
        1,
        &[
            "entry-missing",
            "rename its heading to `## [1.1.0] - YYYY-MM-DD`",
        ],
    );
    repo.tidings(&["notes", "1.1.7"])
        .says(1, &["version-unknown", "did you mean `1.1.0`?"]);
}

#[test]
fn dates_out_of_order_within_a_line_are_an_error_for_the_release_at_hand() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.1", "2025-05-10", ""),
            ("1.1.0", "2026-03-10", ""),
            ("1.0.0", "2026-01-10", ""),
        ]),
    )
    .write("pin.json", pin("1.1.1"))
    .tag("v1.1.1");
    repo.tidings(&["check", "1.1.1"])
        .says(1, &["entry-unordered", "dated 2025-05-10"]);
}

#[test]
fn a_pin_that_disagrees_or_names_a_tag_stops() {
    spoiled(
        |repo| {
            repo.write("pin.json", pin("1.1.0").replace("@sha256:", ":sha256-"));
            repo.git(&["tag", "-d", "v1.1.0"]);
        },
        1,
        &["digest-tag", "pin.json:"],
    );
    spoiled(
        |repo| {
            repo.write("pin.json", pin("1.0.9"));
            repo.git(&["tag", "-d", "v1.1.0"]);
        },
        1,
        &["pin-version"],
    );
    spoiled(
        |repo| {
            fs::remove_file(repo.path().join("pin.json")).unwrap();
            repo.git(&["tag", "-d", "v1.1.0"]);
        },
        1,
        &["pin-missing", "no tag `v1.1.0`"],
    );
    let wide = |pin: String| {
        pin.replace(
            "certificate_identity\": \"https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v1.1.0",
            "certificate_identity_regexp\": \"github.com/acme/.*",
        )
    };
    spoiled(
        |repo| {
            repo.write("pin.json", wide(pin("1.1.0")));
            repo.git(&["tag", "-d", "v1.1.0"]);
        },
        1,
        &[
            "identity-unanchored",
            "identity-unescaped",
            "identity-wide",
            "@refs/tags/v1.1.0",
        ],
    );
}

#[test]
fn defects_of_old_history_only_warn() {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML)
        .write("CHANGELOG.md", "## 1.0.0\n\n- list\n")
        .write("pin.json", pin("1.0.0").replace("@sha256:", ":"))
        .tag("v1.0.0");
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", "")])
            + "## 1.0.1 - 2026-02-01\n\n## 1.0.1 - 2026-02-01\n\n## 1.0.0\n\n- list\n",
    )
    .write("pin.json", pin("1.1.0"))
    .tag("v1.1.0");
    repo.tidings(&["check"]).says(
        0,
        &[
            "warning[digest-tag]",
            "warning[entry-duplicate]",
            "warning[entry-undated]",
            "warning[tag-missing]",
        ],
    );
    repo.tidings(&["generate", "--out", "out"])
        .says(0, &["`tidings check` shows them"]);
}

#[test]
fn folders_without_what_is_needed_say_so() {
    let empty = tempfile::TempDir::new().unwrap();
    tidings(empty.path(), &["notes"]).says(2, &["there is no `tidings.toml`", "tidings demo"]);
    fs::write(empty.path().join("tidings.toml"), TOML).unwrap();
    tidings(empty.path(), &["notes"]).says(2, &["there is no `CHANGELOG.md`"]);
    fs::write(
        empty.path().join("CHANGELOG.md"),
        log(&[("1.0.0", "2026-01-01", "")]),
    )
    .unwrap();
    tidings(empty.path(), &["notes"]).says(
        2,
        &[
            "is not a git repository",
            "clone of the bootstrap repository",
        ],
    );
    tidings(empty.path(), &["changelog", "CHANGELOG.md"]).says(0, &["1.0.0"]);
    tidings(empty.path(), &["changelog", "none.md"]).says(2, &["there is no `"]);
    tidings(empty.path(), &["-C", "nowhere", "notes"]).says(2, &["error"]);
    let repo = Repo::good();
    repo.write("CHANGELOG.md", "# Changelog\n\nNothing yet.\n");
    fs::remove_file(repo.path().join("pin.json")).unwrap();
    repo.git(&["tag", "-d", "v1.0.0", "v1.1.0"]);
    repo.tidings(&["notes"])
        .says(1, &["changelog-empty", "start an entry with a heading"]);
}

#[test]
fn text_that_is_not_utf8_is_pointed_at() {
    let repo = Repo::good();
    repo.write("CHANGELOG.md", b"## 1.1.0 - 2026-03-10\n\nGr\xfc\xdfe.\n");
    repo.tidings(&["notes"])
        .says(1, &["not-utf8", "CHANGELOG.md:3:3", "from byte 26"]);
    repo.tidings(&["changelog"]).says(1, &["1.1.0"]);
    repo.write("tidings.toml", b"\xff\xfe\x00");
    repo.tidings(&["notes"]).says(1, &["not-utf8"]);
}

#[test]
fn huge_and_nested_texts_are_read() {
    let repo = Repo::good();
    let good = log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]);
    for monster in [
        format!("{}\n", "x".repeat(10 << 20)),
        format!("{}a\n", "> ".repeat(50_000)),
        format!("{}a\n", "- ".repeat(20_000)),
        "[".repeat(200_000),
        "*a ".repeat(100_000),
        "<a ".repeat(100_000),
        "`".repeat(100_001),
    ] {
        repo.write("CHANGELOG.md", format!("{good}\n{monster}"));
        repo.tidings(&["changelog"]).says(0, &["1.1.0"]);
        repo.tidings(&["check", "--format", "json"]);
    }
    repo.write(
        "CHANGELOG.md",
        good + &"## 0.0.1\n\nOld text that goes on and on and on.\n\n".repeat(100 << 10),
    );
    repo.tidings(&["notes"]).says(0, &["# v1.1.0"]);
}

#[cfg(unix)]
#[test]
fn loops_and_folders_in_the_place_of_files_are_said() {
    let repo = Repo::good();
    fs::remove_file(repo.path().join("CHANGELOG.md")).unwrap();
    std::os::unix::fs::symlink("CHANGELOG.md", repo.path().join("CHANGELOG.md")).unwrap();
    repo.tidings(&["notes"]).says(2, &["lead in a circle"]);
    fs::remove_file(repo.path().join("CHANGELOG.md")).unwrap();
    fs::create_dir(repo.path().join("CHANGELOG.md")).unwrap();
    repo.tidings(&["notes"]).says(2, &["it is a folder"]);
}

#[test]
fn output_that_cannot_be_written_leaves_the_old() {
    let repo = Repo::good();
    repo.write("file", "x");
    repo.tidings(&["generate", "--out", "file/out"])
        .says(2, &["cannot write"]);
    repo.write("precious/thesis.txt", "x");
    repo.tidings(&["generate", "--out", "precious"])
        .says(2, &["was not made by tidings", "--out"]);
    assert!(repo.path().join("precious/thesis.txt").exists());
    repo.tidings(&["generate", "--out", "."])
        .says(2, &["was not made by tidings"]);
    repo.tidings(&["generate", "--out", "/dev/null/out"])
        .says(2, &["cannot write"]);
    repo.tidings(&["generate", "--out", "/proc/tidings"])
        .says(2, &["cannot write"]);
}

#[test]
fn hostile_tags_are_only_names() {
    let repo = Repo::good();
    for tag in ["v1.1.0;rm", "v9.9.9$(touch-x)", "v--help", "-x"] {
        repo.git(&["update-ref", &format!("refs/tags/{tag}"), "HEAD"]);
    }
    repo.tidings(&["notes", "1.1.0"]).says(0, &["# v1.1.0"]);
}

#[test]
fn the_users_git_configuration_changes_nothing() {
    let repo = Repo::good();
    repo.git(&["config", "core.hooksPath", "/nonexistent"]);
    repo.git(&["config", "core.quotepath", "true"]);
    repo.git(&["config", "tag.sort", "-creatordate"]);
    repo.git(&["config", "core.fsmonitor", "/bin/false"]);
    repo.tidings(&["notes"]).ok();
}

#[test]
fn usage_errors_suggest() {
    let empty = tempfile::TempDir::new().unwrap();
    tidings(empty.path(), &["genrate"]).says(2, &["generate"]);
    tidings(empty.path(), &["notes", "--fromat", "md"]).says(2, &["--format"]);
    tidings(empty.path(), &[]).says(2, &["Usage"]);
}

#[test]
fn all_that_a_configuration_lacks_is_said_at_once() {
    let text = tidings::diag::Text::new(
        "tidings.toml",
        "[product]\nname = \"A\"\n[bootstrap]\n[policy.major]\nmeans = \"Breaks.\"\n",
    );
    let (config, findings) = tidings::sources::config::read_bootstrap(&text);
    assert!(config.is_none());
    let mut said: Vec<(&str, &str)> = findings
        .iter()
        .map(|one| (one.message.as_str(), one.help.as_deref().unwrap()))
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            (
                "`install` is missing",
                "write `install = \"business-hours\"`"
            ),
            (
                "`repository` is missing",
                "write `repository = \"https://github.com/acme/agent-bootstrap\"`"
            ),
            (
                "`support` is missing",
                "write\n[support]\ncontact = \"support@acme.example\"\nresponse = \"within four business hours\""
            ),
            ("`vendor` is missing", "write `vendor = \"Acme GmbH\"`"),
        ]
    );
}
