//! Nothing is said over what `check` refuses, and a draft says that it is one; what customers will be told stands in one table.

use std::fs;

use crate::fixture::{Repo, TOML, log, pin, tidings};

/// The newest entry holds something unfinished.
fn unfinished(toml: &str, body: &str) -> Repo {
    let repo = Repo::good();
    let log = log(&[
        ("1.2.0", "2026-06-01", body),
        ("1.1.0", "2026-03-10", ""),
        ("1.0.0", "2026-01-10", ""),
    ]);
    repo.write("tidings.toml", toml)
        .write("CHANGELOG.md", log)
        .write("pin.json", pin("1.2.0"))
        .tag("v1.2.0");
    repo.write("source/customers.toml", "[[customer]]\nid = \"a\"\nname = \"A\"\nrunning = \"1.1.0\"\n[[customer.contact]]\nemail = \"a@customer.example\"\n")
        .write("source/operator.toml", "bootstrap = \"..\"\n[email]\nfrom = \"Acme <r@acme.example>\"\ncustomers = \"customers.toml\"\n");
    repo.write("README.md", "<!-- tidings:policy -->\n<!-- /tidings:policy -->\n<!-- tidings:matrix -->\n<!-- /tidings:matrix -->\n");
    repo
}

const TODO: &str =
    "### Required action\n\n- Move the folder. TODO\n  Change: [x](https://example.com/x)\n";

#[test]
fn every_command_refuses_where_check_errs_about_what_it_would_say() {
    let repo = unfinished(TOML, TODO);
    repo.tidings(&["check"]).says(1, &["placeholder"]);
    for arguments in [
        &["notes"][..],
        &["upgrade", "1.1.0"],
        &["generate", "--out", "out"],
        &["guide", "build", "--out", "guide"],
        &["guide", "build", "--single-file", "--out", "guide.html"],
    ] {
        repo.tidings(arguments)
            .says(1, &["placeholder", "CHANGELOG.md"]);
    }
    let source = repo.path().join("source");
    for arguments in [
        &["email", "preview"][..],
        &["email", "send", "--yes"],
        &["publish"],
    ] {
        tidings(&source, arguments).says(1, &["placeholder"]);
    }
    assert!(!repo.path().join("out").exists() && !repo.path().join("guide").exists());
    // What has nothing of the entry's text in it, and what is about another release, is said.
    for arguments in [&["matrix"][..], &["support", "1.1.0"], &["notes", "1.0.0"]] {
        repo.tidings(arguments).ok();
    }
}

#[test]
fn what_speaks_of_support_refuses_where_check_errs_about_support() {
    let toml = TOML.to_owned() + "\n[[policy.extended]]\nline = \"1.9\"\nuntil = \"2027-01-01\"\n";
    let repo = unfinished(&toml, "");
    for arguments in [
        &["matrix"][..],
        &["matrix", "--format", "ics"],
        &["support", "1.1.0"],
        &["readme"],
        &["readme", "--write"],
        &["guide", "build"],
        &["notes"],
    ] {
        repo.tidings(arguments).says(1, &["policy-version"]);
    }
}

#[test]
fn a_fault_in_the_customers_file_keeps_no_public_document_back() {
    let repo = unfinished(TOML, "");
    repo.write(
        "source/customers.toml",
        "[[customer]]\nid = \"a\"\nname = \"A\"\n[[customer.contact]]\nemail = \"nowhere\"\n",
    );
    let source = repo.path().join("source");
    for arguments in [
        &["notes"][..],
        &["matrix"],
        &["upgrade", "1.1.0"],
        &["guide", "build", "--out", "../guide"],
    ] {
        tidings(&source, arguments).ok();
    }
    tidings(&source, &["email", "preview"]).says(1, &["customer-address"]);
}

#[test]
fn a_draft_says_so_in_its_text() {
    let repo = unfinished(TOML, TODO);
    let source = repo.path().join("source");
    for arguments in [
        &["notes", "--draft"][..],
        &["notes", "--draft", "--format", "html"],
        &["notes", "--draft", "--format", "txt"],
        &["notes", "--draft", "--format", "json"],
        &["upgrade", "1.1.0", "--draft"],
        &["matrix", "--draft"],
        &["matrix", "--draft", "--format", "ics"],
        &["matrix", "--draft", "--format", "csv"],
        &["support", "1.1.0", "--draft"],
        &["email", "preview", "--draft"],
        &["email", "preview", "--draft", "--format", "json"],
    ] {
        let said = tidings(&source, arguments).ok().out;
        assert!(said.contains("DRAFT"), "{arguments:?}: {said}");
    }
    tidings(
        &source,
        &["generate", "--draft", "--out", "../../draft-out"],
    )
    .says(0, &["placeholder"]);
    let out = repo.path().parent().unwrap().join("draft-out");
    let names: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    assert!(names.len() > 8 && !out.join("mail").exists());
    for path in names.iter().filter(|path| {
        !path.ends_with("known-issues.json") && !path.ends_with("support-matrix.ics")
    }) {
        assert!(
            fs::read_to_string(path).unwrap().contains("DRAFT"),
            "{}",
            path.display()
        );
    }
    fs::remove_dir_all(&out).unwrap();
    repo.tidings(&["guide", "build", "--draft", "--out", "guide"])
        .ok();
    for page in [
        "index.html",
        "releases/1.2.0.html",
        "upgrade/1.1.0.html",
        "support.html",
        "feed.xml",
    ] {
        assert!(
            fs::read_to_string(repo.path().join("guide").join(page))
                .unwrap()
                .contains("DRAFT"),
            "{page}"
        );
    }
}

#[test]
fn check_ends_with_what_customers_will_be_told() {
    let body = "### Required action\n\n- Move the folder.\n  Applies to: 1.0\n  Downtime: 5 minutes\n  Change: [x](https://example.com/x)\n- Restart the agent.\n  Change: [x](https://example.com/x)\n\n### Known issues\n\n- Uploads hang.\n";
    let repo = unfinished(TOML, body);
    repo.tidings(&["check"]).says(
        0,
        &[
            "Customers will be told:",
            "release       v1.2.0 of 2026-06-01, a minor release; mail of kind release",
            "window        maintenance window",
            "downtime      5 minutes",
            "actions       2 required actions",
            "1. Move the folder. (for 1.0.0, 5 minutes)",
            "2. Restart the agent. (for everybody)",
            "breaking      none",
            "known issues  1 issue",
            "support       Support of 1.0 ends with this release",
            "way back      1.1.0: git fetch --tags && git checkout v1.1.0",
        ],
    );
    let repo = unfinished(TOML, "");
    repo.tidings(&["check"])
        .says(0, &["actions       nothing: the entry does not say"]);
}
