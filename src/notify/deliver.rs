//! Gives every delivery of a batch to a transport: several connections, each one message at a time, each step durable first.

use std::cell::OnceCell;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{Delivery, DeliveryState};
use crate::notify::give::{Given, Hand};
use crate::notify::refusal::Verdict;
use crate::notify::suspects::{Held, Suspects};
use crate::notify::throttle::Throttle;
use crate::ports::{
    Attempts, Change, Envelope, Failure, Going, Journal, Ledger, Outcome, Reactor, Step, Transport,
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
/// One that is held back is not taken up again by this run before it is known about whom the refusal is.
const HELD: Duration = Duration::from_secs(60);

/// A server that takes a message in less is not waited for: several messages are one step of the ledger, and the next step is written while they are
/// given away.
const QUICK: Duration = Duration::from_millis(3);
/// A step has what such a server takes in this time.
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
    /// Told after each message how many were done, and why it goes slowly where it does.
    pub progress: &'p (dyn Fn(usize, Option<&str>) + Sync),
    /// Set when the operator asks to end: what is in flight is finished.
    pub end: &'p AtomicBool,
}

/// A claimed delivery with its message, which is made when its turn comes, or why it gets none.
pub struct Ready {
    pub delivery: Delivery,
    envelope: OnceCell<Result<Envelope, String>>,
}

pub struct Shared<'p> {
    pub post: &'p Post<'p>,
    pub throttle: Throttle,
    pub journal: Option<Arc<dyn Journal>>,
    /// The server refuses some recipients for now (greylisting): that is no limit of rate.
    pub greylists: AtomicBool,
    batch: &'p str,
    stopped: Mutex<Option<String>>,
    /// Why no more can be written, or why there was no first connection.
    failed: Mutex<Option<Failure>>,
    suspects: Mutex<Suspects>,
    done: AtomicUsize,
}

impl Post<'_> {
    /// # Errors
    /// The transport gives no connection, or the ledger cannot be written.
    pub fn deliver(&self, batch: &str, waiting: usize) -> Result<Run, Failure> {
        let connections = self.pace.connections.clamp(1, waiting.max(1));
        let shared = Shared {
            post: self,
            throttle: Throttle::new(connections, self.pace.between),
            journal: self.ledger.journal()?,
            greylists: AtomicBool::new(false),
            batch,
            stopped: Mutex::default(),
            failed: Mutex::default(),
            suspects: Mutex::default(),
            done: AtomicUsize::new(0),
        };
        // The first connection shows whether there is any sense in it.
        self.reactor.together(vec![Box::pin(shared.knock())])?;
        shared.well()?;
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
        shared.settle_suspects()?;
        shared.well()?;
        let stopped = shared.stopped();
        Ok(Run {
            done: shared.done.into_inner(),
            stopped,
        })
    }
}

