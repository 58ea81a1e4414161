//! The ledger in a PostgreSQL database that several machines share. Deliveries are claimed with `FOR UPDATE SKIP LOCKED`; each process that
//! sends holds an advisory lock while it lives, so that others can tell what a dead one left behind.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, Error, NoTls, Row, Transaction};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::adapters::ledger::group_commit::{Store, Taken, Writer, share, wanted};
use crate::adapters::ledger::stamp::Stamp;
use crate::model::{Delivery, DeliveryBatch, DeliveryState, NewDelivery, folded};
use crate::ports::{Change, Failure, Ledger, OwnName, Receipt, Recorded, Step, Writing, loopback};

const PATIENCE: Duration = Duration::from_secs(10);

/// The advisory locks of tidings. The second key: 0 for who acts, else the number of a process that sends.
const LOCKS: i32 = 0x7469_6469;

const TABLES: &str = include_str!("postgres.sql");

/// RFC 3339, to the second, by the clock that all machines share.
const NOW: &str = "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

const DELIVERY: &str = "id, batch, version, kind, customer, address, state, attempts, answer, queued_at, changed_at, number";

pub struct PostgresLedger {
    config: Config,
    name: String,
    /// From where the place for the stamp is found.
    root: PathBuf,
    client: Mutex<Client>,
    writer: Mutex<Option<Writer>>,
}

/// The one who writes deliveries while they are sent.
struct Steps {
    client: Client,
    stamp: Option<Stamp>,
    runner: i32,
}

impl PostgresLedger {
    pub fn open(url: &str, password: Option<&SecretString>, root: &Path) -> Result<Self, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = Config::from_str(url).map_err(|error| fail(url, &error))?;
        config.connect_timeout(PATIENCE).application_name("tidings");
        if let Some(password) = password {
            config.password(password.expose_secret());
        }
        // What is not TCP is a socket on this machine.
        let near = !config
            .get_hosts()
            .iter()
            .any(|host| matches!(host, Host::Tcp(name) if !loopback(name)));
        // Unencrypted on loopback only.
        config.ssl_mode(if near && config.get_ssl_mode() != SslMode::Require {
            SslMode::Disable
        } else {
            SslMode::Require
        });
        let mut client = connect(&config).map_err(|error| fail(url, &error))?;
        prepare(&mut client, url)?;
        Ok(PostgresLedger {
            config,
            name: url.to_owned(),
            root: root.to_path_buf(),
            client: Mutex::new(client),
            writer: Mutex::default(),
        })
    }

    fn writer(&self) -> Result<Writer, Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*writer {
            return Ok(known.clone());
        }
        let (config, name, root) = (self.config.clone(), self.name.clone(), self.root.clone());
        Ok(writer
            .insert(Writer::begin(move || {
                Steps::open(&config, &root).map_err(|error| fail(&name, &error))
            })?)
            .clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Client) -> Result<T, Error>) -> Result<T, Failure> {
        work(&mut self.client.lock().unwrap_or_else(PoisonError::into_inner))
            .map_err(|error| fail(&self.name, &error))
    }

    /// Whether a newer state of it was seen here.
    fn newer(&self, name: &str, step: i64) -> Option<String> {
        let last = Stamp::open(&self.root, name)?.read();
        (last > step).then(|| {
            format!(
                "the ledger `{}` is not the newest: it has taken {step} steps, and {last} were seen here. It was put back from an older copy",
                crate::diag::clipped(&self.name, 80)
            )
        })
    }

    /// A connection that holds a lock as long as it lives.
    fn lock(&self, function: &str) -> Result<Box<dyn std::any::Any>, Failure> {
        let locked = || {
            let mut client = connect(&self.config)?;
            let got: bool = client
                .query_one(&format!("SELECT {function}($1, 0)"), &[&LOCKS])?
                .get(0);
            Ok::<_, Error>(got.then_some(client))
        };
        match locked().map_err(|error| fail(&self.name, &error))? {
            Some(client) => Ok(Box::new(client)),
            None => Err(Failure::new("another tidings is at work with this ledger")
                .help("wait until it is done, then run this again")),
        }
    }
}

