//! Symptom matching on paraphrased and noisy texts: precision, recall and speed. `cargo bench --bench matching`
//!
//! `matching.txt` holds known issues and texts written by hand without looking at the matcher: complaints in other words,
//! log lines with timestamps and ids, typing errors, and texts about something else.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::time::Instant;

use tidings::model::{Affected, KnownIssue, Matcher, RollbackAdvice};

const SET: &str = include_str!("matching.txt");

fn main() {
    let mut issues: Vec<KnownIssue> = Vec::new();
    let mut texts: Vec<(BTreeSet<&str>, String)> = Vec::new();
    for line in SET
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some((id, symptom)) = line
            .strip_prefix("issue ")
            .and_then(|rest| rest.split_once(": "))
        {
            match issues.iter_mut().find(|issue| issue.id == id) {
                Some(issue) => issue.symptoms.push(symptom.into()),
                None => issues.push(KnownIssue {
                    id: id.into(),
                    title: String::new(),
                    symptoms: vec![symptom.into()],
                    affected: Affected::default(),
                    workaround: None,
                    rollback: RollbackAdvice::Yes,
                    reason: None,
                }),
            }
        } else if let Some((ids, text)) = line
            .strip_prefix("text ")
            .and_then(|rest| rest.split_once(": "))
        {
            texts.push((
                ids.split(' ').filter(|id| *id != "none").collect(),
                text.replace("\\n", "\n"),
            ));
        }
    }
    let matcher = Matcher::new(&issues);
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for (expected, text) in &texts {
        let found: BTreeSet<&str> = matcher
            .matches(text)
            .iter()
            .map(|found| found.issue.id.as_str())
            .collect();
        right += found.intersection(expected).count();
        for id in found.difference(expected) {
            wrong += 1;
            println!("wrong  {id}: {text:?}");
        }
        for id in expected.difference(&found) {
            missed += 1;
            println!("missed {id}: {text:?}");
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "{} issues, {} texts: precision {:.0}%, recall {:.0}%",
        issues.len(),
        texts.len(),
        percent(right, right + wrong),
        percent(right, right + missed)
    );
    let log: String = texts
        .iter()
        .map(|(_, text)| format!("2026-11-20T02:13:07.114Z INFO worker[7] {text}\n"))
        .collect::<String>()
        .repeat(40);
    let start = Instant::now();
    let found = matcher.matches(&log).len();
    println!(
        "a log of {:.1} MB: {:.0} ms ({found} issues in it)",
        log.len() as f64 / 1e6,
        start.elapsed().as_secs_f64() * 1e3
    );
}
