//! The ledger: receipts, which are evidence that a step passed for one tag, commit and digest, and where each delivery stands. Receipts
//! are added, never changed; every change is durable before the call returns.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::model::{Delivery, DeliveryBatch, DeliveryState, NewDelivery};
use crate::ports::{Failure, Going};

/// Where a ledger is kept.
#[derive(Clone, Debug)]
pub enum LedgerKind {
    /// One SQLite file, for one machine.
    File(PathBuf),
    /// A PostgreSQL database that several machines share: `postgres://name@host/database`.
    Postgres {
        url: String,
        password: Option<SecretString>,
        /// The folder from which its repository is found.
        root: PathBuf,
    },
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `preflight`, `smoke-main`, `cut-begun`, `cut`, `smoke`, `smoke-failed`, `publish-begun`, `published`, `rolled-back`, `rollback-failed`, `withdrawn`, `reinstated`, `revised`, `notified`, `gate-overridden`.
    pub step: String,
    pub version: String,
    pub tag: String,
    /// The commit that the tag led to.
    pub commit: String,
    pub digest: String,
    /// What was seen, as JSON.
    pub detail: String,
}

/// A receipt as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub number: i64,
    /// RFC 3339, UTC.
    pub at: String,
    pub receipt: Receipt,
}

pub const SMOKE: &str = "smoke";
/// The latest build of the source repository's main branch, before a cut.
pub const SMOKE_MAIN: &str = "smoke-main";
/// A run saw the page before it was public: nobody can have been told before this ledger was there.
pub const PUBLISH_BEGUN: &str = "publish-begun";
/// The forge made a draft: its name there.
pub const DRAFTED: &str = "drafted";
pub const PUBLISHED: &str = "published";
pub const WITHDRAWN: &str = "withdrawn";
/// The checklist before a cut passed.
pub const PREFLIGHT: &str = "preflight";
pub const CUT_BEGUN: &str = "cut-begun";
/// The bootstrap repository has its tag: the release is there.
pub const CUT: &str = "cut";
/// Staging or an installation of the vendor went back to this release.
pub const ROLLED_BACK: &str = "rolled-back";
/// It was to go back to this release, and a step failed.
pub const ROLLBACK_FAILED: &str = "rollback-failed";
/// A smoke test of this release failed.
pub const SMOKE_FAILED: &str = "smoke-failed";
/// All messages of a kind are settled.
pub const NOTIFIED: &str = "notified";
/// An operator went past a gate, and said why.
pub const OVERRIDDEN: &str = "gate-overridden";
pub const REINSTATED: &str = "reinstated";
/// Its page leads somewhere else, because another release was withdrawn or taken back.
pub const REVISED: &str = "revised";

impl Receipt {
    /// Whether it is of this step of the release with this tag.
    pub fn is_of(&self, step: &str, tag: &str) -> bool {
        self.step == step && self.tag == tag
    }

    /// Whether it is evidence for exactly this release.
    pub fn is_for(&self, step: &str, tag: &str, commit: &str, digest: &str) -> bool {
        self.step == step && self.tag == tag && self.commit == commit && self.digest == digest
    }
}

/// How often a server was asked for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// It was not asked, or for a reason of ours in vain.
    Same,
    Another,
    /// What was counted does not count.
    None,
}

impl Attempts {
    /// What is added to the count; -1 sets it back.
    pub fn as_number(self) -> i32 {
        match self {
            Attempts::Same => 0,
            Attempts::Another => 1,
            Attempts::None => -1,
        }
    }
}

/// What a ledger is called, by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnName {
    /// Made up when the ledger was made, and the same for as long as it is kept.
    pub name: String,
    /// The identifiers of deliveries up to this number are made of names, too.
    pub former: i64,
}

/// Tells after a kill what was in flight: written to a file at once, and not synced, so only a power cut takes it away.
pub trait Journal: Send + Sync {
    /// Right before a message is given away for good.
    ///
    /// # Errors
    /// It cannot be written: the message may not be given.
    fn giving(&self, number: i64) -> Result<(), String>;

    /// Once the server answered: its words where it took the message. Where it cannot be written, what is in flight is unknown after a kill.
    fn answered(&self, number: i64, sent: Option<&str>);
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The delivery's place in the ledger.
    pub number: i64,
    pub state: DeliveryState,
    /// The server's words.
    pub answer: String,
    /// Of a deferred one: not before so long.
    pub after: Duration,
    pub attempts: Attempts,
    /// The address is never to be written to again.
    pub suppress: Option<String>,
}

