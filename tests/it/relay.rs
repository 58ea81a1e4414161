//! Mail through relays that refuse, limit and misbehave as those in the field do: about whom a refusal is, and how fast they are asked.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::TODAY;
use crate::github::Vendor;

/// What a connection has seen so far.
#[derive(Default)]
pub struct Seen {
    /// Connections that are open, with this one.
    open: usize,
    /// Messages that it took.
    took: usize,
    /// The messages of all connections, by recipient.
    told: HashMap<String, usize>,
    asked: HashSet<String>,
}

/// What is said instead of yes; an empty text closes the connection, one that begins with `!` is said before it is closed.
type Script = dyn Fn(&str, &str, &Seen) -> Option<String> + Send + Sync;

pub struct Relay {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
    script: Arc<Mutex<Arc<Script>>>,
}

impl Relay {
    pub fn new(
        script: impl Fn(&str, &str, &Seen) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let script: Arc<Script> = Arc::new(script);
        let relay = Relay {
            port: listener.local_addr().unwrap().port(),
            seen: Arc::default(),
            script: Arc::new(Mutex::new(script)),
        };
        let (seen, script) = (Arc::clone(&relay.seen), Arc::clone(&relay.script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                std::thread::spawn(move || {
                    seen.lock().unwrap().open += 1;
                    talk(stream, &seen, &script);
                    seen.lock().unwrap().open -= 1;
                });
            }
        });
        relay
    }

    fn mend(&self) {
        *self.script.lock().unwrap() = Arc::new(|_, _, _| None);
    }

    fn told(&self) -> usize {
        let seen = self.seen.lock().unwrap();
        assert!(seen.told.values().all(|times| *times == 1), "told twice");
        seen.told.len()
    }

    pub fn all_told(&self) -> Vec<(String, usize)> {
        let seen = self.seen.lock().unwrap();
        seen.told
            .iter()
            .map(|(who, times)| (who.clone(), *times))
            .collect()
    }

    fn asked(&self) -> HashSet<String> {
        self.seen.lock().unwrap().asked.clone()
    }

    /// A vendor with so many recipients, whose release is on its page.
    pub fn vendor(
        &self,
        recipients: usize,
        more: &str,
        domain: impl Fn(usize) -> String,
    ) -> Vendor {
        let vendor = Vendor::new("");
        let operator = vendor.repo.path().join("vendor/operator.toml");
        let text = std::fs::read_to_string(&operator).unwrap();
        let from = match more.contains("from =") {
            true => "",
            false => "from = \"A <a@acme.example>\"\n",
        };
        let mail = format!(
            "[email]\n{from}customers = \"customers.csv\"\ntransport = \"smtp://127.0.0.1:{}\"\n{more}",
            self.port
        );
        std::fs::write(&operator, text + &mail).unwrap();
        let rows: String = (1..=recipients)
            .map(|n| format!("c{n},P {n},p{n}@{},1.0.0,\n", domain(n)))
            .collect();
        let head = "customer,name,email,running,kinds\n";
        vendor
            .repo
            .write("vendor/customers.csv", format!("{head}{rows}"));
        vendor.tidings(&["publish"]).ok();
        vendor
    }
}

fn own_domain(n: usize) -> String {
    format!("c{n}.example")
}

fn talk(stream: TcpStream, seen: &Mutex<Seen>, script: &Mutex<Arc<Script>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    let mut took = 0;
    let mut said = |stage: &str, argument: &str, good: &str, took: usize| {
        let script = Arc::clone(&script.lock().unwrap());
        let instead = {
            let mut seen = seen.lock().unwrap();
            seen.took = took;
            script(stage, argument, &seen)
        };
        let text = instead.unwrap_or_else(|| good.to_owned());
        if !text.is_empty() {
            let text = format!("{}\r\n", text.trim_start_matches('!'));
            stream.write_all(text.as_bytes()).ok()?;
        }
        (!text.is_empty() && !text.starts_with('!')).then_some(text)
    };
    said("connect", "", "220 relay ESMTP", took)?;
    let (mut sender, mut to) = (false, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let verb = line.split([' ', '\r']).next()?.to_uppercase();
        match verb.as_str() {
            "EHLO" => said(
                "ehlo",
                &line,
                "250-relay\r\n250-PIPELINING\r\n250 8BITMIME",
                took,
            )?,
            "STARTTLS" => said("starttls", &line, "502 no", took)?,
            "MAIL" => {
                to = None;
                let reply = said("mail", &line, "250 2.1.0 ok", took)?;
                sender = reply.starts_with('2');
                reply
            }
            "RCPT" if !sender => said("bad", "", "503 5.5.1 no sender", took)?,
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1)?.to_owned();
                let reply = said("rcpt", &address, "250 2.1.5 ok", took)?;
                seen.lock().unwrap().asked.insert(address.clone());
                to = reply.starts_with('2').then_some(address);
                reply
            }
            "DATA" if to.is_none() => said("bad", "", "503 5.5.1 no recipient", took)?,
            "DATA" => {
                let reply = said("data", "", "354 go on", took)?;
                if !reply.starts_with("354") {
                    continue;
                }
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    if reader.read_line(&mut text).ok()? == 0 {
                        return None;
                    }
                }
                let address = to.take()?;
                let reply = said("end", &address, "250 2.0.0 taken", took)?;
                if reply.starts_with('2') {
                    took += 1;
                    *seen.lock().unwrap().told.entry(address).or_default() += 1;
                }
                reply
            }
            "QUIT" => {
                said("quit", "", "221 bye", took)?;
                return None;
            }
            _ => said("other", "", "250 ok", took)?,
        };
    }
}

