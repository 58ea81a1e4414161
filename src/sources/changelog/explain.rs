//! What each block of an entry was read as, line by line: for the author who wonders.

use crate::diag::Span;
use crate::model::{Changelog, Entry, Section, SectionKind};
use crate::sources::changelog::labels::labelled;
use crate::sources::changelog::marks::marked;
use crate::sources::changelog::notes::{ACTION_LABELS, ISSUE_LABELS};
use crate::sources::changelog::visible::markdown;

/// A line of the file, and what it was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// From 1.
    pub line: usize,
    /// The line as it stands in the file.
    pub text: String,
    pub read_as: String,
}

/// The blocks of an entry in the order of the file.
#[must_use]
pub fn explained(changelog: &Changelog, entry: &Entry) -> Vec<Explained> {
    let mut rows: Vec<(Span, String)> = Vec::new();
    rows.push((entry.heading, heading(entry)));
    for also in &entry.also {
        rows.push((
            also.heading,
            "the same release once more: joined".to_owned(),
        ));
    }
    if !entry.date_span.is_empty() && entry.date_span.start >= entry.heading.end {
        rows.push((entry.date_span, "its date".to_owned()));
    }
    if let Some(summary) = entry.summary {
        rows.push((summary, "summary".to_owned()));
    }
    for section in &entry.sections {
        if !section.title.is_empty() {
            rows.push((section.title, title(section)));
        }
        for item in &section.items {
            let said = markdown(changelog.text.slice(item.span), &changelog.references);
            let own = marked(&said);
            let kind = match (section.kind, own) {
                (
                    SectionKind::RequiredAction
                    | SectionKind::KnownIssues
                    | SectionKind::Rollback
                    | SectionKind::Internal,
                    _,
                ) => section.kind,
                (kind, Some((own, _))) if own.is_weighty() || kind == SectionKind::Other => own,
                (kind, _) => kind,
            };
            rows.push((item.span, meaning(kind)));
            let labels: &[&'static str] = match kind {
                SectionKind::RequiredAction => ACTION_LABELS,
                SectionKind::KnownIssues => ISSUE_LABELS,
                _ => &[],
            };
            let raw = changelog.text.slice(item.span);
            for label in labelled(raw, item.span.start, labels, &changelog.references).1 {
                rows.push((label.span, format!("  its label {}:", label.label)));
            }
        }
    }
    rows.sort_by_key(|(span, _)| span.start);
    let mut explained: Vec<Explained> = rows
        .into_iter()
        .map(|(span, read_as)| {
            let line = changelog
                .text
                .slice(span)
                .lines()
                .next()
                .unwrap_or("")
                .trim();
            Explained {
                line: changelog.text.place(span.start).line,
                text: line.to_owned(),
                read_as,
            }
        })
        .collect();
    if entry.comments > 0 {
        explained.push(Explained {
            line: changelog.text.place(entry.heading.start).line,
            text: String::new(),
            read_as: format!(
                "{} in this entry: shown to nobody",
                crate::diag::count(entry.comments, "comment")
            ),
        });
    }
    explained
}

fn heading(entry: &Entry) -> String {
    let mut said = match &entry.version {
        Some(version) => format!("release {version}"),
        None => "what is not released".to_owned(),
    };
    match entry.date {
        Some(date) => said.push_str(&format!(", dated {date}")),
        None => said.push_str(", without a date"),
    }
    if entry.yanked {
        said.push_str(", withdrawn");
    }
    said
}

fn title(section: &Section) -> String {
    match (section.kind, section.inherited) {
        (kind, true) => format!("belongs to {} above it", kind.title()),
        (SectionKind::Other, _) => "a heading that names no section that is known".to_owned(),
        (kind, _) => format!("section {}", kind.title()),
    }
}

fn meaning(kind: SectionKind) -> String {
    match kind {
        SectionKind::RequiredAction => "required action".to_owned(),
        SectionKind::KnownIssues => "known issue".to_owned(),
        SectionKind::Rollback => "what going back does not undo".to_owned(),
        SectionKind::Breaking => "breaking change".to_owned(),
        SectionKind::Internal => "internal: shown to nobody".to_owned(),
        SectionKind::Other => "change".to_owned(),
        kind => format!("change ({})", kind.title()),
    }
}
