//! What comes after a release: a known issue that is found, a withdrawal, and back, from the file to the mail.

use crate::fixture::Run;
use crate::github::Vendor;

const CUSTOMERS: &str = "customer,name,email,running,kinds\n\
    a,A,a@a.example,1.1.0,\n\
    b,B,b@b.example,1.0.0,\n\
    c,C,c@c.example,1.1.0,security\n";

/// Page published, customers told of 1.1.0.
fn released() -> Vendor {
    let vendor = Vendor::new("");
    let file = vendor.repo.path().join("vendor/operator.toml");
    let mail = "[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"customers.csv\"\ntransport = \"folder:mail\"\n";
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + mail).unwrap();
    vendor.repo.write("vendor/customers.csv", CUSTOMERS);
    vendor.repo.write("vendor/VERSION", "1.1.0\n");
    vendor.tidings(&["publish"]).ok();
    vendor.tidings(&["email", "send", "--yes"]).ok();
    vendor
}

fn add(vendor: &Vendor, more: &[&str]) -> Run {
    let base = [
        "known-issue",
        "add",
        "KI-13",
        "--title",
        "Restores from tape stop after an hour",
        "--symptom",
        "tape restore: timeout",
        "--workaround",
        "Restore from disk.",
    ];
    vendor.tidings(&[&base, more].concat())
}

fn read(vendor: &Vendor, name: &str) -> String {
    let path = vendor.repo.path().join(name);
    std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{name}: {why}"))
}

#[test]
fn a_known_issue_found_later_reaches_everything_and_everybody_once() {
    let vendor = released();
    add(&vendor, &["--introduced", "1.1.0"])
        .says(0, &["1 release has it (1.1.0)", "nothing was done"]);
    assert!(!vendor.repo.path().join("known-issues.toml").exists());
    add(&vendor, &["--introduced", "1.1.0", "--yes"]).says(
        0,
        &[
            "then: tidings publish 1.1.0",
            "then: tidings email send --kind known-issue --issue KI-13",
        ],
    );
    vendor.tidings(&["status"]).says(
        0,
        &[
            "owed: the page of 1.1.0 does not say KI-13 yet: tidings publish 1.1.0",
            "1 recipient is not told",
        ],
    );
    let send = [
        "email",
        "send",
        "--kind",
        "known-issue",
        "--issue",
        "KI-13",
        "--yes",
    ];
    vendor
        .tidings(&send)
        .says(1, &["gate-page", "tidings publish 1.1.0"]);
    vendor
        .tidings(&["publish", "--dry-run"])
        .says(0, &["bring the known issues"]);
    vendor.tidings(&["publish"]).ok();
    vendor
        .tidings(&["publish", "--dry-run"])
        .says(0, &["nothing is missing"]);
    vendor
        .tidings(&["verify"])
        .says(0, &["same     page: text"]);
    for page in ["page.md", "index.html"] {
        let text = read(&vendor, &format!("vendor/release-page/v1.1.0/{page}"));
        assert!(
            text.contains("KI-13") && text.contains("Restore from disk."),
            "{page}"
        );
    }
    vendor
        .tidings(&send)
        .says(0, &["KI-13 known-issue: 1 written"]);
    vendor
        .tidings(&send)
        .says(0, &["KI-13 known-issue: 1 written", "nobody is left"]);
    let status = vendor.tidings(&["status"]).ok();
    assert!(!status.out.contains("owed"), "{}", status.out);
    vendor.tidings(&["guide", "build", "--out", "site"]).ok();
    for page in [
        "known-issues.html",
        "releases/1.1.0.html",
        "upgrade/1.0.0.html",
        "feed.xml",
    ] {
        assert!(
            read(&vendor, &format!("vendor/site/{page}")).contains("KI-13"),
            "{page}"
        );
    }
    vendor
        .tidings(&["upgrade", "1.0.0"])
        .says(0, &["Known issues of 1.1.0", "KI-13: Restores from tape"]);
    vendor
        .tidings(&["identify", "--version", "1.1.0"])
        .says(0, &["KI-13"]);
    // What was said later is no part of the release day, and a fix takes it off the page of who does not have it.
    vendor
        .tidings(&[
            "email",
            "preview",
            "--kind",
            "known-issue",
            "--issue",
            "KI-13",
        ])
        .says(0, &["You run 1.1.0, which has it.", "known issue KI-13"]);
}

