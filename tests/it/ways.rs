//! A withdrawn release is nobody's goal: not the latest, not the way back, in any document, command or mail; who runs it is told where to go.

use std::fs;

use crate::fixture::{Repo, TOML, pin, read, version};

/// The two newest releases were withdrawn.
const NEWEST: &[(&str, &str, bool)] = &[
    ("4.0.1", "2026-11-20", true),
    ("4.0.0", "2026-11-01", true),
    ("3.0.0", "2026-09-01", false),
    ("2.1.0", "2026-08-01", false),
    ("2.0.0", "2026-07-01", true),
    ("1.0.0", "2026-06-01", false),
];

/// One in the middle was, and the newest stands.
const MIDDLE: &[(&str, &str, bool)] = &[
    ("1.2.1", "2026-11-20", false),
    ("1.2.0", "2026-11-01", true),
    ("1.1.0", "2026-09-01", false),
    ("1.0.0", "2026-08-01", false),
];

/// The first was, and there is nothing else.
const ONLY: &[(&str, &str, bool)] = &[("1.0.0", "2026-08-01", true)];

fn changelog(releases: &[(&str, &str, bool)]) -> String {
    let entry = |(version, date, withdrawn): &(&str, &str, bool)| {
        let mark = if *withdrawn { " [YANKED]" } else { "" };
        format!(
            "## [{version}] - {date}{mark}\n\nIt works better now.\n\n### Required action\n\n- Move the folder of {version}.\n  Change: [the folder](https://example.com/f)\n\n"
        )
    };
    format!(
        "# Changelog\n\n{}",
        releases.iter().map(entry).collect::<String>()
    )
}

fn repository(releases: &[(&str, &str, bool)]) -> Repo {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML);
    for at in (0..releases.len()).rev() {
        let name = releases[at].0;
        repo.write("CHANGELOG.md", changelog(&releases[at..]))
            .write("pin.json", pin(name))
            .tag(&format!("v{name}"));
    }
    repo
}

/// The source repository beside it, with a customer on each of these versions.
fn customers(repo: &Repo, running: &[&str]) {
    let customer = |version: &&str| {
        format!(
            "[[customer]]\nid = \"on-{version}\"\nname = \"On\"\nrunning = \"{version}\"\n[[customer.contact]]\nemail = \"a{version}@customer.example\"\n"
        )
    };
    repo.write("source/customers.toml", running.iter().map(customer).collect::<String>())
        .write("source/operator.toml", "bootstrap = \"..\"\n[email]\nfrom = \"Acme <r@acme.example>\"\ncustomers = \"customers.toml\"\n");
}

#[test]
fn the_target_of_an_upgrade_is_the_newest_that_stands() {
    let repo = repository(NEWEST);
    let up = repo.tidings(&["upgrade", "2.1.0"]).ok().out;
    assert!(up.contains("from 2.1.0 to 3.0.0"), "{up}");
    assert!(!up.contains("4.0."), "{up}");
    let note = repo.tidings(&["notes"]).ok().out;
    assert!(note.contains("v3.0.0"), "{note}");
    let support = repo.tidings(&["support"]).ok().out;
    assert!(support.contains("3.0.0 is supported"), "{support}");
}

#[test]
fn who_runs_a_withdrawn_one_is_told_to_leave_and_where_to() {
    let repo = repository(NEWEST);
    for command in [
        &["upgrade", "4.0.1"][..],
        &["support", "4.0.1"],
        &["identify", "--version", "4.0.1"],
        &["notes", "4.0.1"],
    ] {
        repo.tidings(command).says(0, &["withdrawn", "3.0.0"]);
    }
    repo.tidings(&["upgrade", "4.0.1"])
        .says(0, &["go back to 3.0.0", "git checkout v3.0.0"]);
    repo.tidings(&["upgrade", "3.0.0", "4.0.1"])
        .says(2, &["`4.0.1` was withdrawn", "`3.0.0` takes its place"]);
    let middle = repository(MIDDLE);
    for command in [
        &["upgrade", "1.2.0"][..],
        &["support", "1.2.0"],
        &["identify", "--version", "1.2.0"],
        &["notes", "1.2.0"],
    ] {
        middle.tidings(command).says(0, &["withdrawn", "1.2.1"]);
    }
    repository(ONLY)
        .tidings(&["support", "1.0.0"])
        .says(0, &["withdrawn", "call us"]);
}

