//! Who got what, when, and what the server said.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Delivery;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deliveries {
    pub schema: &'static str,
    /// How many there are in each state.
    pub states: BTreeMap<&'static str, usize>,
    pub deliveries: Vec<DeliveryPart>,
    /// Addresses that are never written to, with the reason.
    pub suppressed: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeliveryPart {
    /// The part of the Message-ID before the `@`.
    pub id: String,
    pub version: String,
    /// `release`, `security`, `withdrawal`, `end-of-support`.
    pub kind: String,
    /// What is sent together.
    pub batch: String,
    pub customer: String,
    pub address: String,
    /// `queued`, `sending`, `sent`, `written`, `deferred`, `failed`, `unknown`.
    pub state: &'static str,
    /// How often a server was asked.
    pub attempts: u32,
    /// What the server said last.
    pub answer: String,
    /// RFC 3339, UTC.
    pub queued_at: String,
    pub changed_at: String,
}

impl Deliveries {
    pub const SCHEMA: &'static str = "tidings/deliveries/1";

    pub fn of(all: &[Delivery], suppressed: Vec<(String, String)>) -> Self {
        let mut states = BTreeMap::new();
        for delivery in all {
            *states.entry(delivery.state.as_str()).or_default() += 1;
        }
        Deliveries {
            schema: Self::SCHEMA,
            states,
            deliveries: all.iter().map(DeliveryPart::of).collect(),
            suppressed,
        }
    }
}

impl DeliveryPart {
    pub fn of(delivery: &Delivery) -> Self {
        DeliveryPart {
            id: delivery.id.clone(),
            version: delivery.version.clone(),
            kind: delivery.kind.clone(),
            batch: delivery.batch.clone(),
            customer: delivery.customer.clone(),
            address: delivery.address.clone(),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            answer: delivery.answer.clone(),
            queued_at: delivery.queued_at.clone(),
            changed_at: delivery.changed_at.clone(),
        }
    }
}
