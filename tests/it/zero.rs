//! A repository with a changelog and tags and no `tidings.toml`: what is found there is taken, and said.

use tidings::project::assumed::web_address;

use crate::fixture::{Repo, digest, log};

const ALL: &[&[&str]] = &[
    &["notes"],
    &["check"],
    &["upgrade", "1.0.0"],
    &["matrix"],
    &["guide", "build", "--out", "guide"],
    &["generate", "--out", "out"],
];

/// 1.0.0 to 1.2.0, tagged with this prefix, with a changelog of this name and the Compose file if there is one.
fn repository(prefix: &str, changelog: &str, compose: bool) -> Repo {
    let repo = Repo::new();
    repo.write(".gitignore", "guide\nout\n");
    let mut entries = Vec::new();
    for (version, day) in [
        ("1.0.0", "2026-01-10"),
        ("1.1.0", "2026-03-10"),
        ("1.2.0", "2026-05-10"),
    ] {
        entries.insert(
            0,
            (
                version,
                day,
                "### Required action\n\nNothing.\n\n### Fixed\n\n- It starts again.",
            ),
        );
        repo.write(changelog, log(&entries));
        if compose {
            let image = format!("ghcr.io/acme/agent:{version}@{}", digest(version));
            repo.write(
                "compose.yaml",
                format!("services:\n  agent:\n    image: {image}\n"),
            );
        }
        repo.tag(&format!("{prefix}{version}"));
    }
    repo
}

#[test]
fn every_document_is_made_of_what_is_found_and_says_so() {
    let repo = repository("v", "CHANGELOG.md", true);
    repo.git(&[
        "remote",
        "add",
        "origin",
        "git@github.com:acme/agent-deploy.git",
    ]);
    for words in ALL {
        repo.tidings(words).says(
            0,
            &[
                "no `tidings.toml` here; assumed: the product is `Agent Deploy` of `acme`, by `origin`",
                "images are pinned in compose.yaml",
                "missing: whom customers ask",
                "`tidings init` writes it down",
            ],
        );
    }
    repo.tidings(&["notes"]).says(
        0,
        &[
            "# v1.2.0",
            "git checkout v1.1.0 && docker compose --file compose.yaml up --detach",
            "https://github.com/acme/agent-deploy/issues",
        ],
    );
    repo.tidings(&["matrix", "--format", "csv"])
        .says(0, &[&digest("1.2.0")]);
    // In a folder below, too; and nothing that acts runs on a guess.
    std::fs::create_dir_all(repo.path().join("docs")).unwrap();
    crate::fixture::tidings(&repo.path().join("docs"), &["notes"]).says(0, &["# v1.2.0"]);
    repo.tidings(&["rollback", "--from", "1.2.0", "--yes"])
        .says(2, &["tidings init"]);
    assert!(!repo.path().join("tidings.toml").exists());
}

#[test]
fn without_remote_pins_and_prefix_the_tags_alone_are_the_releases() {
    let repo = repository("", "HISTORY.md", false);
    for words in ALL {
        repo.tidings(words).says(
            0,
            &[
                "tags are bare versions",
                "missing: the web address of the repository",
                "missing: a file that pins the images",
                "missing: an install command",
            ],
        );
    }
    repo.tidings(&["upgrade", "1.0.0"])
        .says(0, &["from 1.0.0 to 1.2.0", "git checkout 1.2.0"]);
    // Neither tags nor a changelog: nothing to find.
    let empty = Repo::new();
    empty.write("README.md", "Hello.\n").tag("v1.0.0");
    empty
        .tidings(&["notes"])
        .says(2, &["there is no `tidings.toml` and no `operator.toml`"]);
    let untagged = Repo::new();
    untagged.write("CHANGELOG.md", log(&[("1.0.0", "2026-01-10", "")]));
    untagged
        .tidings(&["notes"])
        .says(2, &["there is no `tidings.toml`"]);
}

#[test]
fn init_writes_down_what_was_found() {
    let repo = repository("release-", "CHANGELOG.md", true);
    repo.git(&[
        "remote",
        "add",
        "origin",
        "https://user:secret@git.acme.example:8443/team/agent.git",
    ]);
    let before = repo.tidings(&["notes"]).ok();
    repo.tidings(&["init", "--dry-run"])
        .says(0, &["write tidings.toml"]);
    assert!(!repo.path().join("tidings.toml").exists());
    repo.tidings(&["init"])
        .says(0, &["wrote tidings.toml", "next: correct it"]);
    let text = std::fs::read_to_string(repo.path().join("tidings.toml")).unwrap();
    assert!(
        text.contains("repository = \"https://git.acme.example:8443/team/agent\""),
        "{text}"
    );
    assert!(text.contains("tag_prefix = \"release-\""), "{text}");
    assert!(!text.contains("secret"), "{text}");
    // What is written is what was assumed.
    let after = repo.tidings(&["notes"]).ok();
    assert_eq!(before.out, after.out);
    assert!(!after.err.contains("assumed"), "{}", after.err);
    // Something that was typed is not ignored.
    let other = repository("v", "CHANGELOG.md", true);
    other
        .tidings(&["init", "--product", "Agent"])
        .says(2, &["`--vendor`, `--repository` and `--contact` missing"]);
}

#[test]
fn calendar_versions_and_addresses_are_seen() {
    let repo = Repo::new();
    let mut entries = Vec::new();
    for (version, day) in [("2026.01.0", "2026-01-10"), ("2026.03.0", "2026-03-10")] {
        entries.insert(0, (version, day, "### Required action\n\nNothing.\n"));
        repo.write("CHANGELOG.md", log(&entries))
            .tag(&format!("v{version}"));
    }
    repo.tidings(&["matrix"]).says(
        0,
        &["versions are calendar versions, `YYYY.0M.MICRO`", "2026.03"],
    );
    for (remote, address) in [
        (
            "git@github.com:acme/agent.git",
            Some("https://github.com/acme/agent"),
        ),
        (
            "ssh://git@git.acme.example:2222/team/agent",
            Some("https://git.acme.example/team/agent"),
        ),
        (
            "https://user:token@github.com/acme/agent.git/",
            Some("https://github.com/acme/agent"),
        ),
        (
            "http://127.0.0.1:3000/acme/agent",
            Some("http://127.0.0.1:3000/acme/agent"),
        ),
        ("../bootstrap.git", None),
        ("/srv/git/agent.git", None),
        ("C:\\git\\agent", None),
        ("file:///srv/git/agent.git", None),
        ("https://github.com/acme/\"><script>", None),
    ] {
        assert_eq!(web_address(remote).as_deref(), address, "{remote}");
    }
}
