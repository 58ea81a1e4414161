//! Publishing at GitHub: the real program against a small server of GitHub's shape on loopback, which keeps state, fails on
//! demand, and counts. `tests/e2e` asks servers that others wrote.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{Repo, Run, TODAY, digest, run};

pub const TOKEN: &str = "ghp_verysecret0123456789";

/// What goes wrong at one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// Answers so, without doing it.
    Status(u16),
    /// Says no, with these words.
    No(u16, &'static str),
    /// Asks to come back after a second.
    Later,
    /// Does it, and answers with 502.
    DoneAnd502,
    /// The connection breaks, before or after it is done.
    ResetBefore,
    ResetAfter,
    /// Does it, then lets nobody on: the client is killed there.
    Hang,
}

#[derive(Default)]
pub struct State {
    pub releases: Vec<Value>,
    contents: Vec<(u64, Vec<u8>)>,
    next: u64,
    pub latest: Option<u64>,
    /// Lists and looks by tag show no release for so many requests: GitHub's lag behind what it was told.
    pub hidden: usize,
    /// The forge answers for a release by its number.
    pub by_number: bool,
    pub made: usize,
}

pub struct Fake {
    pub address: String,
    pub state: Arc<Mutex<State>>,
    pub requests: Arc<AtomicUsize>,
    fault: Arc<Mutex<(usize, Fault)>>,
}

impl Fake {
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = Fake {
            address: address.clone(),
            state: Arc::default(),
            requests: Arc::default(),
            fault: Arc::new(Mutex::new((0, Fault::None))),
        };
        let (state, requests, fault) = (
            fake.state.clone(),
            fake.requests.clone(),
            fake.fault.clone(),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = requests.fetch_add(1, Ordering::SeqCst) + 1;
                let (at, kind) = *fault.lock().unwrap();
                let (address, state) = (address.clone(), state.clone());
                std::thread::spawn(move || {
                    serve(
                        stream,
                        &address,
                        &state,
                        if number == at { kind } else { Fault::None },
                    )
                });
            }
        });
        fake
    }

    pub fn fail_at(&self, request: usize, fault: Fault) {
        self.requests.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = (request, fault);
    }

    pub fn releases(&self) -> Vec<Value> {
        self.state.lock().unwrap().releases.clone()
    }
}

