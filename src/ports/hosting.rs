//! The source repository at its forge: checks, alerts, pipelines; and the changes that are proposed to the bootstrap repository.

use crate::ports::forge::Asked;

/// How something that runs at the forge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Passed,
    Failed,
}

/// A check of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    pub state: State,
    pub url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    Dependency,
    CodeScanning,
}

/// An open alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// `GHSA-…`, or the rule's name.
    pub id: String,
    pub summary: String,
    pub url: String,
}

/// A run of the release pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub id: u64,
    pub name: String,
    pub state: State,
    pub url: String,
}

/// Where a pipeline broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedStep {
    pub job: String,
    pub step: String,
    /// The end of what it said.
    pub log: String,
}

/// A proposed change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    pub number: u64,
    pub title: String,
    /// The commit that it proposes.
    pub head: String,
    pub merged: bool,
    pub url: String,
}

/// How a repository lets changes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// In the forge's words: `merge`, `squash`, `rebase`; the first that is allowed is taken.
    pub merge: Vec<String>,
    /// The repository takes no changes any more.
    pub archived: bool,
    /// Whether the token may write; `None` where the forge does not say.
    pub may_push: Option<bool>,
    /// A rule that forbids whoever asks to create tags, by its name.
    pub tags_forbidden: Option<String>,
}

/// What became of a change that was to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// In this way.
    Now(String),
    /// It waits in the queue of the repository, put there or to be put there by hand.
    Queued { by_hand: bool },
}

/// No method repeats a request.
pub trait Hosting {
    /// How changes and tags get in; `None` where the forge does not say.
    ///
    /// # Errors
    /// As `checks`.
    fn ways(&self) -> Asked<Option<Ways>>;

    /// # Errors
    /// The forge cannot be asked, or refuses.
    fn checks(&self, commit: &str) -> Asked<Vec<Check>>;

    /// Open alerts of a kind; `None` where the forge does not look for them.
    ///
    /// # Errors
    /// As `checks`.
    fn alerts(&self, kind: AlertKind) -> Asked<Option<Vec<Alert>>>;

    /// The runs that the push of a tag started.
    ///
    /// # Errors
    /// As `checks`.
    fn pipelines(&self, tag: &str, commit: &str) -> Asked<Vec<Pipeline>>;

    /// # Errors
    /// As `checks`.
    fn failed_step(&self, pipeline: &Pipeline) -> Asked<Option<FailedStep>>;

    /// Runs what failed again.
    ///
    /// # Errors
    /// As `checks`.
    fn rerun(&self, pipeline: &Pipeline) -> Asked<()>;

    /// Changes proposed from a branch, open or merged.
    ///
    /// # Errors
    /// As `checks`.
    fn pulls(&self, branch: &str) -> Asked<Vec<Pull>>;

    /// Merges a change, if it still proposes `head`, in a way that the repository allows.
    ///
    /// # Errors
    /// As `checks`; it may be merged all the same.
    fn merge(&self, pull: &Pull) -> Asked<Merged>;
}
