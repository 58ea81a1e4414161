//! The ledger that is configured.

use crate::adapters::ledger::postgres::PostgresLedger;
use crate::adapters::ledger::sqlite::SqliteLedger;
use crate::ports::{Failure, Ledger, LedgerKind};

pub fn open(kind: &LedgerKind) -> Result<Box<dyn Ledger>, Failure> {
    Ok(match kind {
        LedgerKind::File(path) => Box::new(SqliteLedger::new(path)),
        LedgerKind::Postgres {
            url,
            password,
            root,
        } => Box::new(PostgresLedger::open(url, password.as_ref(), root)?),
    })
}
