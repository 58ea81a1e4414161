//! Mail over SMTP: the real program against a small server on loopback that says no, later or nothing at each stage, and counts.
//! `tests/e2e` sends through servers that others wrote.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Run, TODAY};
use crate::github::Vendor;

/// What the server does with one recipient, each time or the first time only.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// At MAIL, RCPT, DATA or after the dot.
    Says(&'static str, &'static str),
    /// The connection ends at this stage.
    Drops(&'static str),
    /// It takes the message, and the connection ends before the answer.
    TakesAndDrops,
}

#[derive(Default)]
struct State {
    /// By address: messages taken.
    taken: HashMap<String, usize>,
    messages: Vec<String>,
    faults: HashMap<String, Fault>,
    pipelining: bool,
    utf8: bool,
    connections: usize,
}

#[derive(Clone)]
struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(Mutex::new(State {
                pipelining: true,
                ..State::default()
            })),
        };
        let state = Arc::clone(&server.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                state.lock().unwrap().connections += 1;
                let state = Arc::clone(&state);
                std::thread::spawn(move || talk(stream, &state));
            }
        });
        server
    }

    fn fault(&self, address: &str, fault: Fault) {
        self.state
            .lock()
            .unwrap()
            .faults
            .insert(address.to_owned(), fault);
    }

    fn mend(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    fn taken(&self, address: &str) -> usize {
        self.state
            .lock()
            .unwrap()
            .taken
            .get(address)
            .copied()
            .unwrap_or(0)
    }
}

