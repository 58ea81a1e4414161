//! Who of those that are to be told was told already.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use chrono::NaiveDate;

use crate::documents::Addressed;
use crate::model::{Delivery, NewDelivery, NoticeKind, folded};
use crate::notify::{former_identity, identity};
use crate::ports::{Failure, Ledger, OwnName};

/// The list of those who are not written to is read again after so long.
const FRESH: Duration = Duration::from_secs(1);

/// A notice with the identifier of its message.
pub struct Told {
    pub id: String,
    pub notice: Addressed,
    occasion: String,
}

impl Told {
    pub fn of(ledger: &OwnName, notice: Addressed, occasion: String) -> Self {
        Told {
            id: identity(&ledger.name, &notice, &occasion),
            notice,
            occasion,
        }
    }

    pub fn to_queue(&self) -> NewDelivery<'_> {
        NewDelivery {
            id: &self.id,
            customer: &self.notice.to.customer,
            address: &self.notice.to.address,
        }
    }

    fn key(&self) -> String {
        folded(&self.notice.to.address)
    }
}

/// What the ledger knows of a batch and of those who are told the same elsewhere.
pub struct Known<'k> {
    ids: HashMap<&'k str, &'k Delivery>,
    /// Deliveries whose identifiers are former ones, by folded address.
    former: HashMap<String, Vec<&'k Delivery>>,
    batch: &'k str,
}

impl<'k> Known<'k> {
    pub fn of(ledger: &OwnName, deliveries: &'k [Delivery], batch: &'k str) -> Self {
        let mut known = Known {
            ids: HashMap::with_capacity(deliveries.len()),
            former: HashMap::new(),
            batch,
        };
        for delivery in deliveries {
            known.ids.insert(&delivery.id, delivery);
            if delivery.number <= ledger.former {
                let same = known.former.entry(folded(&delivery.address)).or_default();
                same.push(delivery);
            }
        }
        known
    }

    pub fn delivery(&self, told: &Told) -> Option<&'k Delivery> {
        if let Some(known) = self.ids.get(told.id.as_str()) {
            return Some(known);
        }
        let former = self.former.get(&told.key())?;
        let id = former_identity(&told.notice, &told.occasion);
        former
            .iter()
            .copied()
            .find(|delivery| delivery.id == id || self.was_of(told, delivery))
    }

    /// Names may have been spelled otherwise then, so what is known besides decides.
    fn was_of(&self, told: &Told, delivery: &Delivery) -> bool {
        let kind = NoticeKind::EndOfSupport.as_str();
        if told.notice.says.kind != kind {
            return delivery.batch == self.batch;
        }
        // Of an end of support the day tells which of the three occasions it was.
        let day = |text: &str| text.get(..10)?.parse::<NaiveDate>().ok();
        let left = told
            .notice
            .says
            .ends
            .as_deref()
            .and_then(day)
            .zip(day(&delivery.queued_at))
            .map(|(ends, queued)| (ends - queued).num_days());
        delivery.kind == kind
            && !delivery.batch.ends_with("/test")
            && match (told.occasion.as_str(), left) {
                ("90-days", Some(left)) => (15..=90).contains(&left),
                ("14-days", Some(left)) => (1..=14).contains(&left),
                (_, Some(left)) => left < 1,
                (_, None) => false,
            }
    }
}

/// Addresses that are not written to, with the reason, in every spelling.
pub struct Suppressed(HashMap<String, String>);

impl Suppressed {
    pub fn of(rows: Vec<(String, String)>) -> Self {
        Suppressed(
            rows.into_iter()
                .map(|(address, reason)| (folded(&address), reason))
                .collect(),
        )
    }

    pub fn reason(&self, address: &str) -> Option<&String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&folded(address))
    }
}

/// Each identifier once: one person may stand at two customers.
pub fn once(told: Vec<Told>) -> Vec<Told> {
    let mut seen = HashSet::with_capacity(told.len());
    told.into_iter()
        .filter(|told| seen.insert(told.id.clone()))
        .collect()
}

/// Does the work while the list of those who are not written to is read again: somebody may ask to be left alone while others are told. What
/// delivers may not wait for the ledger on its own thread.
pub fn refreshed<T>(
    fresh: &RwLock<Suppressed>,
    ledger: &dyn Ledger,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            loop {
                std::thread::park_timeout(FRESH);
                if over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(rows) = ledger.suppressed() {
                    *fresh.write().unwrap_or_else(PoisonError::into_inner) = Suppressed::of(rows);
                }
            }
        });
        let done = work();
        over.store(true, Ordering::SeqCst);
        reader.thread().unpark();
        done
    })
}