#[test]
fn a_page_that_was_changed_by_hand_is_left_alone_and_said() {
    let vendor = released();
    let page = vendor
        .repo
        .path()
        .join("vendor/release-page/v1.1.0/page.md");
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, text.replace("It works better now.", "It works.")).unwrap();
    add(&vendor, &["--introduced", "1.1.0", "--yes"]).ok();
    vendor
        .tidings(&["publish"])
        .says(1, &["page-diverged", "It works."]);
    assert!(!std::fs::read_to_string(&page).unwrap().contains("KI-13"));
}

#[test]
fn a_known_issue_of_nothing_is_refused_and_nothing_is_written() {
    let vendor = released();
    add(&vendor, &["--introduced", "1.1.1", "--yes"])
        .says(1, &["version-unknown", "did you mean `1.1.0`?"]);
    add(
        &vendor,
        &["--introduced", "1.1.0", "--fixed", "1.0.0", "--yes"],
    )
    .says(2, &["no release has KI-13", "--fixed"]);
    add(
        &vendor,
        &["--introduced", "1.1.0", "--fixed", "soon", "--yes"],
    )
    .says(2, &["`soon` is no version"]);
    add(
        &vendor,
        &["--introduced", "1.1.0", "--rollback", "no", "--yes"],
    )
    .says(1, &["issue-reason"]);
    assert!(!vendor.repo.path().join("known-issues.toml").exists());
    add(&vendor, &["--introduced", "1.1.0", "--yes"]).ok();
    add(&vendor, &["--introduced", "1.1.0", "--yes"]).says(2, &["KI-13 is known already"]);
    let send = |id: &str| vendor.tidings(&["email", "send", "--issue", id, "--yes"]);
    send("KI-31").says(
        2,
        &["there is no known issue `KI-31`", "did you mean `KI-13`?"],
    );
    vendor
        .tidings(&["email", "send", "--kind", "known-issue"])
        .says(2, &["--issue KI-13"]);
}

#[test]
fn a_withdrawal_is_carried_through_resumed_and_taken_back() {
    let vendor = released();
    let page = || read(&vendor, "vendor/release-page/v1.1.0/page.md");
    let published = page();
    let install = "git checkout v1.1.0";
    assert!(published.contains(install));
    let withdraw = ["withdraw", "1.1.0", "--reason", "It loses data.", "--yes"];
    vendor
        .tidings(&withdraw)
        .says(0, &["[YANKED]", "put a banner", "tidings status"]);
    vendor
        .tidings(&withdraw)
        .says(0, &["nothing to do here: 1.1.0 is withdrawn"]);
    assert!(!page().contains(install), "{}", page());
    assert!(page().contains("Do not install this release. If you run it, install 1.0.0"));
    vendor
        .tidings(&["verify", "1.1.0"])
        .says(0, &["same     page: text"]);
    vendor.tidings(&["status", "1.1.0"]).says(
        0,
        &[
            "withdrawn",
            "that 1.1.0 is withdrawn is not committed",
            "2 recipients are not told that 1.1.0 is withdrawn",
        ],
    );
    vendor
        .repo
        .git(&["commit", "--quiet", "-m", "withdrawn", "CHANGELOG.md"]);
    vendor
        .tidings(&["status", "1.1.0"])
        .says(0, &["that 1.1.0 is withdrawn is not pushed"]);
    vendor.repo.git(&["push", "--quiet", "origin", "main"]);
    vendor
        .tidings(&["email", "send", "1.1.0", "--kind", "withdrawal", "--yes"])
        .says(0, &["2 written"]);
    vendor
        .tidings(&["status", "1.1.0"])
        .says(0, &["withdrawn: everything that follows from it is done"]);
    vendor.tidings(&["guide", "build", "--out", "site"]).ok();
    let start = read(&vendor, "vendor/site/index.html");
    assert!(
        start.contains("1.1.0 (withdrawn)") && !start.contains(install),
        "{start}"
    );
    assert!(read(&vendor, "vendor/site/feed.xml").contains("v1.1.0 is withdrawn"));
    vendor
        .tidings(&["withdraw", "1.1.0", "--undo", "--yes"])
        .ok();
    assert_eq!(page(), published);
    vendor
        .tidings(&["verify", "1.1.0"])
        .says(0, &["same     page: text"]);
    vendor
        .tidings(&["withdraw", "1.1.0", "--undo", "--yes"])
        .says(2, &["1.1.0 is not withdrawn"]);
    vendor
        .tidings(&["status", "1.1.0"])
        .says(0, &["taken back is not committed"]);
}

