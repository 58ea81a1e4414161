//! What the install script says before it installs, run by sh over real tags, against what `tidings upgrade` says.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fixture::{Repo, TOML, log, pin, run};

const VERSIONS: [&str; 7] = [
    "1.0.0", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0",
];

/// What each release asks.
fn body(version: &str) -> &'static str {
    match version {
        "1.1.0" => {
            "### Required action\n\n- Set the time zone. Downtime: 5 minutes\n- Move `a` to `b`.\n  Applies to: 1.0\n\n### Rollback\n\nThe time zone stays set."
        }
        "1.2.0" => {
            "### Breaking\n\n- The old port is closed.\n\n### Required action\n\n1. Open port 9."
        }
        "2.0.0" => {
            "### Required action\n\n- Set the time zone. Downtime: 5 minutes\n- Convert the configuration.\n  Downtime: 20 minutes\n\n### Rollback\n\nThe new layout is not read by 1.2."
        }
        "2.1.0" => {
            "### Required action\n\n- Give the user access.\n  Applies to: 2.0\n\n### Known issues\n\n- **KI-3**: Restores are slow.\n  Workaround: wait."
        }
        _ => "### Fixed\n\n- It is quicker.",
    }
}

/// A repository with the notes of each release at its tag.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML);
    for (at, version) in VERSIONS.iter().enumerate() {
        if *version == "2.0.0" {
            let stop = "\n[[policy.stop]]\nversion = \"2.0.0\"\n";
            repo.write("tidings.toml", format!("{TOML}{stop}"));
        }
        let days: Vec<String> = (0..VERSIONS.len())
            .map(|day| format!("2026-0{}-01", day + 1))
            .collect();
        let entries: Vec<(&str, &str, &str)> = VERSIONS[..=at]
            .iter()
            .enumerate()
            .rev()
            .map(|(number, version)| (*version, days[number].as_str(), body(version)))
            .collect();
        repo.write("CHANGELOG.md", log(&entries))
            .write("pin.json", pin(version));
        repo.tidings(&["install-notes", "--write"])
            .says(0, &["wrote `install-notes.tsv`"]);
        repo.tidings(&["install-notes", "--check"]).ok();
        repo.tag(&format!("v{version}"));
    }
    repo
}

/// What the part of the install script says on the way from a version to the one in the folder, and its exit code.
fn said(repo: &Repo, folder: &Path, to: &str, from: &str) -> (i32, String) {
    let snippet = repo.tidings(&["install-notes", "--shell"]).ok().out;
    let script =
        format!("set -eu\n{snippet}\ntidings_install_notes \"$1\" \"$2\" install.log || exit 7\n");
    let ran = run(Command::new("sh")
        .args(["-c", &script, "sh", to, from])
        .stdin(Stdio::null())
        .current_dir(folder));
    assert_eq!(ran.out, "", "{}", ran.err);
    (ran.code, ran.err)
}

#[test]
fn the_script_asks_what_the_upgrade_guide_asks() {
    let repo = repo();
    for (at, to) in VERSIONS.iter().enumerate() {
        repo.git(&["checkout", "--quiet", &format!("v{to}")]);
        let mine = said(&repo, repo.path(), to, to).1;
        assert!(
            mine.starts_with(&format!("Acme Agent {to} is installed again.")),
            "{mine}"
        );
        for (number, from) in VERSIONS.iter().enumerate() {
            let (code, text) = said(&repo, repo.path(), to, from);
            assert_eq!(code, 0);
            if number >= at {
                let stays: Vec<&str> = VERSIONS[at + 1..=number]
                    .iter()
                    .filter(|version| body(version).contains("### Rollback"))
                    .copied()
                    .collect();
                let shown: Vec<&str> = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("  not undone: "))
                    .collect();
                assert_eq!(shown.len(), stays.len(), "{from} to {to}: {text}");
                assert!(
                    shown
                        .iter()
                        .zip(&stays)
                        .all(|(line, version)| line.ends_with(&format!("({version})"))),
                    "{text}"
                );
                continue;
            }
            let guide = repo
                .tidings(&["-q", "upgrade", from, to, "--format", "json"])
                .ok()
                .out;
            let guide: Value = serde_json::from_str(&guide).unwrap();
            let empty = Vec::new();
            let steps = guide["steps"].as_array().unwrap_or(&empty);
            let asked: Vec<String> = steps
                .iter()
                .flat_map(|step| {
                    let version = step["version"].as_str().unwrap();
                    let actions = step["actions"].as_array().unwrap().iter();
                    actions.map(move |action| {
                        let downtime = action["downtime"]
                            .as_str()
                            .map(|time| format!(", {time}"))
                            .unwrap_or_default();
                        format!(
                            "{} ({version}{downtime})",
                            action["text"].as_str().unwrap().replace('`', "")
                        )
                    })
                })
                .collect();
            let shown: Vec<String> = text
                .lines()
                .filter_map(|line| {
                    let (number, rest) = line.trim().split_once(". ")?;
                    number.parse::<usize>().ok()?;
                    Some(rest.to_owned())
                })
                .collect();
            assert_eq!(shown, asked, "{from} to {to}: {text}");
            let breaking: usize = steps
                .iter()
                .map(|step| step["breaking"].as_array().unwrap().len())
                .sum();
            assert_eq!(text.matches("reaking: ").count(), breaking, "{text}");
            let stops: Vec<&str> = guide["stops"]
                .as_array()
                .unwrap()
                .iter()
                .map(|stop| stop.as_str().unwrap())
                .filter(|stop| stop != to)
                .collect();
            assert_eq!(text.contains("install first"), !stops.is_empty(), "{text}");
            assert_eq!(text.contains("KI-3"), *to == "2.1.0", "{text}");
            let downtime = guide["downtime"]
                .as_str()
                .map(|time| format!("{time} of downtime"))
                .unwrap_or_default();
            assert!(text.contains(&downtime), "{text}");
        }
    }
    assert!(
        std::fs::read_to_string(repo.path().join("install.log"))
            .unwrap()
            .contains("Z   1. Set the time zone.")
    );
}