fn deliveries(vendor: &Vendor) -> Vec<Value> {
    let ran = vendor.tidings(&["email", "status", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    document["deliveries"].as_array().unwrap().clone()
}

fn counts(vendor: &Vendor) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for row in deliveries(vendor) {
        let state = row["state"].as_str().unwrap().to_owned();
        *counts.entry(state).or_default() += 1;
    }
    counts
}

fn due_now(vendor: &Vendor) {
    let ledger = vendor.repo.path().join("vendor/.tidings/ledger.db");
    rusqlite::Connection::open(ledger)
        .unwrap()
        .execute("UPDATE delivery SET not_before = 0", [])
        .unwrap();
}

const SEND: [&str; 3] = ["email", "send", "--yes"];

#[test]
fn a_refusal_that_is_about_us_stops_the_run_and_marks_nobody() {
    for (stage, words) in [
        (
            "rcpt",
            "550 5.1.0 <a@acme.example>: Sender address rejected: User unknown",
        ),
        ("rcpt", "554 5.7.1 <x>: Relay access denied"),
        (
            "rcpt",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        ),
        ("rcpt", "550 5.1.8 Access denied, bad outbound sender"),
        (
            "end",
            "554 Message rejected: Email address is not verified.",
        ),
        (
            "end",
            "550 5.7.1 the mailbox 5.1.1 user unknown is not what this is about",
        ),
        ("mail", "553 5.7.1 not owned by user me"),
        ("data", "554 5.5.1 no valid recipients"),
    ] {
        let relay = Relay::new(move |at, _, _| (at == stage).then(|| words.to_owned()));
        let vendor = relay.vendor(12, "", own_domain);
        let ran = vendor
            .tidings(&SEND)
            .says(2, &["12 queued", words, "email resume"]);
        assert_eq!(ran.err.matches(words).count(), 1, "once: {}", ran.err);
        let rows = deliveries(&vendor);
        assert!(rows.iter().all(|row| row["attempts"] == 0), "{words}");
        vendor.tidings(&["email", "suppress"]).says(0, &["nobody"]);
        relay.mend();
        due_now(&vendor);
        vendor.tidings(&["email", "resume"]).says(0, &["12 sent"]);
        assert_eq!(relay.told(), 12, "{words}");
    }
}

#[test]
fn a_refusal_that_is_about_a_recipient_is_that_recipients_only() {
    let relay = Relay::new(|at, who, _| {
        let words = match (at, who.split('@').next().unwrap_or("")) {
            ("rcpt", "p2") => "550 5.1.1 <p2@c2.example>: no such user",
            ("rcpt", "p4") => "550 5.7.1 we do not like you 5.1.1",
            ("rcpt", "p6") => "550 no mailbox here by that name",
            ("end", "p8") => "552 5.3.4 too large",
            ("rcpt", "p9") => "556 5.1.10 null MX",
            ("rcpt", "p10") => "550-5.1.1 over two\r\n550 5.1.1 lines",
            _ => return None,
        };
        Some(words.to_owned())
    });
    let vendor = relay.vendor(12, "connections = 1\n", own_domain);
    vendor.tidings(&SEND).says(
        1,
        &[
            "6 sent, 6 failed",
            "1 failed: 552 5.3.4 too large",
            "--failed",
        ],
    );
    let listed = vendor.tidings(&["email", "suppress"]).out;
    let suppressed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        suppressed,
        ["p10@c10.example", "p2@c2.example", "p9@c9.example"]
    );
    relay.mend();
    let resolve = ["email", "resolve", "--resend", "--failed"];
    vendor
        .tidings(&[&resolve[..], &["--reason", "too large"]].concat())
        .says(0, &["1 message settled"]);
    vendor.tidings(&resolve).says(0, &["5 messages settled"]);
    vendor.tidings(&["email", "resume"]).says(0, &["12 sent"]);
    assert_eq!(relay.told(), 12);
}

