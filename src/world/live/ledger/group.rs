//! Group commit: one thread writes. The steps of all connections that wait at a moment become one transaction, synced once.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::model::Delivery;
use crate::world::{Failure, Step, Writing};

/// Steps that become one transaction.
const MOST: usize = 256;

/// Deliveries that were taken, by the number of the step.
pub type Taken = Vec<Vec<Delivery>>;

pub trait Store: Send + 'static {
    /// Carries the steps out in one transaction, which is durable.
    fn together(&mut self, steps: &[Step]) -> Result<Taken, String>;
}

struct Waiting {
    step: Step,
    answer: SyncSender<Result<Vec<Delivery>, String>>,
}

/// The door to the thread that writes.
pub struct Writer(Sender<Waiting>);

impl Writer {
    pub fn new(store: impl Store) -> Self {
        let (steps, waiting) = channel();
        std::thread::spawn(move || write(store, &waiting));
        Writer(steps)
    }

    pub fn step(&self, step: Step, ledger: &str) -> Result<Writing, Failure> {
        let ledger = ledger.to_owned();
        let broken = move |why: &str| {
            Failure::new(format!("cannot write the ledger `{ledger}`: {why}"))
                .help("nothing more was sent; mend it, then `tidings email resume`")
        };
        let (answer, answered) = sync_channel(1);
        if self.0.send(Waiting { step, answer }).is_err() {
            return Err(broken("its writer is gone"));
        }
        Ok(Box::new(move || answered.recv().map_err(|_| broken("its writer is gone"))?.map_err(|why| broken(&why))))
    }
}

fn write(mut store: impl Store, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let (mut steps, mut answers) = (Vec::new(), Vec::new());
        for Waiting { step, answer } in std::iter::once(first).chain(waiting.try_iter().take(MOST - 1)) {
            steps.push(step);
            answers.push(answer);
        }
        match store.together(&steps) {
            Ok(taken) => {
                for (answer, taken) in answers.iter().zip(taken) {
                    let _ = answer.send(Ok(taken));
                }
            }
            Err(why) => {
                for answer in &answers {
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
