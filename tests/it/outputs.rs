//! Words of outsiders in every output: a spreadsheet, a shell, a workflow's log.

use std::collections::BTreeMap;
use std::process::Command;

use tidings::documents::{Deliveries, DeliveryPart};
use tidings::render::deliveries_csv;

use crate::fixture::{Repo, TOML, run};

#[test]
fn no_cell_is_a_formula() {
    let part = |customer: &str, answer: &str| DeliveryPart {
        id: "1".into(),
        version: "1.0.0".into(),
        kind: "release".into(),
        batch: "1.0.0-release".into(),
        customer: customer.into(),
        address: "+cmd@globex.example".into(),
        state: "failed",
        attempts: 1,
        answer: answer.into(),
        queued_at: String::new(),
        changed_at: String::new(),
    };
    let csv = deliveries_csv(&Deliveries {
        schema: Deliveries::SCHEMA,
        states: BTreeMap::new(),
        deliveries: vec![
            part("=cmd|' /C calc'!A0", "@SUM(1)"),
            part(" =1+1", "-2+3"),
            part("\t=1", "550 no"),
        ],
        suppressed: Vec::new(),
    });
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut cells = 0;
    for row in reader.records() {
        for cell in &row.unwrap() {
            assert!(
                !cell
                    .trim_start_matches(' ')
                    .starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
            cells += 1;
        }
    }
    assert_eq!(cells, 30);
    assert!(csv.contains("'=cmd|' /C calc'!A0") && csv.contains("550 no"));
}

#[test]
fn names_are_words_to_the_install_script() {
    let repo = Repo::new();
    let toml = TOML
        .replace(
            "name = \"Acme Agent\"",
            "name = \"$(touch pwned)`touch pwned`\\\"; touch pwned; 'x'\"",
        )
        .replace("tag_prefix = \"v\"", "tag_prefix = \"v'$(touch pwned)\"");
    repo.write("tidings.toml", toml)
        .write("CHANGELOG.md", "## 1.0.0 - 2026-01-01\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "x"]);
    for minor in 0..5 {
        repo.git(&["tag", &format!("v'$(touch_pwned)1.{minor}.0")]);
    }
    let snippet = repo.tidings(&["support", "--shell"]).ok().out;
    let ran = run(Command::new("sh")
        .args([
            "-c",
            &format!("set -eu\n{snippet}\ntidings_support_warning 1.0.0"),
        ])
        .current_dir(repo.path()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!repo.path().join("pwned").exists(), "{snippet}");
}

#[test]
fn an_entry_that_is_tagged_is_as_old_as_its_tag() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        "# Changelog\n\n## [1.2.0]\n\nIt works better now.\n",
    );
    repo.write("pin.json", crate::fixture::pin("1.2.0"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "x"]);
    let tagged = run(Command::new("env")
        .args([
            "GIT_COMMITTER_DATE=2026-08-21T12:00:00Z",
            "git",
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
        ])
        .args(["tag", "-a", "v1.2.0", "-m", "x"])
        .current_dir(repo.path()));
    tagged.ok();
    let said = repo.tidings(&["check", "1.2.0"]);
    let all = format!("{}{}", said.out, said.err);
    assert!(!all.contains("write `## [1.2.0] - 2026-11-22`"), "{all}");
}
