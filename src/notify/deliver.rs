//! Gives every delivery of a batch to a transport: several connections, each one message at a time, each step durable first.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{Delivery, DeliveryState};
use crate::ports::{
    Change, Connection, Envelope, Failure, Going, Ledger, Outcome, Reactor, Step, Transport,
    Writing,
};

/// How fast, and how many at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub connections: usize,
    /// Time between two messages, over all connections.
    pub between: Duration,
}

/// The server asked to come back later so often: it is given up.
const MOST_ATTEMPTS: u32 = 8;
/// The first wait after a deferral; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(300);
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 3600);
/// Recipients of one domain that are deferred in a row before the others there are not asked in this run.
const TIRED: usize = 3;

/// A server that takes a message in less is not waited for: several messages are one step of the ledger, and the next step is written while they are
/// given away.
const QUICK: Duration = Duration::from_millis(3);
/// A step has what such a server takes in this time. What may have been given away when a run is killed is then twice that.
const STEP: Duration = Duration::from_millis(16);
/// Messages that are one step at most.
const MOST: usize = 32;

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub done: usize,
    /// Why it ended before all was done.
    pub stopped: Option<String>,
}

/// What a run needs.
pub struct Post<'p> {
    pub ledger: &'p dyn Ledger,
    pub transport: &'p dyn Transport,
    pub reactor: &'p dyn Reactor,
    pub pace: Pace,
    /// The message of a delivery.
    pub compose: &'p (dyn Fn(&Delivery) -> Result<Envelope, String> + Sync),
    /// Told after each message how many were done.
    pub progress: &'p (dyn Fn(usize) + Sync),
    /// Set when the operator asks to end: what is in flight is finished.
    pub end: &'p AtomicBool,
}

/// A claimed delivery with its message, which is made when its turn comes, or why it gets none.
struct Ready {
    delivery: Delivery,
    envelope: OnceCell<Result<Envelope, Outcome>>,
}

impl Ready {
    fn domain(&self) -> String {
        self.delivery
            .address
            .rsplit('@')
            .next()
            .unwrap_or("")
            .to_lowercase()
    }
}

struct Shared<'p> {
    post: &'p Post<'p>,
    batch: &'p str,
    stopped: Mutex<Option<String>>,
    /// Why no more can be written, or why there was no first connection.
    failed: Mutex<Option<Failure>>,
    next: Mutex<Instant>,
    tired: Mutex<HashMap<String, usize>>,
    done: AtomicUsize,
}

impl Post<'_> {
    /// # Errors
    /// The transport gives no connection, or the ledger cannot be written.
    pub fn deliver(&self, batch: &str, waiting: usize) -> Result<Run, Failure> {
        let shared = Shared {
            post: self,
            batch,
            stopped: Mutex::default(),
            failed: Mutex::default(),
            next: Mutex::new(Instant::now()),
            tired: Mutex::default(),
            done: AtomicUsize::new(0),
        };
        // The first connection shows whether there is any sense in it.
        self.reactor.together(vec![Box::pin(shared.knock())])?;
        shared.well()?;
        let connections = self.pace.connections.clamp(1, waiting.max(1));
        let threads = std::thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(connections);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|thread| {
                    (thread..connections)
                        .step_by(threads)
                        .map(|_| shared.serve())
                })
                .map(|served| {
                    scope.spawn(|| {
                        self.reactor.together(
                            served
                                .map(|served| Box::pin(served) as Going<'_, ()>)
                                .collect(),
                        )
                    })
                })
                .collect();
            for thread in threads {
                let ended = thread
                    .join()
                    .unwrap_or_else(|_| Err(Failure::new("a connection's thread ended by itself")));
                ended.unwrap_or_else(|failure| shared.fail(failure));
            }
        });
        shared.well()?;
        let stopped = shared
            .stopped
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Run {
            done: shared.done.into_inner(),
            stopped,
        })
    }
}

