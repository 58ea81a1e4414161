//! Symptoms to known issues. The benchmark has the figures over a larger set; these are the cases that must not break.

use tidings::model::{Affected, KnownIssue, Matcher, RollbackAdvice};

fn issue(id: &str, symptoms: &[&str]) -> KnownIssue {
    KnownIssue {
        id: id.into(),
        title: String::new(),
        symptoms: symptoms
            .iter()
            .map(|symptom| (*symptom).to_owned())
            .collect(),
        affected: Affected::default(),
        workaround: None,
        rollback: RollbackAdvice::Yes,
        reason: None,
    }
}

fn issues() -> Vec<KnownIssue> {
    vec![
        issue(
            "KI-7",
            &["backup status shows \"overdue\"", "next run in the past"],
        ),
        issue(
            "KI-9",
            &[
                "no schedules listed after the upgrade",
                "scheduler: 0 jobs loaded",
            ],
        ),
        issue(
            "KI-11",
            &[
                "upload failed: certificate expired although it was renewed",
                "TLS handshake error E4012 on upload",
            ],
        ),
    ]
}

fn found(text: &str) -> Vec<String> {
    let issues = issues();
    Matcher::new(&issues)
        .matches(text)
        .into_iter()
        .map(|found| found.issue.id.clone())
        .collect()
}

#[test]
fn symptoms_are_found_in_noise() {
    assert_eq!(
        found("2026-11-20T02:13:07Z WARN [backup] status=overdue id=7f3a9c21"),
        ["KI-7"]
    );
    assert_eq!(
        found("it says the backup status is 'overdue' since the night"),
        ["KI-7"]
    );
    assert_eq!(
        found("after upgrading, the schedule list is empty: no schedule listed"),
        ["KI-9"]
    );
    assert_eq!(
        found("tls: handshake eror\n  code E4012\n  while uploading part 3"),
        ["KI-11"]
    );
}

#[test]
fn unrelated_texts_match_nothing() {
    for text in [
        "",
        "all good",
        "disk full on /var",
        "backup finished, next run at 03:00",
        "user login failed: wrong password",
        "upload finished",
        &"x".repeat(100_000),
    ] {
        assert_eq!(found(text), [""; 0], "{}", &text[..text.len().min(40)]);
    }
}

#[test]
fn the_line_is_named() {
    let issues = issues();
    let matches = Matcher::new(&issues).matches("one\ntwo\nthree\nfour\nbackup status: overdue\n");
    assert_eq!(matches[0].evidence.line, 5);
    assert!(matches[0].score > 0.9);
}