fn connect(config: &Config) -> Result<Client, Error> {
    let mut client = if config.get_ssl_mode() == SslMode::Disable {
        config.connect(NoTls)?
    } else {
        // Where the system trusts nobody, no certificate is good.
        let nobody = || {
            ClientConfig::builder()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        };
        let trusted = MakeRustlsConnect::with_native_certs().map(|(connect, _)| connect);
        config.connect(trusted.unwrap_or_else(|_| MakeRustlsConnect::new(nobody())))?
    };
    client.batch_execute("SET search_path TO tidings; SET synchronous_commit TO on")?;
    Ok(client)
}

/// The shape of the tables, as in SQLite.
const SHAPE: i32 = 2;

/// From the tables of builds before there was a table `self`.
const FROM_BEFORE: &str = "
CREATE TABLE tidings.self (
  one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, shape INTEGER NOT NULL, step BIGINT NOT NULL, former BIGINT NOT NULL
);
INSERT INTO tidings.self (one, name, shape, step, former)
  SELECT 1, substr(md5(random()::text || clock_timestamp()::text), 1, 16), 2, 0, coalesce(max(number), 0) FROM tidings.delivery;
";

/// Makes the tables where there are none, and brings old ones up to date; two machines may come at once.
fn prepare(client: &mut Client, url: &str) -> Result<(), Failure> {
    match shape(client).map_err(|error| fail(url, &error))? {
        SHAPE => Ok(()),
        other => Err(Failure::new(format!(
            "the ledger `{}` has shape {other}, and this tidings knows {SHAPE}",
            crate::diag::clipped(url, 80)
        ))
        .help("use the tidings that made it: what this one does not understand it could repeat")),
    }
}

fn shape(client: &mut Client) -> Result<i32, Error> {
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock($1, -1)", &[&LOCKS])?;
    let row = transaction.query_one(
        "SELECT to_regclass('tidings.receipt') IS NOT NULL, to_regclass('tidings.self') IS NOT NULL",
        &[],
    )?;
    match (row.get(0), row.get(1)) {
        (false, _) => transaction.batch_execute(TABLES)?,
        (true, false) => transaction.batch_execute(FROM_BEFORE)?,
        (true, true) => {}
    }
    let shape = transaction
        .query_one("SELECT shape FROM tidings.self", &[])?
        .get(0);
    transaction.commit()?;
    Ok(shape)
}

fn fail(url: &str, error: &Error) -> Failure {
    let below = std::error::Error::source(error)
        .map(|below| format!(": {below}"))
        .unwrap_or_default();
    Failure::new(format!(
        "cannot use the ledger `{}`: {}",
        crate::diag::clipped(url, 80),
        crate::diag::clipped(&format!("{error}{below}"), 300)
    ))
    .help("`[ledger] url` in operator.toml names the database, and `password_env` the variable with its password")
}

impl Ledger for PostgresLedger {
    fn receipts(&self) -> Result<Vec<Recorded>, Failure> {
        let query = "SELECT number, at, step, version, tag, commit_id, digest, detail FROM receipt ORDER BY number";
        let rows = self.with(|client| client.query(query, &[]))?;
        let recorded = |row: &Row| Recorded {
            number: row.get(0),
            at: row.get(1),
            receipt: Receipt {
                step: row.get(2),
                version: row.get(3),
                tag: row.get(4),
                commit: row.get(5),
                digest: row.get(6),
                detail: row.get(7),
            },
        };
        Ok(rows.iter().map(recorded).collect())
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
        let line = format!(
            "INSERT INTO receipt (at, step, version, tag, commit_id, digest, detail)
             SELECT {NOW}, $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (
               SELECT 1 FROM receipt WHERE number = (SELECT max(number) FROM receipt WHERE tag = $3)
                 AND step = $1 AND commit_id = $4 AND digest = $5 AND detail = $6)"
        );
        self.with(|client| client.execute(&line, &[step, version, tag, commit, digest, detail]))
            .map(|_| ())
    }

