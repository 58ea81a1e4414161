//! Refusals that may be about us: held back until somebody else was accepted, or until several domains said the same.

use std::collections::HashSet;

use crate::model::Delivery;
use crate::notify::refusal::Verdict;
use crate::ports::mail::Enhanced;
use crate::ports::{Refusal, Stage};

/// What refusals have in common.
type Alike = (Stage, u16, Option<Enhanced>);

/// Recipients that are refused alike, in a row.
#[derive(Default)]
pub struct Suspects {
    alike: Option<Alike>,
    held: Vec<Held>,
    domains: HashSet<String>,
    /// Somebody was accepted in this run.
    accepted: bool,
    /// Somebody was refused otherwise.
    others: bool,
}

/// A delivery that was refused.
pub struct Held {
    pub delivery: Delivery,
    pub verdict: Verdict,
    pub words: String,
}

impl Suspects {
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Another recipient was accepted: what was held was about those recipients.
    pub fn accept(&mut self) -> Vec<Held> {
        self.accepted = true;
        self.alike = None;
        self.domains.clear();
        std::mem::take(&mut self.held)
    }

    /// Holds one back. Gives those that were refused otherwise before it.
    pub fn hold(&mut self, delivery: &Delivery, refusal: &Refusal, verdict: Verdict) -> Vec<Held> {
        let alike = (refusal.stage, refusal.code, refusal.enhanced);
        let mut before = Vec::new();
        if self.alike.is_some_and(|known| known != alike) {
            self.others = true;
            self.domains.clear();
            before = std::mem::take(&mut self.held);
        }
        self.alike = Some(alike);
        let domain = delivery.address.rsplit('@').next().unwrap_or("");
        self.domains.insert(domain.to_lowercase());
        self.held.push(Held {
            delivery: delivery.clone(),
            verdict,
            words: refusal.words.clone(),
        });
        before
    }

    /// So many were refused alike that it is about us.
    pub fn is_about_us(&self) -> bool {
        let Some(last) = self.held.last() else {
            return false;
        };
        let (domains, recipients) = match (last.verdict, self.accepted) {
            (Verdict::Us, _) => (1, 3),
            (Verdict::NoSuchAddress, false) => (5, 20),
            (Verdict::NoSuchAddress, true) => (20, 50),
            (_, false) => (3, 10),
            (_, true) => (10, 30),
        };
        let enough = self.domains.len() >= domains && self.held.len() >= domains.max(3);
        self.held.len() >= recipients || enough && domains > 1
    }

    /// The run is over: whether what is held was about us, because nobody fared otherwise.
    pub fn was_about_us(&self) -> bool {
        let ours = self.held.iter().any(|held| held.verdict == Verdict::Us);
        let all = !self.accepted && !self.others && self.domains.len() > 1;
        ours || all
            && self
                .held
                .iter()
                .all(|held| held.verdict != Verdict::NoSuchAddress)
    }

    /// What the server said last.
    pub fn last_words(&self) -> Option<String> {
        self.held.last().map(|held| held.words.clone())
    }

    /// All that is held.
    pub fn take(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.held)
    }
}
