//! What an entry says: summary, changes, required actions with their labelled lines, known issues.

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{
    Action, Actions, Affected, Change, Entry, InstallWindow, Item, KnownIssue, Minutes, Notes,
    Replaced, RollbackAdvice, Section, SectionKind, Version,
};
use crate::sources::changelog::markdown;

/// Reads the contents of an entry.
pub fn notes(text: &Text, entry: &Entry) -> (Notes, Findings) {
    let mut findings = Findings::new();
    let mut notes = Notes {
        summary: entry
            .summary
            .map(|span| markdown(text.slice(span)))
            .unwrap_or_default(),
        ..Notes::default()
    };
    for section in &entry.sections {
        match section.kind {
            SectionKind::RequiredAction => {
                let (more, needless) = actions(text, section, &mut findings);
                notes.actions = merged(notes.actions, more);
                notes.replaces.extend(needless);
            }
            SectionKind::KnownIssues => {
                notes
                    .known_issues
                    .extend(issues(text, entry, section, &mut findings))
            }
            SectionKind::Rollback => {
                notes.rollback = Some(
                    section
                        .items
                        .iter()
                        .map(|item| markdown(text.slice(item.span)))
                        .collect::<Vec<_>>()
                        .join("\n\n"),
                )
                .filter(|t| !t.is_empty())
            }
            _ => {
                notes.replaces.extend(replaced(text, &section.items));
                notes
                    .changes
                    .extend(section.items.iter().map(|item| change(text, section, item)))
            }
        }
    }
    (notes, findings)
}

/// The mark of a breaking item (Keep a Changelog 2.0).
const BREAKING: [&str; 5] = [
    "**breaking:**",
    "**breaking**:",
    "breaking:",
    "**breaking change:**",
    "breaking change:",
];

fn change(text: &Text, section: &Section, item: &Item) -> Change {
    let markdown = markdown(text.slice(item.span));
    let lower = markdown.get(..24).unwrap_or(&markdown).to_ascii_lowercase();
    let breaking = section.kind == SectionKind::Breaking
        || BREAKING.iter().any(|mark| lower.starts_with(mark));
    let heading = crate::sources::changelog::heading_words(text, section.title)
        .trim_matches(['*', ':'])
        .to_owned();
    Change {
        kind: section.kind,
        heading,
        text: markdown,
        breaking,
        span: item.span,
    }
}

fn merged(first: Actions, second: Actions) -> Actions {
    match (first, second) {
        (Actions::Required(mut all), Actions::Required(more)) => {
            all.extend(more);
            Actions::Required(all)
        }
        (required @ Actions::Required(_), _) => required,
        (_, second) => second,
    }
}

/// What changes say they replace; the line stays in their text for readers.
fn replaced(text: &Text, items: &[Item]) -> Vec<Replaced> {
    let lines = items
        .iter()
        .filter(|item| text.slice(item.span).contains(':'))
        .flat_map(|item| labelled(text, item, &["Replaces"]).1);
    lines
        .map(|line| Replaced {
            what: line.value,
            range: None,
            span: line.span,
        })
        .collect()
}

fn is_nothing(words: &str) -> bool {
    matches!(
        bare(words).as_str(),
        "nothing" | "none" | "no action required" | "no action needed"
    )
}

/// The actions of a section, and those of earlier releases that they replace.
fn actions(text: &Text, section: &Section, findings: &mut Findings) -> (Actions, Vec<Replaced>) {
    let (mut said, mut replaces) = (None, Vec::new());
    let mut required: Vec<Action> = Vec::new();
    for item in &section.items {
        let action = action(text, item, findings);
        if let Some(what) = &action.replaces {
            replaces.push(Replaced {
                what: what.clone(),
                range: action.range(),
                span: item.span,
            });
        }
        if is_nothing(&action.text) {
            said = said.or(Some(item));
            continue;
        }
        match required.last_mut().filter(|_| action.text.is_empty()) {
            Some(last) => last.take_labels(action),
            None => required.push(action),
        }
    }
    let actions = match (said, required.is_empty()) {
        (Some(said), false) => {
            findings.push(
                Finding::new(
                    Code::ActionContradiction,
                    "*Required action* says `Nothing` and names an action",
                )
                .at(text, said.span)
                .help("remove `Nothing`, or move the other items to *Changed*"),
            );
            Actions::Required(required)
        }
        (Some(_), true) => Actions::Nothing,
        (None, true) => Actions::Unstated,
        (None, false) => Actions::Required(required),
    };
    (actions, replaces)
}

