//! Where a release day stands, by the receipts of the ledger.

use chrono::{DateTime, Utc};

use crate::ports::Recorded;
use crate::ports::ledger::{
    CUT, CUT_BEGUN, NOTIFIED, PREFLIGHT, PUBLISHED, SMOKE, SMOKE_FAILED, SMOKE_MAIN,
};

/// The three phases of a release day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    PreCut,
    Cut,
    PostCut,
}

impl Phase {
    pub const ALL: [Phase; 3] = [Phase::PreCut, Phase::Cut, Phase::PostCut];

    pub fn as_str(self) -> &'static str {
        match self {
            Phase::PreCut => "pre-cut",
            Phase::Cut => "cut",
            Phase::PostCut => "post-cut",
        }
    }
}

/// When the phases of one release began and ended.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    steps: Vec<(String, DateTime<Utc>)>,
}

impl Phases {
    /// Of the release with this tag.
    pub fn of(receipts: &[Recorded], tag: &str) -> Self {
        let steps = receipts
            .iter()
            .filter(|recorded| recorded.receipt.tag == tag)
            // What customers are told later is no part of the release day.
            .filter(|recorded| !recorded.receipt.detail.contains("\"kind\":\"known-issue\""));
        let time = |at: &str| {
            DateTime::parse_from_rfc3339(at)
                .ok()
                .map(|time| time.with_timezone(&Utc))
        };
        Phases {
            steps: steps
                .filter_map(|recorded| Some((recorded.receipt.step.clone(), time(&recorded.at)?)))
                .collect(),
        }
    }

    pub fn done(&self, step: &str) -> bool {
        self.steps.iter().any(|(known, _)| known == step)
    }

    fn first(&self, steps: &[&str]) -> Option<DateTime<Utc>> {
        self.steps
            .iter()
            .filter(|(step, _)| steps.contains(&step.as_str()))
            .map(|(_, at)| *at)
            .min()
    }

    fn last(&self, steps: &[&str]) -> Option<DateTime<Utc>> {
        self.steps
            .iter()
            .filter(|(step, _)| steps.contains(&step.as_str()))
            .map(|(_, at)| *at)
            .max()
    }

    /// How long a phase took; `None` where it has not ended.
    pub fn took(&self, phase: Phase) -> Option<std::time::Duration> {
        let (from, to) = match phase {
            Phase::PreCut => (
                self.first(&[PREFLIGHT, SMOKE_MAIN]),
                self.first(&[CUT_BEGUN]),
            ),
            Phase::Cut => (self.first(&[CUT_BEGUN]), self.first(&[CUT])),
            Phase::PostCut => (self.first(&[CUT]), self.last(&[NOTIFIED])),
        };
        (to? - from?).to_std().ok()
    }

    /// How many smoke tests failed since the last one that passed, where nothing went public after them.
    pub fn failed_cut(&self) -> usize {
        let passed = self.last(&[SMOKE, PUBLISHED]);
        self.steps
            .iter()
            .filter(|(step, at)| step == SMOKE_FAILED && passed.is_none_or(|passed| *at > passed))
            .count()
    }

    /// What is to be done next, as a command.
    pub fn next(&self) -> Option<&'static str> {
        if self.failed_cut() > 0 && !self.done(PUBLISHED) {
            return Some("tidings bump patch");
        }
        let order = [
            (PREFLIGHT, "tidings preflight"),
            (CUT, "tidings cut"),
            (SMOKE, "tidings smoke"),
            (PUBLISHED, "tidings publish"),
            (NOTIFIED, "tidings email send"),
        ];
        // A later step shows that the earlier ones were done, whoever wrote them down.
        let furthest = order.iter().rposition(|(step, _)| self.done(step));
        order
            .get(furthest.map_or(0, |at| at + 1))
            .map(|(_, command)| *command)
    }
}
