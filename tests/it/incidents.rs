//! Going back, and what is written about it: receipts of rollbacks and failed smoke tests, the report, with and without an agent that answers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use crate::fixture::{Repo, Run, TOML, log, pin, run};

/// A vendor with three releases, and an agent that answers what the install script installed last.
pub struct Place {
    pub repo: Repo,
}

impl Place {
    pub fn new() -> Self {
        let repo = Repo::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/version", listener.local_addr().unwrap());
        let state = repo.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let _ = lines.find(String::is_empty);
                if state.join("down").exists() {
                    continue;
                }
                let pin = std::fs::read(state.join("running")).unwrap_or_default();
                let pin: serde_json::Value = serde_json::from_slice(&pin).unwrap_or_default();
                let agent = &pin["agent"];
                let digest = agent["digest"].as_str().unwrap_or("").rsplit('@').next();
                let body = serde_json::json!({
                    "version": agent["version"], "digest": digest, "revision": agent["source_revision"],
                })
                .to_string();
                let _ = write!(
                    &stream,
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        let old = TOML
            .lines()
            .find(|line| line.starts_with("version_url"))
            .unwrap();
        repo.write(
            "tidings.toml",
            TOML.replace(old, &format!("version_url = \"{url}\"")),
        );
        repo.write(".gitignore", "vendor\nremote.git\nstate\nbin\n");
        let state = repo.path().join("state").display().to_string();
        repo.write(
            "install.sh",
            format!("#!/bin/sh\ntest ! -e {state}/broken || {{ echo no space left; exit 3; }}\ncp pin.json {state}/running\n"),
        );
        use std::os::unix::fs::PermissionsExt;
        let script = repo.path().join("install.sh");
        std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut entries = Vec::new();
        for (version, day) in [
            ("1.0.0", "2026-01-10"),
            ("1.1.0", "2026-03-10"),
            ("1.2.0", "2026-05-10"),
        ] {
            entries.insert(0, (version, day, ""));
            repo.write("CHANGELOG.md", log(&entries))
                .write("pin.json", pin(version))
                .tag(&format!("v{version}"));
        }
        repo.git(&[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            "remote.git",
        ]);
        repo.git(&["remote", "add", "origin", "remote.git"]);
        repo.git(&["push", "--quiet", "--tags", "-u", "origin", "main"]);
        repo.git(&["config", "user.name", "Ada"]);
        repo.git(&["config", "user.email", "ada@acme.example"]);
        repo.write("vendor/operator.toml", "bootstrap = \"..\"\n[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"customers.csv\"\ntransport = \"folder:mail\"\n");
        repo.write(
            "vendor/customers.csv",
            "customer,name,email,running,kinds\na,A,a@a.example,1.1.0,\n",
        );
        repo.write("vendor/VERSION", "1.2.0\n");
        Place { repo }
    }

    pub fn state(&self, name: &str) -> PathBuf {
        self.repo.path().join("state").join(name)
    }

    pub fn install(&self, tag: &str) {
        self.repo.git(&["checkout", "--quiet", tag]);
        run(Command::new("./install.sh").current_dir(self.repo.path())).ok();
    }

    /// As the vendor.
    pub fn vendor(&self, words: &[&str]) -> Run {
        self.at("vendor", words)
    }

    /// As whoever has the clone.
    pub fn clone(&self, words: &[&str]) -> Run {
        self.at(".", words)
    }

    fn at(&self, folder: &str, words: &[&str]) -> Run {
        // The engine, where a test has one.
        let path = format!(
            "{}/bin:{}",
            self.repo.path().display(),
            std::env::var("PATH").unwrap()
        );
        let line: Vec<String> = std::iter::once(env!("CARGO_BIN_EXE_tidings"))
            .chain(words.iter().copied())
            .map(|word| format!("'{}'", word.replace('\'', "'\\''")))
            .collect();
        run(Command::new("sh")
            .args(["-c", &format!("PATH={path} {}", line.join(" "))])
            .current_dir(self.repo.path().join(folder)))
    }

    /// What `docker ps` says.
    fn engine(&self, lines: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.repo.write(
            "bin/docker",
            format!("#!/bin/sh\ncat <<'END'\n{lines}\nEND\n"),
        );
        let program = self.repo.path().join("bin/docker");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const REPORT: &[&str] = &["incident", "--observed", "restores stop"];

#[test]
fn a_report_after_a_rollback_names_what_ran_and_what_was_gone_back_to() {
    // In the clone, where no operator's ledger is, and in the source repository.
    for vendor in [false, true] {
        let place = Place::new();
        place.install("v1.2.0");
        let back = if vendor { Place::vendor } else { Place::clone };
        back(&place, &["rollback", "--yes"])
            .says(0, &["1.2.0 runs; back to 1.1.0", "1.1.0 runs again"]);
        place.vendor(REPORT).says(
            0,
            &[
                "# Incident with Acme Agent 1.2.0",
                "- Version: 1.2.0, released 2026-05-10",
                "New since 1.1.0",
                "rolled-back, to 1.1.0, by Ada <ada@acme.example>, `/version` confirmed it",
                "`/version` answers now:",
                "\"version\":\"1.1.0\"",
                "\n1.1.0 (`sha256:",
                " by Ada <ada@acme.example>: `/version` confirmed it.",
            ],
        );
        // Forward again: what runs is not what was gone back to.
        back(&place, &["rollback", "1.2.0", "--yes"]).ok();
        place.vendor(REPORT).says(
            0,
            &[
                "- Version: 1.2.0",
                "_Nothing is written down. Rolled back to",
                "The way back is 1.1.0",
            ],
        );
    }
}

#[test]
fn a_rollback_that_nobody_made_is_not_stated_and_one_that_failed_is() {
    let place = Place::new();
    place.install("v1.2.0");
    let said = place
        .vendor(REPORT)
        .says(0, &["_Nothing is written down", "The way back is 1.1.0"]);
    assert!(!said.out.contains("confirmed it"), "{}", said.out);
    let json = place.vendor(&["incident", "--format", "json"]).ok().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["rolled_back_to"].is_null());
    assert_eq!(json["way_back"]["version"], "1.1.0");
    std::fs::write(place.state("broken"), "").unwrap();
    place
        .vendor(&["rollback", "--yes"])
        .says(1, &["rollback-failed", "no space left"]);
    place.vendor(&["ledger"]).says(0, &["rollback-failed"]);
    place.vendor(REPORT).says(
        0,
        &[
            "- Version: 1.2.0",
            "rollback-failed, to 1.1.0, by Ada <ada@acme.example>, failed at `install v1.1.0`: `./install.sh` ended with 3",
            "_Nothing is written down",
        ],
    );
}

#[test]
fn a_report_is_made_while_the_agent_is_down() {
    let place = Place::new();
    place.install("v1.2.0");
    std::fs::write(place.state("down"), "").unwrap();
    // The clone alone.
    place.vendor(REPORT).says(
        0,
        &[
            "- Version: 1.2.0",
            "nothing confirms that it ran",
            "`/version` does not answer: ",
            "_stopped answering at:_",
        ],
    );
    place.vendor(&["identify"]).says(
        2,
        &[
            "docker ps --all --no-trunc",
            "this clone stands at v1.2.0",
            "tidings identify --version 1.2.0",
        ],
    );
    // The engine knows better.
    let image = pin("1.1.0")
        .split("\"digest\": \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    place.engine(&format!(
        "0123456789abcdef|{image}|Exited (137) 5 minutes ago\nfedcba|postgres:16|Up 2 days"
    ));
    place.vendor(REPORT).says(
        0,
        &[
            "- Version: 1.1.0",
            "- Known from: the container engine",
            "The container engine: container 0123456789ab of 1.1.0: Exited (137) 5 minutes ago",
        ],
    );
    // And the ledger knows when it answered last.
    std::fs::remove_file(place.state("down")).unwrap();
    place.vendor(&["smoke"]).ok();
    std::fs::write(place.state("down"), "").unwrap();
    place.engine("");
    place.vendor(REPORT).says(
        0,
        &[
            "- Version: 1.2.0",
            "It last answered: ",
            "(smoke of 1.2.0), by the receipts",
        ],
    );
}

#[test]
fn a_failed_smoke_test_leaves_a_receipt() {
    let place = Place::new();
    place.install("v1.1.0");
    std::fs::write(place.state("broken"), "").unwrap();
    for _ in 0..2 {
        place
            .vendor(&["smoke"])
            .says(1, &["smoke-failed", "tidings bump patch"]);
    }
    place.vendor(&["status"]).says(
        0,
        &[
            "a failed cut: the smoke test failed 2 times; mend it and release the next patch",
            "next: tidings bump patch",
        ],
    );
    place.vendor(&["publish"]).says(1, &["gate-smoke"]);
    place.vendor(REPORT).says(
        0,
        &[
            "# Incident with Acme Agent 1.2.0",
            "the smoke test of ",
            "failed at `install v1.2.0`: `./install.sh` ended with 3",
            "_Nothing is written down",
        ],
    );
    std::fs::remove_file(place.state("broken")).unwrap();
    place.vendor(&["smoke"]).says(
        0,
        &[
            "v1.2.0 passed its smoke test in",
            ", after 2 tests that failed",
        ],
    );
    let said = place.vendor(&["status"]).ok();
    assert!(!said.out.contains("failed"), "{}", said.out);
}

#[test]
fn one_commit_is_cut_tried_published_and_told() {
    let place = Place::new();
    let commit = |name: &str| place.repo.git(&["rev-parse", name]).out.trim().to_owned();
    let ledger =
        tidings::ports::LedgerKind::File(place.repo.path().join("vendor/.tidings/ledger.db"));
    let cut = |commit: String| {
        use tidings::ports::Mailing;
        let receipt = tidings::ports::Receipt {
            step: "cut".into(),
            version: "1.2.0".into(),
            tag: "v1.2.0".into(),
            commit,
            digest: crate::fixture::digest("1.2.0"),
            detail: "{}".into(),
        };
        tidings::adapters::Live
            .ledger(&ledger)
            .unwrap()
            .record(&receipt)
            .unwrap();
    };
    let right = commit("v1.2.0^{commit}");
    cut(right.clone());
    let words = format!(
        "clone and cut are at {}, `/version` and pin name sha256:",
        &right[..12]
    );
    place.vendor(&["smoke"]).says(0, &[&words]);
    place.vendor(&["publish"]).ok();
    // What was reviewed and tagged is another commit: each step holds, and names both.
    let other = commit("v1.1.0^{commit}");
    cut(other.clone());
    place.vendor(&["smoke"]).says(
        1,
        &[
            "gate-tag",
            &right[..12],
            &other[..12],
            "in the receipt of the cut",
        ],
    );
    for words in [&["publish"][..], &["email", "send", "--yes"]] {
        let held = format!(
            "leads to {}, and {} was reviewed and tagged",
            &right[..12],
            &other[..12]
        );
        place.vendor(words).says(1, &["gate-tag", &held]);
    }
    // Moved at `origin` alone: the clone that is tried is not what is here.
    cut(right);
    place
        .repo
        .git(&["push", "-q", "--force", "origin", "v1.1.0:refs/tags/v1.2.0"]);
    place
        .vendor(&["smoke"])
        .says(1, &["gate-tag", &other[..12], "at `origin`", "here"]);
}

#[test]
fn a_fresh_day_begins_with_the_bump_and_nothing_untried_is_called_good() {
    let place = Place::new();
    place
        .vendor(&["status"])
        .says(0, &["nothing new to release yet: write `[Unreleased]`"]);
    let text = std::fs::read_to_string(place.repo.path().join("CHANGELOG.md")).unwrap();
    for (section, level) in [("Fixed", "patch"), ("Added", "minor"), ("Removed", "major")] {
        let entry = format!("## [Unreleased]\n\nIt is better.\n\n### {section}\n\n- Something.\n");
        let (new, next) = (
            text.replace("## [Unreleased]\n", &entry),
            format!("tidings bump {level} --commit --push"),
        );
        place.repo.write("CHANGELOG.md", new);
        place
            .vendor(&["status"])
            .says(0, &[&format!("next: {next}")]);
        // What is recommended works.
        place.vendor(&["bump", level, "--dry-run"]).ok();
    }
    place.repo.git(&["checkout", "--quiet", "--", "."]);
    // No operation is named, and nothing was there before the first.
    place.vendor(&["smoke"]).says(
        0,
        &[
            "not checked  operations: none is named: `[[staging.operation]]`",
            "with operations and containers not checked: clone",
        ],
    );
    place
        .vendor(&["smoke", "1.0.0"])
        .says(0, &["with operations, rollback and containers not checked"]);
    let json = place.vendor(&["smoke", "--format", "json"]).ok().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["not_checked"],
        serde_json::json!(["operations", "containers"])
    );
}

