//! Checks, alerts, pipelines and proposals at GitHub: the real program against a small server of GitHub's shape on loopback.
//! `tests/e2e` asks one that answers with the examples of GitHub's own description.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::day::{Shop, same};
use crate::fixture::Run;

type Routes = HashMap<String, (u16, String)>;
type Merge = Box<dyn Fn() + Send>;

/// Answers by method and path; what it was asked is kept.
#[derive(Clone, Default)]
struct Hub {
    routes: Arc<Mutex<Routes>>,
    seen: Arc<Mutex<Vec<String>>>,
    merge: Arc<Mutex<Option<Merge>>>,
}

impl Hub {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let hub = self.clone();
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| {
                hub.answer(&stream);
            })
        });
        address
    }

    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let (mut line, mut length, mut allowed) = (String::new(), 0, false);
        reader.read_line(&mut line).ok()?;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "authorization" => allowed = value == "Bearer ghp_secret",
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut words = line.split(' ');
        let (method, url) = (words.next()?, words.next()?);
        let key = format!("{method} {}", url.split('?').next()?);
        self.seen
            .lock()
            .unwrap()
            .push(format!("{method} {url} {}", String::from_utf8_lossy(&body)));
        if key.ends_with("/merge")
            && let Some(merge) = self.merge.lock().unwrap().as_ref()
        {
            merge();
        }
        let found = self.routes.lock().unwrap().get(&key).cloned();
        let (code, text) = match found {
            _ if !allowed => (401, json!({ "message": "Bad credentials" }).to_string()),
            Some(found) => found,
            None => (404, json!({ "message": "Not Found" }).to_string()),
        };
        let head = format!(
            "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            text.len()
        );
        let mut stream = stream;
        stream.write_all((head + &text).as_bytes()).ok()
    }

    fn says(&self, route: &str, value: &Value) {
        self.routes
            .lock()
            .unwrap()
            .insert(route.to_owned(), (200, value.to_string()));
    }

    fn asked(&self, words: &str) -> bool {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(words))
    }
}

/// A shop whose repositories are at the hub.
fn hosted() -> (Shop, Hub) {
    let (shop, hub) = (Shop::new(), Hub::default());
    let address = hub.start();
    let operator = shop
        .read("agent/operator.toml")
        .replace("[source]\n", "[source]\nrepository = \"acme/agent\"\n")
        .replace(
            "kind = \"folder\"",
            &format!(
                "kind = \"github\"\nrepository = \"acme/agent-bootstrap\"\napi = \"{address}\""
            ),
        );
    shop.write("agent/operator.toml", operator);
    shop.develop("Added", "It makes backups.");
    (shop, hub)
}

fn tidings(shop: &Shop, arguments: &[&str]) -> Run {
    let mut command = shop.command(env!("CARGO_BIN_EXE_tidings"), "agent");
    let output = command
        .args(arguments)
        .env("GITHUB_TOKEN", "ghp_secret")
        .output()
        .unwrap();
    let run = Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!run.out.contains("ghp_secret") && !run.err.contains("ghp_secret"));
    run
}

/// Raises the version and pushes. Gives the commit.
fn bumped(shop: &Shop) -> String {
    tidings(shop, &["bump", "1.0.0", "--commit"]).ok();
    shop.git("agent", &["push", "--quiet"]);
    shop.git("agent", &["rev-parse", "HEAD"])
}

fn checks(status: &str, conclusion: &Value) -> Value {
    json!({ "total_count": 1, "check_runs": [{ "name": "tests", "status": status, "conclusion": conclusion, "html_url": "https://hub/1" }] })
}

