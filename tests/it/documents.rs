//! One source for all documents: they never disagree.

use serde_json::Value;

use crate::fixture::{Repo, log, pin};

fn json(repo: &Repo, arguments: &[&str]) -> Value {
    let out = repo.tidings(arguments).ok().out;
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn a_first_release_says_that_there_is_no_way_back() {
    let repo = Repo::new();
    repo.write("tidings.toml", crate::fixture::TOML)
        .write("CHANGELOG.md", log(&[("1.0.0", "2026-01-10", "")]))
        .write("pin.json", pin("1.0.0"))
        .tag("v1.0.0");
    repo.tidings(&["notes"]).says(
        0,
        &["No earlier release can be installed, so there is none to go back to."],
    );
    assert!(json(&repo, &["notes", "--format", "json"])["rollback"].is_null());
}

#[test]
fn a_release_that_is_not_tagged_yet_has_the_pin_of_the_working_tree() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.1", "2026-05-10", ""),
            ("1.1.0", "2026-03-10", ""),
            ("1.0.0", "2026-01-10", ""),
        ]),
    )
    .write("pin.json", pin("1.1.1"));
    let note = json(&repo, &["notes", "--format", "json"]);
    assert_eq!(note["version"], "1.1.1");
    assert_eq!(note["verify"]["digest"], crate::fixture::digest("1.1.1"));
    assert_eq!(
        note["rollback"]["command"],
        "git fetch --tags && git checkout v1.1.0 && ./install.sh"
    );
}

#[test]
fn note_matrix_and_upgrade_agree() {
    let repo = Repo::good();
    let note = json(&repo, &["notes", "--format", "json"]);
    let upgrade = json(&repo, &["upgrade", "1.0.0", "--format", "json"]);
    let context: Value = {
        repo.tidings(&["generate", "--out", "../out-agree"]).ok();
        let path = repo.path().parent().unwrap().join("out-agree");
        let text = std::fs::read_to_string(path.join("context.json")).unwrap();
        std::fs::remove_dir_all(path).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(context["note"], note);
    assert_eq!(context["upgrade"], upgrade);
    assert_eq!(context["matrix"]["rows"][0]["latest"], note["version"]);
    assert_eq!(
        context["matrix"]["rows"][0]["digest"],
        note["verify"]["digest"]
    );
}

#[test]
fn raw_html_and_script_links_never_reach_a_page() {
    let repo = Repo::new();
    let body = "### Required action\n\n- Run <script>alert(1)</script> [it](javascript:alert(1)) now ![x](data:text/html,x).\n  Change: [a](https://x.example/\"onmouseover=\"y)";
    let summary = "It works <img src=x onerror=alert(1)> better.";
    let text = log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", body)]).replace(
        "## [1.0.0] - 2026-01-10\n\nIt works better now.",
        &format!("## [1.0.0] - 2026-01-10\n\n{summary}"),
    );
    repo.write(
        "tidings.toml",
        crate::fixture::TOML.replace("Acme Agent", "Acme <b>Agent</b>"),
    )
    .write("CHANGELOG.md", text)
    .write("pin.json", pin("1.0.0"))
    .tag("v1.0.0");
    repo.write("pin.json", pin("1.1.0")).tag("v1.1.0");
    let html = repo
        .tidings(&["notes", "1.0.0", "--format", "html"])
        .ok()
        .out;
    for bad in [
        "<script>",
        "<img src=x",
        "javascript:",
        "data:text",
        "<b>Agent",
        "onmouseover=\"y",
    ] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
    assert!(html.contains("&lt;script&gt;"), "{html}");
}

#[test]
fn terminals_get_no_control_characters() {
    let repo = Repo::good();
    repo.write("CHANGELOG.md", "## 1.1.0 - 2026-03-10\n\nWorks \u{1b}[31mred\u{7} and \u{202e}backwards.\n\n## 1.0.0 - 2026-01-10\n\nT.\n");
    for arguments in [&["changelog"][..], &["check"], &["upgrade", "1.0.0"]] {
        let ran = repo.tidings(arguments);
        assert!(
            !ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']),
            "{arguments:?}"
        );
        assert!(!ran.err.contains(['\u{7}', '\u{202e}']), "{arguments:?}");
    }
}

#[test]
fn nobody_is_told_to_install_a_withdrawn_release() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", ""),
            ("1.0.0", "2026-01-10 [YANKED]", ""),
        ]),
    );
    for form in ["md", "html", "txt"] {
        let note = repo.tidings(&["notes", "1.0.0", "--format", form]).ok().out;
        assert!(
            note.contains("Do not install this release.")
                && note.contains("install 1.1.0 in its place"),
            "{note}"
        );
        assert!(!note.contains("checkout v1.0.0"), "{note}");
    }
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10 [YANKED]", ""),
            ("1.0.0", "2026-01-10", ""),
        ]),
    );
    repo.tidings(&["notes", "1.1.0"])
        .says(0, &["install 1.0.0 in its place", "git checkout v1.0.0"]);
}
