//! What an entry says to a customer: its summary, its changes, its required actions, its known issues.
//!
//! Markdown is kept as the author wrote it; places are kept so that findings can point.

use crate::diag::Span;
use crate::model::{InstallWindow, KnownIssue, SectionKind};

/// Minutes of downtime.
pub type Minutes = u32;

/// An entry, understood.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Markdown; empty where the entry has none.
    pub summary: String,
    pub changes: Vec<Change>,
    pub actions: Actions,
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
    pub span: Span,
}

impl Action {
    /// Labelled lines that stand in a paragraph of their own belong to the action above them.
    pub fn take_labels(&mut self, labels: Action) {
        self.applies_to = labels.applies_to.or(self.applies_to.take());
        self.change = labels.change.or(self.change.take());
        self.check = labels.check.or(self.check.take());
        self.downtime = labels.downtime.or(self.downtime);
        self.window = labels.window.or(self.window);
    }

    /// The versions that the action is for. An `Applies to:` that is no version range is for the reader to judge.
    pub fn range(&self) -> Option<semver::VersionReq> {
        let range = self
            .applies_to
            .as_deref()?
            .trim()
            .trim_end_matches('.')
            .trim_start_matches("versions ")
            .trim_start_matches("upgrades from ")
            .trim_start_matches("from ");
        semver::VersionReq::parse(range).ok()
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

    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.breaking)
    }

    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.kind == kind)
    }
}
