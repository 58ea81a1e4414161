//! One connection and the message in its hand: opened when it may be, given at its turn, and again where the server only asked for less.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::notify::deliver::{Ready, Shared};
use crate::notify::refusal::{Verdict, verdict};
use crate::ports::mail::Enhanced;
use crate::ports::{Change, Connection, Envelope, Failure, Going, NoConnection, Outcome, Stage};

/// What waits looks up so often whether it is to end.
const LOOK: Duration = Duration::from_millis(50);
/// Once the operator asked to end, the answer to a message that was given away is waited for so long.
const LAST_ANSWER: Duration = Duration::from_secs(5);
/// A recipient who is put off so often lets another one go first: it may be about that recipient only.
const TRIES: usize = 3;

/// What became of a message that was in hand.
pub enum Given {
    Done(Outcome),
    /// The server asked to come back later for this recipient.
    Deferred(String),
    /// There is no message.
    NotMade(String),
    /// Nobody was asked.
    Untouched(String),
    /// Another one goes first.
    PutOff,
}

pub struct Hand<'h> {
    shared: &'h Shared<'h>,
    connection: Option<Box<dyn Connection>>,
    /// Messages that this connection took.
    took: usize,
    put_off: Option<Ready>,
    /// Messages that were taken when the one that is put off was refused.
    taken_then: usize,
}

/// What leads to a lost or refused message: again, or what became of it.
enum Next {
    Again,
    End(Given),
}

impl<'h> Hand<'h> {
    pub fn new(shared: &'h Shared<'h>) -> Self {
        Hand {
            shared,
            connection: None,
            took: 0,
            put_off: None,
            taken_then: 0,
        }
    }

    pub async fn leave(mut self) {
        if let Some(open) = self.connection.take() {
            open.leave().await;
            self.shared.throttle.closed();
        }
    }

    pub fn keep(&mut self, ready: Ready) {
        self.taken_then = self.shared.throttle.accepted();
        self.put_off = Some(ready);
    }

    /// The one that was put off, once more.
    pub async fn put_off(&mut self) -> Vec<Change> {
        let mut done = Vec::new();
        if let Some(ready) = self.put_off.take() {
            let given = match self.give_since(&ready, None, self.taken_then, TRIES).await {
                // Nobody is left who could go first.
                Given::PutOff => Given::Deferred("the server asked to come back later".to_owned()),
                given => given,
            };
            self.shared.changes(&ready.delivery, given, &mut done);
        }
        done
    }

    pub fn drop_put_off(&mut self) -> Option<Change> {
        let ready = self.put_off.take()?;
        Some(
            self.shared
                .untouched(&ready.delivery, "the run ended before its turn"),
        )
    }

    fn drop_connection(&mut self) {
        if self.connection.take().is_some() {
            self.shared.throttle.closed();
        }
    }