    fn alone(&self) -> Result<Box<dyn std::any::Any>, Failure> {
        self.lock("pg_try_advisory_lock")
    }

    fn join(&self) -> Result<Box<dyn std::any::Any>, Failure> {
        self.lock("pg_try_advisory_lock_shared")
    }

    fn queue(&self, batch: &DeliveryBatch, new: &[NewDelivery<'_>]) -> Result<(), Failure> {
        let DeliveryBatch {
            name,
            version,
            kind,
        } = batch;
        let ids: Vec<&str> = new.iter().map(|new| new.id).collect();
        let customers: Vec<&str> = new.iter().map(|new| new.customer).collect();
        let addresses: Vec<&str> = new.iter().map(|new| new.address).collect();
        let line = format!(
            "INSERT INTO delivery (id, batch, version, kind, customer, address, state, queued_at, changed_at)
             SELECT u.id, $1, $2, $3, u.customer, u.address, 'queued', {NOW}, {NOW}
             FROM unnest($4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS u (id, customer, address, place) ORDER BY u.place
             ON CONFLICT (id) DO NOTHING"
        );
        self.with(|client| {
            client.execute(&line, &[name, version, kind, &ids, &customers, &addresses])
        })
        .map(|_| ())
    }

    fn deliveries(&self, batch: Option<&str>) -> Result<Vec<Delivery>, Failure> {
        let query = format!(
            "SELECT {DELIVERY} FROM delivery WHERE $1::text IS NULL OR batch = $1 ORDER BY number"
        );
        Ok(self
            .with(|client| client.query(&query, &[&batch]))?
            .iter()
            .map(delivery)
            .collect())
    }

    fn counts(&self, batch: &str) -> Result<Vec<(DeliveryState, usize)>, Failure> {
        let rows = self.with(|client| {
            client.query(
                "SELECT state, count(*) FROM delivery WHERE batch = $1 GROUP BY state",
                &[&batch],
            )
        })?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some((
                    DeliveryState::read(row.get(0))?,
                    row.get::<_, i64>(1) as usize,
                ))
            })
            .collect())
    }

    fn own_name(&self) -> Result<Option<OwnName>, Failure> {
        let (name, _, former) = self.with(own)?;
        Ok(Some(OwnName { name, former }))
    }

    fn begin(&self) -> Result<OwnName, Failure> {
        let (name, step, former) = self.with(own)?;
        match self.newer(&name, step) {
            Some(why) => Err(Failure::new(why)
                .help("put the newest back; if it is lost, `tidings ledger check --accept` takes this one and leaves what was open `unknown`")),
            None => Ok(OwnName { name, former }),
        }
    }

    fn backup(&self, _: &Path) -> Result<(), Failure> {
        Err(
            Failure::new("this ledger is a database, which has its own way to be copied")
                .help("`pg_dump --schema=tidings`"),
        )
    }

    fn examine(&self) -> Result<Vec<String>, Failure> {
        let (name, step, _) = self.with(own)?;
        Ok(self.newer(&name, step).into_iter().collect())
    }

    fn accept(&self) -> Result<usize, Failure> {
        let (name, step, _) = self.with(own)?;
        let mut stamp = Stamp::open(&self.root, &name);
        let step = step.max(stamp.as_mut().map_or(0, Stamp::read)) + 1;
        let why = "the ledger was put back from an older state: this may have been sent since";
        let line = format!(
            "WITH changed AS (UPDATE delivery SET state = 'unknown', answer = $1, changed_at = {NOW}
               WHERE state IN ('queued', 'claimed', 'sending', 'deferred') RETURNING id),
             stepped AS (UPDATE self SET step = $2)
             INSERT INTO delivery_event (id, at, state, answer) SELECT id, {NOW}, 'unknown', $1 FROM changed"
        );
        let changed = self.with(|client| client.execute(&line, &[&why, &step]))?;
        if let Some(stamp) = &mut stamp {
            stamp.write(step);
        }
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn step(&self, step: Step) -> Result<Writing, Failure> {
        self.writer()?.step(step, &self.name)
    }

    fn settle(&self, done: Vec<Change>) -> Result<(), Failure> {
        self.writer()?.now(
            Step {
                done,
                ..Step::default()
            },
            &self.name,
        )
    }

    fn settle_interrupted(&self) -> Result<usize, Failure> {
        let why = "the run that sent it ended before the server's answer was written down";
        let line = format!(
            "WITH gone AS (
               SELECT runner FROM (SELECT DISTINCT runner FROM delivery WHERE state IN ('claimed', 'sending')) AS left_behind
               WHERE runner IS NULL OR pg_try_advisory_xact_lock($1, runner)),
             freed AS (
               UPDATE delivery SET state = 'queued', changed_at = {NOW}
               WHERE state = 'claimed' AND (runner IS NULL OR runner IN (SELECT runner FROM gone)) RETURNING id),
             settled AS (
               UPDATE delivery SET state = 'unknown', answer = $2, attempts = attempts + 1, changed_at = {NOW}
               WHERE state = 'sending' AND (runner IS NULL OR runner IN (SELECT runner FROM gone)) RETURNING id)
             INSERT INTO delivery_event (id, at, state, answer) SELECT id, {NOW}, 'unknown', $2 FROM settled"
        );
        self.with(|client| client.execute(&line, &[&LOCKS, &why]))
            .map(|count| count as usize)
    }

    fn suppressed(&self) -> Result<Vec<(String, String)>, Failure> {
        let rows = self.with(|client| {
            client.query(
                "SELECT address, reason FROM suppression ORDER BY address",
                &[],
            )
        })?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn suppress(&self, address: &str, reason: Option<&str>) -> Result<(), Failure> {
        self.with(|client| {
            let mut transaction = client.transaction()?;
            match reason {
                Some(reason) => suppress(&mut transaction, address, reason)?,
                None => transaction
                    .execute(
                        "DELETE FROM suppression WHERE address = $1",
                        &[&folded(address)],
                    )
                    .map(|_| ())?,
            }
            transaction.commit()
        })
    }
}

