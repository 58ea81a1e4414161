//! `tidings publish --draft` with one large file, to a sink of GitHub's shape on loopback: time and memory.
//! `cargo bench --bench upload [-- MEGABYTES]`
//!
//! The floor is what cannot be left out: the digest (`sha256sum`) and the sending (`curl -T`) of the same file to the same sink.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod many;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One draft. It believes the digests that it is told, and reads what it is sent to nowhere.
fn sink(digests: Arc<Mutex<Vec<(String, String)>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    std::thread::spawn(move || {
        let mut draft = Value::Null;
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::with_capacity(1 << 20, stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            reader.read_line(&mut line).unwrap();
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).unwrap();
                let Some((name, value)) = header.trim().split_once(": ") else {
                    break;
                };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.parse().unwrap(),
                    "expect" => write!(&stream, "HTTP/1.1 100 Continue\r\n\r\n").unwrap(),
                    _ => {}
                }
            }
            let mut body = Vec::new();
            let mut given = (&mut reader).take(length);
            if length < 1 << 20 {
                given.read_to_end(&mut body).unwrap()
            } else {
                std::io::copy(&mut given, &mut std::io::sink()).unwrap() as usize
            };
            let (method, url) = line.split_once(' ').unwrap();
            let name = url
                .split("name=")
                .nth(1)
                .map(|rest| rest.split(' ').next().unwrap().to_owned());
            let (code, answer) = match (method, name) {
                ("POST" | "PUT", Some(name)) => {
                    let digest = digests
                        .lock()
                        .unwrap()
                        .iter()
                        .find(|(known, _)| *known == name)
                        .map_or_else(
                            || {
                                format!(
                                    "sha256:{}",
                                    Sha256::digest(&body)
                                        .iter()
                                        .map(|byte| format!("{byte:02x}"))
                                        .collect::<String>()
                                )
                            },
                            |(_, digest)| digest.clone(),
                        );
                    let asset = json!({ "id": 7, "name": name, "size": length, "state": "uploaded", "digest": digest });
                    draft["assets"].as_array_mut().unwrap().push(asset.clone());
                    (201, asset)
                }
                ("POST", None) => {
                    draft = serde_json::from_slice(&body).unwrap();
                    draft["id"] = json!(1);
                    draft["html_url"] = json!("");
                    draft["upload_url"] = json!(format!("{own}/files{{?name,label}}"));
                    draft["assets"] = json!([]);
                    (201, draft.clone())
                }
                _ if url.contains("/tags/") => (404, json!({})),
                _ => (
                    200,
                    if draft.is_null() {
                        json!([])
                    } else {
                        json!([draft])
                    },
                ),
            };
            let answer = answer.to_string();
            let _ = write!(
                &stream,
                "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                answer.len()
            );
        }
    });
    address
}

fn spent() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Wall-clock and CPU seconds of a command, and what it said.
fn timed(command: &mut Command) -> (f64, f64, String) {
    let (start, before) = (Instant::now(), spent());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    (
        start.elapsed().as_secs_f64(),
        spent() - before,
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

fn peak() -> f64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as f64 / 1024.0
}

/// A draft with one file of so many megabytes.
fn publish(root: &Path, megabytes: usize) -> (f64, f64) {
    let digests = Arc::default();
    let address = sink(Arc::clone(&digests));
    let source = root.join("source");
    let operator = format!(
        "bootstrap = \"../bootstrap\"\n[forge]\nkind = \"github\"\nrepository = \"acme/agent\"\napi = \"{address}\"\nassets = [\"agent.tar\"]\n"
    );
    fs::write(source.join("operator.toml"), operator).unwrap();
    let block: Vec<u8> = (0..1_000_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut file = fs::File::create(source.join("agent.tar")).unwrap();
    (0..megabytes).for_each(|_| file.write_all(&block).unwrap());
    let (_, _, sum) = timed(Command::new("sha256sum").arg(source.join("agent.tar")));
    digests.lock().unwrap().push((
        "agent.tar".into(),
        format!("sha256:{}", sum.split(' ').next().unwrap()),
    ));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command
        .args(["--quiet", "-C"])
        .arg(&source)
        .args(["publish", "--draft"])
        .env("GITHUB_TOKEN", "t");
    let (wall, cpu, _) = timed(&mut command);
    (wall, cpu)
}

fn main() {
    let megabytes = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(500);
    let folder = tempfile::TempDir::new().unwrap();
    many::write(folder.path(), 10);
    publish(folder.path(), 1);
    let small = peak();
    let (wall, cpu) = publish(folder.path(), megabytes);
    let large = peak();
    let file = folder.path().join("source/agent.tar");
    let (hash, hash_cpu, _) = timed(Command::new("sha256sum").arg(&file));
    let digests = Arc::default();
    let address = sink(digests);
    let draft = json!({ "tag_name": "x" }).to_string();
    timed(Command::new("curl").args(["-sS", "-d", &draft, &address]));
    let (send, send_cpu, _) = timed(
        Command::new("curl")
            .args(["-sS", "-T"])
            .arg(&file)
            .arg(format!("{address}/files?name=agent.tar")),
    );
    println!("one file of {megabytes} MB into a draft:");
    println!(
        "  floor: sha256sum, then curl -T   {:>6.2} s  ({:.2} s CPU)",
        hash + send,
        hash_cpu + send_cpu
    );
    println!(
        "  tidings publish --draft          {wall:>6.2} s  ({cpu:.2} s CPU), {:.2} of the floor",
        wall / (hash + send)
    );
    println!(
        "  peak of memory                   {large:>6.1} MiB, with a file of 1 MB {small:.1} MiB"
    );
}