#[test]
fn the_limits_of_a_relay_are_found_and_kept() {
    let over = |words: &'static str| Some(words.to_owned());
    let limits: [(&str, Box<Script>); 5] = [
        (
            "three connections, greeted with 421",
            Box::new(move |at, _, seen| {
                (at == "connect" && seen.open > 3)
                    .then(|| over("!421 4.7.0 too many connections"))?
            }),
        ),
        (
            "two connections, closed without a word",
            Box::new(move |at, _, seen| (at == "connect" && seen.open > 2).then(|| over(""))?),
        ),
        (
            "three connections, 432 at MAIL",
            Box::new(move |at, _, seen| {
                (at == "mail" && seen.open > 3)
                    .then(|| over("432 4.3.2 Concurrent connections limit exceeded."))?
            }),
        ),
        (
            "five messages a connection",
            Box::new(move |at, _, seen| {
                (at == "mail" && seen.took >= 5).then(|| over("!421 4.7.0 too many messages"))?
            }),
        ),
        (
            "seven messages a connection, closed without a word",
            Box::new(move |at, _, seen| (at == "mail" && seen.took >= 7).then(|| over(""))?),
        ),
    ];
    for (name, script) in limits {
        let relay = Relay::new(script);
        let vendor = relay.vendor(60, "connections = 6\n", own_domain);
        vendor.tidings(&SEND).says(0, &["60 sent"]);
        assert_eq!(relay.told(), 60, "{name}");
        assert!(
            deliveries(&vendor).iter().all(|row| row["attempts"] == 1),
            "{name}"
        );
    }
}

/// Ten messages, then none for 100 ms, said at each stage in turn.
#[test]
fn a_limit_of_rate_is_waited_out_within_the_run() {
    for (stage, words) in [
        ("mail", "450 4.7.1 Error: too much mail from 127.0.0.1"),
        ("rcpt", "452 4.5.3 too many recipients for now"),
        ("end", "451 4.7.0 throttled"),
    ] {
        // So many messages, then none until a while after the first one too many.
        let limit = Mutex::new((0, None::<Instant>));
        let relay = Relay::new(move |at, _, _| {
            if at != stage {
                return None;
            }
            let mut limit = limit.lock().unwrap();
            limit.0 += 1;
            if limit.0 <= 10 {
                return None;
            }
            let since = *limit.1.get_or_insert_with(Instant::now);
            if since.elapsed() > Duration::from_millis(100) {
                *limit = (1, None);
                return None;
            }
            Some(words.to_owned())
        });
        let vendor = relay.vendor(60, "", own_domain);
        vendor
            .tidings(&SEND)
            .says(0, &["60 sent", "mail goes slowly", words]);
        assert_eq!(relay.told(), 60, "{stage}");
    }
}

#[test]
fn greylisting_ends_with_everybody_told_and_counts_only_who_was_asked() {
    for (words, domain) in [
        ("450 4.2.0 Greylisted", "big.example"),
        (
            "451 4.7.1 Greylisting in action, please come back later",
            "big.example",
        ),
        ("450 4.7.1 come back later", ""),
    ] {
        let relay = Relay::new(move |at, who, seen| {
            (at == "rcpt" && !seen.asked.contains(who)).then(|| words.to_owned())
        });
        let vendor = relay.vendor(150, "", |n| match domain {
            "" => own_domain(n),
            domain => domain.to_owned(),
        });
        vendor.tidings(&SEND);
        for row in deliveries(&vendor) {
            let asked = relay.asked().contains(row["address"].as_str().unwrap());
            assert!(asked || row["attempts"] == 0, "{row}");
        }
        for _ in 0..3 {
            due_now(&vendor);
            vendor.tidings(&["email", "resume"]);
        }
        assert_eq!(
            (relay.told(), counts(&vendor)["sent"]),
            (150, 150),
            "{words}"
        );
    }
}