fn suppress(transaction: &mut Transaction<'_>, address: &str, reason: &str) -> Result<(), Error> {
    let line = format!(
        "INSERT INTO suppression (address, reason, at) VALUES ($1, $2, {NOW}) ON CONFLICT DO NOTHING"
    );
    transaction
        .execute(&line, &[&folded(address), &reason])
        .map(|_| ())
}

impl Store for Steps {
    fn together(&mut self, steps: &[Step]) -> Result<Taken, String> {
        self.commit(steps)
            .unwrap_or_else(|error| Err(fail("", &error).what))
    }
}

impl Steps {
    fn open(config: &Config, root: &Path) -> Result<Self, Error> {
        let mut client = connect(config)?;
        let (name, ..) = own(&mut client)?;
        let runner: i32 = client
            .query_one("SELECT nextval('runner')::integer", &[])?
            .get(0);
        client.execute("SELECT pg_advisory_lock($1, $2)", &[&LOCKS, &runner])?;
        Ok(Steps {
            client,
            stamp: Stamp::open(root, &name),
            runner,
        })
    }

    fn commit(&mut self, steps: &[Step]) -> Result<Result<Taken, String>, Error> {
        let mut transaction = self.client.transaction()?;
        let changes: Vec<&Change> = steps.iter().flat_map(|step| &step.done).collect();
        if !changes.is_empty() {
            record(&mut transaction, &changes)?;
        }
        let started: Vec<i64> = steps.iter().flat_map(|step| &step.start).copied().collect();
        if !started.is_empty() {
            let line = format!(
                "UPDATE delivery SET state = 'sending', changed_at = {NOW} WHERE number = ANY($1) AND state = 'claimed' AND runner = $2"
            );
            // One that is ours no longer is not given away.
            if transaction.execute(&line, &[&started, &self.runner])? as usize != started.len() {
                transaction.rollback()?;
                return Ok(Err(
                    "another machine took over what this one had claimed".to_owned()
                ));
            }
        }
        let mut taken: Taken = steps.iter().map(|_| Vec::new()).collect();
        for (batch, most, numbers) in wanted(steps) {
            let line = format!(
                "UPDATE delivery SET state = 'claimed', runner = $3, changed_at = {NOW} WHERE number IN (
                   SELECT number FROM delivery WHERE batch = $1 AND state IN ('queued', 'deferred')
                     AND not_before <= extract(epoch FROM now())::bigint ORDER BY number LIMIT $2 FOR UPDATE SKIP LOCKED)
                 RETURNING {DELIVERY}"
            );
            let claimed = transaction.query(&line, &[&batch, &(most as i64), &self.runner])?;
            share(
                claimed.iter().map(delivery).collect(),
                &numbers,
                steps,
                &mut taken,
            );
        }
        let step = count(&mut transaction)?;
        transaction.commit()?;
        if let Some(stamp) = &mut self.stamp {
            stamp.write(step);
        }
        Ok(Ok(taken))
    }
}

