//! What an entry says: summary, changes, required actions with their labelled lines, known issues.

use std::ops::Deref;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{
    Action, Actions, Affected, Change, Changelog, Entry, InstallWindow, Item, KnownIssue, Minutes,
    Notes, References, Replaced, RollbackAdvice, Section, SectionKind, Version,
};
use crate::sources::changelog::labels::{Labelled, labelled as labels_of};
use crate::sources::changelog::marks::{marked, unmarked};
use crate::sources::changelog::visible::markdown;

/// The labels of a required action.
pub const ACTION_LABELS: &[&str] = &[
    "Applies to",
    "Change",
    "Check",
    "Downtime",
    "Window",
    "Replaces",
];

/// The labels of a known issue.
pub const ISSUE_LABELS: &[&str] = &["Symptom", "Symptoms", "Workaround", "Fixed in", "Rollback"];

/// The text of a changelog, with what its references lead to.
struct Written<'w> {
    text: &'w Text,
    references: &'w References,
}

impl Deref for Written<'_> {
    type Target = Text;

    fn deref(&self) -> &Text {
        self.text
    }
}

impl Written<'_> {
    /// A part of it as its reader sees it.
    fn markdown(&self, span: Span) -> String {
        markdown(self.text.slice(span), self.references)
    }
}

/// Reads the contents of an entry.
pub fn notes(changelog: &Changelog, entry: &Entry) -> (Notes, Findings) {
    let text = &Written {
        text: &changelog.text,
        references: &changelog.references,
    };
    let mut findings = Findings::new();
    let mut notes = Notes {
        summary: entry
            .summary
            .map(|span| text.markdown(span))
            .unwrap_or_default(),
        ..Notes::default()
    };
    for section in &entry.sections {
        let (required, issues, others) = sorted(text, section);
        if section.kind == SectionKind::RequiredAction || !required.is_empty() {
            let (more, needless) = actions(text, section, &required, &mut findings);
            findings.extend(contradiction(text, section, &notes.actions, &more));
            notes.actions = merged(notes.actions, more);
            notes.replaces.extend(needless);
        }
        if !issues.is_empty() {
            let so_far = notes.known_issues.len();
            let more = known_issues(text, entry, section, &issues, so_far, &mut findings);
            notes.known_issues.extend(more);
        }
        match section.kind {
            SectionKind::Rollback => {
                let said = others
                    .iter()
                    .map(|item| titled(text, section, text.markdown(item.span)));
                let said = notes
                    .rollback
                    .take()
                    .into_iter()
                    .chain(said)
                    .collect::<Vec<_>>();
                notes.rollback = Some(said.join("\n\n")).filter(|said| !said.is_empty());
            }
            SectionKind::Internal => {}
            _ => {
                notes.replaces.extend(replaced(text, &others));
                notes
                    .alerts
                    .extend(others.iter().filter_map(|item| alert(text, item)));
                notes
                    .changes
                    .extend(others.iter().map(|item| change(text, section, item)));
            }
        }
    }
    (notes, findings)
}

/// The items of a section: required actions, known issues, and the others. An item may say itself what it is.
fn sorted(text: &Written<'_>, section: &Section) -> (Vec<Item>, Vec<Item>, Vec<Item>) {
    let (mut required, mut issues, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for item in &section.items {
        let own = || marked(&text.markdown(item.span)).map(|(kind, _)| kind);
        let kind = match section.kind {
            SectionKind::RequiredAction
            | SectionKind::KnownIssues
            | SectionKind::Rollback
            | SectionKind::Internal => section.kind,
            _ => own()
                .filter(|kind| kind.is_weighty())
                .unwrap_or(section.kind),
        };
        match kind {
            SectionKind::RequiredAction => required.push(*item),
            SectionKind::KnownIssues => issues.push(*item),
            _ => others.push(*item),
        }
    }
    (required, issues, others)
}

/// A warning in GitHub's form (`> [!CAUTION]`): Markdown.
fn alert(text: &Written<'_>, item: &Item) -> Option<String> {
    let raw = text.slice(item.span).trim_start();
    let kind = raw
        .strip_prefix('>')?
        .trim_start()
        .strip_prefix("[!")?
        .split_once(']')?
        .0;
    let grave = ["caution", "warning", "important"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind));
    grave.then(|| text.markdown(item.span))
}

/// What stands below a heading of its own within a section is said with that heading: `**Restore:** …`.
fn titled(text: &Written<'_>, section: &Section, said: String) -> String {
    if !section.inherited || said.is_empty() {
        return said;
    }
    let title = text.markdown(section.title);
    let title = title.trim_matches(['#', '*', '_', ':', ' ', '=', '-', '\n']);
    if title.is_empty() || said.starts_with(['>', '|', '`']) {
        return format!("**{title}**\n\n{said}");
    }
    format!("**{title}:** {said}")
}