#[test]
fn no_document_of_a_run_sends_anybody_to_a_withdrawn_release() {
    for (releases, latest) in [(NEWEST, "3.0.0"), (MIDDLE, "1.2.1")] {
        let repo = repository(releases);
        repo.tidings(&["guide", "build", "--out", "guide"]).ok();
        repo.tidings(&["generate", "--out", "out"]).ok();
        let gone = releases.iter().filter(|(_, _, withdrawn)| *withdrawn);
        for (version, _, _) in gone {
            let install = format!("git checkout v{version} ");
            let mut open = vec![repo.path().join("guide"), repo.path().join("out")];
            while let Some(path) = open.pop() {
                if path.is_dir() {
                    open.extend(
                        fs::read_dir(path)
                            .unwrap()
                            .flatten()
                            .map(|entry| entry.path()),
                    );
                    continue;
                }
                let text = fs::read_to_string(&path)
                    .unwrap_or_default()
                    .replace("&amp;", "&");
                let own = path.ends_with("out/context.json");
                assert!(
                    own || !text.contains(&install),
                    "{} installs {version}",
                    path.display()
                );
            }
            let leave =
                fs::read_to_string(repo.path().join(format!("guide/upgrade/{version}.html")))
                    .unwrap();
            assert!(
                leave.contains(&format!("git checkout v{latest} ")),
                "{leave}"
            );
            let made =
                fs::read_to_string(repo.path().join(format!("out/upgrade/{version}.md"))).unwrap();
            assert!(made.contains(&format!("git checkout v{latest} ")), "{made}");
        }
    }
}

#[test]
fn every_kind_of_mail_tells_who_runs_a_withdrawn_release_to_leave() {
    let repo = repository(NEWEST);
    customers(&repo, &["4.0.1", "3.0.0"]);
    for kind in [
        &["3.0.0", "--kind", "release"][..],
        &["3.0.0", "--kind", "security"],
        &["4.0.1", "--kind", "withdrawal"],
        &["--kind", "pre-announcement", "--window", "2026-12-05"],
    ] {
        let arguments = [&["email", "preview", "--customer", "on-4.0.1"], kind].concat();
        let source = repo.path().join("source");
        let mail = crate::fixture::tidings(&source, &arguments).ok().out;
        let words = mail.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("please go back to 3.0.0"), "{mail}");
    }
}

#[test]
fn the_way_out_is_the_latest_above_or_the_way_back() {
    let history = read(TOML, &changelog(NEWEST)).history;
    let day = "2026-11-22".parse().unwrap();
    let words = |text: &str| {
        history
            .leave(&version(text), day)
            .map(|leave| leave.words())
    };
    assert_eq!(words("4.0.1").as_deref(), Some("go back to 3.0.0"));
    assert_eq!(words("2.0.0").as_deref(), Some("go on to 3.0.0"));
    assert_eq!(history.latest(day).unwrap().version, version("3.0.0"));
    assert_eq!(
        history.rollback_target(&version("2.1.0")).unwrap().version,
        version("1.0.0")
    );
}

#[test]
fn a_stop_that_was_withdrawn_is_the_newest_of_its_line_that_stands() {
    let toml = TOML.replace(
        "[policy.major]",
        "[[policy.stop]]\nversion = \"1.2.0\"\n[policy.major]",
    );
    let log = changelog(&[
        ("2.0.0", "2026-11-21", false),
        MIDDLE[0],
        MIDDLE[1],
        MIDDLE[2],
    ]);
    let history = read(&toml, &log).history;
    let path = history
        .upgrade_path(&version("1.1.0"), &version("2.0.0"))
        .unwrap();
    assert_eq!(path.stops, [&version("1.2.1")]);
}
