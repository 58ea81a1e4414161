//! The ledger's part about mail. Every change is durable before the call returns.

use std::time::Duration;

use crate::model::{Delivery, DeliveryState};
use crate::world::Failure;

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: String,
    pub state: DeliveryState,
    /// The server's words.
    pub answer: String,
    /// Of a deferred one: not before so long.
    pub after: Duration,
    /// The server was asked.
    pub attempted: bool,
    /// The address is never to be written to again.
    pub suppress: Option<String>,
}

pub trait Deliveries: Sync {
    /// Adds new ones; those that are known stay as they are. Gives the number of new ones.
    ///
    /// # Errors
    /// The ledger cannot be written.
    fn queue(&self, new: &[Delivery]) -> Result<usize, Failure>;

    /// Those of a batch, or all, in the order they were queued.
    ///
    /// # Errors
    /// The ledger cannot be read.
    fn list(&self, batch: Option<&str>) -> Result<Vec<Delivery>, Failure>;

    /// Writes down what became of one and takes the next of a batch that is due, which is `sending` from here on: one
    /// durable step. `None` where none is due, or no batch is named.
    ///
    /// # Errors
    /// The ledger cannot be written: neither has happened.
    fn step(&self, done: Option<Change>, batch: Option<&str>) -> Result<Option<Delivery>, Failure>;

    /// What a run that is gone left `sending` becomes `unknown`. Gives their number. To be asked only by who holds the lock.
    ///
    /// # Errors
    /// As `step`.
    fn settle_interrupted(&self) -> Result<usize, Failure>;

    /// Addresses that are never written to, with the reason.
    ///
    /// # Errors
    /// As `list`.
    fn suppressed(&self) -> Result<Vec<(String, String)>, Failure>;

    /// # Errors
    /// As `step`.
    fn suppress(&self, address: &str, reason: Option<&str>) -> Result<(), Failure>;
}