#[test]
fn what_was_found_out_later_is_said_too() {
    let repo = repo();
    let changelog = std::fs::read_to_string(repo.path().join("CHANGELOG.md")).unwrap();
    repo.write(
        "CHANGELOG.md",
        changelog.replace(
            "## [2.0.1] - 2026-06-01",
            "## [2.0.1] - 2026-06-01 [YANKED]",
        ),
    );
    repo.write("pin.json", pin("2.1.0"));
    repo.write("known-issues.toml", "[[issue]]\nid = \"KI-9\"\ntitle = \"Late $(touch pwned) fault\"\nintroduced = \"2.0.0\"\nfixed = \"2.1.0\"\nsymptoms = [\"x\"]\nworkaround = \"Restart.\"\n");
    repo.tidings(&["install-notes", "--write"]).ok();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "withdrawn"]);
    repo.git(&["tag", "v2.1.1-later"]);
    let clone = tempfile::TempDir::new().unwrap();
    let folder = clone.path().join("clone");
    repo.git(&["clone", "--quiet", ".", folder.to_str().unwrap()]);
    run(Command::new("git")
        .args(["checkout", "--quiet", "v2.0.1"])
        .current_dir(&folder))
    .ok();
    let (_, text) = said(&repo, &folder, "2.0.1", "2.0.0");
    assert!(
        text.contains("2.0.1 was withdrawn: do not install it; 2.1.0 takes its place"),
        "{text}"
    );
    assert!(
        text.contains("known issue KI-9: Late $(touch pwned) fault; until it is mended: Restart."),
        "{text}"
    );
    assert!(!folder.join("pwned").exists());
}

#[test]
fn nothing_in_the_notes_is_run_and_nothing_stops_an_install() {
    let repo = repo();
    let path = repo.path().join("install-notes.tsv");
    let good = std::fs::read_to_string(&path).unwrap();
    let says = |body: &str, from: &str| {
        repo.write("install-notes.tsv", body);
        let (code, text) = said(&repo, repo.path(), "2.1.0", from);
        assert_eq!(code, 0, "{text}");
        assert!(text.lines().count() <= 18, "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
        assert!(!repo.path().join("pwned").exists());
        text
    };
    for evil in [
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "\\\"; touch pwned",
        "%s%n%d",
        "\u{1b}[2J",
        "a\rb",
        "-n",
        "\\c",
    ] {
        let text = says(&good.replace("Give the user access.", evil), "2.0.0");
        assert!(
            text.contains("2. ") || text.contains("1. "),
            "{evil}: {text}"
        );
    }
    for from in [
        "9.9.9",
        "x",
        "$(touch pwned)",
        "2.0.0'; touch pwned; '",
        "-v",
        "2.0.0 extra",
    ] {
        assert!(says(&good, from).contains("nobody here knows"), "{from}");
    }
    assert!(says(&good, "").is_empty());
    // Half merged, of another release, empty, of a later form.
    for broken in [
        "",
        "\n\n",
        "<<<<<<< HEAD\n=======\n>>>>>>> x\n",
        "notes\t1\t2.0.0\tx\n",
        "\t\t\t\n",
        "from\t2.0.0\n",
    ] {
        assert!(says(broken, "2.0.0").is_empty(), "{broken:?}");
    }
    let many: String = (0..200)
        .map(|n| format!("step\ts{n}\taction\t2.1.0\t\tDo {n}.\n"))
        .collect();
    let ids: Vec<String> = (0..200).map(|n| format!("s{n}")).collect();
    let text = says(
        &format!(
            "notes\t1\t2.1.0\thttps://g.example/\n{many}from\t1.0.0\t\t{}\t\thttps://g.example/u\n",
            ids.join(" ")
        ),
        "1.0.0",
    );
    assert!(
        text.contains("and 189 more") && text.contains("all of it: https://g.example/u"),
        "{text}"
    );
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        said(&repo, repo.path(), "2.1.0", "2.0.0"),
        (0, String::new())
    );
    // Without git, as in an archive.
    let bare = tempfile::TempDir::new().unwrap();
    std::fs::write(bare.path().join("install-notes.tsv"), &good).unwrap();
    assert!(
        said(&repo, bare.path(), "2.1.0", "2.0.0")
            .1
            .contains("Give the user access.")
    );
}

#[test]
fn notes_that_drifted_are_found() {
    let repo = repo();
    let path = repo.path().join("install-notes.tsv");
    let good = std::fs::read_to_string(&path).unwrap();
    repo.write(
        "install-notes.tsv",
        good.replace("Give the user access.", "Nothing."),
    );
    repo.tidings(&["install-notes", "--check"])
        .says(1, &["install-notes-drift", "install-notes --write"]);
    repo.tidings(&["install-notes", "--write"]).ok();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), good);
}
