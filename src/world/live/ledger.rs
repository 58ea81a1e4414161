//! The ledger in one SQLite file. Two processes may write: each receipt is one transaction, synced before it is believed.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OpenFlags, params};

use crate::world::{Failure, Receipt, Recorded};

/// A second process waits so long for the first.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS receipt (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  step TEXT NOT NULL,
  version TEXT NOT NULL,
  tag TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS receipts_stay BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
CREATE TRIGGER IF NOT EXISTS receipts_remain BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipts are never removed'); END;
";

pub fn fail(path: &Path, error: &rusqlite::Error) -> Failure {
    Failure::new(format!("cannot use the ledger `{}`: {error}", path.display()))
        .help("it is an SQLite file; `[ledger] url` in operator.toml names it")
}

pub fn open(path: &Path) -> Result<Connection, Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("write", folder, &error))?;
    }
    let connection = Connection::open(path).map_err(|error| fail(path, &error))?;
    let prepared = connection
        .busy_timeout(PATIENCE)
        .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
        .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
        .and_then(|()| connection.execute_batch(TABLES));
    prepared.map(|()| connection).map_err(|error| fail(path, &error))
}

/// RFC 3339, to the second.
pub fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// All receipts, oldest first; none where there is no ledger yet.
pub fn receipts(path: &Path) -> Result<Vec<Recorded>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        let mut query =
            connection.prepare("SELECT number, at, step, version, tag, commit_id, digest, detail FROM receipt ORDER BY number")?;
        let rows = query.query_map([], |row| {
            Ok(Recorded {
                number: row.get(0)?,
                at: row.get(1)?,
                receipt: Receipt {
                    step: row.get(2)?,
                    version: row.get(3)?,
                    tag: row.get(4)?,
                    commit: row.get(5)?,
                    digest: row.get(6)?,
                    detail: row.get(7)?,
                },
            })
        })?;
        rows.collect::<Result<Vec<_>, _>>()
    };
    read().map_err(|error: rusqlite::Error| fail(path, &error))
}

/// Adds a receipt, unless the last one of its step for this tag says the same.
pub fn record(path: &Path, receipt: &Receipt) -> Result<(), Failure> {
    let at = stamp(Utc::now());
    let Receipt { step, version, tag, commit, digest, detail } = receipt;
    let added = open(path)?.execute(
        "INSERT INTO receipt (at, step, version, tag, commit_id, digest, detail)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (
           SELECT 1 FROM receipt WHERE number = (SELECT max(number) FROM receipt WHERE tag = ?4)
             AND step = ?2 AND commit_id = ?5 AND digest = ?6 AND detail = ?7)",
        params![at, step, version, tag, commit, digest, detail],
    );
    added.map(|_| ()).map_err(|error| fail(path, &error))
}