/// `None` once the client is gone.
fn talk(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 here ESMTP")?;
    let (mut to, mut bad) = (String::new(), false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let verb = line.split([' ', '\r']).next()?.to_uppercase();
        // MAIL has no recipient yet: its fault is that of everybody.
        let fault = |address: &str, stage: &str| {
            let state = state.lock().unwrap();
            let fault = state.faults.get(address).copied()?;
            match fault {
                Fault::Says(at, _) | Fault::Drops(at) if at == stage => Some(fault),
                Fault::TakesAndDrops if stage == "." => Some(fault),
                _ => None,
            }
        };
        let stage = |address: &str, stage: &str, good: &str| match fault(address, stage) {
            Some(Fault::Says(_, answer)) => Some(answer.to_owned()),
            Some(Fault::Drops(_)) => None,
            _ => Some(good.to_owned()),
        };
        match verb.as_str() {
            "EHLO" => {
                let extras = {
                    let state = state.lock().unwrap();
                    [
                        (state.pipelining, "250-PIPELINING"),
                        (state.utf8, "250-SMTPUTF8"),
                    ]
                };
                let lines: Vec<&str> = extras
                    .iter()
                    .filter(|(on, _)| *on)
                    .map(|(_, line)| *line)
                    .collect();
                say(&["250-here", &lines.join("\r\n")]
                    .iter()
                    .filter(|l| !l.is_empty())
                    .copied()
                    .collect::<Vec<_>>()
                    .join("\r\n"))?;
                say("250 8BITMIME")?;
            }
            "MAIL" => {
                bad = false;
                let answer = stage("*", "MAIL", "250 ok")?;
                bad |= !answer.starts_with('2');
                say(&answer)?;
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_lowercase();
                let answer = stage(&to, "RCPT", "250 ok")?;
                bad |= !answer.starts_with('2');
                say(&answer)?;
            }
            "DATA" if bad => say("503 no recipient")?,
            "DATA" => {
                let answer = stage(&to, "DATA", "354 go on")?;
                say(&answer)?;
                if !answer.starts_with("354") {
                    continue;
                }
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).ok()? == 0 {
                        return None;
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    message.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                let answer = stage(&to, ".", "250 2.0.0 queued as 17")?;
                if answer.starts_with('2') {
                    let mut state = state.lock().unwrap();
                    *state.taken.entry(to.clone()).or_default() += 1;
                    state.messages.push(message);
                }
                if fault(&to, ".") == Some(Fault::TakesAndDrops) {
                    return None;
                }
                say(&answer)?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("250 ok")?,
        }
    }
}

fn address(number: usize) -> String {
    format!("p{number}@c{number}.example")
}

/// A vendor with so many recipients, whose release is on its page.
fn vendor(server: &Server, recipients: usize, more: &str) -> Vendor {
    let vendor = Vendor::new("");
    let operator = vendor.repo.path().join("vendor/operator.toml");
    let text = std::fs::read_to_string(&operator).unwrap();
    let mail = format!(
        "[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"customers.csv\"\ntransport = \"smtp://127.0.0.1:{}\"\n{more}",
        server.port
    );
    std::fs::write(&operator, text + &mail).unwrap();
    let rows: String = (1..=recipients)
        .map(|n| format!("c{n},P {n},{},1.0.0,\n", address(n)))
        .collect();
    vendor.repo.write(
        "vendor/customers.csv",
        format!("customer,name,email,running,kinds\n{rows}"),
    );
    vendor.tidings(&["publish"]).ok();
    vendor
}

fn states(vendor: &Vendor) -> HashMap<String, (String, String)> {
    let ran: Run = vendor.tidings(&["email", "status", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    document["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                text(row, "address"),
                (text(row, "state"), text(row, "answer")),
            )
        })
        .collect()
}

#[test]
fn everybody_is_told_once() {
    for pipelining in [true, false] {
        let server = Server::new();
        server.state.lock().unwrap().pipelining = pipelining;
        let vendor = vendor(&server, 30, "test_recipients = [\"qa@acme.example\"]\n");
        vendor.tidings(&["email", "send"]).says(
            2,
            &[
                "nobody confirms it: Tell 30 recipients of 1.1.0 (release)?",
                "--yes",
            ],
        );
        assert_eq!(
            (server.taken("qa@acme.example"), server.taken(&address(1))),
            (1, 0),
            "test recipients come first"
        );
        vendor
            .tidings(&["email", "send", "--yes"])
            .says(0, &["1.1.0 release: 30 sent"]);
        vendor
            .tidings(&["email", "send", "--yes"])
            .says(0, &["1.1.0 release: 30 sent"]);
        vendor.tidings(&["email", "resume"]).ok();
        assert!(
            (1..=30).all(|n| server.taken(&address(n)) == 1)
                && server.taken("qa@acme.example") == 1
        );
        assert!(
            states(&vendor)
                .values()
                .all(|(state, answer)| state == "sent" && answer == "250 2.0.0 queued as 17")
        );
        let messages = server.state.lock().unwrap().messages.clone();
        let ids: std::collections::HashSet<&str> = messages
            .iter()
            .map(|message| {
                message
                    .split("Message-ID: <")
                    .nth(1)
                    .unwrap()
                    .split('>')
                    .next()
                    .unwrap()
            })
            .collect();
        assert_eq!(ids.len(), 31);
        // One more recipient is the only one told.
        let file = vendor.repo.path().join("vendor/customers.csv");
        let more = std::fs::read_to_string(&file).unwrap() + "c31,P,p31@c31.example,,\n";
        std::fs::write(&file, more).unwrap();
        vendor.tidings(&["email", "send", "--dry-run"]).says(
            0,
            &["new        p31@c31.example", "sent       p1@c1.example"],
        );
        vendor
            .tidings(&["email", "send", "--yes"])
            .says(0, &["31 sent"]);
        assert!((1..=31).all(|n| server.taken(&address(n)) == 1));
    }
}

#[test]
fn customers_wait_for_the_test_recipients() {
    let server = Server::new();
    let vendor = vendor(&server, 3, "test_recipients = [\"qa@acme.example\"]\n");
    let taken = || [server.taken("qa@acme.example"), server.taken(&address(1))];
    server.fault(
        "qa@acme.example",
        Fault::Says("RCPT", "450 4.2.0 greylisted"),
    );
    vendor.tidings(&["email", "send", "--yes"]).says(
        2,
        &[
            "qa@acme.example is deferred",
            "4.2.0",
            "in a quarter of an hour",
        ],
    );
    server.mend();
    vendor
        .tidings(&["email", "resolve", "--resend", "qa@acme.example"])
        .says(0, &["nothing of that name is unknown"]);

    let vendor = self::vendor(&server, 3, "test_recipients = [\"qa@acme.example\"]\n");
    server.fault(
        "qa@acme.example",
        Fault::Says("RCPT", "554 5.7.1 not from you"),
    );
    for _ in 0..2 {
        vendor.tidings(&["email", "send", "--yes"]).says(
            2,
            &[
                "qa@acme.example is failed",
                "5.7.1",
                "email resolve --resend",
            ],
        );
        assert_eq!(taken(), [0, 0], "nobody is told before they are");
    }
    server.mend();
    // One that was refused is asked again only by name.
    vendor
        .tidings(&["email", "resolve", "--resend"])
        .says(0, &["nothing is unknown"]);
    vendor
        .tidings(&["email", "resolve", "--assume-sent", "qa@acme.example"])
        .says(0, &["nothing of that name is unknown"]);
    vendor
        .tidings(&["email", "resolve", "--resend", "qa@acme.example"])
        .says(0, &["1 message settled: 0 sent, 1 to be sent"]);
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(0, &["told 1 test recipient", "1.1.0 release: 3 sent"]);
    assert_eq!(taken(), [1, 1]);
}

#[test]
fn a_ledger_that_marked_each_delivery_is_taken_over() {
    let server = Server::new();
    let vendor = vendor(&server, 3, "");
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(0, &["3 sent"]);
    let ledger =
        rusqlite::Connection::open(vendor.repo.path().join("vendor/.tidings/ledger.db")).unwrap();
    let before = "
        CREATE TABLE aside AS SELECT * FROM delivery; DROP TABLE delivery; DROP TABLE batch; DROP TABLE in_flight;
        CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, version TEXT NOT NULL,
          kind TEXT NOT NULL, customer TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
          answer TEXT NOT NULL, not_before INTEGER NOT NULL, queued_at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT;
        INSERT INTO delivery SELECT * FROM aside; DROP TABLE aside;
        UPDATE delivery SET state = 'sending' WHERE number = 2;
        UPDATE delivery SET state = 'claimed' WHERE number = 3;
        PRAGMA user_version = 0;";
    ledger.execute_batch(before).unwrap();
    drop(ledger);
    std::fs::remove_file(vendor.repo.path().join("vendor/.tidings/ledger.journal")).unwrap();
    vendor.tidings(&["email", "resume"]).says(
        1,
        &[
            "1 message of an earlier run may or may not have arrived",
            "2 sent, 1 unknown",
        ],
    );
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(1, &["2 sent, 1 unknown"]);
    assert_eq!(
        [1, 2, 3].map(|number| server.taken(&address(number))),
        [1, 1, 2]
    );
}

#[test]
fn the_server_says_no_later_or_nothing_at_each_stage() {
    for pipelining in [true, false] {
        let server = Server::new();
        server.state.lock().unwrap().pipelining = pipelining;
        let vendor = vendor(&server, 12, "connections = 2\n");
        let cases = [
            (
                1,
                Fault::Says("RCPT", "550 5.1.1 no such user"),
                "failed",
                "550 5.1.1 no such user",
            ),
            (
                2,
                Fault::Says("RCPT", "450 4.2.0 greylisted"),
                "deferred",
                "450 4.2.0 greylisted",
            ),
            (
                3,
                Fault::Says("RCPT", "554 5.7.1 we do not like you"),
                "failed",
                "5.7.1",
            ),
            (
                4,
                Fault::Says("DATA", "452 4.3.1 full"),
                "deferred",
                "4.3.1",
            ),
            (5, Fault::Says("DATA", "554 5.6.0 no"), "failed", "5.6.0"),
            (6, Fault::Says(".", "451 4.3.0 later"), "deferred", "4.3.0"),
            (
                7,
                Fault::Says(".", "552 5.3.4 too large"),
                "failed",
                "5.3.4",
            ),
            (
                8,
                Fault::TakesAndDrops,
                "unknown",
                "no answer after the message",
            ),
            (
                9,
                Fault::Drops("."),
                "unknown",
                "no answer after the message",
            ),
        ];
        for (number, fault, ..) in cases {
            server.fault(&address(number), fault);
        }
        vendor
            .tidings(&["email", "send", "--yes"])
            .says(1, &["3 sent, 3 deferred, 4 failed, 2 unknown"]);
        let seen = states(&vendor);
        for (number, fault, state, answer) in cases {
            let (now, said) = &seen[&address(number)];
            assert!(
                now == state && said.contains(answer),
                "{fault:?}: {now} {said}"
            );
        }
        // Only the address that does not exist is never written to again.
        vendor
            .tidings(&["email", "suppress"])
            .says(0, &["p1@c1.example", "5.1.1"]);
        server.mend();
        vendor.tidings(&["email", "resume"]).says(
            1,
            &[
                "3 sent, 3 deferred, 4 failed, 2 unknown",
                "in a quarter of an hour",
            ],
        );
        assert_eq!(
            server.taken(&address(8)),
            1,
            "what may have arrived is not sent again"
        );
        // The operator looks into the server's log: one arrived, the other did not.
        let id = |number: usize| {
            let ran = vendor.tidings(&["email", "status", "--format", "json"]);
            let document: Value = serde_json::from_str(&ran.out).unwrap();
            let row = document["deliveries"]
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["address"] == address(number))
                .unwrap()
                .clone();
            row["id"].as_str().unwrap().to_owned()
        };
        let log = format!(
            "Nov 23 06:00:00 mx postfix/cleanup[1]: 4F1: message-id=<{}@acme.example>\n\
             Nov 23 06:00:00 mx postfix/qmgr[2]: 4F1: from=<a@acme.example>, size=900, nrcpt=1 (queue active)\n\
             Nov 23 06:00:00 mx postfix/cleanup[1]: 4F2: message-id=<{}@acme.example>\n\
             Nov 23 06:00:00 mx postfix/smtpd[1]: lost connection after DATA (900 bytes) from localhost[127.0.0.1]\n",
            id(8),
            id(9)
        );
        vendor.repo.write("vendor/mail.log", log);
        vendor.repo.write("vendor/empty.log", "nothing\n");
        vendor
            .tidings(&["email", "resolve", "--from-log", "empty.log"])
            .says(2, &["names no message at all"]);
        vendor
            .tidings(&["email", "resolve", "--from-log", "mail.log"])
            .says(0, &["2 messages settled: 1 sent, 1 to be sent"]);
        vendor
            .tidings(&["email", "resume"])
            .says(1, &["5 sent, 3 deferred, 4 failed"]);
        assert_eq!(
            (server.taken(&address(8)), server.taken(&address(9))),
            (1, 1)
        );
    }
}