#[test]
fn servers_that_make_no_sense_are_left_with_a_clear_error() {
    let endless = format!("220-{}", "x".repeat(10_000_000));
    let lines = "220-hello\r\n".repeat(20_000) + "220-";
    let cases = [
        (
            "connect",
            "hello there".to_owned(),
            "`hello there` is no reply of a mail server",
        ),
        ("connect", endless, "a line of the server does not end"),
        ("connect", lines, "a reply of the server does not end"),
        (
            "connect",
            "\u{16}\u{3}\u{1}\u{2}".to_owned(),
            "is no reply of a mail server",
        ),
        (
            "ehlo",
            "250-a\r\n550 b".to_owned(),
            "begins with 250 and goes on with 550",
        ),
        (
            "ehlo",
            "502 5.5.1 what".to_owned(),
            "does not greet us: 502 5.5.1 what",
        ),
        (
            "connect",
            "554 5.7.1 you are on a list".to_owned(),
            "does not let us in: 554 5.7.1",
        ),
    ];
    for (stage, reply, words) in cases {
        let relay = Relay::new(move |at, _, _| (at == stage).then(|| reply.clone()));
        let vendor = relay.vendor(2, "", own_domain);
        vendor.tidings(&SEND).says(2, &[words]);
        assert_eq!(counts(&vendor)["queued"], 2);
        relay.mend();
        vendor.tidings(&["email", "resume"]).says(0, &["2 sent"]);
    }
    // Behind a reply at a later stage: nobody is told twice, nobody lost.
    let relay =
        Relay::new(|at, _, seen| (at == "end" && seen.told.is_empty()).then(|| "what?".into()));
    let vendor = relay.vendor(1, "", own_domain);
    vendor.tidings(&SEND).says(1, &["1 unknown"]);
}

#[test]
fn nothing_in_the_clear_reaches_behind_starttls() {
    let relay = Relay::new(|at, _, _| match at {
        "ehlo" => Some("250-relay\r\n250 STARTTLS".into()),
        "starttls" => Some("220 go\r\n250-evil\r\n250 AUTH LOGIN".into()),
        _ => None,
    });
    let vendor = relay.vendor(1, "", own_domain);
    let operator = vendor.repo.path().join("vendor/operator.toml");
    let text = std::fs::read_to_string(&operator).unwrap();
    let place = format!("127.0.0.1:{}", relay.port);
    std::fs::write(
        &operator,
        text.replace(&place, &format!("{place}?tls=required")),
    )
    .unwrap();
    vendor.tidings(&SEND).says(
        2,
        &[
            "cannot be talked to securely",
            "more behind the reply to STARTTLS",
        ],
    );
}

/// It answers the first command of those that come together, and forgets the others.
#[test]
fn pipelining_that_is_offered_and_broken_is_done_without() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || forgetful(stream));
        }
    });
    let relay = Relay::new(|_, _, _| None);
    let vendor = relay.vendor(3, "connections = 1\n", own_domain);
    let operator = vendor.repo.path().join("vendor/operator.toml");
    let text = std::fs::read_to_string(&operator).unwrap();
    std::fs::write(
        &operator,
        text.replace(&relay.port.to_string(), &port.to_string()),
    )
    .unwrap();
    let start = Instant::now();
    vendor.tidings(&SEND).says(0, &["3 sent"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

fn forgetful(mut stream: TcpStream) -> Option<()> {
    use std::io::Read;
    stream.write_all(b"220 forgetful\r\n").ok()?;
    let mut bytes = [0; 65_536];
    loop {
        let read = stream.read(&mut bytes).ok().filter(|read| *read > 0)?;
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        let reply = match text.split([' ', '\r']).next()? {
            "EHLO" => "250-forgetful\r\n250 PIPELINING",
            "DATA" => "354 go on",
            "QUIT" => return None,
            _ => "250 ok",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).ok()?;
    }
}

#[test]
fn the_operator_can_end_a_run_at_every_stage() {
    for stage in ["connect", "ehlo", "mail", "rcpt", "data", "end"] {
        let relay = Relay::new(move |at, _, _| {
            if at == stage {
                std::thread::sleep(Duration::from_secs(20));
            }
            None
        });
        let vendor = relay.vendor(2, "", own_domain);
        let mut command = vendor.command(&SEND);
        command
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let start = Instant::now();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        child.wait().unwrap();
        assert!(start.elapsed() < Duration::from_secs(9), "{stage}");
        let states = counts(&vendor);
        let expected = if stage == "end" { "unknown" } else { "queued" };
        assert!(states.contains_key(expected), "{stage}: {states:?}");
    }
}
