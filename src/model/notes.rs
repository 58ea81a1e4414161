//! What an entry says to a customer: its summary, its changes, its required actions, its known issues.
//!
//! Markdown is kept as the author wrote it; places are kept so that findings can point.

use std::borrow::Cow;

use crate::diag::Span;
use crate::model::{Applies, InstallWindow, KnownIssue, SectionKind, Version, VersionSet};

/// Minutes of downtime.
pub type Minutes = u32;

/// An entry, understood.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Markdown; empty where the entry has none.
    pub summary: String,
    /// Warnings in GitHub's form that stand among the changes (they are items of these, too): Markdown.
    pub alerts: Vec<String>,
    pub changes: Vec<Change>,
    pub actions: Actions,
    /// Actions of earlier releases that this one made needless.
    pub replaces: Vec<Replaced>,
    pub known_issues: Vec<KnownIssue>,
    /// What rolling back does not undo, or why it is not possible: Markdown.
    pub rollback: Option<String>,
}

/// One item under *Added*, *Changed*, *Fixed*…
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: SectionKind,
    /// The sub-heading as written, for kinds that have no name of ours.
    pub heading: String,
    pub text: String,
    pub breaking: bool,
    pub span: Span,
}

/// What a release asks of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Actions {
    /// The entry has no such section.
    #[default]
    Unstated,
    /// It says `Nothing`.
    Nothing,
    Required(Vec<Action>),
}

impl Actions {
    pub fn all(&self) -> &[Action] {
        match self {
            Actions::Required(actions) => actions,
            _ => &[],
        }
    }
}

/// Something a customer must do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// Markdown, without the labelled lines.
    pub text: String,
    pub applies_to: Option<String>,
    /// A link to the exact change: Markdown.
    pub change: Option<String>,
    /// How to tell that it worked: Markdown.
    pub check: Option<String>,
    pub downtime: Option<Minutes>,
    pub window: Option<InstallWindow>,
    /// The action of an earlier release that this one stands for, as written.
    pub replaces: Option<String>,
    pub span: Span,
}

/// A line `Replaces:`: what it names needs no longer be done by those who come to this release.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// A version, for all of its actions; or how the action begins.
    pub what: String,
    /// The versions that the replacing action is for; all where it says none.
    pub range: Option<VersionSet>,
    pub span: Span,
}

impl Replaced {
    /// Whether this action of this release is meant.
    pub fn means(&self, version: &Version, action: &Action) -> bool {
        match Version::read(self.what.trim_end_matches('.')) {
            Some(named) => named == *version,
            None => action.key().starts_with(&same_words(&self.what)),
        }
    }
}

/// A text by which two actions are known as equal: white space, a final full stop, marks of code, the first letter's case and where links lead aside (they lead to each release's own tag).
fn same_words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ").replace('`', "");
    let mut parts = text.split("](");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        bare.push(']');
        bare.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    let text = bare.trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

impl Action {
    /// Labelled lines that stand in a paragraph of their own belong to the action above them.
    pub fn take_labels(&mut self, labels: Action) {
        self.applies_to = labels.applies_to.or(self.applies_to.take());
        self.change = labels.change.or(self.change.take());
        self.check = labels.check.or(self.check.take());
        self.downtime = labels.downtime.or(self.downtime);
        self.window = labels.window.or(self.window);
        self.replaces = labels.replaces.or(self.replaces.take());
    }

    /// What equal actions of several releases have in common.
    pub fn key(&self) -> String {
        same_words(&self.text)
    }

    /// One action of several equal ones, oldest first: the newest wording, and the newest word of each label.
    pub fn union<'a>(copies: impl Iterator<Item = Cow<'a, Action>>) -> Option<Action> {
        copies.map(Cow::into_owned).reduce(|mut all, newer| {
            let (text, span) = (newer.text.clone(), newer.span);
            all.take_labels(newer);
            Action { text, span, ..all }
        })
    }

    /// Its own word; without one, a downtime wants a maintenance window.
    pub fn needs(&self) -> InstallWindow {
        let unsaid = match self.downtime {
            Some(1..) => InstallWindow::MaintenanceWindow,
            _ => InstallWindow::BusinessHours,
        };
        self.window.unwrap_or(unsaid)
    }

    /// The versions that the action is for. An `Applies to:` that is no version range is for the reader to judge.
    pub fn range(&self) -> Option<VersionSet> {
        match Applies::read(self.applies_to.as_deref()?) {
            Applies::Versions(versions) => Some(versions),
            Applies::Words | Applies::Unreadable(_) => None,
        }
    }
}

impl Notes {
    pub fn downtime(&self) -> Minutes {
        self.actions
            .all()
            .iter()
            .filter_map(|action| action.downtime)
            .sum()
    }

    /// The strictest of what its actions need, whomever they are for.
    pub fn window(&self) -> InstallWindow {
        let needs = self.actions.all().iter().map(Action::needs);
        needs.max().unwrap_or_default()
    }

    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.breaking)
    }

    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.kind == kind)
    }
}