#[test]
fn a_server_that_takes_nothing_stops_the_run_and_loses_nobody() {
    let server = Server::new();
    let vendor = vendor(&server, 8, "");
    server.fault("*", Fault::Says("MAIL", "530 5.7.0 log in first"));
    vendor.tidings(&["email", "send", "--yes"]).says(
        2,
        &[
            "8 queued",
            "the server takes no mail: 530 5.7.0 log in first",
            "nothing is lost",
        ],
    );
    server.fault("*", Fault::Drops("MAIL"));
    vendor
        .tidings(&["email", "resume"])
        .says(2, &["8 queued", "the server takes no mail"]);
    server.mend();
    server.fault(&address(4), Fault::Drops("RCPT"));
    vendor
        .tidings(&["email", "resume"])
        .says(1, &["7 sent, 1 deferred"]);
    server.mend();
    let ledger = vendor.repo.path().join("vendor/.tidings/ledger.db");
    rusqlite::Connection::open(ledger)
        .unwrap()
        .execute("UPDATE delivery SET not_before = 0", [])
        .unwrap();
    vendor.tidings(&["email", "resume"]).says(0, &["8 sent"]);
    assert!((1..=8).all(|n| server.taken(&address(n)) == 1));
}

#[test]
fn killed_at_any_point_nobody_is_told_twice_and_nobody_is_forgotten() {
    let server = Server::new();
    let vendor = vendor(&server, 400, "connections = 4\n");
    let mut unknown = 0;
    for round in 0..12 {
        let mut command: Command = vendor.command(&["email", "send", "--yes"]);
        command
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(120 + round * 17 % 90));
        let _ = child.kill();
        child.wait().unwrap();
    }
    vendor.tidings(&["email", "send", "--yes"]);
    let seen = states(&vendor);
    for n in 1..=400 {
        let (state, _) = &seen[&address(n)];
        unknown += usize::from(state == "unknown");
        match state.as_str() {
            "sent" => assert_eq!(server.taken(&address(n)), 1, "{}", address(n)),
            "unknown" => assert!(server.taken(&address(n)) <= 1),
            other => panic!("{} is {other}", address(n)),
        }
    }
    // The journal says of all but the one in hand what became of it.
    assert!(unknown <= 4 * 12, "{unknown}");
}

