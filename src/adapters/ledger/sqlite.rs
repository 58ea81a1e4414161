//! The ledger in one SQLite file, on one machine: in WAL mode, each transaction synced before it is believed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, Row, TransactionBehavior, params};

use crate::adapters::disk;
use crate::adapters::ledger::group_commit::Writer;
use crate::adapters::ledger::journal::{self, Noted};
use crate::adapters::ledger::shape::{self, failure, prepare};
use crate::adapters::ledger::sqlite_steps::Steps;
use crate::adapters::ledger::stamp::{Stamp, private};
use crate::model::{Delivery, DeliveryBatch, DeliveryState, NewDelivery, folded};
use crate::ports::{
    Attempts, Change, Failure, Journal, Ledger, OwnName, Receipt, Recorded, Step, Writing,
};

/// A second process waits so long for the first.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pages of 4 KiB.
const CHECKPOINT: i64 = 8_000;

/// Those of the batch `?1` behind a number.
pub fn of_batch(after: &str) -> String {
    format!(
        "number > max({after}, (SELECT first FROM batch WHERE name = ?1) - 1) AND number <= (SELECT last FROM batch WHERE name = ?1) AND batch = ?1"
    )
}

/// The rows of `in_flight` do not overlap. Mostly there are none, which is asked once.
const STATE: &str = "CASE WHEN EXISTS (SELECT 1 FROM in_flight) AND state IN ('queued', 'deferred')
    AND number <= (SELECT last FROM in_flight WHERE first <= number ORDER BY first DESC LIMIT 1)
  THEN 'sending' ELSE state END";

pub struct SqliteLedger {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
    writer: Mutex<Option<Writer>>,
    journal: Mutex<Option<Arc<dyn Journal>>>,
}

pub fn connect(path: &Path) -> Result<Connection, Failure> {
    let connection = open(path).map_err(|error| failure(path, &error))?;
    prepare(&connection, path)?;
    Ok(connection)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    // What SQLite lays beside it has the mode of the file itself. Where this fails, opening says why.
    let _ = disk::private_file(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Copied back into the file at the end, not all the time.
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    // A plan does not depend on what is bound: statements are prepared once.
    connection.set_db_config(
        rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG,
        true,
    )?;
    Ok(connection)
}

/// RFC 3339, to the second.
pub fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl SqliteLedger {
    pub fn new(path: &Path) -> Self {
        SqliteLedger {
            path: path.to_path_buf(),
            connection: Mutex::default(),
            writer: Mutex::default(),
            journal: Mutex::default(),
        }
    }

    fn writer(&self) -> Result<Writer, Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*writer {
            return Ok(known.clone());
        }
        let path = self.path.clone();
        Ok(writer
            .insert(Writer::begin(move || Steps::open(&path))?)
            .clone())
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let mut open = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = open.as_mut() {
            return work(connection).map_err(|error| failure(&self.path, &error));
        }
        let connection = connect(&self.path)?;
        work(open.insert(connection)).map_err(|error| failure(&self.path, &error))
    }

    /// What is in flight, beside the file.
    fn journal_path(&self) -> PathBuf {
        self.path.with_extension("journal")
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        Stamp::open(self.path.parent()?, name)
    }

    /// A copy of the file alone has all up to here.
    fn checkpoint(&self) -> Result<(), Failure> {
        self.with(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })
    }

    fn stamped(&self, step: i64) -> Result<(), Failure> {
        let (name, ..) = self.with(|connection| shape::own(connection))?;
        if let Some(mut stamp) = self.stamp(&name) {
            stamp.write(step);
        }
        Ok(())
    }

    fn not_newest(&self, step: i64, last: i64) -> Failure {
        Failure::new(format!(
            "the ledger `{}` is not the newest: it has taken {step} steps, and {last} were seen here. It is an older copy, or one without the `-wal` file beside it",
            self.path.display()
        ))
        .help("put the newest back, with `-wal`; if it is lost, `tidings ledger check --accept` takes this one and leaves what was open `unknown`")
    }

    /// Reads all rows of a query; none where there is no ledger.
    fn all<T>(
        &self,
        query: &str,
        arguments: impl rusqlite::Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Failure> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        self.with(|connection| {
            connection
                .prepare(query)?
                .query_map(arguments, row)?
                .collect()
        })
    }
}

impl Ledger for SqliteLedger {
    fn receipts(&self) -> Result<Vec<Recorded>, Failure> {
        self.all("SELECT number, at, step, version, tag, commit_id, digest, detail FROM receipt ORDER BY number", [], |row| {
            let receipt = Receipt {
                step: row.get(2)?,
                version: row.get(3)?,
                tag: row.get(4)?,
                commit: row.get(5)?,
                digest: row.get(6)?,
                detail: row.get(7)?,
            };
            Ok(Recorded { number: row.get(0)?, at: row.get(1)?, receipt })
        })
    }

