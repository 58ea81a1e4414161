//! Deliveries in the ledger's SQLite file. One thread writes: the steps of all connections that wait at a moment become one
//! transaction, synced once (group commit).

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::{Delivery, DeliveryState};
use crate::world::live::ledger;
use crate::world::{Change, Deliveries, Failure};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS delivery (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  batch TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  customer TEXT NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'written', 'deferred', 'failed', 'unknown')),
  attempts INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',
  not_before INTEGER NOT NULL DEFAULT 0,
  queued_at TEXT NOT NULL,
  changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS delivery_open ON delivery (batch, number) WHERE state IN ('queued', 'deferred');
CREATE TABLE IF NOT EXISTS delivery_event (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON delivery_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_remain BEFORE DELETE ON delivery_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TRIGGER IF NOT EXISTS deliveries_remain BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'deliveries are never removed'); END;
CREATE TABLE IF NOT EXISTS suppression (address TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL) STRICT;
";

const COLUMNS: &str = "id, batch, version, kind, customer, address, state, attempts, answer, queued_at, changed_at";

/// Steps that become one transaction.
const GROUP: usize = 256;

type Answer = Result<Option<Delivery>, String>;

struct Step {
    done: Option<Change>,
    batch: Option<String>,
    answer: std::sync::mpsc::SyncSender<Answer>,
}

pub struct SqliteDeliveries {
    connection: Mutex<Connection>,
    steps: Sender<Step>,
    name: String,
}

/// Opens the ledger, or makes it.
pub fn open(path: &Path) -> Result<SqliteDeliveries, Failure> {
    let prepare = || -> Result<Connection, Failure> {
        let connection = ledger::open(path)?;
        connection.execute_batch(TABLES).map_err(|error| ledger::fail(path, &error))?;
        Ok(connection)
    };
    let (connection, writing) = (prepare()?, prepare()?);
    let (steps, waiting) = channel();
    std::thread::spawn(move || write(writing, &waiting));
    Ok(SqliteDeliveries { connection: Mutex::new(connection), steps, name: path.display().to_string() })
}

fn write(mut connection: Connection, waiting: &Receiver<Step>) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(GROUP - 1));
        let made = together(&mut connection, &group);
        for (number, step) in group.into_iter().enumerate() {
            let answer = match &made {
                Ok(rows) => Ok(rows[number].clone()),
                Err(error) => Err(error.to_string()),
            };
            let _ = step.answer.send(answer);
        }
    }
}

fn together(connection: &mut Connection, group: &[Step]) -> rusqlite::Result<Vec<Option<Delivery>>> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let now = chrono::Utc::now();
    let at = ledger::stamp(now);
    let mut rows = Vec::with_capacity(group.len());
    for step in group {
        if let Some(change) = &step.done {
            record(&transaction, change, &at, now.timestamp())?;
        }
        rows.push(match &step.batch {
            Some(batch) => claim(&transaction, batch, &at, now.timestamp())?,
            None => None,
        });
    }
    transaction.commit()?;
    Ok(rows)
}

fn record(connection: &Connection, change: &Change, at: &str, now: i64) -> rusqlite::Result<()> {
    let not_before = now.saturating_add(i64::try_from(change.after.as_secs()).unwrap_or(i64::MAX));
    let state = change.state.as_str();
    connection
        .prepare_cached(
            "UPDATE delivery SET state = ?2, answer = ?3, not_before = ?4, attempts = attempts + ?5, changed_at = ?6 WHERE id = ?1",
        )?
        .execute(params![change.id, state, change.answer, not_before, change.attempted, at])?;
    event(connection, &change.id, state, &change.answer, at)?;
    if let Some(address) = &change.suppress {
        suppress(connection, address, &change.answer, at)?;
    }
    Ok(())
}

fn event(connection: &Connection, id: &str, state: &str, answer: &str, at: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO delivery_event (id, at, state, answer) VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute(params![id, at, state, answer]).map(|_| ())
}

fn suppress(connection: &Connection, address: &str, reason: &str, at: &str) -> rusqlite::Result<()> {
    let line = "INSERT OR IGNORE INTO suppression (address, reason, at) VALUES (?1, ?2, ?3)";
    connection.execute(line, params![address.to_lowercase(), reason, at]).map(|_| ())
}

