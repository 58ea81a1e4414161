//! Known issues: who is affected, how it shows, and whether rolling back helps.

use chrono::NaiveDate;

use crate::model::{History, Line, Release, Scheme, Version};

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

/// The releases that have the issue: those in any of the ranges; all, where there is none.
#[derive(Clone, Debug, Default)]
pub struct Affected {
    /// Oldest first.
    pub ranges: Vec<AffectedRange>,
}

/// From `introduced` (or the first release) up to, not with, `fixed`.
#[derive(Clone, Debug, Default)]
pub struct AffectedRange {
    pub introduced: Option<Version>,
    pub fixed: Option<Version>,
}

impl AffectedRange {
    pub fn contains(&self, version: &Version) -> bool {
        self.introduced.as_ref().is_none_or(|from| from <= version)
            && self.fixed.as_ref().is_none_or(|fixed| version < fixed)
    }
}

impl Affected {
    /// One range, or one for each version that it was fixed in; where the later ones begin is for `settle` to say.
    pub fn since(introduced: Option<Version>, mut fixed: Vec<Version>) -> Self {
        fixed.sort();
        let mut introduced = Some(introduced);
        let mut range = |fixed: Option<Version>| AffectedRange {
            introduced: introduced.take().flatten(),
            fixed,
        };
        let ranges = match fixed.is_empty() {
            true => vec![range(None)],
            false => fixed.into_iter().map(|fixed| range(Some(fixed))).collect(),
        };
        Affected { ranges }
    }

    /// A fix on a line is none for the lines above: each later range begins with the first release above the line of the fix before.
    pub fn settle<'v>(
        &mut self,
        versions: &(impl Iterator<Item = &'v Version> + Clone),
        scheme: &Scheme,
    ) {
        for at in 1..self.ranges.len() {
            if self.ranges[at].introduced.is_some() {
                continue;
            }
            let Some(before) = &self.ranges[at - 1].fixed else {
                continue;
            };
            let line = Line::of(before, scheme);
            let first = versions
                .clone()
                .filter(|version| Line::of(version, scheme) > line)
                .min();
            self.ranges[at].introduced = first.or(Some(before)).cloned();
        }
    }

    pub fn contains(&self, version: &Version) -> bool {
        self.ranges.is_empty() || self.ranges.iter().any(|range| range.contains(version))
    }

    /// The first release that has it; `None` where all have from the start.
    pub fn introduced(&self) -> Option<&Version> {
        self.ranges.first()?.introduced.as_ref()
    }

    /// The releases that it is fixed in, a line each.
    pub fn fixed(&self) -> impl Iterator<Item = &Version> {
        self.ranges.iter().filter_map(|range| range.fixed.as_ref())
    }

    /// The release that fixes it for somebody on a version that has it.
    pub fn fixed_for(&self, version: &Version) -> Option<&Version> {
        let range = self.ranges.iter().find(|range| range.contains(version))?;
        range.fixed.as_ref()
    }

    /// Where it is fixed, in words: `1.5.3 and 2.0.2`.
    pub fn fixed_words(&self) -> Option<String> {
        let fixed: Vec<&str> = self.fixed().map(Version::as_str).collect();
        let open = self.ranges.iter().find(|range| range.fixed.is_none());
        let words = crate::diag::list(&fixed, "and");
        match open.and_then(|range| range.introduced.as_ref()) {
            _ if fixed.is_empty() => None,
            Some(from) => Some(format!("{words}; from {from} on not fixed yet")),
            None => Some(words),
        }
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