/// One request a connection.
fn serve(mut stream: TcpStream, address: &str, state: &Mutex<State>, fault: Fault) {
    if fault == Fault::ResetBefore {
        return;
    }
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let [method, url, _] = words.as_slice() else {
        return;
    };
    let (mut length, mut allowed) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => allowed = value == format!("Bearer {TOKEN}"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (mut code, mut value) = match (fault, allowed) {
        (Fault::Status(403), _) => (
            403,
            json!({ "message": "You have exceeded a secondary rate limit" }),
        ),
        (Fault::No(code, words), _) => (code, json!({ "message": words })),
        (Fault::Later, _) => (429, json!({ "message": "API rate limit exceeded" })),
        (Fault::Status(code), _) => (code, json!({ "message": "Server trouble" })),
        (_, false) => (401, json!({ "message": "Bad credentials" })),
        _ => act(method, url, &body, address, &mut state.lock().unwrap()),
    };
    match fault {
        Fault::DoneAnd502 => (code, value) = (502, json!({ "message": "Bad gateway" })),
        Fault::ResetAfter => return,
        Fault::Hang => return std::thread::sleep(Duration::from_secs(2)),
        _ => {}
    }
    let content = url.contains("/releases/assets/") && *method == "GET" && code == 200;
    let bytes = match &value {
        Value::Array(bytes) if content => bytes
            .iter()
            .map(|byte| byte.as_u64().unwrap() as u8)
            .collect(),
        _ if code == 204 => Vec::new(),
        value => value.to_string().into_bytes(),
    };
    let wait = match fault {
        Fault::No(..) => "",
        Fault::Later => "retry-after: 1\r\n",
        _ => "retry-after: 0\r\n",
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\n{wait}Content-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    let _ = stream.write_all(&bytes);
}

fn is(id: &Value, number: &str) -> bool {
    id.as_u64().is_some_and(|id| number.parse() == Ok(id))
}

/// What GitHub would do, for the few paths that are asked.
fn act(method: &str, url: &str, body: &[u8], address: &str, state: &mut State) -> (u16, Value) {
    let Some(rest) = url.strip_prefix("/repos/acme/agent-bootstrap/releases") else {
        return (404, json!({ "message": "Not Found" }));
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let sent: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let missing = (404, json!({ "message": "Not Found" }));
    state.next += 1;
    let id = state.next;
    match (method, parts.as_slice()) {
        ("GET", [] | ["tags", _]) if state.hidden > 0 => {
            state.hidden -= 1;
            match parts.is_empty() {
                true => (200, json!([])),
                false => missing,
            }
        }
        ("GET", [number]) if state.by_number && *number != "latest" => {
            let mut all = state.releases.iter();
            let found = all.find(|release| is(&release["id"], number));
            found.map_or(missing, |release| (200, release.clone()))
        }
        ("DELETE", [number]) => {
            state.releases.retain(|release| !is(&release["id"], number));
            (204, Value::Null)
        }
        ("GET", []) => (
            200,
            if query.contains("page=1") && !query.ends_with("page=10") {
                Value::Array(state.releases.clone())
            } else {
                json!([])
            },
        ),
        ("GET", ["tags", tag]) => {
            let found = state
                .releases
                .iter()
                .find(|release| release["tag_name"] == **tag && release["draft"] == false);
            found.map_or(missing, |release| (200, release.clone()))
        }
        ("GET", ["latest"]) => {
            let found = state
                .releases
                .iter()
                .find(|release| release["id"].as_u64() == state.latest);
            found.map_or(missing, |release| (200, release.clone()))
        }
        ("POST", []) => {
            assert_eq!(sent["draft"], true, "publishing makes a draft first");
            state.made += 1;
            let release = json!({
                "id": id, "tag_name": sent["tag_name"], "name": sent["name"], "body": sent["body"], "draft": true, "prerelease": sent["prerelease"],
                "immutable": false, "html_url": format!("{address}/acme/agent-bootstrap/releases/tag/x"), "assets": [],
                "upload_url": format!("{address}/repos/acme/agent-bootstrap/releases/{id}/assets{{?name,label}}"),
            });
            state.releases.push(release.clone());
            (201, release)
        }
        ("PATCH", [number]) => {
            let Some(release) = state
                .releases
                .iter_mut()
                .find(|release| is(&release["id"], number))
            else {
                return missing;
            };
            assert!(
                sent["tag_name"].is_string(),
                "a PATCH without a tag name drops the draft's"
            );
            for (key, value) in sent.as_object().unwrap() {
                if key != "make_latest" {
                    release[key] = value.clone();
                }
            }
            let (id, public, release) = (
                release["id"].as_u64(),
                release["draft"] == false,
                release.clone(),
            );
            match sent["make_latest"].as_str() {
                Some("true") if public => state.latest = id,
                Some("false") if state.latest == id => state.latest = None,
                Some(_) => {}
                None => panic!("`make_latest` is always said"),
            }
            (200, release)
        }
        ("POST", [number, "assets"]) => {
            let name = query.strip_prefix("name=").unwrap().to_owned();
            let Some(release) = state
                .releases
                .iter_mut()
                .find(|release| is(&release["id"], number))
            else {
                return missing;
            };
            let assets = release["assets"].as_array_mut().unwrap();
            if assets.iter().any(|asset| asset["name"] == name) {
                return (
                    422,
                    json!({ "message": "Validation Failed", "errors": [{ "resource": "ReleaseAsset", "code": "already_exists", "field": "name" }] }),
                );
            }
            let asset = json!({ "id": id, "name": name, "size": body.len(), "state": "uploaded", "digest": null });
            assets.push(asset.clone());
            state.contents.push((id, body.to_vec()));
            (201, asset)
        }
        ("GET", ["assets", number]) => {
            let found = state
                .contents
                .iter()
                .find(|(id, _)| id.to_string() == **number);
            found.map_or(missing, |(_, bytes)| (200, json!(bytes)))
        }
        ("DELETE", ["assets", number]) => {
            for release in &mut state.releases {
                release["assets"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|asset| !is(&asset["id"], number));
            }
            (204, Value::Null)
        }
        _ => missing,
    }
}

/// A source repository beside a bootstrap repository with a remote, and a receipt that 1.1.0 was smoke-tested.
pub struct Vendor {
    pub repo: Repo,
}

impl Vendor {
    pub fn new(forge: &str) -> Self {
        let repo = Repo::good();
        repo.git(&["init", "--quiet", "--bare", "remote.git"]);
        repo.git(&["remote", "add", "origin", "remote.git"]);
        repo.git(&["push", "--quiet", "--tags", "origin", "main"]);
        repo.write(
            "vendor/operator.toml",
            format!("bootstrap = \"..\"\n[forge]\n{forge}\nassets = [\"dist/*\"]\n"),
        );
        repo.write("vendor/dist/agent.tar", "an archive")
            .write("vendor/dist/notes.txt", "some notes");
        let vendor = Vendor { repo };
        vendor.receipt("1.1.0");
        vendor
    }

    pub fn at(fake: &Fake) -> Self {
        Self::new(&format!(
            "kind = \"github\"\nrepository = \"acme/agent-bootstrap\"\napi = \"{}\"",
            fake.address
        ))
    }

    /// The same vendor, at another forge.
    fn moved(&self, fake: &Fake) -> &Self {
        let file = self.repo.path().join("vendor/operator.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let old = text
            .split("api = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        std::fs::write(&file, text.replace(old, &fake.address)).unwrap();
        self
    }

    pub fn receipt(&self, version: &str) {
        let commit = self
            .repo
            .git(&["rev-parse", &format!("v{version}^{{commit}}")])
            .out
            .trim()
            .to_owned();
        let receipt = tidings::ports::Receipt {
            step: "smoke".into(),
            version: version.into(),
            tag: format!("v{version}"),
            commit,
            digest: digest(version),
            detail: "{}".into(),
        };
        let ledger =
            tidings::ports::LedgerKind::File(self.repo.path().join("vendor/.tidings/ledger.db"));
        use tidings::ports::Mailing;
        tidings::adapters::Live
            .ledger(&ledger)
            .unwrap()
            .record(&receipt)
            .unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(arguments)
            .current_dir(self.repo.path().join("vendor"));
        command
    }

    pub fn tidings(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        // `run` clears the environment; the token comes through a shell.
        let line: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("GITHUB_TOKEN={TOKEN} {}", line.join(" ")))
            .current_dir(command.get_current_dir().unwrap());
        let _ = &mut command;
        let ran = run(&mut shell);
        assert!(
            !ran.out.contains(TOKEN) && !ran.err.contains(TOKEN),
            "the token is shown"
        );
        ran
    }
}

/// One public page with all files, whole, and the latest.
fn is_right(fake: &Fake, what: &str) {
    let releases = fake.releases();
    assert_eq!(releases.len(), 1, "{what}: {releases:#?}");
    let release = &releases[0];
    assert!(
        release["draft"] == false && release["tag_name"] == "v1.1.0",
        "{what}"
    );
    assert!(
        release["body"]
            .as_str()
            .unwrap()
            .contains("git checkout v1.0.0"),
        "{what}"
    );
    let mut names: Vec<&str> = release["assets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asset| asset["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["SHA256SUMS", "agent.tar", "notes.txt", "release-note.md"],
        "{what}"
    );
    let state = fake.state.lock().unwrap();
    assert_eq!(state.latest, release["id"].as_u64(), "{what}");
    let archive = release["assets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|asset| asset["name"] == "agent.tar")
        .unwrap();
    let (_, bytes) = state
        .contents
        .iter()
        .find(|(id, _)| Some(*id) == archive["id"].as_u64())
        .unwrap();
    assert_eq!(bytes, b"an archive", "{what}");
}

#[test]
fn a_release_is_published_once() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor.tidings(&["publish", "--dry-run"]).says(
        0,
        &[
            "make a draft `v1.1.0 — 2026-03-10`",
            "attach agent.tar (10 bytes",
            "make it public, as the latest",
        ],
    );
    assert!(fake.releases().is_empty());
    vendor
        .tidings(&["publish", "--draft"])
        .says(0, &["the draft of v1.1.0 is complete"]);
    assert_eq!(fake.releases()[0]["draft"], true);
    vendor.tidings(&["publish"]).says(0, &["v1.1.0 is public"]);
    is_right(&fake, "published");
    let before = (fake.releases(), fake.state.lock().unwrap().next);
    vendor.tidings(&["publish"]).ok();
    assert_eq!(fake.releases(), before.0, "the same bytes are a no-op");
    vendor
        .tidings(&["publish", "--dry-run"])
        .says(0, &["nothing is missing"]);
    vendor
        .tidings(&["verify"])
        .says(0, &["same     page: text", "same     file: agent.tar"]);
    // The registry of the pin is not there.
    let unread = "v1.1.0: nothing changed in what could be looked at; 2 could not be looked at";
    vendor
        .tidings(&["verify"])
        .says(0, &["unread   registry: digest", unread]);
    vendor.tidings(&["verify", "--strict"]).says(1, &[unread]);
    vendor
        .tidings(&["verify", "--format", "json"])
        .says(0, &["\"unread\": 2"]);
    // An older release is not the latest.
    vendor.receipt("1.0.0");
    vendor.tidings(&["publish", "1.0.0"]).ok();
    assert_eq!(
        fake.state.lock().unwrap().latest,
        before.0[0]["id"].as_u64()
    );
    // Somebody changes the public page: that is seen, and not overwritten.
    fake.state.lock().unwrap().releases[0]["body"] = json!("Something else.");
    vendor
        .tidings(&["publish"])
        .says(1, &["page-diverged", "line 1: there `Something else.`"]);
    vendor
        .tidings(&["verify"])
        .says(1, &["CHANGED  page: text", "v1.1.0: 1 changed; "]);
    assert_eq!(fake.releases()[0]["body"], "Something else.");
}

#[test]
fn whatever_fails_one_more_run_puts_it_right() {
    let count = {
        let fake = Fake::new();
        Vendor::at(&fake).tidings(&["publish"]).ok();
        fake.requests.load(Ordering::SeqCst)
    };
    assert!(count > 10, "{count}");
    let faults = [
        Fault::Status(500),
        Fault::Status(403),
        Fault::DoneAnd502,
        Fault::ResetBefore,
        Fault::ResetAfter,
    ];
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || {
                let vendor = Vendor::at(&Fake::new());
                for request in 1..=count {
                    let fake = Fake::new();
                    vendor.moved(&fake);
                    fake.fail_at(request, fault);
                    let first = vendor.tidings(&["publish"]);
                    let what = format!("{fault:?} at request {request}");
                    assert!(!first.err.contains("panicked"), "{what}: {}", first.err);
                    fake.fail_at(0, Fault::None);
                    vendor.tidings(&["publish"]).ok();
                    is_right(&fake, &what);
                }
            });
        }
    });
}

