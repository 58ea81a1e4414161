//! How fast a server may be given messages: it says so by refusing. Additive increase, multiplicative decrease, of the connections and of
//! the rate, up to the server's own limit.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The first pause after a refusal; each further one is twice as long.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(20);
/// A server that has taken nothing for so long takes nothing in this run.
const PATIENCE: Duration = Duration::from_secs(100);
/// The same for one that has not taken anything yet.
const FIRST_PATIENCE: Duration = Duration::from_secs(30);
/// Messages between two attempts at one more connection; twice as many after each that was refused.
const PROBE: usize = 50;
const RAREST_PROBE: usize = 3_200;
/// What remains of the rate that was reached: the time between two messages is so much longer.
const DECREASE: f64 = 1.2;
/// Of the rate after a decrease, each message that is taken gives so much back.
const INCREASE: f64 = 0.002;

pub struct Throttle {
    /// The operator's own limit.
    between: Duration,
    most: usize,
    state: Mutex<State>,
}

struct State {
    allowed: usize,
    open: usize,
    probe: usize,
    since_probe: usize,
    /// Between two messages, over all connections.
    gap: Duration,
    /// Messages a second that each one taken gives back.
    step: f64,
    next: Instant,
    /// Nobody is asked before.
    pause: Instant,
    backoff: Duration,
    accepted: usize,
    /// When the rate was last lowered, and what had been taken by then.
    lowered: (Instant, usize),
    /// The first refusal behind which nothing was taken.
    refused: Option<Instant>,
    why: Option<String>,
}

impl Throttle {
    pub fn new(connections: usize, between: Duration) -> Self {
        let now = Instant::now();
        Throttle {
            between,
            most: connections,
            state: Mutex::new(State {
                allowed: connections,
                open: 0,
                probe: PROBE,
                since_probe: 0,
                gap: between,
                step: 0.0,
                next: now,
                pause: now,
                backoff: SHORTEST,
                accepted: 0,
                lowered: (now, 0),
                refused: None,
                why: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more connection may be opened; it counts as open then.
    pub fn may_open(&self) -> bool {
        let mut state = self.state();
        let may = state.open < state.allowed && state.pause <= Instant::now();
        state.open += usize::from(may);
        may
    }

    pub fn closed(&self) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
    }

    /// Messages that were taken so far.
    pub fn accepted(&self) -> usize {
        self.state().accepted
    }

    pub fn took(&self) {
        let mut state = self.state();
        state.accepted += 1;
        if state.refused.is_some() {
            state.refused = None;
            state.backoff = SHORTEST;
        }
        if state.gap > self.between && state.step > 0.0 {
            let rate = 1.0 / state.gap.as_secs_f64() + state.step;
            state.gap = Duration::from_secs_f64(1.0 / rate).max(self.between);
        }
        if state.allowed < self.most {
            state.since_probe += 1;
            if state.since_probe >= state.probe {
                state.allowed += 1;
                state.since_probe = 0;
            }
        }
    }

    /// One of several connections, the caller's, was refused: there are to be no more than the others. `false` where it is the only one.
    pub fn fewer(&self, why: &str) -> bool {
        let mut state = self.state();
        if state.open < 2 {
            return false;
        }
        state.allowed = state.open - 1;
        state.since_probe = 0;
        state.probe = (state.probe * 2).min(RAREST_PROBE);
        state.why = Some(why.to_owned());
        true
    }

    /// The server asks for less. At most one decrease until something is taken again. `false` once it has taken nothing for too long.
    pub fn slower(&self, why: &str) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        let (since, before) = state.lowered;
        let taken = state.accepted - before;
        if taken > 0 {
            let reached = now.duration_since(since) / u32::try_from(taken).unwrap_or(u32::MAX);
            state.gap = state
                .gap
                .max(reached)
                .mul_f64(DECREASE)
                .max(Duration::from_micros(100));
            state.step = INCREASE / state.gap.as_secs_f64();
            state.lowered = (now, state.accepted);
        }
        if state.pause <= now {
            state.pause = now + state.backoff;
            state.backoff = (state.backoff * 2).min(LONGEST);
        }
        state.why = Some(why.to_owned());
        let first = *state.refused.get_or_insert(now);
        let patience = if state.accepted == 0 {
            FIRST_PATIENCE
        } else {
            PATIENCE
        };
        now.duration_since(first) < patience
    }

    /// Nothing may be given before its turn, so that nothing is begun early.
    pub fn is_measured(&self) -> bool {
        let state = self.state();
        !state.gap.is_zero() || state.pause > Instant::now()
    }

    /// Takes a turn: when it comes.
    pub fn turn(&self) -> Option<Instant> {
        let mut state = self.state();
        let now = Instant::now();
        if state.gap.is_zero() && state.pause <= now {
            return None;
        }
        let at = state.next.max(state.pause).max(now);
        state.next = at + state.gap;
        Some(at)
    }

    /// Why it goes slowly, where it does, in the server's words.
    pub fn reason(&self) -> Option<String> {
        let state = self.state();
        let why = state.why.as_ref()?;
        let slow = state.allowed < self.most || state.gap > self.between || state.refused.is_some();
        slow.then(|| {
            let connections = crate::diag::count(state.allowed, "connection");
            match state.gap > self.between {
                true => format!(
                    "{connections}, {:.1} messages a second, because the server said: {why}",
                    1.0 / state.gap.as_secs_f64()
                ),
                false => format!("{connections}, because the server said: {why}"),
            }
        })
    }
}
