//! The one thread that writes deliveries of an SQLite ledger while they are sent.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::Path;

use chrono::Utc;
use rusqlite::{Connection, params};

use crate::adapters::ledger::group_commit::{Store, Taken, share, wanted};
use crate::adapters::ledger::shape::{self, failure};
use crate::adapters::ledger::sqlite::{connect, delivery, of_batch, record, select, stamp};
use crate::adapters::ledger::stamp::Stamp;
use crate::model::Delivery;
use crate::ports::{Failure, Step};

/// Of the pages that were read, so many KiB stay in memory (a negative number is KiB to SQLite).
const CACHE: i64 = -16_000;

/// The one who writes deliveries while they are sent. Nobody else does (`alone`): what is claimed need not be written down.
pub struct Steps {
    connection: Connection,
    stamp: Option<Stamp>,
    /// The deliveries that are in somebody's hand.
    claimed: HashSet<i64>,
    /// The rows of `in_flight`, by their first delivery: the last one, and how many are still in flight.
    in_flight: BTreeMap<i64, (i64, usize)>,
    /// Read ahead, by batch.
    ahead: HashMap<String, Ahead>,
}

#[derive(Default)]
struct Ahead {
    due: VecDeque<Delivery>,
    /// Numbers up to this one were read; 0 once all were.
    after: i64,
    /// When they were last read from the top, in seconds since 1970.
    looked: i64,
}

/// Rows that are read ahead.
const AHEAD: i64 = 256;

impl Store for Steps {
    fn together(&mut self, steps: &[Step]) -> Result<Taken, String> {
        self.commit(steps).map_err(|error| error.to_string())
    }
}

impl Steps {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let connection = connect(path)?;
        let fail = |error: rusqlite::Error| failure(path, &error);
        connection
            .pragma_update(None, "cache_size", CACHE)
            .map_err(fail)?;
        let (name, ..) = shape::own(&connection).map_err(fail)?;
        Ok(Steps {
            stamp: path.parent().and_then(|folder| Stamp::open(folder, &name)),
            connection,
            claimed: HashSet::new(),
            in_flight: BTreeMap::new(),
            ahead: HashMap::new(),
        })
    }

    fn commit(&mut self, steps: &[Step]) -> rusqlite::Result<Taken> {
        let begun = self
            .connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([]);
        let done = begun.and_then(|_| self.carry_out(steps)).and_then(|taken| {
            let step = shape::count(&self.connection)?;
            self.connection.prepare_cached("COMMIT")?.execute([])?;
            if let Some(stamp) = &mut self.stamp {
                stamp.write(step);
            }
            Ok(taken)
        });
        if done.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        done
    }

    fn carry_out(&mut self, steps: &[Step]) -> rusqlite::Result<Taken> {
        let now = Utc::now();
        let at = stamp(now);
        for change in steps.iter().flat_map(|step| &step.done) {
            self.claimed.remove(&change.number);
            record(&self.connection, change, &at, now.timestamp())?;
            self.landed(change.number)?;
        }
        for step in steps {
            let mut start = step.start.clone();
            start.sort_unstable();
            for together in start.chunk_by(|one, other| one + 1 == *other) {
                let (Some(first), Some(last)) = (together.first(), together.last()) else {
                    continue;
                };
                self.connection
                    .prepare_cached("INSERT INTO in_flight (first, last) VALUES (?1, ?2)")?
                    .execute(params![first, last])?;
                self.in_flight.insert(*first, (*last, together.len()));
            }
        }
        let mut taken: Taken = steps.iter().map(|_| Vec::new()).collect();
        for (batch, most, numbers) in wanted(steps) {
            share(
                self.claim(batch, most, now.timestamp())?,
                &numbers,
                steps,
                &mut taken,
            );
        }
        Ok(taken)
    }

    /// The last of those that went out together takes their row away.
    fn landed(&mut self, number: i64) -> rusqlite::Result<()> {
        let Some((first, (last, left))) = self.in_flight.range_mut(..=number).next_back() else {
            return Ok(());
        };
        if number > *last {
            return Ok(());
        }
        *left -= 1;
        if *left == 0 {
            let first = *first;
            self.in_flight.remove(&first);
            self.connection
                .prepare_cached("DELETE FROM in_flight WHERE first = ?1")?
                .execute(params![first])?;
        }
        Ok(())
    }

    fn claim(&mut self, batch: &str, most: usize, now: i64) -> rusqlite::Result<Vec<Delivery>> {
        let ahead = self.ahead.entry(batch.to_owned()).or_default();
        // From the top again at the end, once a second: what was put off may be due by now.
        while ahead.due.len() < most && (ahead.after > 0 || ahead.looked < now) {
            if ahead.after == 0 {
                ahead.looked = now;
            }
            let mut statement = self.connection.prepare_cached(&select(
                "state",
                &format!("{} AND state IN ('queued', 'deferred') AND not_before <= ?3 ORDER BY number LIMIT ?4", of_batch("?2")),
            ))?;
            let known: HashSet<i64> = ahead.due.iter().map(|waiting| waiting.number).collect();
            let (mut rows, mut read, mut last) = (
                statement.query(params![batch, ahead.after, now, AHEAD])?,
                0,
                0,
            );
            while let Some(row) = rows.next()? {
                let row = delivery(row)?;
                (read, last) = (read + 1, row.number);
                if !known.contains(&last) && !self.claimed.contains(&last) {
                    ahead.due.push_back(row);
                }
            }
            ahead.after = if read == AHEAD { last } else { 0 };
        }
        let taken: Vec<Delivery> = ahead.due.drain(..most.min(ahead.due.len())).collect();
        self.claimed
            .extend(taken.iter().map(|delivery| delivery.number));
        Ok(taken)
    }
}