#[test]
fn killed_between_any_two_requests_it_goes_on() {
    let vendor = Vendor::at(&Fake::new());
    for request in 1..=12 {
        let fake = Fake::new();
        vendor.moved(&fake);
        fake.fail_at(request, Fault::Hang);
        let mut command = vendor.command(&["publish"]);
        command
            .env("GITHUB_TOKEN", TOKEN)
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let start = std::time::Instant::now();
        while fake.requests.load(Ordering::SeqCst) < request
            && start.elapsed() < Duration::from_secs(20)
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(30));
        child.kill().unwrap();
        child.wait().unwrap();
        fake.fail_at(0, Fault::None);
        vendor.tidings(&["publish"]).ok();
        is_right(&fake, &format!("killed at request {request}"));
    }
}

#[test]
fn what_must_not_be_published_is_held() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor
        .tidings(&["publish", "1.0.0"])
        .says(1, &["gate-smoke", "tidings smoke 1.0.0"]);
    vendor
        .repo
        .git(&["push", "--quiet", "origin", ":refs/tags/v1.1.0"]);
    vendor.tidings(&["publish"]).says(
        1,
        &[
            "gate-tag",
            "the remote has no tag `v1.1.0`",
            "git push origin v1.1.0",
        ],
    );
    vendor.repo.git(&[
        "push",
        "--quiet",
        "origin",
        "v1.0.0^{commit}:refs/tags/v1.1.0",
    ]);
    vendor
        .tidings(&["publish"])
        .says(1, &["gate-tag", "at the remote and"]);
    vendor
        .repo
        .git(&["push", "--quiet", "--force", "origin", "v1.1.0"]);
    vendor.repo.write("vendor/dist/empty.txt", "");
    vendor
        .tidings(&["publish"])
        .says(1, &["asset", "`empty.txt` is empty"]);
    std::fs::remove_file(vendor.repo.path().join("vendor/dist/empty.txt")).unwrap();
    vendor.repo.write("vendor/dist/two words.txt", "x");
    vendor
        .tidings(&["publish"])
        .says(1, &["forges change the name `two words.txt`"]);
    std::fs::remove_file(vendor.repo.path().join("vendor/dist/two words.txt")).unwrap();
    let sbom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "container", "name": "a", "version": "sha256:0000000000000000000000000000000000000000000000000000000000000000"}}, "components": []}"#;
    vendor.repo.write("vendor/dist/sbom.json", sbom);
    vendor
        .tidings(&["publish"])
        .says(1, &["sbom-subject", "describes sha256:0000"]);
    std::fs::remove_dir_all(vendor.repo.path().join("vendor/dist")).unwrap();
    vendor
        .tidings(&["publish"])
        .says(1, &["`dist/*` names no file"]);
    vendor.repo.write("vendor/dist/agent.tar", "x");
    assert!(fake.releases().is_empty(), "nothing was made");
    fake.state.lock().unwrap().releases.clear();
    run(&mut vendor.command(&["publish"])).says(
        2,
        &["there is no token: the environment has no `GITHUB_TOKEN`"],
    );
    let operator = vendor.repo.path().join("vendor/operator.toml");
    let text = std::fs::read_to_string(&operator).unwrap();
    std::fs::write(
        &operator,
        text.replace("acme/agent-bootstrap", "acme/nowhere"),
    )
    .unwrap();
    vendor
        .tidings(&["publish"])
        .says(2, &["no repository `acme/nowhere`", "contents: write"]);
    std::fs::write(
        &operator,
        text.replace("http://127.0.0.1", "http://forge.example"),
    )
    .unwrap();
    vendor
        .tidings(&["publish"])
        .says(2, &["would be sent the token unencrypted"]);
    std::fs::write(&operator, text.replace(&fake.address, "http://127.0.0.1:9")).unwrap();
    vendor.tidings(&["publish"]).says(
        2,
        &["no answer from http://127.0.0.1:9", "look at the network"],
    );
}

