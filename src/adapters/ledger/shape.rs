//! The shapes that the SQLite ledger has had: which one a file has, and how it becomes today's. What is not understood is refused.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::ports::Failure;

/// `user_version` of a ledger of today. 1: what is in flight is a row a step, where a batch lies is a row. 2: a name and a count of its own,
/// deliveries by folded address.
pub const SHAPE: i64 = 2;
/// `application_id` from the second shape on: "tdgs".
const OURS: i64 = 0x7464_6773;

const TABLES: &str = include_str!("sqlite.sql");

/// What every shape had; the tables for mail came a little later than that for receipts.
const RECEIPT: &str = "number, at, step, version, tag, commit_id, digest, detail";
const DELIVERY: &str = "number, id, batch, version, kind, customer, address, state, attempts, answer, not_before, queued_at, changed_at";

/// A ledger of a build that marked each delivery becomes one that marks steps.
const TO_1: &str = "
INSERT OR IGNORE INTO batch (name, first, last) SELECT batch, min(number), max(number) FROM delivery GROUP BY batch;
INSERT OR IGNORE INTO in_flight (first, last) SELECT number, number FROM delivery WHERE state = 'sending';
UPDATE delivery SET state = 'queued' WHERE state IN ('sending', 'claimed');
";

/// Up to `former` the identifiers of deliveries are made of names, too.
const TO_2: &str = "
INSERT OR IGNORE INTO self (one, name, step, former) SELECT 1, lower(hex(randomblob(8))), 0, ifnull(max(number), 0) FROM delivery;
";

/// Brings a ledger up to date. `None` where it is one of today's and nothing was to be done.
///
/// # Errors
/// It is no ledger, a later build made it, or it lacks what no migration can make up.
pub fn prepare(connection: &Connection, path: &Path) -> Result<(), Failure> {
    let fail = |error: rusqlite::Error| failure(path, &error);
    let value = |name: &str| -> Result<i64, Failure> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(fail)
    };
    let shape = value("user_version")?;
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .map_err(fail)?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if shape > SHAPE {
        return Err(Failure::new(format!(
            "the ledger `{}` has shape {shape}: a later tidings made it, and this one knows {SHAPE}",
            path.display()
        ))
        .help("use that tidings: what this one does not understand it could repeat"));
    }
    let foreign = !tables.is_empty() && !has("receipt")
        || shape >= 2 && value("application_id")? != OURS
        || shape < 0
        // What was in flight cannot be made up.
        || shape > 0 && !(has("in_flight") && has("delivery"))
        || shape >= 2 && !has("self");
    let lacks = |table: &str, columns: &str| {
        has(table)
            && connection
                .prepare(&format!("SELECT {columns} FROM {table}"))
                .is_err()
    };
    if foreign || lacks("receipt", RECEIPT) || lacks("delivery", DELIVERY) {
        return Err(Failure::new(format!(
            "`{}` is no ledger that this tidings understands",
            path.display()
        ))
        .help("`[ledger] url` in operator.toml names it; put back a copy that `tidings ledger backup` made"));
    }
    if shape < SHAPE || !has("batch") {
        let all = format!(
            "BEGIN IMMEDIATE; {TABLES} {TO_1} {TO_2} PRAGMA application_id = {OURS}; PRAGMA user_version = {SHAPE}; COMMIT"
        );
        connection.execute_batch(&all).map_err(fail)?;
    }
    Ok(())
}

pub fn failure(path: &Path, error: &rusqlite::Error) -> Failure {
    Failure::new(format!(
        "cannot use the ledger `{}`: {error}",
        path.display()
    ))
    .help("it is an SQLite file; `[ledger] url` in operator.toml names it")
}

/// One more durable step: what was written outside tells later whether this ledger is the newest.
pub fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("UPDATE self SET step = step + 1 RETURNING step")?
        .query_row([], |row| row.get(0))
}

/// Its name, its steps, and the number up to which identifiers are former ones.
pub fn own(connection: &Connection) -> rusqlite::Result<(String, i64, i64)> {
    connection.query_row("SELECT name, step, former FROM self", [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// Takes an older ledger as it is: what was open may have been told since.
pub fn accept(connection: &mut Connection, step: i64, at: &str) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    let why = "the ledger was put back from an older state: this may have been sent since";
    let open = "SELECT id, ?1, 'unknown', ?2 FROM delivery WHERE state IN ('queued', 'deferred')";
    transaction.execute(
        &format!("INSERT INTO delivery_event (id, at, state, answer) {open}"),
        params![at, why],
    )?;
    let changed = transaction.execute(
        "UPDATE delivery SET state = 'unknown', answer = ?2, changed_at = ?1 WHERE state IN ('queued', 'deferred')",
        params![at, why],
    )?;
    transaction.execute("DELETE FROM in_flight", [])?;
    transaction.execute("UPDATE self SET step = ?1", params![step + 1])?;
    transaction.commit()?;
    Ok(changed)
}