impl Shared<'_> {
    async fn knock(&self) {
        match self.post.transport.connect().await {
            Ok(connection) => connection.leave().await,
            Err(failure) => self.fail(failure),
        }
    }

    /// One connection, from its first message to its last.
    async fn serve(&self) {
        let mut connection = None;
        if let Err(failure) = self.work(&mut connection).await {
            self.fail(failure);
        }
        if let Some(open) = connection {
            open.leave().await;
        }
    }

    fn fail(&self, failure: Failure) {
        self.stop(&failure.what);
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(failure);
    }

    fn well(&self) -> Result<(), Failure> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .map_or(Ok(()), Err)
    }

    /// Always has more deliveries claimed than it gives away: the server can be told of the next together with the one before.
    async fn work(&self, connection: &mut Option<Box<dyn Connection>>) -> Result<(), Failure> {
        let (mut done, mut claimed, mut begun): (Vec<Change>, Vec<Ready>, Vec<Ready>) =
            Default::default();
        let mut size = 1;
        for round in 0.. {
            let goes_on = self.goes_on();
            if !goes_on {
                // Nothing of these was given away.
                let left = begun.drain(..).chain(claimed.drain(..));
                done.extend(left.map(|ready| {
                    self.change(
                        &ready.delivery,
                        Outcome::Again("the run ended before its turn".to_owned()),
                    )
                }));
            }
            if done.is_empty() && claimed.is_empty() && begun.is_empty() && (round > 0 || !goes_on)
            {
                return Ok(());
            }
            let finished = done
                .iter()
                .filter(|change| change.attempted || change.state != DeliveryState::Queued)
                .count();
            let start = claimed.iter().map(|ready| ready.delivery.number).collect();
            let wanted = if goes_on { size } else { 0 };
            let written = self.written(Step {
                done: std::mem::take(&mut done),
                start,
                batch: self.batch.to_owned(),
                wanted,
            })?;
            // With a quick server this step is written while the messages of the one before are given away.
            let (hand, next, written): (Vec<Ready>, _, _) = match size {
                1 => {
                    let next = self.durable(written).await?;
                    (
                        begun.drain(..).chain(claimed.drain(..)).collect(),
                        next,
                        None,
                    )
                }
                _ => (
                    std::mem::replace(&mut begun, std::mem::take(&mut claimed)),
                    Vec::new(),
                    Some(written),
                ),
            };
            let asked = Instant::now();
            let given = hand.len();
            self.give_all(hand, begun.first().or(next.first()), connection, &mut done)
                .await;
            size = self.size(size, asked.elapsed(), given);
            claimed = match written {
                Some(written) => self.durable(written).await?,
                None => next,
            };
            if finished > 0 {
                (self.post.progress)(self.done.fetch_add(finished, Ordering::SeqCst) + finished);
            }
        }
        Ok(())
    }

    fn written(&self, step: Step) -> Result<Writing, Failure> {
        self.post.ledger.step(step)
    }

    async fn durable(&self, written: Writing) -> Result<Vec<Ready>, Failure> {
        Ok(written
            .await?
            .into_iter()
            .map(|delivery| Ready {
                delivery,
                envelope: OnceCell::new(),
            })
            .collect())
    }

    /// How many messages the next step has: one, unless the last ones took no time. At a measured pace it is always one.
    fn size(&self, size: usize, took: Duration, given: usize) -> usize {
        let given = u32::try_from(given).unwrap_or(u32::MAX);
        if given == 0 {
            return size;
        }
        let each = took / given;
        if each >= QUICK || !self.post.pace.between.is_zero() {
            return 1;
        }
        let fits = STEP.as_nanos() / each.as_nanos().max(1);
        usize::try_from(fits)
            .unwrap_or(MOST)
            .min(size * 4)
            .clamp(1, MOST)
    }

    async fn give_all(
        &self,
        hand: Vec<Ready>,
        after: Option<&Ready>,
        connection: &mut Option<Box<dyn Connection>>,
        done: &mut Vec<Change>,
    ) {
        let mut hand = hand.into_iter().peekable();
        while let Some(ready) = hand.next() {
            let outcome = match self.goes_on() {
                true => self.give(&ready, hand.peek().or(after), connection).await,
                false => Outcome::Again("the run ended before its turn".to_owned()),
            };
            done.push(self.change(&ready.delivery, outcome));
        }
    }

    fn goes_on(&self) -> bool {
        !self.post.end.load(Ordering::SeqCst) && self.stopped().is_none()
    }

    fn envelope<'r>(&self, ready: &'r Ready) -> &'r Result<Envelope, Outcome> {
        ready.envelope.get_or_init(|| {
            let tired = {
                let deferring = self.tired.lock().unwrap_or_else(PoisonError::into_inner);
                !deferring.is_empty()
                    && deferring
                        .get(&ready.domain())
                        .is_some_and(|times| *times >= TIRED)
            };
            match tired {
                true => Err(Outcome::Deferred(format!(
                    "{} deferred others before",
                    ready.domain()
                ))),
                false => (self.post.compose)(&ready.delivery).map_err(|answer| Outcome::Failed {
                    answer,
                    suppress: false,
                }),
            }
        })
    }

    fn stopped(&self) -> Option<String> {
        self.stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn stop(&self, why: &str) {
        self.stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| why.to_owned());
    }

    /// Waits for its turn.
    async fn turn(&self) {
        if self.post.pace.between.is_zero() {
            return;
        }
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(Instant::now());
            *next = at + self.post.pace.between;
            at
        };
        self.post
            .reactor
            .rest(at.saturating_duration_since(Instant::now()))
            .await;
    }

    async fn give(
        &self,
        ready: &Ready,
        next: Option<&Ready>,
        connection: &mut Option<Box<dyn Connection>>,
    ) -> Outcome {
        let envelope = match self.envelope(ready) {
            Ok(envelope) => envelope,
            Err(outcome) => return outcome.clone(),
        };
        self.turn().await;
        // At a measured pace nothing is begun early: the server would wait for the text.
        let next = next
            .filter(|_| self.post.pace.between.is_zero())
            .and_then(|next| self.envelope(next).as_ref().ok());
        // A connection that broke before the message was given away is replaced, once.
        for last in [false, true] {
            if !connection.as_ref().is_some_and(|open| open.is_good()) {
                *connection = None;
                match self.post.transport.connect().await {
                    Ok(open) => *connection = Some(open),
                    Err(failure) => return Outcome::Stop(failure.what),
                }
            }
            let Some(open) = connection else { break };
            match open.send(envelope, next).await {
                Outcome::Again(why) if last => return Outcome::Stop(why),
                Outcome::Again(_) => {}
                outcome => {
                    let mut tired = self.tired.lock().unwrap_or_else(PoisonError::into_inner);
                    if matches!(outcome, Outcome::Deferred(_)) {
                        *tired.entry(ready.domain()).or_default() += 1;
                    } else if !tired.is_empty() {
                        tired.remove(&ready.domain());
                    }
                    return outcome;
                }
            }
        }
        Outcome::Stop("there is no connection".to_owned())
    }

    fn change(&self, delivery: &Delivery, outcome: Outcome) -> Change {
        let change = |state: DeliveryState, answer: String| Change {
            number: delivery.number,
            state,
            answer: crate::diag::plain(&answer),
            after: Duration::ZERO,
            attempted: true,
            suppress: None,
        };
        match outcome {
            Outcome::Sent(answer) => change(DeliveryState::Sent, answer),
            Outcome::Written(answer) => change(DeliveryState::Written, answer),
            Outcome::Unknown(answer) => change(DeliveryState::Unknown, answer),
            Outcome::Failed { answer, suppress } => Change {
                suppress: suppress.then(|| delivery.address.clone()),
                ..change(DeliveryState::Failed, answer)
            },
            Outcome::Deferred(answer) if delivery.attempts + 1 >= MOST_ATTEMPTS => {
                change(DeliveryState::Failed, answer)
            }
            Outcome::Deferred(answer) => Change {
                after: wait(delivery),
                ..change(DeliveryState::Deferred, answer)
            },
            Outcome::Again(why) => Change {
                attempted: false,
                ..change(DeliveryState::Queued, why)
            },
            Outcome::Stop(why) => {
                self.stop(&why);
                Change {
                    attempted: false,
                    ..change(DeliveryState::Queued, why)
                }
            }
        }
    }
}

/// Five minutes, doubled each time, and up to a quarter more, so that not all come back at once.
fn wait(delivery: &Delivery) -> Duration {
    let wait = FIRST_WAIT
        .saturating_mul(1 << delivery.attempts.min(8))
        .min(LONGEST_WAIT);
    let spread = delivery.id.bytes().fold(0u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    }) % 256;
    wait + wait / 4 * spread / 256
}