/// Lower case, without marks and the final full stop.
fn bare(text: &str) -> String {
    text.trim()
        .trim_matches(['*', '_', '.', '!'])
        .trim()
        .to_ascii_lowercase()
}

/// A labelled line of an item: its value, and where the line stands in the file.
struct Labelled {
    label: &'static str,
    value: String,
    span: Span,
}

/// Takes `Label: value` lines out of an item. A value runs on over lines that have no label of their own and stand
/// below it, up to a blank line.
fn labelled(text: &Text, item: &Item, labels: &[&'static str]) -> (String, Vec<Labelled>) {
    let raw = text.slice(item.span);
    let mut rest = String::new();
    let mut found: Vec<Labelled> = Vec::new();
    let mut in_value = false;
    let mut offset = item.span.start;
    for line in raw.split_inclusive('\n') {
        let words = line.trim().trim_start_matches(['-', '*', '+', ' ']);
        let span = Span::new(
            offset + line.find(words).unwrap_or(0),
            offset + line.trim_end().len(),
        );
        offset += line.len();
        let label = labels
            .iter()
            .find_map(|label| Some((*label, value_of(words, label)?)));
        match label {
            Some((label, value)) => {
                in_value = true;
                found.push(Labelled {
                    label,
                    value: value.to_owned(),
                    span,
                });
            }
            _ if line.trim().is_empty() => {
                in_value = false;
                rest.push('\n');
            }
            _ => match found.last_mut().filter(|_| in_value) {
                Some(last) => {
                    last.value.push(' ');
                    last.value.push_str(line.trim());
                }
                None => rest.push_str(line),
            },
        }
    }
    (markdown(&rest), found)
}

/// `Label: value` in any case, the label in bold or not.
fn value_of<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    let inner = line.trim_start_matches(['*', '_']);
    let head = inner
        .get(..label.len())
        .filter(|head| head.eq_ignore_ascii_case(label))?;
    let after = inner[head.len()..].trim_start_matches(['*', '_']);
    let value = after.strip_prefix(':')?.trim_start_matches(['*', '_']);
    (value.is_empty() || value.starts_with([' ', '\t'])).then(|| value.trim())
}

fn action(text: &Text, item: &Item, findings: &mut Findings) -> Action {
    let (markdown, labels) = labelled(
        text,
        item,
        &[
            "Applies to",
            "Change",
            "Check",
            "Downtime",
            "Window",
            "Replaces",
        ],
    );
    let mut action = Action {
        text: markdown,
        span: item.span,
        ..Action::default()
    };
    for Labelled { label, value, span } in labels {
        match label {
            "Applies to" => action.applies_to = Some(value),
            "Change" => action.change = Some(value),
            "Check" => action.check = Some(value),
            "Replaces" => action.replaces = Some(value),
            "Downtime" => match minutes(&value) {
                Some(minutes) => action.downtime = Some(minutes),
                None => findings.push(unreadable(
                    text,
                    span,
                    &value,
                    "a duration",
                    "write `Downtime: 5 minutes`, `Downtime: 1 hour` or `Downtime: none`",
                )),
            },
            _ => match InstallWindow::read(&value) {
                Some(window) => action.window = Some(window),
                None => findings.push(unreadable(
                    text,
                    span,
                    &value,
                    "a window",
                    "write `Window: maintenance` or `Window: business-hours`",
                )),
            },
        }
    }
    action
}

fn unreadable(text: &Text, span: Span, value: &str, what: &str, help: &str) -> Finding {
    Finding::new(Code::LabelUnreadable, format!("`{value}` is not {what}"))
        .at(text, span)
        .help(help)
}