fn change(text: &Written<'_>, section: &Section, item: &Item) -> Change {
    let markdown = text.markdown(item.span);
    let own = marked(&markdown);
    let breaking =
        section.kind == SectionKind::Breaking || own.is_some_and(|(_, breaking)| breaking);
    let title = text.markdown(section.title);
    let heading = title
        .lines()
        .next()
        .unwrap_or("")
        .trim_matches(['#', '*', '_', ':', ' '])
        .to_owned();
    let kind = match (section.kind, own) {
        (SectionKind::Other, Some((kind, _))) => kind,
        (kind, _) => kind,
    };
    Change {
        kind,
        heading,
        text: markdown,
        breaking,
        span: item.span,
    }
}

/// One section says `Nothing`, another one names an action.
fn contradiction(
    text: &Written<'_>,
    section: &Section,
    before: &Actions,
    here: &Actions,
) -> Option<Finding> {
    let contradicts = matches!(
        (before, here),
        (Actions::Nothing, Actions::Required(_)) | (Actions::Required(_), Actions::Nothing)
    );
    contradicts.then(|| {
        Finding::new(
            Code::EntryContradiction,
            "one section says `Nothing`, and another one of this release names an action",
        )
        .at(text, section.title)
        .help("remove `Nothing`, or the action")
    })
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
fn replaced(text: &Written<'_>, items: &[Item]) -> Vec<Replaced> {
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
fn actions(
    text: &Written<'_>,
    section: &Section,
    items: &[Item],
    findings: &mut Findings,
) -> (Actions, Vec<Replaced>) {
    let (mut said, mut replaces) = (None, Vec::new());
    let mut required: Vec<Action> = Vec::new();
    for item in items {
        let mut action = action(text, item, findings);
        if action.text.is_empty()
            && action
                == (Action {
                    span: item.span,
                    ..Action::default()
                })
        {
            continue;
        }
        if !is_nothing(&action.text) {
            action.text = titled(text, section, unmarked(&action.text));
        }
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

/// Takes labelled lines out of an item.
fn labelled(text: &Written<'_>, item: &Item, labels: &[&'static str]) -> (String, Vec<Labelled>) {
    labels_of(
        text.slice(item.span),
        item.span.start,
        labels,
        text.references,
    )
}

fn action(text: &Written<'_>, item: &Item, findings: &mut Findings) -> Action {
    let (markdown, labels) = labelled(text, item, ACTION_LABELS);
    let mut action = Action {
        text: markdown,
        span: item.span,
        ..Action::default()
    };
    findings.extend(twice(text, &labels));
    for Labelled { label, value, span } in labels {
        match label {
            "Applies to" => add(&mut action.applies_to, ", ", value),
            "Change" => add(&mut action.change, "; ", value),
            "Check" => add(&mut action.check, "; ", value),
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

/// Nothing of a label that stands twice is lost.
fn add(label: &mut Option<String>, joint: &str, value: String) {
    match label {
        Some(before) => {
            before.push_str(joint);
            before.push_str(&value);
        }
        None => *label = Some(value),
    }
}

/// Labels that stand more than once where one value is wanted.
fn twice(text: &Written<'_>, labels: &[Labelled]) -> Findings {
    labels
        .iter()
        .enumerate()
        .filter(|(at, one)| labels[..*at].iter().any(|before| before.label == one.label))
        .map(|(_, one)| {
            Finding::new(
                Code::LabelTwice,
                format!("`{}:` stands twice in this item", one.label),
            )
            .at(text, one.span)
            .help("put both into one line, or make two items of it")
        })
        .collect()
}

fn unreadable(text: &Written<'_>, span: Span, value: &str, what: &str, help: &str) -> Finding {
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

/// The known issues of a section, numbered on from those before.
fn known_issues(
    text: &Written<'_>,
    entry: &Entry,
    section: &Section,
    items: &[Item],
    so_far: usize,
    findings: &mut Findings,
) -> Vec<KnownIssue> {
    let nothing = |item: &&Item| {
        matches!(
            bare(&text.markdown(item.span)).as_str(),
            "nothing" | "none" | "none known"
        )
    };
    items
        .iter()
        .filter(|item| !nothing(item))
        .enumerate()
        .map(|(number, item)| {
            let mut issue = issue(text, entry, item, so_far + number + 1, findings);
            issue.title = titled(text, section, unmarked(&issue.title));
            issue
        })
        .collect()
}

fn issue(
    text: &Written<'_>,
    entry: &Entry,
    item: &Item,
    number: usize,
    findings: &mut Findings,
) -> KnownIssue {
    let (markdown, labels) = labelled(text, item, ISSUE_LABELS);
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