/// What is to become durable together.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub done: Vec<Change>,
    /// The places of claimed deliveries that are given to the server next. What became of them is written down together, too.
    pub start: Vec<i64>,
    /// Of this batch so many more deliveries are wanted.
    pub batch: String,
    pub wanted: usize,
}

/// Waits until a step is durable, and gives the deliveries that were claimed with it.
pub type Writing = Going<'static, Result<Vec<Delivery>, Failure>>;

/// Reading makes no ledger where there is none.
pub trait Ledger: Sync {
    /// All receipts, oldest first.
    ///
    /// # Errors
    /// The ledger cannot be read.
    fn receipts(&self) -> Result<Vec<Recorded>, Failure>;

    /// Adds a receipt, unless the last one for its tag says the same.
    ///
    /// # Errors
    /// The ledger cannot be written.
    fn record(&self, receipt: &Receipt) -> Result<(), Failure>;

    /// Keeps others who act with this ledger out, until the guard is dropped or the process ends.
    ///
    /// # Errors
    /// Somebody else is in.
    fn alone(&self) -> Result<Box<dyn std::any::Any>, Failure>;

    /// Takes part in sending: alone where the ledger is one machine's, beside other machines where it is shared.
    ///
    /// # Errors
    /// Somebody else is in.
    fn join(&self) -> Result<Box<dyn std::any::Any>, Failure> {
        self.alone()
    }

    /// Adds deliveries to a batch; those that are known stay as they are.
    ///
    /// # Errors
    /// As `record`.
    fn queue(&self, batch: &DeliveryBatch, new: &[NewDelivery<'_>]) -> Result<(), Failure>;

    /// Where what is in flight is written down beside the ledger, if it is.
    ///
    /// # Errors
    /// It cannot be begun.
    fn journal(&self) -> Result<Option<Arc<dyn Journal>>, Failure> {
        Ok(None)
    }

    /// What it is called; `None` where there is no ledger yet.
    ///
    /// # Errors
    /// As `receipts`.
    fn own_name(&self) -> Result<Option<OwnName>, Failure>;

    /// Before anybody is told: makes sure that this ledger is the newest that was seen here, and that a copy of it is whole.
    ///
    /// # Errors
    /// It is an older copy.
    fn begin(&self) -> Result<OwnName, Failure>;

    /// Writes a whole copy of it into one file.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    fn backup(&self, to: &Path) -> Result<(), Failure>;

    /// What is wrong with it.
    ///
    /// # Errors
    /// It cannot be read.
    fn examine(&self) -> Result<Vec<String>, Failure>;

    /// Takes an older one as it is: whatever was open in it becomes unknown. Gives how many those are.
    ///
    /// # Errors
    /// As `record`.
    fn accept(&self) -> Result<usize, Failure>;

    /// The deliveries of a batch, or all, in the order they were queued.
    ///
    /// # Errors
    /// As `receipts`.
    fn deliveries(&self, batch: Option<&str>) -> Result<Vec<Delivery>, Failure>;

    /// How many deliveries of a batch are in each state; states that none is in are left out.
    ///
    /// # Errors
    /// As `receipts`.
    fn counts(&self, batch: &str) -> Result<Vec<(DeliveryState, usize)>, Failure>;

    /// Writes down what became of some deliveries, that others are `sending` from here on, and claims the next of a batch that are due: one
    /// durable step. None of it counts before the answer was waited for. Fewer than were wanted come where fewer are due.
    ///
    /// # Errors
    /// The ledger cannot be written: none of it has happened.
    fn step(&self, step: Step) -> Result<Writing, Failure>;

    /// As `step`, for what became of deliveries outside of a run; waits for it.
    ///
    /// # Errors
    /// As `step`.
    fn settle(&self, done: Vec<Change>) -> Result<(), Failure>;

    /// What runs that are gone left `sending` becomes `unknown`, what they had claimed is queued again. Gives the number of the unknown. To be
    /// asked only by who is in.
    ///
    /// # Errors
    /// As `record`.
    fn settle_interrupted(&self) -> Result<usize, Failure>;

    /// Addresses that are never written to, with the reason.
    ///
    /// # Errors
    /// As `receipts`.
    fn suppressed(&self) -> Result<Vec<(String, String)>, Failure>;

    /// Adds an address with its reason, or takes it off.
    ///
    /// # Errors
    /// As `record`.
    fn suppress(&self, address: &str, reason: Option<&str>) -> Result<(), Failure>;
}
