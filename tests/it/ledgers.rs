//! The ledger survives people: older shapes, copies that are not whole, other spellings of who was told.

use std::path::PathBuf;

use crate::github::Vendor;
use crate::relay::Relay;

const SEND: [&str; 3] = ["email", "send", "--yes"];

fn vendor(relay: &Relay, recipients: usize) -> Vendor {
    relay.vendor(recipients, "", |n| format!("c{n}.example"))
}

fn ledger(vendor: &Vendor) -> PathBuf {
    vendor.repo.path().join("vendor/.tidings/ledger.db")
}

fn sql(vendor: &Vendor, text: &str) {
    let ledger = rusqlite::Connection::open(ledger(vendor)).unwrap();
    ledger.execute_batch(text).unwrap();
}

/// The shape in which each build of the first version left it, with `sent` for 1, in flight for 2 and queued for 3.
const FORMER: [&str; 4] = [
    // Each delivery is marked; AUTOINCREMENT, and an index.
    "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, version TEXT NOT NULL,
       kind TEXT NOT NULL, customer TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL
       CHECK (state IN ('queued', 'sending', 'sent', 'written', 'deferred', 'failed', 'unknown')), attempts INTEGER NOT NULL DEFAULT 0,
       answer TEXT NOT NULL DEFAULT '', not_before INTEGER NOT NULL DEFAULT 0, queued_at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT;
     INSERT INTO delivery SELECT * FROM aside;
     CREATE INDEX delivery_open ON delivery (batch, number) WHERE state IN ('queued', 'deferred');
     UPDATE delivery SET state = 'sending' WHERE number = 2; UPDATE delivery SET state = 'queued' WHERE number = 3;
     DROP TABLE batch; DROP TABLE in_flight; PRAGMA user_version = 0;",
    // Claims are marked, too.
    "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, version TEXT NOT NULL,
       kind TEXT NOT NULL, customer TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL
       CHECK (state IN ('queued', 'claimed', 'sending', 'sent', 'written', 'deferred', 'failed', 'unknown')), attempts INTEGER NOT NULL DEFAULT 0,
       answer TEXT NOT NULL DEFAULT '', not_before INTEGER NOT NULL DEFAULT 0, queued_at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT;
     INSERT INTO delivery SELECT * FROM aside;
     UPDATE delivery SET state = 'sending' WHERE number = 2; UPDATE delivery SET state = 'claimed' WHERE number = 3;
     DROP TABLE batch; DROP TABLE in_flight; PRAGMA user_version = 0;",
    // What is in flight is a row a step.
    "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, version TEXT NOT NULL,
       kind TEXT NOT NULL, customer TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL
       CHECK (state = 'sent' OR state = 'queued' OR state = 'written' OR state = 'deferred' OR state = 'failed' OR state = 'unknown'),
       attempts INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '', not_before INTEGER NOT NULL DEFAULT 0, queued_at TEXT NOT NULL,
       changed_at TEXT NOT NULL) STRICT;
     INSERT INTO delivery SELECT * FROM aside;
     UPDATE delivery SET state = 'queued' WHERE number IN (2, 3); INSERT INTO in_flight VALUES (2, 2);
     DROP TABLE batch; PRAGMA user_version = 0;",
    // Where a batch lies is a row; the shape has a number.
    "CREATE TABLE delivery (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, version TEXT NOT NULL,
       kind TEXT NOT NULL, customer TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL
       CHECK (state = 'sent' OR state = 'queued' OR state = 'written' OR state = 'deferred' OR state = 'failed' OR state = 'unknown'),
       attempts INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '', not_before INTEGER NOT NULL DEFAULT 0, queued_at TEXT NOT NULL,
       changed_at TEXT NOT NULL) STRICT;
     INSERT INTO delivery SELECT * FROM aside;
     UPDATE delivery SET state = 'queued' WHERE number IN (2, 3); INSERT INTO in_flight VALUES (2, 2); PRAGMA user_version = 1;",
];

