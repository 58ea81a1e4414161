//! Group commit: one thread writes. The steps of all connections that wait at a moment become one transaction, synced once.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::model::Delivery;
use crate::world::{Failure, Step};

/// Steps that become one transaction.
const MOST: usize = 256;

/// Deliveries that were taken, by the number of the step.
pub type Taken = Vec<Option<Delivery>>;

pub trait Store: Send + 'static {
    /// Carries the steps out in one transaction, which is durable.
    fn together(&mut self, steps: &[Step]) -> Result<Taken, String>;
}

struct Waiting {
    step: Step,
    answer: SyncSender<Result<Option<Delivery>, String>>,
}

/// The door to the thread that writes.
pub struct Writer(Sender<Waiting>);

impl Writer {
    pub fn new(store: impl Store) -> Self {
        let (steps, waiting) = channel();
        std::thread::spawn(move || write(store, &waiting));
        Writer(steps)
    }

    pub fn step(&self, step: Step, ledger: &str) -> Result<Option<Delivery>, Failure> {
        let broken = |why: &str| {
            Failure::new(format!("cannot write the ledger `{ledger}`: {why}"))
                .help("nothing more was sent; mend it, then `tidings email resume`")
        };
        let (answer, answered) = sync_channel(1);
        self.0.send(Waiting { step, answer }).map_err(|_| broken("its writer is gone"))?;
        answered.recv().map_err(|_| broken("its writer is gone"))?.map_err(|why| broken(&why))
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

/// The steps that want a delivery, by batch.
pub fn wanted(steps: &[Step]) -> Vec<(&str, Vec<usize>)> {
    let mut wanted: Vec<(&str, Vec<usize>)> = Vec::new();
    for (number, batch) in steps.iter().enumerate().filter_map(|(number, step)| Some((number, step.batch.as_deref()?))) {
        match wanted.iter_mut().find(|(known, _)| *known == batch) {
            Some((_, numbers)) => numbers.push(number),
            None => wanted.push((batch, vec![number])),
        }
    }
    wanted
}