#[test]
fn withdrawals_that_cannot_be_are_said() {
    let vendor = released();
    // All of them: the last one leads nowhere.
    for version in ["1.0.0", "1.1.0"] {
        vendor
            .tidings(&["withdraw", version, "--reason", "Bad.", "--yes"])
            .ok();
    }
    let page = read(&vendor, "vendor/release-page/v1.1.0/page.md");
    assert!(page.contains("Tell us if you run it."), "{page}");
    assert!(!page.contains("in its place"), "{page}");
    vendor
        .tidings(&["upgrade", "1.0.0"])
        .says(2, &["withdrawn"]);
    let log = read(&vendor, "CHANGELOG.md");
    vendor.repo.write(
        "CHANGELOG.md",
        log.replacen(
            "## [1.1.0]",
            "## [1.2.0] - 2026-11-01\n\nNew.\n\n## [1.1.0]",
            1,
        ),
    );
    vendor
        .tidings(&["withdraw", "1.2.0", "--reason", "Bad.", "--yes"])
        .says(2, &["1.2.0 was never published: it has no tag and no page"]);
    vendor
        .tidings(&["withdraw", "9.9.9", "--reason", "Bad."])
        .says(1, &["version-unknown"]);
}

#[test]
fn a_page_changed_by_hand_keeps_its_text_below_the_banner() {
    let vendor = released();
    let file = vendor
        .repo
        .path()
        .join("vendor/release-page/v1.1.0/page.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("It works better now.", "It works.")).unwrap();
    vendor
        .tidings(&["withdraw", "1.1.0", "--reason", "Bad.", "--yes"])
        .says(0, &["was changed by hand"]);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("> **This release was withdrawn.") && page.contains("It works."));
}

#[test]
fn a_withdrawal_is_marked_in_the_source_repository_too() {
    let vendor = released();
    let log = read(&vendor, "CHANGELOG.md").replace("## [Unreleased]", "## [Unreleased]\n\nMore.");
    vendor.repo.write("vendor/CHANGELOG.md", &log);
    let withdraw = ["withdraw", "1.1.0", "--reason", "Restores stop.", "--yes"];
    vendor.tidings(&withdraw).says(
        0,
        &["the same in CHANGELOG.md of the source repository, which the next proposal brings along"],
    );
    let marked = "## [1.1.0] - 2026-03-10 [YANKED]";
    for file in ["CHANGELOG.md", "vendor/CHANGELOG.md"] {
        assert!(read(&vendor, file).contains(marked), "{file}");
    }
    vendor
        .tidings(&["withdraw", "1.1.0", "--undo", "--yes"])
        .ok();
    assert_eq!(read(&vendor, "vendor/CHANGELOG.md"), log);
    // A changelog that does not have it is left alone.
    vendor
        .repo
        .write("vendor/CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n");
    let said = vendor.tidings(&withdraw).ok();
    assert!(!said.err.contains("the same in"), "{}", said.err);
}