    fn record(&self, receipt: &Receipt) -> Result<(), Failure> {
        let Receipt {
            step,
            version,
            tag,
            commit,
            digest,
            detail,
        } = receipt;
        self.with(|connection| {
            connection.execute(
                "INSERT INTO receipt (at, step, version, tag, commit_id, digest, detail)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (
                   SELECT 1 FROM receipt WHERE number = (SELECT max(number) FROM receipt WHERE tag = ?4)
                     AND step = ?2 AND commit_id = ?5 AND digest = ?6 AND detail = ?7)",
                params![stamp(Utc::now()), step, version, tag, commit, digest, detail],
            )
        })
        .map(|_| ())
    }

    fn alone(&self) -> Result<Box<dyn std::any::Any>, Failure> {
        disk::lock(&self.path.with_extension("lock"))
    }

    fn queue(&self, batch: &DeliveryBatch, new: &[NewDelivery<'_>]) -> Result<(), Failure> {
        let DeliveryBatch {
            name,
            version,
            kind,
        } = batch;
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut place: Option<(i64, i64)> = None;
            {
                let mut insert = transaction.prepare(
                    "INSERT OR IGNORE INTO delivery (id, batch, version, kind, customer, address, state, queued_at, changed_at)
                     VALUES (?1, ?4, ?5, ?6, ?2, ?3, 'queued', ?7, ?7)",
                )?;
                // What all have in common is bound once.
                for (column, value) in (4..).zip([name, version, kind, &stamp(Utc::now())]) {
                    insert.raw_bind_parameter(column, value)?;
                }
                for NewDelivery { id, customer, address } in new {
                    for (column, value) in (1..).zip([id, customer, address]) {
                        insert.raw_bind_parameter(column, value)?;
                    }
                    if insert.raw_execute()? > 0 {
                        let number = transaction.last_insert_rowid();
                        place = Some((place.map_or(number, |(first, _)| first), number));
                    }
                }
            }
            if let Some((first, last)) = place {
                let line =
                    "INSERT INTO batch (name, first, last) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET last = excluded.last";
                transaction.execute(line, params![name, first, last])?;
            }
            let step = shape::count(&transaction)?;
            transaction.commit()?;
            Ok(step)
        })
        .and_then(|step| self.stamped(step))?;
        self.checkpoint()
    }

    fn deliveries(&self, batch: Option<&str>) -> Result<Vec<Delivery>, Failure> {
        match batch {
            None => self.all(&select(STATE, "1 ORDER BY number"), [], delivery),
            Some(batch) => self.all(
                &select(STATE, &format!("{} ORDER BY number", of_batch("0"))),
                params![batch],
                delivery,
            ),
        }
    }

    fn counts(&self, batch: &str) -> Result<Vec<(DeliveryState, usize)>, Failure> {
        let rows = self.all(
            &format!(
                "SELECT {STATE} AS now, count(*) FROM delivery WHERE {} GROUP BY now",
                of_batch("0")
            ),
            params![batch],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
        )?;
        Ok(rows
            .into_iter()
            .filter_map(|(state, count)| Some((DeliveryState::read(&state)?, count as usize)))
            .collect())
    }

    fn step(&self, step: Step) -> Result<Writing, Failure> {
        self.writer()?.step(step, &self.path.display().to_string())
    }

    fn settle(&self, done: Vec<Change>) -> Result<(), Failure> {
        self.writer()?.now(
            Step {
                done,
                ..Step::default()
            },
            &self.path.display().to_string(),
        )
    }

    fn settle_interrupted(&self) -> Result<usize, Failure> {
        if !self.path.exists() {
            return Ok(0);
        }
        let (name, ..) = self.with(|connection| shape::own(connection))?;
        let noted = journal::read(&self.journal_path(), &name);
        let unknown = self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let now = Utc::now();
            let numbers: Vec<i64> = transaction
                .prepare("SELECT number FROM in_flight CROSS JOIN delivery WHERE number BETWEEN first AND last AND state IN ('queued', 'deferred')")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut unknown = 0;
            for number in &numbers {
                let change = interrupted(*number, noted.as_ref());
                unknown += usize::from(change.state == DeliveryState::Unknown);
                record(&transaction, &change, &stamp(now), now.timestamp())?;
            }
            transaction.execute("DELETE FROM in_flight", [])?;
            transaction.commit()?;
            Ok(unknown)
        })?;
        journal::remove(&self.journal_path());
        Ok(unknown)
    }

    fn journal(&self) -> Result<Option<Arc<dyn Journal>>, Failure> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.is_none() {
            let (name, ..) = self.with(|connection| shape::own(connection))?;
            *journal = journal::begin(&self.journal_path(), &name)?
                .map(|lines| Arc::new(lines) as Arc<dyn Journal>);
        }
        Ok(journal.clone())
    }

    fn own_name(&self) -> Result<Option<OwnName>, Failure> {
        if !self.path.exists() {
            return Ok(None);
        }
        let (name, _, former) = self.with(|connection| shape::own(connection))?;
        Ok(Some(OwnName { name, former }))
    }

    fn begin(&self) -> Result<OwnName, Failure> {
        let (name, step, former) = self.with(|connection| shape::own(connection))?;
        if let Some(last) = self.stamp(&name).map(|mut stamp| stamp.read())
            && last > step
        {
            return Err(self.not_newest(step, last));
        }
        self.checkpoint()?;
        Ok(OwnName { name, former })
    }

    fn backup(&self, to: &Path) -> Result<(), Failure> {
        if !self.path.exists() {
            return Err(Failure::new(format!(
                "there is no ledger `{}` yet",
                self.path.display()
            )));
        }
        // SQLite fills an empty file; what stands in a ledger is its owner's.
        let mut options = std::fs::OpenOptions::new();
        options.create_new(true).write(true);
        private(&mut options);
        if let Err(error) = options.open(to) {
            return Err(
                Failure::file("write", to, &error).help("name a file that is not there yet")
            );
        }
        self.with(|connection| {
            connection.execute("VACUUM INTO ?1", params![to.display().to_string()])
        })
        .map(|_| ())
    }

    fn examine(&self) -> Result<Vec<String>, Failure> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let mut wrong: Vec<String> = self.all("PRAGMA integrity_check", [], |row| row.get(0))?;
        wrong.retain(|line| line != "ok");
        let (name, step, _) = self.with(|connection| shape::own(connection))?;
        if let Some(last) = self.stamp(&name).map(|mut stamp| stamp.read())
            && last > step
        {
            wrong.push(self.not_newest(step, last).what);
        }
        Ok(wrong)
    }

    fn accept(&self) -> Result<usize, Failure> {
        let (name, step, _) = self.with(|connection| shape::own(connection))?;
        let last = self.stamp(&name).map_or(0, |mut stamp| stamp.read());
        let step = step.max(last);
        let changed =
            self.with(|connection| shape::accept(connection, step, &stamp(Utc::now())))?;
        journal::remove(&self.journal_path());
        self.stamped(step + 1)?;
        Ok(changed)
    }

    fn suppressed(&self) -> Result<Vec<(String, String)>, Failure> {
        self.all(
            "SELECT address, reason FROM suppression ORDER BY address",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn suppress(&self, address: &str, reason: Option<&str>) -> Result<(), Failure> {
        self.with(|connection| match reason {
            Some(reason) => suppress(connection, address, reason, &stamp(Utc::now())),
            None => connection
                .execute(
                    "DELETE FROM suppression WHERE address IN (?1, ?2)",
                    params![folded(address), address.to_lowercase()],
                )
                .map(|_| ()),
        })
    }
}

/// What becomes of a delivery that was in flight when a run ended by itself.
fn interrupted(number: i64, noted: Option<&HashMap<i64, Noted>>) -> Change {
    let change = |state: DeliveryState, answer: &str, attempts: Attempts| Change {
        number,
        state,
        answer: answer.to_owned(),
        after: Duration::ZERO,
        attempts,
        suppress: None,
    };
    match noted.map(|noted| noted.get(&number)) {
        Some(None | Some(Noted::Refused)) => change(
            DeliveryState::Queued,
            "the run ended before it was given away",
            Attempts::Same,
        ),
        Some(Some(Noted::Sent(words))) => change(DeliveryState::Sent, words, Attempts::Another),
        None | Some(Some(Noted::Given)) => change(
            DeliveryState::Unknown,
            "the run that sent it ended before the server's answer was written down",
            Attempts::Another,
        ),
    }
}

pub fn record(
    connection: &Connection,
    change: &Change,
    at: &str,
    now: i64,
) -> rusqlite::Result<()> {
    let Change {
        number,
        state,
        answer,
        attempts,
        ..
    } = change;
    let not_before = now.saturating_add(i64::try_from(change.after.as_secs()).unwrap_or(i64::MAX));
    let line = "UPDATE delivery SET state = ?2, answer = ?3, not_before = ?4, attempts = CASE ?5 WHEN -1 THEN 0 ELSE attempts + ?5 END, changed_at = ?6 WHERE number = ?1";
    let mut statement = connection.prepare_cached(line)?;
    statement.execute(params![
        number,
        state.as_str(),
        answer,
        not_before,
        attempts.as_number(),
        at
    ])?;
    if !state.is_told() {
        let line = "INSERT INTO delivery_event (id, at, state, answer) SELECT id, changed_at, state, answer FROM delivery WHERE number = ?1";
        connection.prepare_cached(line)?.execute(params![number])?;
    }
    match &change.suppress {
        Some(address) => suppress(connection, address, answer, at),
        None => Ok(()),
    }
}

fn suppress(
    connection: &Connection,
    address: &str,
    reason: &str,
    at: &str,
) -> rusqlite::Result<()> {
    let line = "INSERT OR IGNORE INTO suppression (address, reason, at) VALUES (?1, ?2, ?3)";
    connection
        .execute(line, params![folded(address), reason, at])
        .map(|_| ())
}

pub fn select(state: &str, which: &str) -> String {
    format!(
        "SELECT id, batch, version, kind, customer, address, {state}, attempts, answer, queued_at, changed_at, number FROM delivery WHERE {which}"
    )
}

pub fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let state: String = row.get(6)?;
    Ok(Delivery {
        number: row.get(11)?,
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
