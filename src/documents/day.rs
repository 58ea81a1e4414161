//! Where a release day stands.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReleaseDay {
    pub schema: &'static str,
    pub version: String,
    pub tag: String,
    pub phases: Vec<PhasePart>,
    /// No receipt of its day is there, and nothing new is under `[Unreleased]`.
    pub nothing_new: bool,
    /// Smoke tests that failed, none having passed since.
    pub smoke_failed: usize,
    /// What is to be done next, as a command; `None` where all is done.
    pub next: Option<String>,
    /// It was withdrawn: nothing more of its day is done.
    pub withdrawn: bool,
    /// What customers are owed beside the release day, in the order to do it.
    pub owed: Vec<OwedPart>,
}

/// Something that is owed, and the command that does it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwedPart {
    pub what: String,
    pub command: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PhasePart {
    /// `pre-cut`, `cut`, `post-cut`
    pub phase: String,
    /// `None` where it has not ended.
    pub seconds: Option<u64>,
    pub budget_seconds: u64,
    /// How much of it was the operator's own work: without the time in which receipts say that a machine was waited for.
    pub effort_seconds: Option<u64>,
    pub effort_budget_seconds: u64,
    /// Releases in which this phase ended, and those in which it took longer than its budget.
    pub releases: usize,
    pub overruns: usize,
}

impl ReleaseDay {
    pub const SCHEMA: &'static str = "tidings/day/1";

    /// A line for each phase, for a terminal.
    pub fn text(&self) -> String {
        let time = |seconds: u64| format!("{}:{:02}", seconds / 60, seconds % 60);
        let mut out = format!("{}\n", self.tag);
        for phase in &self.phases {
            let over = |took: Option<u64>, budget: u64| match took {
                Some(took) if took > budget => " over",
                _ => "",
            };
            let (wall, hand) = (phase.budget_seconds, phase.effort_budget_seconds);
            let line = match (phase.seconds, phase.effort_seconds) {
                (Some(took), Some(effort)) => format!(
                    "{} of {}{}, by hand {} of {}{}",
                    time(took),
                    time(wall),
                    over(phase.seconds, wall),
                    time(effort),
                    time(hand),
                    over(phase.effort_seconds, hand)
                ),
                _ => format!("not recorded ({}, by hand {})", time(wall), time(hand)),
            };
            out.push_str(&format!("  {:<9} {line}\n", phase.phase));
        }
        for phase in self
            .phases
            .iter()
            .filter(|phase| phase.overruns * 2 > phase.releases && phase.releases > 1)
        {
            let words = format!(
                "{} took longer than its time in {} of {} releases",
                phase.phase, phase.overruns, phase.releases
            );
            out.push_str(&format!("{words}: something in it wants to be automated\n"));
        }
        if self.smoke_failed > 0 {
            out.push_str(&format!(
                "a failed cut: the smoke test failed{}; mend it and release the next patch (where staging was at fault, `tidings smoke` again)\n",
                match self.smoke_failed {
                    1 => String::new(),
                    times => format!(" {times} times"),
                }
            ));
        }
        match &self.next {
            Some(next) => out.push_str(&format!("next: {next}\n")),
            None if self.withdrawn => {
                out.push_str("withdrawn");
                out.push_str(if self.owed.is_empty() {
                    ": everything that follows from it is done\n"
                } else {
                    "\n"
                });
            }
            None if self.nothing_new => {
                out.push_str("nothing new to release yet: write `[Unreleased]` in the changelog\n")
            }
            None if self.owed.is_empty() => {
                out.push_str("done: it is released, and everybody was told\n");
            }
            None => {}
        }
        for owed in &self.owed {
            out.push_str(&format!("owed: {}: {}\n", owed.what, owed.command));
        }
        out
    }
}
