//! What could be a required action, a breaking change or a known issue, and is not read as one: never silently.

use crate::diag::{Code, Finding, Findings, Severity, Text};
use crate::model::{Actions, Entry, Notes, Section, SectionKind, words_of};
use crate::sources::changelog::heading_words;

/// Words of a heading that speak of something a customer has to do or to know.
const TITLES: &[&str] = &[
    "breaking",
    "incompatible",
    "incompatibility",
    "incompatibilities",
    "upgrade",
    "upgrading",
    "upgrader",
    "upgraders",
    "migration",
    "migrations",
    "migrating",
    "migrate",
    "action",
    "important",
    "attention",
    "caution",
    "warning",
    "warnings",
    "caveat",
    "caveats",
    "known",
    "limitation",
    "limitations",
    "must",
    "required",
    "manual",
    "notable",
    "rollback",
    "downgrade",
    "downgrading",
    "major changes",
    "before you",
    "heads up",
    "notices",
    "read first",
];

/// Headings with such words that speak of something else.
const ELSEWHERE: &[&str] = &[
    "dependencies",
    "dependency",
    "contributors",
    "thanks",
    "upgraded",
    "github actions",
];

/// How an item speaks that asks for something.
const ITEMS: &[&str] = &[
    "you must",
    "you need to",
    "you will need to",
    "you have to",
    "users must",
    "users need to",
    "administrators must",
    "administrators need to",
    "operators must",
    "operators need to",
    "customers must",
    "customers need to",
    "manual intervention",
    "manual step",
    "action required",
    "action needed",
    "before upgrading",
    "before you upgrade",
    "before installing",
    "before you install",
    "when upgrading",
    "after upgrading",
    "after you upgrade",
    "breaking change",
    "backwards incompatible",
    "backward incompatible",
    "backwards-incompatible",
    "backward-incompatible",
    "not backward compatible",
    "not backwards compatible",
];

/// The findings of one entry.
pub fn unread(text: &Text, entry: &Entry, notes: &Notes) -> Findings {
    let severity = match notes.actions {
        Actions::Unstated => Severity::Error,
        _ => Severity::Warning,
    };
    let mut findings = Findings::new();
    findings.extend(withdrawal(text, entry, notes));
    for section in entry
        .sections
        .iter()
        .filter(|section| section.kind == SectionKind::Other)
    {
        if let Some(finding) = title(text, section) {
            findings.push(Finding {
                severity,
                ..finding
            });
        }
    }
    for change in notes.changes.iter().filter(|change| !change.breaking) {
        let lower = without_code(&change.text).to_lowercase();
        let Some(phrase) = ITEMS.iter().find(|phrase| speaks(&lower, phrase)) else {
            continue;
        };
        let first = text
            .slice(change.span)
            .lines()
            .next()
            .unwrap_or("")
            .trim_end()
            .len();
        let finding = Finding::new(
            Code::SectionUnread,
            format!("an item says \u{201c}{phrase}\u{201d}, and is read as no required action"),
        )
        .at(text, change.span.start..change.span.start + first)
        .help("move it to `### Required action`, mark it `**Breaking:**`, or write `Nothing` under `### Required action` if nobody has to do anything");
        findings.push(Finding {
            severity,
            ..finding
        });
    }
    findings
}

/// An entry that says in a sentence that its release was withdrawn: customers would be led to it all the same.
fn withdrawal(text: &Text, entry: &Entry, notes: &Notes) -> Option<Finding> {
    const SAYS: [&str; 6] = [
        "yanked",
        "withdrawn",
        "retracted",
        "recalled",
        "pulled",
        "unpublished",
    ];
    if entry.yanked {
        return None;
    }
    let summary = entry
        .summary
        .map(|span| (text.slice(span).to_owned(), span));
    let alerts = notes
        .alerts
        .iter()
        .map(|alert| (alert.clone(), entry.heading));
    summary.into_iter().chain(alerts).find_map(|(said, at)| {
        let words = words_of(&without_code(&said));
        let of_this = ["this release", "this version"].iter().any(|subject| {
            ["was", "is", "has been"].iter().any(|verb| {
                SAYS.iter()
                    .any(|word| speaks(&words, &format!("{subject} {verb} {word}")))
            })
        });
        of_this.then(|| Finding {
            severity: Severity::Error,
            ..Finding::new(
                Code::SectionUnread,
                "the entry says that its release was withdrawn, and its heading does not",
            )
            .at(text, at)
            .help(
                "mark the heading, so that nobody is led to it: `## [1.2.0] - 2026-05-01 [YANKED]`",
            )
        })
    })
}

fn title(text: &Text, section: &Section) -> Option<Finding> {
    let title = heading_words(text, section.title);
    let words = words_of(title);
    if words.is_empty()
        || section.items.is_empty()
        || ELSEWHERE.iter().any(|other| speaks(&words, other))
    {
        return None;
    }
    TITLES.iter().find(|word| speaks(&words, word))?;
    let shown = title.trim_matches(['#', '*', '_', ':', ' ']);
    Some(
        Finding::new(
            Code::SectionUnread,
            format!("the heading \u{201c}{}\u{201d} is no section that is known", crate::diag::clipped(shown, 60)),
        )
        .at(text, section.title)
        .help("call it `Required action`, `Breaking changes` or `Known issues`, or name it in tidings.toml: `[changelog.sections]`"),
    )
}

/// Whether the words stand in the text as whole words.
fn speaks(text: &str, words: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(words).any(|(at, _)| {
        !letter(text[..at].chars().next_back()) && !letter(text[at + words.len()..].chars().next())
    })
}

/// Without what stands between backticks.
fn without_code(markdown: &str) -> String {
    markdown.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}