#[test]
fn the_gate_holds_and_going_past_it_is_recorded() {
    let server = Server::new();
    let vendor = vendor(&server, 2, "");
    let page = vendor
        .repo
        .path()
        .join("vendor/release-page/v1.1.0/page.md");
    let good = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, "Something else.\n").unwrap();
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(1, &["gate-page", "says something else than the note"]);
    std::fs::write(&page, good).unwrap();
    vendor
        .tidings(&["email", "send", "1.0.0", "--yes"])
        .says(1, &["gate-smoke", "gate-page", "no public page"]);
    assert_eq!(
        server.state.lock().unwrap().connections,
        0,
        "nobody was spoken to"
    );
    vendor
        .tidings(&[
            "email",
            "send",
            "1.0.0",
            "--yes",
            "--override-gate",
            "the page is down",
        ])
        .says(0, &["GOING PAST THE GATE: the page is down", "2 sent"]);
    vendor
        .tidings(&["ledger", "--format", "json"])
        .says(0, &["gate-overridden", "the page is down", "gate-page"]);
    // A fresh machine has another ledger: it does not know who was told.
    let ledger = vendor.repo.path().join("vendor/.tidings");
    std::fs::rename(&ledger, vendor.repo.path().join("vendor/.old")).unwrap();
    vendor.receipt("1.1.0");
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(1, &["gate-ledger", "--new-ledger"]);
    // The same pipeline once more on a fresh machine: that it finds the page complete is no proof that nobody was told.
    vendor.tidings(&["publish"]).says(0, &["v1.1.0 is public"]);
    vendor.tidings(&["email", "send", "--yes"]).says(
        1,
        &["gate-ledger", "was public before this ledger was there"],
    );
    assert_eq!(server.taken(&address(1)), 1);
    vendor
        .tidings(&["email", "send", "--kind", "withdrawal", "--yes"])
        .says(1, &["gate-page", "does not say that it was withdrawn"]);
    vendor
        .tidings(&["withdraw", "1.1.0", "--reason", "It loses data.", "--yes"])
        .ok();
    vendor
        .tidings(&["email", "send", "1.1.0", "--yes", "--new-ledger"])
        .says(0, &["1.1.0 withdrawal: 2 sent"]);
    assert_eq!(
        server.taken(&address(1)),
        2,
        "once for 1.0.0, once that 1.1.0 is withdrawn"
    );
}