/// `5 minutes`, `1 hour 30 min`, `90s`, `about 2h`, `none`. Rounded up to whole minutes.
pub fn minutes(text: &str) -> Option<Minutes> {
    let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
    if matches!(
        text.as_str(),
        "none" | "no" | "nothing" | "0" | "zero" | "no downtime"
    ) {
        return Some(0);
    }
    let mut seconds = 0f64;
    let mut number: Option<f64> = None;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let length = if c.is_ascii_digit() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            number = Some(rest[..digits].parse().ok()?);
            digits
        } else if c.is_ascii_alphabetic() {
            let letters = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            match (&rest[..letters], number.take()) {
                ("s" | "sec" | "secs" | "second" | "seconds", Some(n)) => seconds += n,
                ("m" | "min" | "mins" | "minute" | "minutes", Some(n)) => seconds += n * 60.0,
                ("h" | "hr" | "hrs" | "hour" | "hours", Some(n)) => seconds += n * 3600.0,
                (
                    "about" | "up" | "to" | "less" | "than" | "under" | "and" | "max" | "approx"
                    | "ca" | "roughly",
                    None,
                ) => {}
                _ => return None,
            }
            letters
        } else {
            if !matches!(c, ' ' | ',' | '~' | '≤' | '<' | '.') {
                return None;
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    (number.is_none() && seconds > 0.0 && seconds < 1e7).then(|| (seconds / 60.0).ceil() as Minutes)
}

fn issues(
    text: &Text,
    entry: &Entry,
    section: &Section,
    findings: &mut Findings,
) -> Vec<KnownIssue> {
    let nothing = |item: &&Item| {
        matches!(
            bare(&markdown(text.slice(item.span))).as_str(),
            "nothing" | "none" | "none known"
        )
    };
    let items: Vec<&Item> = section.items.iter().filter(|item| !nothing(item)).collect();
    items
        .iter()
        .enumerate()
        .map(|(number, item)| issue(text, entry, item, number + 1, findings))
        .collect()
}

fn issue(
    text: &Text,
    entry: &Entry,
    item: &Item,
    number: usize,
    findings: &mut Findings,
) -> KnownIssue {
    let (markdown, labels) = labelled(
        text,
        item,
        &["Symptom", "Symptoms", "Workaround", "Fixed in", "Rollback"],
    );
    let version = entry.version.as_ref().map_or("next", Version::as_str);
    let (id, title) =
        own_id(&markdown).unwrap_or_else(|| (format!("{version}-{number}"), markdown.clone()));
    let affected = Affected::since(entry.version.clone(), Vec::new());
    let mut issue = KnownIssue {
        id,
        title,
        symptoms: Vec::new(),
        affected,
        workaround: None,
        rollback: RollbackAdvice::Yes,
        reason: None,
    };
    for Labelled { label, value, span } in labels {
        match label {
            "Symptom" | "Symptoms" => issue.symptoms.push(value),
            "Workaround" => issue.workaround = Some(value),
            "Fixed in" => match versions(&value) {
                Some(fixed) => issue.affected = Affected::since(entry.version.clone(), fixed),
                None => findings.push(unreadable(
                    text,
                    span,
                    &value,
                    "a version",
                    "write `Fixed in: 1.5.1`, or a version a line (`Fixed in: 1.5.3, 2.0.2`), or leave it out",
                )),
            },
            _ => match RollbackAdvice::read(&value) {
                Some((advice, reason)) => {
                    if advice != RollbackAdvice::Yes && reason.is_none() {
                        findings.push(without_reason(advice).at(text, span));
                    }
                    (issue.rollback, issue.reason) = (advice, reason);
                }
                None => findings.push(unreadable(
                    text,
                    span,
                    &value,
                    "advice on rolling back",
                    "write `Rollback: yes`, `Rollback: no: why` or `Rollback: ask: why`",
                )),
            },
        }
    }
    issue
}

/// `1.5.3`, `1.5.3, 2.0.2`, `1.5.3 and 2.0.2`.
fn versions(text: &str) -> Option<Vec<Version>> {
    text.trim_end_matches('.')
        .replace(" and ", ",")
        .split(',')
        .map(|version| Version::read(version.trim().trim_matches('`')))
        .collect()
}

/// The chapter's rule is to roll back; advice against it owes a reason.
pub fn without_reason(advice: RollbackAdvice) -> Finding {
    let word = advice.as_str();
    Finding::new(Code::IssueReason, format!("`{word}` about rolling back has no reason"))
        .help(format!("say why, for the person who must decide at night: `Rollback: {word}: the old release cannot read the new index`"))
}

/// `KI-7: Backups stop`, `[KI-7] Backups stop`.
fn own_id(markdown: &str) -> Option<(String, String)> {
    let inner = markdown.trim_start_matches(['*', '[', '`']);
    let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?;
    let (id, rest) = inner.split_at(length);
    let shaped = id.contains('-')
        && id.starts_with(|c: char| c.is_ascii_uppercase())
        && id.ends_with(|c: char| c.is_ascii_digit());
    let rest = rest.trim_start_matches(['*', ']', '`']);
    let title = rest
        .strip_prefix(':')
        .or_else(|| rest.strip_prefix(" –"))
        .or_else(|| rest.strip_prefix(" -"))?
        .trim_start_matches('*')
        .trim();
    (shaped && !title.is_empty()).then(|| (id.to_owned(), title.to_owned()))
}