#[test]
fn checks_and_alerts_are_rows_of_the_checklist() {
    let (shop, hub) = hosted();
    let commit = bumped(&shop);
    let runs = format!("GET /repos/acme/agent/commits/{commit}/check-runs");
    tidings(&shop, &["preflight"]).says(
        1,
        &[
            "no check ran for this commit",
            "not checked  dependency alerts",
            "the forge does not look for them",
        ],
    );
    hub.says(&runs, &checks("in_progress", &Value::Null));
    tidings(&shop, &["preflight"]).says(1, &["1 check still run"]);
    hub.says(&runs, &checks("completed", &"failure".into()));
    tidings(&shop, &["preflight"]).says(1, &["tests failed https://hub/1"]);
    hub.says(&runs, &checks("completed", &"success".into()));
    hub.says(
        &format!("GET /repos/acme/agent/commits/{commit}/status"),
        &json!({ "statuses": [{ "context": "lint", "state": "failure", "target_url": null }] }),
    );
    tidings(&shop, &["preflight"]).says(1, &["lint failed"]);
    hub.says(
        &format!("GET /repos/acme/agent/commits/{commit}/status"),
        &json!({ "statuses": [{ "context": "lint", "state": "success", "target_url": null }] }),
    );
    tidings(&shop, &["preflight"]).says(0, &["2 checks passed", "1.0.0: good"]);

    let alert = json!([{ "number": 1, "html_url": "https://hub/a", "security_advisory": { "ghsa_id": "GHSA-aaaa", "summary": "A hole in zlib" } }]);
    hub.says("GET /repos/acme/agent/dependabot/alerts", &alert);
    hub.says(
        "GET /repos/acme/agent/code-scanning/alerts",
        &json!([{ "html_url": "https://hub/s", "rule": { "id": "js/xss", "description": "Script" } }]),
    );
    tidings(&shop, &["preflight"]).says(
        1,
        &[
            "GHSA-aaaa: A hole in zlib",
            "js/xss: Script",
            "add it to `[[accepted]]`",
        ],
    );
    let operator = shop.read("agent/operator.toml");
    let accepted = |until: &str| {
        let both: String = ["GHSA-aaaa", "js/xss"]
            .map(|id| {
                format!(
                    "\n[[accepted]]\nid = \"{id}\"\nreason = \"not reachable\"\nuntil = {until}\n"
                )
            })
            .concat();
        shop.write("agent/operator.toml", format!("{operator}{both}"));
        shop.git("agent", &["commit", "--quiet", "-am", "accepted"]);
        shop.git("agent", &["push", "--quiet"]);
        let commit = shop.git("agent", &["rev-parse", "HEAD"]);
        hub.says(
            &format!("GET /repos/acme/agent/commits/{commit}/check-runs"),
            &checks("completed", &"success".into()),
        );
    };
    accepted("2026-11-01");
    tidings(&shop, &["preflight"]).says(1, &["GHSA-aaaa was accepted until 2026-11-01 only"]);
    accepted("2027-01-31");
    tidings(&shop, &["preflight"]).says(
        0,
        &[
            "accepted     dependency alerts",
            "GHSA-aaaa until 2027-01-31: not reachable",
            "good",
        ],
    );
    hub.routes.lock().unwrap().insert(
        "GET /repos/acme/agent/dependabot/alerts".into(),
        (
            403,
            json!({ "message": "Dependabot alerts are disabled" }).to_string(),
        ),
    );
    tidings(&shop, &["preflight"]).says(
        0,
        &[
            "not checked  dependency alerts",
            "Dependabot alerts are disabled",
            "`not-checked:dependency-alerts`",
        ],
    );
}