#[test]
fn what_cannot_work_is_said_before_anybody_is_told() {
    let server = Server::new();
    let vendor = vendor(&server, 2, "");
    let operator = vendor.repo.path().join("vendor/operator.toml");
    let good = std::fs::read_to_string(&operator).unwrap();
    let place = format!("smtp://127.0.0.1:{}", server.port);
    let with =
        |transport: &str| std::fs::write(&operator, good.replace(&place, transport)).unwrap();
    let cases: [(&str, &[&str]); 6] = [
        ("smtp://127.0.0.1:9", &["127.0.0.1:9 cannot be reached"]),
        (
            "smtp://me@127.0.0.1:9",
            &["there is no password", "SMTP_PASSWORD"],
        ),
        (
            "smtp://me:secret@127.0.0.1:9",
            &["a password does not belong into a file"],
        ),
        (
            "pigeon://loft",
            &["is no way to send mail", "folder:outbox"],
        ),
        ("smtp://127.0.0.1:many", &["the port is no number"]),
        (
            "sendmail:/nowhere/sendmail",
            &["cannot run `/nowhere/sendmail`", "2 queued"],
        ),
    ];
    for (transport, words) in cases {
        with(transport);
        let ran = vendor.tidings(&["email", "send", "--yes"]).says(2, words);
        assert!(!ran.err.contains("secret@127"), "{}", ran.err);
    }
    with(&format!("{place}?tls=required"));
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(2, &["offers no encryption"]);
    std::fs::write(&operator, good.clone() + "rate = \"quick\"\n").unwrap();
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(2, &["`quick` is no rate", "10/s"]);
    std::fs::write(
        &operator,
        good.clone()
            + "[email.dkim]\ndomain = \"acme.example\"\nselector = \"s\"\nkey_env = \"KEY\"\n",
    )
    .unwrap();
    vendor.tidings(&["email", "send", "--yes"]).says(
        2,
        &["there is no key for DKIM: the environment has no `KEY`"],
    );
    let with_key = |key: &str| {
        let output = vendor
            .command(&["email", "send", "--yes"])
            .env("SOURCE_DATE_EPOCH", TODAY)
            .env("KEY", key)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for key in [
        "verysecret",
        "-----BEGIN RSA PRIVATE KEY-----\nverysecret\n-----END RSA PRIVATE KEY-----\n",
    ] {
        let (code, said) = with_key(key);
        assert!(
            code == Some(2)
                && said.contains("the key for DKIM cannot be read")
                && !said.contains("verysecret"),
            "{said}"
        );
    }
    let ledger = |url: &str| {
        std::fs::write(&operator, format!("{good}[ledger]\nurl = \"{url}\"\n")).unwrap()
    };
    ledger("mysql://here");
    vendor.tidings(&["email", "send", "--yes"]).says(
        2,
        &[
            "`mysql://here` is no ledger",
            "postgres://name@host/database",
        ],
    );
    ledger("postgres://me:verysecret@127.0.0.1/x");
    let ran = vendor
        .tidings(&["email", "send", "--yes"])
        .says(2, &["a password does not belong into a file", "PGPASSWORD"]);
    assert!(!ran.err.contains("verysecret"));
    ledger("postgres://me@127.0.0.1:9/x");
    vendor.tidings(&["email", "send", "--yes"]).says(
        2,
        &[
            "cannot use the ledger `postgres://me@127.0.0.1:9/x`",
            "Connection refused",
        ],
    );
    assert_eq!(
        (server.taken(&address(1)), server.taken(&address(2))),
        (0, 0)
    );
    vendor.repo.write("program", "#!/bin/sh\ncat > \"$0.$5\"\n");
    let program = vendor.repo.path().join("program");
    let mut mode = std::fs::metadata(&program).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    with(&format!("sendmail:{}", program.display()));
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(0, &["2 sent"]);
    let given = std::fs::read_to_string(vendor.repo.path().join("program.p1@c1.example")).unwrap();
    assert!(given.contains("Subject: ") && !given.contains('\r'));
}

#[test]
fn two_runs_at_once_tell_nobody_twice() {
    let server = Server::new();
    let vendor = vendor(&server, 60, "");
    let spawn = || {
        let mut command = vendor.command(&["email", "send", "--yes"]);
        command
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let ended: Vec<_> = [spawn(), spawn(), spawn()]
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    assert!(ended.iter().any(|output| output.status.success()));
    for output in ended.iter().filter(|output| !output.status.success()) {
        assert!(String::from_utf8_lossy(&output.stderr).contains("another tidings"));
    }
    assert!((1..=60).all(|n| server.taken(&address(n)) == 1));
}

#[test]
fn suppressed_addresses_are_left_alone() {
    let server = Server::new();
    let vendor = vendor(
        &server,
        3,
        "unsubscribe = \"https://acme.example/leave?id={id}\"\nrate = \"100/s\"\n",
    );
    vendor
        .tidings(&[
            "email",
            "suppress",
            "P2@C2.example",
            "--reason",
            "asked us to stop",
        ])
        .ok();
    vendor
        .tidings(&["email", "suppress", "nobody"])
        .says(1, &["customer-address"]);
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(0, &["2 sent, 1 suppressed"]);
    assert_eq!(server.taken(&address(2)), 0);
    let message = server.state.lock().unwrap().messages[0].clone();
    assert!(
        message.contains("List-Unsubscribe: <https://acme.example/leave?id=")
            && message.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    );
    vendor
        .tidings(&["email", "suppress", "p2@c2.example", "--remove"])
        .ok();
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(0, &["3 sent"]);
    vendor
        .tidings(&["email", "status", "--format", "csv"])
        .says(
            0,
            &[
                "version,kind,customer,address,state",
                "1.1.0,release,c2,p2@c2.example,sent,1,",
            ],
        );
}

#[test]
fn addresses_beyond_ascii_go_where_the_server_can() {
    let server = Server::new();
    let vendor = vendor(&server, 1, "");
    vendor
        .repo
        .write("vendor/customers.csv", "customer,name,email,running,kinds\na,Jürgen Müller,j@bücher.example,,\nb,X,jürgen@c.example,,\n");
    vendor
        .tidings(&["email", "send", "--yes"])
        .says(1, &["1 sent, 1 failed"]);
    assert_eq!(server.taken("j@xn--bcher-kva.example"), 1);
    assert!(states(&vendor)["jürgen@c.example"].1.contains("SMTPUTF8"));
    assert!(server.state.lock().unwrap().messages[0].contains("To: =?utf-8?"));
}

#[test]
fn an_end_of_support_is_told_three_times_and_not_more() {
    let server = Server::new();
    let vendor = vendor(&server, 2, "");
    let toml = std::fs::read_to_string(vendor.repo.path().join("tidings.toml")).unwrap();
    let toml = toml.replace("supported_minors = 2", "supported_minors = 1");
    let send = ["email", "send", "--kind", "end-of-support", "--yes"];
    let today = chrono::DateTime::from_timestamp(TODAY.parse().unwrap(), 0).unwrap();
    let until = today.date_naive() + chrono::Days::new(200);
    vendor.repo.write(
        "tidings.toml",
        format!("{toml}\n[[policy.extended]]\nline = \"1.0\"\nuntil = \"{until}\"\n"),
    );
    for (left, told) in [(200, 0), (90, 1), (40, 1), (14, 2), (3, 2), (0, 3)] {
        let day = today + chrono::Days::new(200 - left);
        let on_that_day = |arguments: &[&str]| {
            let output = vendor
                .command(arguments)
                .env("SOURCE_DATE_EPOCH", day.timestamp().to_string())
                .output()
                .unwrap();
            (
                output.status.code(),
                String::from_utf8(output.stdout).unwrap(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let (code, due, said) = on_that_day(&["email", "due"]);
        assert!(
            code == Some(0)
                && due.contains(if left == 200 {
                    "nobody"
                } else {
                    "p1@c1.example"
                }),
            "{left}: {due}{said}"
        );
        let (code, _, said) = on_that_day(&send);
        assert_eq!(
            code,
            Some(if left == 200 { 2 } else { 0 }),
            "{left}: {said}"
        );
        assert_eq!(server.taken(&address(1)), told, "{left} days before");
    }
    let subjects: Vec<String> = server
        .state
        .lock()
        .unwrap()
        .messages
        .iter()
        .filter_map(|m| Some(m.split("Subject: ").nth(1)?.lines().next()?.to_owned()))
        .collect();
    assert!(subjects[0].contains("1.0: support ends"), "{subjects:?}");
}

#[test]
fn a_maintenance_window_is_announced_once_and_names_no_release() {
    let server = Server::new();
    let vendor = vendor(&server, 2, "");
    let send = |more: &[&str]| {
        vendor.tidings(
            &[
                &["email", "send", "--yes", "--kind", "pre-announcement"],
                more,
            ]
            .concat(),
        )
    };
    send(&[]).says(
        2,
        &["a pre-announcement is of a day", "--window 2026-12-05"],
    );
    send(&["--window", "2001-01-01"]).says(2, &["2001-01-01 is over"]);
    vendor
        .tidings(&["email", "send", "--yes", "--window", "2099-01-01"])
        .says(2, &["announces no maintenance window"]);
    for _ in 0..2 {
        send(&["--window", "2099-01-01"]).says(0, &["2099-01-01 pre-announcement: 2 sent"]);
    }
    assert_eq!(
        (server.taken(&address(1)), server.taken(&address(2))),
        (1, 1)
    );
    let message = server.state.lock().unwrap().messages[0].clone();
    assert!(
        message.contains("Subject: Acme Agent: maintenance window ahead on 2099-01-01"),
        "{message}"
    );
    assert!(
        !message.contains("1.1.0") && message.contains("/releases\r\n"),
        "{message}"
    );
    send(&["--window", "2099-02-01"]).says(0, &["2099-02-01 pre-announcement: 2 sent"]);
    assert_eq!(server.taken(&address(1)), 2);
}

/// A line break in whatever comes from a file never starts another header, in no message.
#[test]
fn nothing_in_a_file_starts_another_header() {
    let server = Server::new();
    let hostile = [
        "X\\r\\nBcc: evil@example.org",
        "X\\nBcc: evil@example.org",
        "X\\u2028Bcc: evil@example.org",
    ];
    for bad in hostile {
        let vendor = vendor(&server, 1, "");
        let operator = vendor.repo.path().join("vendor/operator.toml");
        let good = std::fs::read_to_string(&operator).unwrap();
        for (from, to) in [
            (
                "from = \"A <a@acme.example>\"",
                format!("from = \"{bad} <a@acme.example>\""),
            ),
            (
                "from =",
                format!("reply_to = \"{bad} <a@acme.example>\"\nfrom ="),
            ),
            (
                "from =",
                format!("unsubscribe = \"https://acme.example/{bad}\"\nfrom ="),
            ),
        ] {
            std::fs::write(&operator, good.replacen(from, &to, 1)).unwrap();
            vendor
                .tidings(&["email", "send", "--yes"])
                .says(2, &["is no"]);
        }
        std::fs::write(&operator, good.replace("customers.csv", "customers.toml")).unwrap();
        for (id, name, running, email) in [
            ("c", bad, "1.0.0", "a@b.example"),
            (bad, "N", "1.0.0", "a@b.example"),
            ("c", "N", bad, "a@b.example"),
            ("c", "N", "1.0.0", &format!("a@b.example{bad}") as &str),
        ] {
            let rows = format!(
                "[[customer]]\nid = \"{id}\"\nrunning = \"{running}\"\n[[customer.contact]]\nname = \"{name}\"\nemail = \"{email}\"\n"
            );
            vendor.repo.write("vendor/customers.toml", rows);
            let ran = vendor.tidings(&["email", "send", "--yes"]);
            assert_eq!(
                ran.code, 1,
                "{id} {name} {running} {email}: {}{}",
                ran.out, ran.err
            );
        }
        vendor.repo.write(
            "vendor/customers.toml",
            "[[customer]]\nid = \"c\"\n[[customer.contact]]\nemail = \"a@b.example\"\n",
        );
        let toml = std::fs::read_to_string(vendor.repo.path().join("tidings.toml")).unwrap();
        for key in ["name", "vendor"] {
            let line = toml
                .lines()
                .find(|line| line.starts_with(&format!("{key} = ")))
                .unwrap();
            vendor.repo.write(
                "tidings.toml",
                toml.replacen(line, &format!("{key} = \"{bad}\""), 1),
            );
            vendor.tidings(&["email", "send", "--yes", "--override-gate", "a test"]);
        }
    }
    for message in &server.state.lock().unwrap().messages {
        let headers = message.split("\r\n\r\n").next().unwrap();
        assert!(
            !headers
                .lines()
                .any(|line| line.to_lowercase().starts_with("bcc")),
            "{headers}"
        );
    }
}

/// The ledger's disk is full: what was sent is written down, what was not is not sent.
#[test]
fn a_full_disk_stops_the_run() {
    let server = Server::new();
    let vendor = vendor(&server, 300, "connections = 2\n");
    let limited = |kilobytes: u64| {
        let line = format!("ulimit -f {}; exec \"$0\" \"$@\"", kilobytes * 2);
        let inner = vendor.command(&["email", "send", "--yes"]);
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(line)
            .arg(inner.get_program())
            .args(inner.get_args());
        command
            .current_dir(inner.get_current_dir().unwrap())
            .env("SOURCE_DATE_EPOCH", TODAY);
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    // The file may grow so far, and not further: SIGXFSZ or an error when writing, as at the end of a disk.
    let (code, said) = limited(200);
    assert!(code != Some(0), "{said}");
    let told = (1..=300).filter(|n| server.taken(&address(*n)) > 0).count();
    assert!(told < 300, "the disk was not full");
    vendor.tidings(&["email", "send", "--yes"]);
    let seen = states(&vendor);
    for n in 1..=300 {
        let (state, _) = &seen[&address(n)];
        let times = server.taken(&address(n));
        assert!(
            times <= 1 && (state != "sent" || times == 1),
            "{state} {times}"
        );
        assert!(state == "sent" || state == "unknown", "{state}");
    }
}