#[test]
fn a_withdrawal_is_said_and_can_be_taken_back() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor.receipt("1.0.0");
    vendor.tidings(&["publish", "1.0.0"]).ok();
    vendor.tidings(&["publish"]).ok();
    let reason = ["withdraw", "1.1.0", "--reason", "It loses data. @somebody"];
    vendor
        .tidings(&reason)
        .says(0, &["nothing was done", "make v1.0.0 the latest release"]);
    assert!(
        !fake.releases()[1]["body"]
            .as_str()
            .unwrap()
            .contains("withdrawn")
    );
    vendor.tidings(&[&reason[..], &["--yes"]].concat()).ok();
    let body = |index: usize| fake.releases()[index]["body"].as_str().unwrap().to_owned();
    assert!(body(1).starts_with(
        "> **This release was withdrawn. Please do not install it.** It loses data. @\u{2060}somebody Install 1.0.0 in its place."
    ));
    let is_latest = |index: usize| {
        let id = fake.releases()[index]["id"].as_u64();
        fake.state.lock().unwrap().latest == id
    };
    assert!(is_latest(0));
    let log = || std::fs::read_to_string(vendor.repo.path().join("CHANGELOG.md")).unwrap();
    assert!(log().contains("## [1.1.0] - 2026-03-10 [YANKED]\n"));
    vendor
        .tidings(&["publish", "1.1.0"])
        .says(1, &["gate-withdrawn"]);
    vendor
        .tidings(&["verify", "1.1.0"])
        .says(0, &["same     page: text"]);
    vendor
        .tidings(&["withdraw", "1.1.0", "--undo", "--yes"])
        .ok();
    assert!(!body(1).contains("withdrawn") && !log().contains("YANKED"));
    assert!(is_latest(1));
    vendor
        .tidings(&["ledger"])
        .says(0, &["smoke", "published", "withdrawn", "reinstated"]);
    assert_eq!(fake.releases().len(), 2, "nothing is deleted");
}