#[test]
fn the_operators_own_work_is_measured_beside_the_clock() {
    use tidings::ports::{Receipt, Recorded};
    use tidings::release_day::{Phase, Phases};
    let recorded = |number: i64, at: &str, step: &str, detail: &str| Recorded {
        number,
        at: format!("2026-05-10T{at}Z"),
        receipt: Receipt {
            step: step.into(),
            version: "1.2.0".into(),
            tag: "v1.2.0".into(),
            commit: String::new(),
            digest: String::new(),
            detail: detail.into(),
        },
    };
    let receipts = [
        recorded(1, "10:00:00", "preflight", "{}"),
        recorded(2, "10:08:00", "cut-begun", "{}"),
        recorded(3, "10:17:00", "cut", "{\"waited\":420}"),
        recorded(4, "10:20:00", "smoke", "{\"seconds\":80.0}"),
        recorded(5, "10:29:00", "notified", "{}"),
    ];
    let machine = |detail: &str| {
        let detail: serde_json::Value = serde_json::from_str(detail).unwrap();
        detail["waited"].as_f64().or(detail["seconds"].as_f64())
    };
    let day = Phases::of(&receipts, "v1.2.0", &machine);
    let seconds = |phase| {
        (
            day.took(phase).unwrap().as_secs(),
            day.effort(phase).unwrap().as_secs(),
        )
    };
    assert_eq!(seconds(Phase::PreCut), (480, 480));
    assert_eq!(seconds(Phase::Cut), (540, 120));
    assert_eq!(seconds(Phase::PostCut), (720, 640));
}