#[test]
fn every_former_shape_is_taken_over_and_nobody_is_told_again() {
    for shape in FORMER {
        let relay = Relay::new(|_, _, _| None);
        let vendor = vendor(&relay, 3);
        vendor.tidings(&SEND).says(0, &["3 sent"]);
        let before = format!(
            "CREATE TABLE aside AS SELECT * FROM delivery; DROP TABLE delivery; DROP TABLE self; PRAGMA application_id = 0;
             UPDATE aside SET id = 'former-000000000000-' || number; {shape} DROP TABLE aside;"
        );
        sql(&vendor, &before);
        std::fs::remove_file(ledger(&vendor).with_extension("journal")).unwrap();
        // Who was told is known by other names then, and in another spelling.
        let toml = std::fs::read_to_string(vendor.repo.path().join("tidings.toml")).unwrap();
        vendor
            .repo
            .write("tidings.toml", toml.replace("Acme", "ACME"));
        let file = vendor.repo.path().join("vendor/customers.csv");
        let rows = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, rows.replace("p1@c1.example", "P1@C1.Example")).unwrap();
        let ran = vendor.tidings(&["email", "send", "--yes", "--override-gate", "renamed"]);
        assert!(
            ran.out.contains("2 sent, 1 unknown"),
            "{}{}",
            ran.out,
            ran.err
        );
        let mut told = relay.all_told();
        told.sort();
        assert_eq!(
            told,
            [
                ("p1@c1.example".into(), 1),
                ("p2@c2.example".into(), 1),
                ("p3@c3.example".into(), 2)
            ]
        );
    }
}

#[test]
fn a_ledger_that_is_not_understood_is_refused() {
    let relay = Relay::new(|_, _, _| None);
    for (change, words) in [
        ("PRAGMA user_version = 99", "a later tidings made it"),
        (
            "DROP TABLE in_flight",
            "is no ledger that this tidings understands",
        ),
        (
            "ALTER TABLE delivery RENAME COLUMN state TO stand",
            "is no ledger that this tidings understands",
        ),
        (
            "PRAGMA application_id = 7",
            "is no ledger that this tidings understands",
        ),
    ] {
        let vendor = vendor(&relay, 2);
        sql(&vendor, change);
        vendor.tidings(&SEND).says(2, &[words]);
    }
    let vendor = vendor(&relay, 2);
    std::fs::write(
        ledger(&vendor),
        "no database at all, but a text that is long enough",
    )
    .unwrap();
    vendor.tidings(&SEND).says(2, &["cannot use the ledger"]);
    assert_eq!(relay.all_told().len(), 0);
}

#[test]
fn a_copy_that_is_not_the_newest_is_noticed_before_anybody_is_told() {
    let relay = Relay::new(|_, _, _| None);
    let vendor = vendor(&relay, 4);
    let path = ledger(&vendor);
    vendor.tidings(&["ledger", "backup", "older.db"]).ok();
    vendor
        .tidings(&["ledger", "backup", "older.db"])
        .says(2, &["older.db"]);
    vendor.tidings(&SEND).says(0, &["4 sent"]);
    vendor
        .tidings(&["ledger", "check"])
        .says(0, &["the ledger is whole"]);
    for extension in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(path.with_extension(extension));
    }
    std::fs::copy(vendor.repo.path().join("vendor/older.db"), &path).unwrap();
    vendor
        .tidings(&SEND)
        .says(2, &["is not the newest", "ledger check --accept"]);
    vendor
        .tidings(&["email", "resume"])
        .says(2, &["is not the newest"]);
    vendor
        .tidings(&["ledger", "check"])
        .says(1, &["is not the newest"]);
    assert_eq!(relay.all_told().len(), 4);
    vendor
        .tidings(&["ledger", "check", "--accept"])
        .says(0, &["taken as it is"]);
    vendor.tidings(&["ledger", "check"]).ok();
}

#[test]
fn a_mailbox_in_another_spelling_is_not_told_again() {
    let relay = Relay::new(|_, _, _| None);
    let vendor = vendor(&relay, 1);
    let write = |rows: &str| {
        let head = "customer,name,email,running,kinds\n";
        vendor
            .repo
            .write("vendor/customers.csv", format!("{head}{rows}"));
    };
    write("a,A,Ada@Bücher.example,,\nb,B,bob+news@b.example,,\n");
    vendor.tidings(&SEND).says(0, &["2 sent"]);
    write("a,A,ada@xn--bcher-kva.example,,\nb,B,BOB+news@b.example,,\n");
    vendor.tidings(&SEND).says(0, &["2 sent"]);
    write("a,A,ada@xn--bcher-kva.example,,\nb,B,bob@b.example,,\n");
    vendor
        .tidings(&["email", "suppress", "ada@bücher.example"])
        .ok();
    vendor.tidings(&SEND).says(0, &["3 sent, 1 suppressed"]);
    vendor
        .tidings(&["email", "suppress", "stranger@elsewhere.example"])
        .ok();
    vendor.tidings(&SEND).says(0, &["3 sent, 1 suppressed"]);
    vendor
        .tidings(&["email", "suppress", "ada@xn--bcher-kva.example", "--remove"])
        .ok();
    vendor.tidings(&SEND).says(0, &["release: 3 sent\n"]);
}