#[test]
fn the_folder_is_a_forge_too() {
    let vendor = Vendor::new("");
    vendor
        .tidings(&["publish"])
        .says(0, &["release-page/v1.1.0/index.html"]);
    let page = |name: &str| {
        vendor
            .repo
            .path()
            .join("vendor/release-page/v1.1.0")
            .join(name)
    };
    assert_eq!(
        std::fs::read_to_string(page("assets/agent.tar")).unwrap(),
        "an archive"
    );
    assert!(
        std::fs::read_to_string(page("assets/SHA256SUMS"))
            .unwrap()
            .contains("  agent.tar\n")
    );
    vendor.tidings(&["verify"]).ok();
    std::fs::write(page("assets/agent.tar"), "an Archive").unwrap();
    vendor
        .tidings(&["verify"])
        .says(1, &["CHANGED  file: agent.tar"]);
    vendor
        .tidings(&["publish"])
        .says(1, &["page-diverged", "agent.tar"]);
    let changed = Path::new("vendor/.tidings/ledger.db");
    let sqlite = rusqlite::Connection::open(vendor.repo.path().join(changed)).unwrap();
    assert!(
        sqlite.execute("DELETE FROM receipt", []).is_err()
            && sqlite.execute("UPDATE receipt SET tag = 'x'", []).is_err()
    );
}