#[test]
fn a_pipeline_is_watched_run_again_and_its_proposal_merged() {
    let (shop, hub) = hosted();
    let commit = bumped(&shop);
    hub.says(
        &format!("GET /repos/acme/agent/commits/{commit}/check-runs"),
        &checks("completed", &"success".into()),
    );
    tidings(&shop, &["preflight"]).ok();
    hub.says(
        "GET /repos/acme/agent/actions/runs",
        &json!({ "workflow_runs": [] }),
    );
    tidings(&shop, &["cut", "--yes"]).says(
        2,
        &["the pipeline of v1.0.0 does not begin", "on: push: tags"],
    );
    let run = |status: &str, conclusion: &Value| {
        let run = json!({ "id": 7, "name": "release", "status": status, "conclusion": conclusion, "html_url": "https://hub/run/7", "head_branch": "v1.0.0" });
        hub.says(
            "GET /repos/acme/agent/actions/runs",
            &json!({ "workflow_runs": [run] }),
        );
    };
    run("completed", &"failure".into());
    let steps = json!([{ "name": "build", "conclusion": "success" }, { "name": "push the image", "conclusion": "failure" }]);
    hub.says(
        "GET /repos/acme/agent/actions/runs/7/jobs",
        &json!({ "jobs": [{ "id": 9, "name": "publish", "conclusion": "failure", "steps": steps }] }),
    );
    let log = "pushing\n\u{1b}[31mError: unauthorized: token has expired\u{1b}[0m\n".to_owned();
    hub.routes.lock().unwrap().insert(
        "GET /repos/acme/agent/actions/jobs/9/logs".into(),
        (200, log),
    );
    tidings(&shop, &["cut", "--yes"]).says(
        1,
        &[
            "pipeline-failed",
            "publish, step `push the image`",
            "Error: unauthorized: token has expired",
            "a token has expired: renew the secret",
            "--rerun",
        ],
    );
    hub.says(
        "POST /repos/acme/agent/actions/runs/7/rerun-failed-jobs",
        &json!({}),
    );
    tidings(&shop, &["cut", "--yes", "--rerun"]).says(
        1,
        &["pipeline-failed", "may be signed with another identity"],
    );
    assert!(hub.asked("POST /repos/acme/agent/actions/runs/7/rerun-failed-jobs"));

    run("completed", &"success".into());
    shop.propose("1.0.0", same);
    let head = shop.git("bootstrap.git", &["rev-parse", "pin/v1.0.0"]);
    let pull = |number: u64| json!({ "number": number, "title": "Pin v1.0.0", "html_url": "https://hub/pull", "state": "open", "merged_at": null, "head": { "sha": head } });
    hub.says(
        "GET /repos/acme/agent-bootstrap/pulls",
        &json!([pull(3), pull(4)]),
    );
    tidings(&shop, &["cut", "--yes"]).says(
        2,
        &[
            "2 proposals from `pin/v1.0.0`: #3 Pin v1.0.0, #4",
            "close all but one",
        ],
    );
    assert!(hub.asked("head=acme%3Apin%2Fv1.0.0"));
    hub.says("GET /repos/acme/agent-bootstrap/pulls", &json!([pull(3)]));
    hub.says(
        "PUT /repos/acme/agent-bootstrap/pulls/3/merge",
        &json!({ "merged": true }),
    );
    let (remote, merged) = (shop.at("bootstrap.git"), head.clone());
    *hub.merge.lock().unwrap() = Some(Box::new(move || {
        let done = std::process::Command::new("git")
            .arg("-C")
            .arg(&remote)
            .args(["update-ref", "refs/heads/main", &merged])
            .status();
        assert!(done.unwrap().success());
    }));
    tidings(&shop, &["cut", "--yes"]).says(
        0,
        &[
            "the pipeline passed",
            "merged `pin/v1.0.0`",
            "v1.0.0 is released",
        ],
    );
    assert!(
        hub.asked(&format!("\"sha\":\"{head}\"")),
        "only what was reviewed is merged"
    );
    assert_eq!(shop.git("bootstrap.git", &["tag", "--list"]), "v1.0.0");
}

/// A day up to the proposal of 1.0.1, with 1.0.0 released.
fn proposed() -> (Shop, Hub) {
    let (shop, hub) = hosted();
    bumped(&shop);
    (shop, hub)
}

#[test]
fn what_would_stop_a_release_is_found_before_its_tag_is_public() {
    let (shop, hub) = proposed();
    let commit = shop.git("agent", &["rev-parse", "HEAD"]);
    hub.says(
        &format!("GET /repos/acme/agent/commits/{commit}/check-runs"),
        &checks("completed", &"success".into()),
    );
    let path = "/repos/acme/agent-bootstrap";
    let settings = |more: Value| {
        let mut settings = json!({ "allow_merge_commit": true, "allow_squash_merge": true, "allow_rebase_merge": true, "archived": false, "permissions": { "push": true } });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        hub.says(&format!("GET {path}"), &settings);
    };
    for (more, said) in [
        (json!({ "archived": true }), "is archived"),
        (json!({ "permissions": { "push": false } }), "may not write"),
        (
            json!({ "allow_merge_commit": false, "allow_squash_merge": false, "allow_rebase_merge": false }),
            "allows no way to merge",
        ),
    ] {
        settings(more);
        tidings(&shop, &["preflight"]).says(1, &["FAIL", said]);
    }
    settings(json!({ "allow_merge_commit": false }));
    tidings(&shop, &["preflight"]).says(0, &["merging", "by squash"]);
    // Rules are read, and one that the token cannot go around stops here.
    hub.says(
        &format!("GET {path}/rulesets"),
        &json!([{ "id": 3, "target": "tag", "enforcement": "active" }]),
    );
    let rule = |bypass: &str| {
        hub.says(
            &format!("GET {path}/rulesets/3"),
            &json!({ "id": 3, "name": "release tags", "rules": [{ "type": "creation" }], "current_user_can_bypass": bypass }),
        );
    };
    rule("never");
    tidings(&shop, &["preflight"]).says(
        1,
        &["tag rules", "`release tags`", "forbids to create tags"],
    );
    rule("always");
    tidings(&shop, &["preflight"]).says(0, &["tag rules"]);
    // What changes between the checklist and the cut stops the cut, before anything is public.
    rule("never");
    tidings(&shop, &["cut", "--yes"]).says(1, &["gate-preflight", "nothing was tagged"]);
    assert_eq!(shop.git("agent.git", &["tag", "--list"]), "");
}
