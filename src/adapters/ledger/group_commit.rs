//! Group commit: one thread writes. The steps of all connections that wait at a moment become one transaction, synced once.

use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

use crate::model::Delivery;
use crate::ports::{Failure, Step, Writing};

/// Steps that become one transaction.
const MOST: usize = 256;

/// Deliveries that were taken, by the number of the step.
pub type Taken = Vec<Vec<Delivery>>;

pub trait Store: Send + 'static {
    /// Carries the steps out in one transaction, which is durable.
    fn together(&mut self, steps: &[Step]) -> Result<Taken, String>;
}

/// What was claimed, or why nothing could be written.
type Answer = Result<Vec<Delivery>, String>;

struct Waiting {
    step: Step,
    answer: oneshot::Sender<Answer>,
}

/// The door to the thread that writes.
#[derive(Clone)]
pub struct Writer(Sender<Waiting>);

impl Writer {
    /// The thread opens the store for itself.
    ///
    /// # Errors
    /// What `open` says.
    pub fn begin<S: Store>(
        open: impl FnOnce() -> Result<S, Failure> + Send + 'static,
    ) -> Result<Self, Failure> {
        let (steps, waiting) = channel();
        let (opened, known) = channel();
        std::thread::spawn(move || {
            let (store, failure) = open().map_or_else(
                |failure| (None, Err(failure)),
                |store| (Some(store), Ok(())),
            );
            let _ = opened.send(failure);
            if let Some(store) = store {
                write(store, &waiting);
            }
        });
        known.recv().unwrap_or_else(|_| Err(Failure::new(GONE)))?;
        Ok(Writer(steps))
    }

    pub fn step(&self, step: Step, ledger: &str) -> Result<Writing, Failure> {
        let (answered, ledger) = (self.give(step, ledger)?, ledger.to_owned());
        Ok(Box::pin(async move { known(answered.await.ok(), &ledger) }))
    }

    /// Waits for it.
    pub fn now(&self, step: Step, ledger: &str) -> Result<(), Failure> {
        known(self.give(step, ledger)?.blocking_recv().ok(), ledger).map(|_| ())
    }

    fn give(&self, step: Step, ledger: &str) -> Result<oneshot::Receiver<Answer>, Failure> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Waiting { step, answer })
            .map(|()| answered)
            .map_err(|_| broken(ledger, GONE))
    }
}

const GONE: &str = "the thread that writes the ledger is gone";

fn known(answer: Option<Answer>, ledger: &str) -> Result<Vec<Delivery>, Failure> {
    answer
        .unwrap_or_else(|| Err(GONE.to_owned()))
        .map_err(|why| broken(ledger, &why))
}

fn broken(ledger: &str, why: &str) -> Failure {
    Failure::new(format!("cannot write the ledger `{ledger}`: {why}"))
        .help("nothing more was sent; mend it, then `tidings email resume`")
}

fn write(mut store: impl Store, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let (mut steps, mut answers) = (Vec::new(), Vec::new());
        for Waiting { step, answer } in
            std::iter::once(first).chain(waiting.try_iter().take(MOST - 1))
        {
            steps.push(step);
            answers.push(answer);
        }
        match store.together(&steps) {
            Ok(taken) => {
                for (answer, taken) in answers.into_iter().zip(taken) {
                    let _ = answer.send(Ok(taken));
                }
            }
            Err(why) => {
                for answer in answers {
                    let _ = answer.send(Err(why.clone()));
                }
            }
        }
    }
}

/// The batches that deliveries are wanted of: how many in all, and by which steps.
pub fn wanted(steps: &[Step]) -> Vec<(&str, usize, Vec<usize>)> {
    let mut wanted: Vec<(&str, usize, Vec<usize>)> = Vec::new();
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| step.wanted > 0) {
        match wanted.iter_mut().find(|(known, ..)| *known == step.batch) {
            Some((_, most, numbers)) => {
                *most += step.wanted;
                numbers.push(number);
            }
            None => wanted.push((&step.batch, step.wanted, vec![number])),
        }
    }
    wanted
}

/// Gives what was claimed to those who wanted it.
pub fn share(claimed: Vec<Delivery>, numbers: &[usize], steps: &[Step], taken: &mut Taken) {
    let mut claimed = claimed.into_iter();
    for number in numbers {
        taken[*number].extend(claimed.by_ref().take(steps[*number].wanted));
    }
}
