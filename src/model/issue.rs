//! Known issues: who is affected, how it shows, and whether rolling back helps.

use chrono::NaiveDate;

use crate::model::{History, Release, Version};

#[derive(Clone, Debug)]
pub struct KnownIssue {
    pub id: String,
    pub title: String,
    pub symptoms: Vec<String>,
    pub affected: Affected,
    pub workaround: Option<String>,
    pub rollback: RollbackAdvice,
    /// Why not, or why to ask.
    pub reason: Option<String>,
}

/// The range of releases that have the issue: from `introduced` (or the first release) up to, not with, `fixed`.
#[derive(Clone, Debug, Default)]
pub struct Affected {
    pub introduced: Option<Version>,
    pub fixed: Option<Version>,
}

impl Affected {
    pub fn contains(&self, version: &Version) -> bool {
        self.introduced.as_ref().is_none_or(|from| from <= version)
            && self.fixed.as_ref().is_none_or(|fixed| version < fixed)
    }
}

/// The chapter's rule is to roll back when the symptoms match; an issue can say otherwise, with a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RollbackAdvice {
    #[default]
    Yes,
    No,
    Ask,
}

impl RollbackAdvice {
    pub fn as_str(self) -> &'static str {
        match self {
            RollbackAdvice::Yes => "yes",
            RollbackAdvice::No => "no",
            RollbackAdvice::Ask => "ask",
        }
    }

    /// Reads `yes`, `no` or `ask`, and what follows as the reason: `no: the data format changed`.
    pub fn read(text: &str) -> Option<(Self, Option<String>)> {
        let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
        let advice = match word.to_ascii_lowercase().as_str() {
            "yes" | "true" => RollbackAdvice::Yes,
            "no" | "false" => RollbackAdvice::No,
            "ask" => RollbackAdvice::Ask,
            _ => return None,
        };
        let reason = text[word.len()..]
            .trim_start_matches([':', ',', '-', '–', '—', '.', ' '])
            .trim();
        Some((advice, (!reason.is_empty()).then(|| reason.to_owned())))
    }
}

/// Step two of the playbook: roll back, or not?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    RollBack,
    Ask,
    /// The issue is known, and going back does not help.
    Stay,
    /// Nothing known fits: roll back if it is severe; collect diagnostics and stay if it can be lived with.
    BySeverity,
}

impl Decision {
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::RollBack => "roll-back",
            Decision::Ask => "ask",
            Decision::Stay => "stay",
            Decision::BySeverity => "by-severity",
        }
    }
}

/// The decision for symptoms that fit an issue, or none that is known.
pub fn decide(fitting: Option<&KnownIssue>) -> Decision {
    match fitting.map(|issue| issue.rollback) {
        None => Decision::BySeverity,
        Some(RollbackAdvice::Yes) => Decision::RollBack,
        Some(RollbackAdvice::Ask) => Decision::Ask,
        Some(RollbackAdvice::No) => Decision::Stay,
    }
}

impl History {
    /// The newest release that has an issue and is out by a day.
    pub fn newest_with(&self, issue: &KnownIssue, day: NaiveDate) -> Option<&Release> {
        let with = |release: &&Release| {
            release.released_by(day) && issue.affected.contains(&release.version)
        };
        let stable = |release: &&Release| with(release) && !release.version.is_prerelease();
        let mut newest = self.releases().iter().rev();
        newest.clone().find(stable).or_else(|| newest.find(with))
    }

    /// The issues that `version` has, the newest first.
    pub fn issues_of<'h>(&'h self, version: &'h Version) -> impl Iterator<Item = &'h KnownIssue> {
        self.issues
            .iter()
            .filter(move |issue| issue.affected.contains(version))
    }
}