    /// Waits, and gives up where the run ends.
    async fn rest(&self, until: Instant) {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.shared.goes_on() {
                return;
            }
            self.shared.post.reactor.rest(left.min(LOOK)).await;
        }
    }

    /// Opens a connection where there is none, once there may be one more.
    ///
    /// # Errors
    /// The server cannot be reached, does not let us in, or asks for too much patience.
    pub async fn connect(&mut self) -> Result<(), Failure> {
        if self.connection.as_ref().is_some_and(|open| open.is_good()) {
            return Ok(());
        }
        self.drop_connection();
        let throttle = &self.shared.throttle;
        loop {
            while !throttle.may_open() {
                if !self.shared.goes_on() {
                    return Err(Failure::new("the run ended before its turn"));
                }
                self.shared.post.reactor.rest(LOOK).await;
            }
            let no = match self.reached().await {
                Ok(open) => {
                    self.connection = Some(open);
                    self.took = 0;
                    return Ok(());
                }
                Err(no) => no,
            };
            let words = no
                .refusal
                .as_ref()
                .map_or(&no.failure.what, |refusal| &refusal.words);
            let fewer = no.passing && throttle.fewer(words);
            throttle.closed();
            // The very first connection shows whether the server is there at all.
            let there = no.refusal.is_some() || throttle.accepted() > 0;
            let goes_on = fewer || no.passing && there && throttle.slower(words);
            if !goes_on {
                return Err(no.failure);
            }
        }
    }

    async fn reached(&self) -> Result<Box<dyn Connection>, NoConnection> {
        let post = self.shared.post;
        let reached = Cell::new(None);
        let work: Going<'_, Outcome> = Box::pin(async {
            reached.set(Some(post.transport.connect().await));
            Outcome::Again(String::new())
        });
        let ended = post
            .reactor
            .until(work, self.ended(&Cell::new(false)))
            .await;
        match (ended, reached.into_inner()) {
            (Some(_), Some(connection)) => connection,
            _ => Err(Failure::new("the run ended before its turn").into()),
        }
    }

    /// Comes back once the run is to end; later where the message was given away already.
    fn ended<'e>(&'e self, given: &'e Cell<bool>) -> Going<'e, ()> {
        Box::pin(async move {
            while !self.shared.post.end.load(Ordering::SeqCst) {
                self.shared.post.reactor.rest(LOOK).await;
            }
            if given.get() {
                self.shared.post.reactor.rest(LAST_ANSWER).await;
            }
        })
    }

    pub async fn give(&mut self, ready: &Ready, next: Option<&Ready>) -> Given {
        let taken = self.shared.throttle.accepted();
        self.give_since(ready, next, taken, 1).await
    }

    /// As `give`, for one that was refused before, when so many messages had been taken.
    async fn give_since(
        &mut self,
        ready: &Ready,
        next: Option<&Ready>,
        mut taken: usize,
        first: usize,
    ) -> Given {
        let shared = self.shared;
        let envelope = match shared.envelope(ready) {
            Ok(envelope) => envelope,
            Err(why) => return Given::NotMade(why.clone()),
        };
        for tries in first.. {
            if let Some(at) = shared.throttle.turn() {
                self.rest(at).await;
            }
            if !shared.goes_on() {
                return Given::Untouched("the run ended before its turn".to_owned());
            }
            if let Err(failure) = self.connect().await {
                return match shared.goes_on() {
                    true => Given::Done(Outcome::Stop(failure.what)),
                    false => Given::Untouched(failure.what),
                };
            }
            // At a measured pace nothing is begun early: the server would wait for the text.
            let next = next
                .filter(|_| !shared.throttle.is_measured())
                .and_then(|next| shared.envelope(next).as_ref().ok());
            let outcome = self.sent(ready, envelope, next).await;
            match self.judge(outcome, tries, taken) {
                Next::Again if tries == 1 => taken = shared.throttle.accepted(),
                Next::Again => {}
                Next::End(given) => return given,
            }
        }
        Given::Untouched("the run ended before its turn".to_owned())
    }

    /// Gives the message away, and writes down before and after it that it was.
    async fn sent(
        &mut self,
        ready: &Ready,
        envelope: &Envelope,
        next: Option<&Envelope>,
    ) -> Outcome {
        let shared = self.shared;
        let (number, given) = (ready.delivery.number, Cell::new(false));
        let giving = || {
            if let Some(journal) = &shared.journal {
                journal.giving(number)?;
            }
            given.set(true);
            Ok(())
        };
        let Some(mut open) = self.connection.take() else {
            return Outcome::Again("there is no connection".to_owned());
        };
        let sent = {
            let work = open.send(envelope, next, &giving);
            shared.post.reactor.until(work, self.ended(&given)).await
        };
        let outcome = match sent {
            Some(outcome) => {
                self.connection = Some(open);
                outcome
            }
            None => {
                shared.throttle.closed();
                match given.get() {
                    true => Outcome::Unknown(
                        "no answer after the message: the operator ended the run".to_owned(),
                    ),
                    false => Outcome::Again("the operator ended the run".to_owned()),
                }
            }
        };
        if let (true, Some(journal)) = (given.get(), &shared.journal) {
            match &outcome {
                Outcome::Sent(words) => journal.answered(number, Some(words)),
                Outcome::Refused(_) => journal.answered(number, None),
                _ => {}
            }
        }
        outcome
    }

    fn judge(&mut self, outcome: Outcome, tries: usize, taken_before: usize) -> Next {
        let throttle = &self.shared.throttle;
        match outcome {
            Outcome::Sent(words) => {
                self.took += 1;
                throttle.took();
                Next::End(Given::Done(Outcome::Sent(words)))
            }
            Outcome::Again(words) => {
                let fresh = self.took == 0;
                self.drop_connection();
                if !self.shared.goes_on() {
                    return Next::End(Given::Untouched(words));
                }
                // A server that ends connections after some messages takes them on another.
                match fresh {
                    false => Next::Again,
                    true => self.less(&words, None, tries, taken_before),
                }
            }
            Outcome::Refused(refusal) => match verdict(&refusal) {
                Verdict::Slower => {
                    let words = refusal.words;
                    if refusal.code == 421 {
                        let fresh = self.took == 0;
                        if !fresh {
                            self.drop_connection();
                            return Next::Again;
                        }
                    }
                    self.less(
                        &words,
                        Some((refusal.stage, refusal.enhanced)),
                        tries,
                        taken_before,
                    )
                }
                Verdict::Us if refusal.stage <= Stage::Mail || refusal.stage == Stage::Program => {
                    Next::End(Given::Done(Outcome::Stop(refusal.words)))
                }
                _ => Next::End(Given::Done(Outcome::Refused(refusal))),
            },
            other => Next::End(Given::Done(other)),
        }
    }

    /// The server wants less, or it is about this recipient: what others get in the meantime tells.
    fn less(
        &mut self,
        words: &str,
        refused: Option<(Stage, Option<Enhanced>)>,
        tries: usize,
        taken_before: usize,
    ) -> Next {
        let shared = self.shared;
        let throttle = &shared.throttle;
        let recipient = refused.is_none_or(|(stage, _)| stage > Stage::Mail);
        let policy = refused.is_some_and(|(stage, enhanced)| {
            stage == Stage::Recipient && enhanced.is_some_and(|(_, subject, _)| subject == 7)
        });
        if policy && throttle.accepted() == 0 {
            shared.greylists.store(true, Ordering::SeqCst);
        }
        if policy && shared.greylists.load(Ordering::SeqCst) {
            return Next::End(Given::Deferred(words.to_owned()));
        }
        if self.took == 0 && throttle.fewer(words) {
            // Others are served: this connection is one too many.
            self.drop_connection();
            return Next::Again;
        }
        if self.connection.as_ref().is_some_and(|open| !open.is_good()) {
            self.drop_connection();
        }
        let others = throttle.accepted() > taken_before;
        if recipient && tries > 1 && others {
            if policy {
                shared.greylists.store(true, Ordering::SeqCst);
            }
            return Next::End(Given::Deferred(words.to_owned()));
        }
        if recipient && tries >= TRIES && self.put_off.is_none() {
            return Next::End(Given::PutOff);
        }
        match throttle.slower(words) {
            true => Next::Again,
            false if policy => {
                shared.greylists.store(true, Ordering::SeqCst);
                Next::End(Given::Deferred(words.to_owned()))
            }
            false => Next::End(Given::Done(Outcome::Stop(words.to_owned()))),
        }
    }
}
