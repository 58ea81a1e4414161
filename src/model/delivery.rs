//! Where a message to one recipient stands.

/// `queued → claimed → sending → sent | written | deferred | failed | unknown`. What is `unknown` may have arrived: only an operator settles
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Queued,
    /// A run has it next; nothing of it was given away.
    Claimed,
    /// It is being given to the server. Found in this state by a later run, it is unknown.
    Sending,
    /// The server took it.
    Sent,
    /// A file was written; nothing was sent.
    Written,
    /// The server asked to come back later.
    Deferred,
    /// The server refused it for good.
    Failed,
    Unknown,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 8] = [
        DeliveryState::Queued,
        DeliveryState::Claimed,
        DeliveryState::Sending,
        DeliveryState::Sent,
        DeliveryState::Written,
        DeliveryState::Deferred,
        DeliveryState::Failed,
        DeliveryState::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Claimed => "claimed",
            DeliveryState::Sending => "sending",
            DeliveryState::Sent => "sent",
            DeliveryState::Written => "written",
            DeliveryState::Deferred => "deferred",
            DeliveryState::Failed => "failed",
            DeliveryState::Unknown => "unknown",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing follows: the row itself is the record.
    pub fn is_told(self) -> bool {
        matches!(self, DeliveryState::Sent | DeliveryState::Written)
    }

    /// Something is still to be done about it by a run.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            DeliveryState::Queued
                | DeliveryState::Claimed
                | DeliveryState::Sending
                | DeliveryState::Deferred
        )
    }
}

/// What is sent together.
#[derive(Clone, Debug)]
pub struct DeliveryBatch {
    /// `2.1.0/release`
    pub name: String,
    pub version: String,
    pub kind: String,
}

/// A message that is to be sent, as the ledger is told of it.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery<'d> {
    pub id: &'d str,
    pub customer: &'d str,
    pub address: &'d str,
}

/// A message to one recipient, as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the ledger.
    pub number: i64,
    /// The part of its Message-ID before the `@`: the same for the same notice to the same address.
    pub id: String,
    /// The name of its batch.
    pub batch: String,
    pub version: String,
    pub kind: String,
    pub customer: String,
    pub address: String,
    pub state: DeliveryState,
    /// How often a server was asked.
    pub attempts: u32,
    /// What the server said last.
    pub answer: String,
    /// RFC 3339, UTC: the message's own date.
    pub queued_at: String,
    pub changed_at: String,
}