#[test]
fn mentions_and_issues_are_words_only() {
    let neutral = tidings::sources::changelog::neutral;
    assert_eq!(
        neutral("Thanks @ada and #12, GH-7; a@b.example `@code` [#9](https://x/9)"),
        "Thanks @\u{2060}ada and #\u{2060}12, GH-\u{2060}7; a@b.example `@code` [#9](https://x/9)"
    );
    assert_eq!(neutral("```\n@x #1\n```\n"), "```\n@x #1\n```\n");
}

#[test]
fn a_forge_whose_lists_lag_is_believed_when_it_answers() {
    for (hidden, by_number) in [
        (2, true),
        (9, true),
        (200, true),
        (2, false),
        (9, false),
        (200, false),
    ] {
        let fake = Fake::new();
        let vendor = Vendor::at(&fake);
        {
            let mut state = fake.state.lock().unwrap();
            (state.hidden, state.by_number) = (hidden, by_number);
        }
        vendor.tidings(&["publish"]).says(0, &["v1.1.0 is public"]);
        assert_eq!(fake.state.lock().unwrap().made, 1, "{hidden} {by_number}");
        let releases = fake.releases();
        assert_eq!(releases.len(), 1);
        assert_eq!(
            releases[0]["assets"].as_array().unwrap().len(),
            4,
            "{releases:?}"
        );
    }
}

#[test]
fn of_two_drafts_the_second_one_of_ours_is_taken_away() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    fake.state.lock().unwrap().by_number = true;
    vendor.tidings(&["publish", "--draft"]).ok();
    let mut other = fake.releases()[0].clone();
    // Another machine was quicker by a moment: its draft has a lower number.
    other["id"] = json!(0);
    other["assets"] = json!([]);
    other["upload_url"] = json!(format!(
        "{}/repos/acme/agent-bootstrap/releases/0/assets{{?name,label}}",
        fake.address
    ));
    fake.state.lock().unwrap().releases.push(other);
    vendor
        .tidings(&["publish"])
        .says(0, &["the second draft was taken away", "v1.1.0 is public"]);
    let releases = fake.releases();
    assert_eq!(
        (releases.len(), &releases[0]["id"], &releases[0]["draft"]),
        (1, &json!(0), &json!(false))
    );
}

#[test]
fn a_tag_that_is_burnt_and_a_repository_that_was_renamed_are_said() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    fake.fail_at(
        3,
        Fault::No(422, "tag_name was used by an immutable release"),
    );
    vendor
        .tidings(&["publish"])
        .says(2, &["immutable release", "tidings bump patch"]);
    assert_eq!(fake.state.lock().unwrap().made, 0);
    // Whatever request meets it, reads or writes.
    for request in 1..=3 {
        fake.fail_at(request, Fault::No(307, "Moved Permanently"));
        vendor
            .tidings(&["publish"])
            .says(2, &["was renamed or moved", "[forge] repository"]);
    }
    assert!(
        fake.releases()
            .iter()
            .all(|release| release["draft"] == true)
    );
}