impl Shared<'_> {
    async fn knock(&self) {
        let mut hand = Hand::new(self);
        match hand.connect().await {
            Ok(()) => hand.leave().await,
            Err(failure) => self.fail(failure),
        }
    }

    /// One connection, from its first message to its last.
    async fn serve(&self) {
        let mut hand = Hand::new(self);
        if let Err(failure) = self.work(&mut hand).await {
            self.fail(failure);
        }
        hand.leave().await;
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

    /// What is held at the end of a run is about the recipients, unless nobody fared otherwise.
    fn settle_suspects(&self) -> Result<(), Failure> {
        let mut suspects = self.suspects();
        if suspects.is_empty() {
            return Ok(());
        }
        if suspects.was_about_us()
            && let Some(held) = suspects.last_words()
        {
            self.stop(&held);
        }
        let ours = self.stopped().is_some();
        let changes = suspects.take().into_iter().map(|held| match ours {
            true => self.asked_in_vain(&held),
            false => self.refused(&held),
        });
        self.post.ledger.settle(changes.collect())
    }

    fn suspects(&self) -> std::sync::MutexGuard<'_, Suspects> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Always has more deliveries claimed than it gives away: the server can be told of the next together with the one before.
    async fn work(&self, connection: &mut Hand<'_>) -> Result<(), Failure> {
        let (mut done, mut claimed, mut begun): (Vec<Change>, Vec<Ready>, Vec<Ready>) =
            Default::default();
        let mut size = 1;
        for round in 0.. {
            let goes_on = self.goes_on();
            if goes_on && claimed.is_empty() && begun.is_empty() && round > 0 {
                // One that was put off comes last.
                done.extend(connection.put_off().await);
            }
            if !goes_on {
                done.extend(connection.drop_put_off());
                // Nothing of these was given away.
                let left = begun.drain(..).chain(claimed.drain(..));
                done.extend(
                    left.map(|ready| {
                        self.untouched(&ready.delivery, "the run ended before its turn")
                    }),
                );
            }
            if done.is_empty() && claimed.is_empty() && begun.is_empty() && (round > 0 || !goes_on)
            {
                return Ok(());
            }
            let finished = done
                .iter()
                .filter(|change| change.attempts == Attempts::Another || !change.state.is_open())
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
                let done = self.done.fetch_add(finished, Ordering::SeqCst) + finished;
                (self.post.progress)(done, self.throttle.reason().as_deref());
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
        // Without a journal all of a step is unknown when the run is killed.
        if each >= QUICK || self.throttle.is_measured() || self.journal.is_none() {
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
        connection: &mut Hand<'_>,
        done: &mut Vec<Change>,
    ) {
        let mut hand = hand.into_iter().peekable();
        while let Some(ready) = hand.next() {
            let given = match self.goes_on() {
                true => connection.give(&ready, hand.peek().or(after)).await,
                false => Given::Untouched("the run ended before its turn".to_owned()),
            };
            match given {
                Given::PutOff => connection.keep(ready),
                given => self.changes(&ready.delivery, given, done),
            }
        }
    }

    pub fn goes_on(&self) -> bool {
        !self.post.end.load(Ordering::SeqCst) && self.stopped().is_none()
    }

    pub fn envelope<'r>(&self, ready: &'r Ready) -> &'r Result<Envelope, String> {
        ready
            .envelope
            .get_or_init(|| (self.post.compose)(&ready.delivery))
    }

    fn stopped(&self) -> Option<String> {
        self.stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn stop(&self, why: &str) {
        self.stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| why.to_owned());
    }

    /// What is to be written down of it.
    pub fn changes(&self, delivery: &Delivery, given: Given, done: &mut Vec<Change>) {
        match given {
            Given::PutOff => {}
            Given::Untouched(why) => done.push(self.untouched(delivery, &why)),
            Given::Deferred(words) => done.push(self.deferred(delivery, &words)),
            Given::NotMade(words) => done.push(Change {
                attempts: Attempts::Same,
                ..change(delivery, DeliveryState::Failed, &words)
            }),
            Given::Done(Outcome::Sent(words)) => {
                self.accepted(done);
                done.push(change(delivery, DeliveryState::Sent, &words));
            }
            Given::Done(Outcome::Written(words)) => {
                done.push(change(delivery, DeliveryState::Written, &words));
            }
            Given::Done(Outcome::Unknown(words)) => {
                done.push(change(delivery, DeliveryState::Unknown, &words));
            }
            Given::Done(Outcome::Failed(words)) => {
                done.push(change(delivery, DeliveryState::Failed, &words));
            }
            Given::Done(Outcome::Again(words) | Outcome::Stop(words)) => {
                self.stop(&words);
                done.push(self.untouched(delivery, &words));
            }
            Given::Done(Outcome::Refused(refusal)) => {
                self.suspect(delivery, &refusal, done);
            }
        }
    }

    /// Somebody was accepted: what was held is about those recipients.
    fn accepted(&self, done: &mut Vec<Change>) {
        let mut suspects = self.suspects();
        done.extend(
            suspects
                .accept()
                .into_iter()
                .map(|held| self.refused(&held)),
        );
    }

    fn suspect(
        &self,
        delivery: &Delivery,
        refusal: &crate::ports::Refusal,
        done: &mut Vec<Change>,
    ) {
        let verdict = crate::notify::refusal::verdict(refusal);
        if verdict == Verdict::RecipientLater {
            done.push(self.deferred(delivery, &refusal.words));
            return;
        }
        let mut suspects = self.suspects();
        let before = suspects.hold(delivery, refusal, verdict);
        done.extend(before.into_iter().map(|held| self.refused(&held)));
        done.push(Change {
            after: HELD,
            ..self.untouched(delivery, &refusal.words)
        });
        if suspects.is_about_us() {
            self.stop(&refusal.words);
        }
    }

    /// A refusal that is the recipient's, or the message's.
    fn refused(&self, held: &Held) -> Change {
        if held.verdict == Verdict::Us {
            return self.asked_in_vain(held);
        }
        let gone = held.verdict == Verdict::NoSuchAddress;
        Change {
            suppress: gone.then(|| held.delivery.address.clone()),
            ..change(&held.delivery, DeliveryState::Failed, &held.words)
        }
    }

    /// A refusal that was ours: the recipient stays as it was.
    fn asked_in_vain(&self, held: &Held) -> Change {
        self.untouched(&held.delivery, &held.words)
    }

    pub fn untouched(&self, delivery: &Delivery, why: &str) -> Change {
        Change {
            attempts: Attempts::Same,
            ..change(delivery, DeliveryState::Queued, why)
        }
    }

    fn deferred(&self, delivery: &Delivery, words: &str) -> Change {
        if delivery.attempts + 1 >= MOST_ATTEMPTS {
            return change(delivery, DeliveryState::Failed, words);
        }
        Change {
            after: wait(delivery),
            ..change(delivery, DeliveryState::Deferred, words)
        }
    }
}

fn change(delivery: &Delivery, state: DeliveryState, words: &str) -> Change {
    Change {
        number: delivery.number,
        state,
        answer: crate::diag::plain(words),
        after: Duration::ZERO,
        attempts: Attempts::Another,
        suppress: None,
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
