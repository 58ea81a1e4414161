//! `tidings email send` to Postfix's `smtp-sink` on loopback, 32 connections, with the durable ledger on; beside `smtp-source` on the
//! same sink. Needs Debian's `postfix`. `cargo bench --bench mail [-- MESSAGES]`
//!
//! The floor is a client that keeps no ledger, sends one text, and gives each message away in one write with the next envelope.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod many;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 7;

fn sink() -> (Child, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new("smtp-sink");
    if nix::unistd::geteuid().is_root() {
        command.args(["-u", "postfix"]);
    }
    let child = command
        .arg(format!("127.0.0.1:{port}"))
        .arg("1000")
        .spawn()
        .unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(10));
    }
    (child, port)
}

fn spent() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Wall-clock and CPU seconds of a command.
fn timed(command: &mut Command) -> (f64, f64) {
    let (start, before) = (Instant::now(), spent());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} {}",
        String::from_utf8_lossy(&output.stdout)
    );
    (start.elapsed().as_secs_f64(), spent() - before)
}

/// The round in the middle.
fn median(mut rounds: Vec<(f64, f64)>) -> (f64, f64) {
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    rounds[rounds.len() / 2]
}

fn floor(port: u16, messages: usize, size: usize) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.set_nodelay(true).unwrap();
                let (mut reader, mut stream) =
                    (BufReader::new(stream.try_clone().unwrap()), stream);
                let mut said = String::new();
                let mut hear = |lines: usize| {
                    for _ in 0..lines {
                        said.clear();
                        reader.read_line(&mut said).unwrap();
                        assert!(said.starts_with(['2', '3']), "{said}");
                    }
                };
                hear(1);
                stream.write_all(b"HELO here\r\n").unwrap();
                hear(1);
                let envelope = "MAIL FROM:<a@acme.example>\r\nRCPT TO:<b@c.example>\r\nDATA\r\n";
                let text = format!(
                    "{}\r\n.\r\n",
                    format!("{}\r\n", "x".repeat(70)).repeat(size / 72)
                );
                let both = format!("{text}{envelope}");
                stream.write_all(envelope.as_bytes()).unwrap();
                hear(3);
                for _ in 1..messages / CONNECTIONS {
                    stream.write_all(both.as_bytes()).unwrap();
                    hear(4);
                }
                stream.write_all(text.as_bytes()).unwrap();
                hear(1);
            });
        }
    });
    start.elapsed().as_secs_f64()
}

/// The vendor's side with so many recipients on ten versions.
fn prepare(root: &Path, recipients: usize, port: u16) {
    let source = root.join("source");
    let _ = fs::remove_dir_all(source.join(".tidings"));
    let rows: String = (0..recipients)
        .map(|n| {
            format!(
                "c{n},Person {n},p{n}@c{n}.example,1.{}.{},\n",
                n / 5 % 2,
                n % 5
            )
        })
        .collect();
    fs::write(
        source.join("customers.csv"),
        format!("customer,name,email,running,kinds\n{rows}"),
    )
    .unwrap();
    let operator = format!(
        "bootstrap = \"../bootstrap\"\n[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"customers.csv\"\n\
         transport = \"smtp://127.0.0.1:{port}\"\nconnections = {CONNECTIONS}\n"
    );
    fs::write(source.join("operator.toml"), operator).unwrap();
}

fn tidings(root: &Path, arguments: &[&str]) -> (f64, f64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    timed(
        command
            .args(["--quiet", "-C"])
            .arg(root.join("source"))
            .args(arguments),
    )
}

fn main() {
    let messages = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(20_000);
    // A disk: a ledger in memory would cost nothing to sync.
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let root = folder.path();
    many::write(root, 10);
    let (mut server, port) = sink();
    let send = [
        "email",
        "send",
        "--yes",
        "--new-ledger",
        "--override-gate",
        "a benchmark: the release has no page",
    ];
    prepare(root, 1_000, port);
    let plan = [
        "email",
        "send",
        "--dry-run",
        "--new-ledger",
        "--override-gate",
        "a benchmark",
    ];
    let planning = median((0..ROUNDS).map(|_| tidings(root, &plan)).collect());
    let eml = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .arg("-C")
        .arg(root.join("source"))
        .args(["email", "preview", "--eml"])
        .output();
    let size = eml.unwrap().stdout.len();
    let at = format!("127.0.0.1:{port}");
    let mut rounds: [Vec<(f64, f64)>; 4] = Default::default();
    // In turn: the machine is not the same from one second to the next.
    for _ in 0..ROUNDS {
        // Nobody listens there: it ends where the first connection would be made, with everybody queued.
        prepare(root, messages, 9);
        let mut nowhere = Command::new(env!("CARGO_BIN_EXE_tidings"));
        let start = Instant::now();
        let status = nowhere
            .args(["--quiet", "-C"])
            .arg(root.join("source"))
            .args(send)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(2), "somebody listens on port 9");
        rounds[0].push((start.elapsed().as_secs_f64(), 0.0));
        prepare(root, messages, port);
        rounds[1].push(tidings(root, &send));
        let mut source = Command::new("smtp-source");
        source.args([
            "-d",
            "-s",
            &CONNECTIONS.to_string(),
            "-m",
            &messages.to_string(),
            "-l",
            &size.to_string(),
        ]);
        rounds[2].push(timed(source.args([
            "-f",
            "a@acme.example",
            "-t",
            "b@c.example",
            &at,
        ])));
        rounds[3].push((floor(port, messages, size), 0.0));
    }
    let [(queued, _), (ours, cpu), (theirs, their_cpu), (bare, _)] = rounds.map(median);
    server.kill().unwrap();
    server.wait().unwrap();
    let rate = |seconds: f64| messages as f64 / seconds;
    println!(
        "{messages} messages of {size} bytes to smtp-sink, {CONNECTIONS} connections, the middle one of {ROUNDS} rounds:"
    );
    println!(
        "  floor: no ledger, one text        {bare:>6.2} s  {:>7.0}/s",
        rate(bare)
    );
    println!(
        "  smtp-source -d                    {theirs:>6.2} s  {:>7.0}/s  ({their_cpu:.2} s CPU)",
        rate(theirs)
    );
    println!(
        "  tidings email send, all of it     {ours:>6.2} s  {:>7.0}/s  ({cpu:.2} s CPU), {:.2} of smtp-source's rate",
        rate(ours),
        theirs / ours
    );
    println!(
        "    planned and queued after        {queued:>6.2} s; what is sent from there on: {:.0}/s, {:.2} of smtp-source's rate",
        rate(ours - queued),
        theirs / (ours - queued)
    );
    println!(
        "start-up and planning for 1,000 recipients: {:.0} ms",
        planning.0 * 1e3
    );
}
