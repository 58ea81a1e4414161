//! Where a release day stands, by the receipts of the ledger.

use std::time::Duration;

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

    /// What of a phase should be the operator's own work.
    pub fn effort(self) -> Duration {
        Duration::from_secs(match self {
            Phase::Cut => 5 * 60,
            Phase::PreCut | Phase::PostCut => 10 * 60,
        })
    }

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
    /// Seconds in which a step's receipt says that a machine was at work: its end, and how long.
    machine: Vec<(DateTime<Utc>, f64)>,
}

impl Phases {
    /// Of the release with this tag. `machine` reads from a receipt's detail for how many seconds the operator only waited.
    pub fn of(receipts: &[Recorded], tag: &str, machine: &dyn Fn(&str) -> Option<f64>) -> Self {
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
        let machine = steps
            .clone()
            .filter_map(|recorded| Some((time(&recorded.at)?, machine(&recorded.receipt.detail)?)));
        Phases {
            machine: machine.collect(),
            steps: steps
                .filter_map(|recorded| Some((recorded.receipt.step.clone(), time(&recorded.at)?)))
                .collect(),
        }
    }

    /// No receipt knows of it.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
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

    fn ends(&self, phase: Phase) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (from, to) = match phase {
            Phase::PreCut => (
                self.first(&[PREFLIGHT, SMOKE_MAIN]),
                self.first(&[CUT_BEGUN]),
            ),
            Phase::Cut => (self.first(&[CUT_BEGUN]), self.first(&[CUT])),
            Phase::PostCut => (self.first(&[CUT]), self.last(&[NOTIFIED])),
        };
        Some((from?, to?))
    }

    /// How long a phase took; `None` where it has not ended.
    pub fn took(&self, phase: Phase) -> Option<Duration> {
        let (from, to) = self.ends(phase)?;
        (to - from).to_std().ok()
    }

    /// How much of that was the operator's: all but the time in which a receipt says that a machine was at work.
    pub fn effort(&self, phase: Phase) -> Option<Duration> {
        let (from, to) = self.ends(phase)?;
        let within = self
            .machine
            .iter()
            .filter(|(at, _)| *at > from && *at <= to);
        let waited: f64 = within.map(|(_, seconds)| seconds.max(0.0)).sum();
        let waited = Duration::try_from_secs_f64(waited).unwrap_or_default();
        Some(self.took(phase)?.saturating_sub(waited))
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