/// One more durable step, counted last: until the end of the transaction others wait here.
fn count(transaction: &mut Transaction<'_>) -> Result<i64, Error> {
    let line = "UPDATE self SET step = step + 1 RETURNING step";
    Ok(transaction.query_one(line, &[])?.get(0))
}

/// Its name, its steps, and the number up to which identifiers are former ones.
fn own(client: &mut Client) -> Result<(String, i64, i64), Error> {
    let row = client.query_one("SELECT name, step, former FROM self", &[])?;
    Ok((row.get(0), row.get(1), row.get(2)))
}

fn record(transaction: &mut Transaction<'_>, changes: &[&Change]) -> Result<(), Error> {
    let numbers: Vec<i64> = changes.iter().map(|change| change.number).collect();
    let states: Vec<&str> = changes.iter().map(|change| change.state.as_str()).collect();
    let answers: Vec<&str> = changes
        .iter()
        .map(|change| change.answer.as_str())
        .collect();
    let after: Vec<i64> = changes
        .iter()
        .map(|change| i64::try_from(change.after.as_secs()).unwrap_or(i64::MAX / 2))
        .collect();
    let attempted: Vec<i32> = changes
        .iter()
        .map(|change| change.attempts.as_number())
        .collect();
    let line = format!(
        "WITH u AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::integer[]) AS u (number, state, answer, after, attempted)),
         changed AS (
           UPDATE delivery AS d SET state = u.state, answer = u.answer, not_before = extract(epoch FROM now())::bigint + u.after,
             attempts = CASE u.attempted WHEN -1 THEN 0 ELSE d.attempts + u.attempted END, changed_at = {NOW} FROM u WHERE d.number = u.number
           RETURNING d.id, d.state, d.answer)
         INSERT INTO delivery_event (id, at, state, answer) SELECT id, {NOW}, state, answer FROM changed WHERE state NOT IN ('sent', 'written')"
    );
    transaction.execute(&line, &[&numbers, &states, &answers, &after, &attempted])?;
    for change in changes {
        if let Some(address) = &change.suppress {
            suppress(transaction, address, &change.answer)?;
        }
    }
    Ok(())
}

fn delivery(row: &Row) -> Delivery {
    let (state, attempts): (&str, i32) = (row.get(6), row.get(7));
    Delivery {
        number: row.get(11),
        id: row.get(0),
        batch: row.get(1),
        version: row.get(2),
        kind: row.get(3),
        customer: row.get(4),
        address: row.get(5),
        state: DeliveryState::read(state).unwrap_or(DeliveryState::Unknown),
        attempts: attempts.unsigned_abs(),
        answer: row.get(8),
        queued_at: row.get(9),
        changed_at: row.get(10),
    }
}