fn claim(connection: &Connection, batch: &str, at: &str, now: i64) -> rusqlite::Result<Option<Delivery>> {
    let line = format!(
        "UPDATE delivery SET state = 'sending', changed_at = ?2 WHERE number = (
           SELECT number FROM delivery WHERE batch = ?1 AND state IN ('queued', 'deferred') AND not_before <= ?3 ORDER BY number LIMIT 1)
         RETURNING {COLUMNS}"
    );
    let claimed = connection.prepare_cached(&line)?.query_row(params![batch, at, now], row).optional()?;
    if let Some(delivery) = &claimed {
        event(connection, &delivery.id, "sending", "", at)?;
    }
    Ok(claimed)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let state: String = row.get(6)?;
    Ok(Delivery {
        id: row.get(0)?,
        batch: row.get(1)?,
        version: row.get(2)?,
        kind: row.get(3)?,
        customer: row.get(4)?,
        address: row.get(5)?,
        state: DeliveryState::read(&state).unwrap_or(DeliveryState::Unknown),
        attempts: row.get(7)?,
        answer: row.get(8)?,
        queued_at: row.get(9)?,
        changed_at: row.get(10)?,
    })
}

impl SqliteDeliveries {
    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut connection).map_err(|error| ledger::fail(Path::new(&self.name), &error))
    }

    fn broken(&self, why: &str) -> Failure {
        Failure::new(format!("cannot write the ledger `{}`: {why}", self.name))
            .help("nothing more was sent; make room or mend the disk, then `tidings email resume`")
    }
}

impl Deliveries for SqliteDeliveries {
    fn queue(&self, new: &[Delivery]) -> Result<usize, Failure> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let at = ledger::stamp(chrono::Utc::now());
            let mut count = 0;
            for delivery in new {
                let line = "INSERT OR IGNORE INTO delivery (id, batch, version, kind, customer, address, state, queued_at, changed_at)
                            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?7)";
                let Delivery { id, batch, version, kind, customer, address, .. } = delivery;
                let added = transaction.prepare_cached(line)?.execute(params![id, batch, version, kind, customer, address, at])?;
                if added > 0 {
                    event(&transaction, id, "queued", "", &at)?;
                }
                count += added;
            }
            transaction.commit()?;
            Ok(count)
        })
    }

    fn list(&self, batch: Option<&str>) -> Result<Vec<Delivery>, Failure> {
        self.with(|connection| {
            let line = format!("SELECT {COLUMNS} FROM delivery WHERE ?1 IS NULL OR batch = ?1 ORDER BY number");
            connection.prepare(&line)?.query_map(params![batch], row)?.collect()
        })
    }

    fn step(&self, done: Option<Change>, batch: Option<&str>) -> Result<Option<Delivery>, Failure> {
        let (answer, answered) = sync_channel(1);
        let sent = self.steps.send(Step { done, batch: batch.map(str::to_owned), answer });
        sent.map_err(|_| self.broken("its writer is gone"))?;
        answered.recv().map_err(|_| self.broken("its writer is gone"))?.map_err(|why| self.broken(&why))
    }

    fn settle_interrupted(&self) -> Result<usize, Failure> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let at = ledger::stamp(chrono::Utc::now());
            let why = "the run that sent it ended before the server's answer was written down";
            let line = "UPDATE delivery SET state = 'unknown', answer = ?1, attempts = attempts + 1, changed_at = ?2 WHERE state = 'sending' RETURNING id";
            let ids: Vec<String> =
                transaction.prepare(line)?.query_map(params![why, at], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            for id in &ids {
                event(&transaction, id, "unknown", why, &at)?;
            }
            transaction.commit()?;
            Ok(ids.len())
        })
    }

    fn suppressed(&self) -> Result<Vec<(String, String)>, Failure> {
        self.with(|connection| {
            let mut query = connection.prepare("SELECT address, reason FROM suppression ORDER BY address")?;
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    fn suppress(&self, address: &str, reason: Option<&str>) -> Result<(), Failure> {
        self.with(|connection| match reason {
            Some(reason) => suppress(connection, address, reason, &ledger::stamp(chrono::Utc::now())),
            None => connection.execute("DELETE FROM suppression WHERE address = ?1", params![address.to_lowercase()]).map(|_| ()),
        })
    }
}
