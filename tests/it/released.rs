//! What was released stays where it is: tags and digests, as changelog, ledger and registry know them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tidings::adapters::Live;
use tidings::documents::Answer;
use tidings::model::Digest;
use tidings::ports::registry::{Child, Manifest};
use tidings::ports::{LedgerKind, Mailing, Receipt};
use tidings::release_day::{LivedWith, Shipped, digests_row};

use crate::fixture::{Repo, Run, digest, log, pin, run, tidings};

fn git(folder: &Path, words: &[&str]) -> Run {
    run(Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
        .args(words)
        .current_dir(folder))
    .ok()
}

/// The example with 2.2.0 bumped.
fn example() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::TempDir::new().unwrap();
    tidings(folder.path(), &["demo", "example"]).ok();
    let source = folder.path().join("example/source");
    git(&source, &["config", "user.name", "T"]);
    git(&source, &["config", "user.email", "t@example.org"]);
    tidings(&source, &["bump", "minor", "--commit", "--push"]).ok();
    (folder, source)
}

#[test]
fn a_released_tag_that_is_gone_or_moved_fails() {
    let (folder, source) = example();
    let bootstrap = folder.path().join("example/bootstrap");
    tidings(&source, &["preflight"]).says(0, &["10 tags: the same commit here and at `origin`"]);
    git(&bootstrap, &["push", "-q", "origin", ":refs/tags/v2.0.2"]);
    // Only at origin.
    tidings(&source, &["preflight"]).says(1, &["`origin` has no `v2.0.2`"]);
    git(&bootstrap, &["tag", "-d", "v2.0.2"]);
    let gone = "`v2.0.2` is gone, here and at `origin`: the changelog has its entry of 2026-07-02";
    tidings(&source, &["preflight"]).says(1, &[gone, "somebody's way back"]);
    tidings(&source, &["verify"]).says(1, &[gone]);
    tidings(&source, &["check", "--online"]).says(1, &["tag-gone", gone]);
    // Back again, at another commit.
    git(&bootstrap, &["tag", "v2.0.2", "v1.4.0"]);
    git(&bootstrap, &["push", "-q", "origin", "v2.0.2"]);
    let moved = ["`v2.0.2` leads to", "whose pin is of another version"];
    tidings(&source, &["preflight"]).says(1, &moved);
    tidings(&source, &["verify"]).says(1, &moved);
    tidings(&source, &["check", "--online"]).says(1, &moved);
}

/// A vendor whose images lie in a registry on loopback, by reference.
struct Vendor {
    repo: Repo,
    images: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Vendor {
    /// 1.0.0, 1.1.0 and 1.2.0, released.
    fn new() -> Self {
        let images: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (kept, words) = (images.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, words) = (kept.clone(), words.clone());
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                    let first = lines.next().unwrap_or_default();
                    let _ = lines.find(String::is_empty);
                    let path = first.split(' ').nth(1).unwrap_or("").to_owned();
                    let name = path.rsplit('/').next().unwrap_or("").to_owned();
                    words.lock().unwrap().push(name.clone());
                    let found = kept.lock().unwrap().get(&name).cloned();
                    let (status, body) = match found {
                        Some(body) => ("200 OK", body),
                        None => ("404 Not Found", String::new()),
                    };
                    let _ = write!(
                        &stream,
                        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    );
                });
            }
        });
        let repo = Repo::new();
        repo.write("tidings.toml", crate::fixture::TOML);
        repo.write(".gitignore", "vendor\nremote.git\n");
        let mut entries = Vec::new();
        for (version, day) in [
            ("1.0.0", "2026-01-10"),
            ("1.1.0", "2026-03-10"),
            ("1.2.0", "2026-05-10"),
        ] {
            entries.insert(0, (version, day, ""));
            let image = format!("{{\"config\":{{\"version\":\"{version}\"}}}}");
            let real = Digest::of(image.as_bytes()).to_string();
            let text = pin(version)
                .replace("registry.acme.example/agent", &format!("{host}/acme/agent"))
                .replace(&digest(version), &real);
            let mut all = images.lock().unwrap();
            all.insert(format!("v{version}"), image.clone());
            all.insert(real, image);
            repo.write("CHANGELOG.md", log(&entries))
                .write("pin.json", text)
                .tag(&format!("v{version}"));
        }
        repo.git(&["init", "--quiet", "--bare", "remote.git"]);
        repo.git(&["remote", "add", "origin", "remote.git"]);
        repo.git(&["push", "--quiet", "--tags", "-u", "origin", "main"]);
        repo.write("vendor/operator.toml", "bootstrap = \"..\"\n");
        Vendor {
            repo,
            images,
            asked,
        }
    }

    fn verify(&self) -> Run {
        tidings(&self.repo.path().join("vendor"), &["verify"])
    }

    fn receipt(&self, step: &str, version: &str, commit: &str) {
        let place = LedgerKind::File(self.repo.path().join("vendor/.tidings/ledger.db"));
        let receipt = Receipt {
            step: step.into(),
            version: version.into(),
            tag: format!("v{version}"),
            commit: commit.into(),
            digest: String::new(),
            detail: "{}".into(),
        };
        Live.ledger(&place).unwrap().record(&receipt).unwrap();
    }

    fn remove(&self, tag: &str) {
        self.repo
            .git(&["push", "-q", "origin", &format!(":refs/tags/{tag}")]);
        self.repo.git(&["tag", "-d", tag]);
    }
}

#[test]
fn ledger_and_registry_know_the_oldest_and_the_newest_release() {
    // Neither the oldest nor the newest stands between two tags: the changelog alone is no evidence.
    let vendor = Vendor::new();
    vendor.remove("v1.0.0");
    vendor
        .verify()
        .says(1, &["`v1.0.0` is gone", "the registry has its image"]);
    vendor.images.lock().unwrap().remove("v1.0.0");
    let silent = vendor.verify();
    assert!(!silent.err.contains("tag-gone"), "{}", silent.err);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    vendor.receipt("cut", "1.0.0", commit);
    vendor.verify().says(
        1,
        &[
            "the ledger has it at 0123456789ab (cut)",
            "git tag -a v1.0.0 0123456789ab",
        ],
    );
    // Moved to a commit that holds the same pin: only the ledger sees it.
    vendor.receipt("published", "1.1.0", commit);
    vendor.verify().says(
        1,
        &[
            "`v1.1.0` leads to",
            "the ledger has it at 0123456789ab (published)",
        ],
    );
    // Gone from the changelog too.
    vendor.receipt("published", "0.9.0", commit);
    vendor.verify().says(1, &["`v0.9.0` is gone"]);
}

#[test]
fn every_published_digest_is_asked_of_the_registry() {
    let vendor = Vendor::new();
    let said = tidings(&vendor.repo.path().join("vendor"), &["check", "--online"]);
    assert!(!said.err.contains("digest-gone"), "{}", said.err);
    let asked = vendor
        .asked
        .lock()
        .unwrap()
        .iter()
        .filter(|name| name.starts_with("sha256:"))
        .count();
    assert_eq!(asked, 3);
    // A clean-up job took an old one.
    vendor
        .images
        .lock()
        .unwrap()
        .retain(|name, image| !(name.starts_with("sha256:") && image.contains("1.1.0")));
    vendor.verify().says(
        1,
        &["digest-gone", "v1.1.0: the registry no longer has sha256:"],
    );
    tidings(&vendor.repo.path().join("vendor"), &["check", "--online"]).says(1, &["digest-gone"]);
}

#[test]
fn a_release_that_never_had_a_tag_is_accepted_by_name() {
    let vendor = Vendor::new();
    vendor.remove("v1.1.0");
    vendor.verify().says(1, &["`v1.1.0` is gone"]);
    let check = || tidings(&vendor.repo.path().join("vendor"), &["check", "--online"]);
    check().says(1, &["tag-gone"]);
    let accept = |until: &str| {
        let accepted = format!(
            "[[accepted]]\nid = \"tag-gone:v1.1.0\"\nreason = \"it was skipped\"\nuntil = {until}\n"
        );
        vendor.repo.write(
            "vendor/operator.toml",
            format!("bootstrap = \"..\"\n{accepted}"),
        );
    };
    accept("2026-01-01");
    check().says(1, &["tag-gone"]);
    accept("2027-01-01");
    let said = check();
    assert!(!(said.out + &said.err).contains("tag-gone"));
    let said = vendor.verify();
    assert!(!(said.out + &said.err).contains("is gone"));
}

#[test]
fn a_lost_attestation_is_no_lost_image_and_another_digest_no_image() {
    let image = |os: &str, there: bool, attestation: bool| Child {
        platform: format!("{os}/amd64"),
        digest: digest(os),
        attestation,
        there,
    };
    let row = |children: Vec<Child>, answered: &str| {
        let (pin, _) = tidings::sources::pin::read(
            &tidings::diag::Text::new("pin.json", pin("1.0.0")),
            &Default::default(),
            Some("v1.0.0"),
            &|_| None,
        );
        let pin = pin.unwrap();
        let version = crate::fixture::version("1.0.0");
        let manifest = Manifest {
            digest: digest(answered),
            children,
        };
        let shipped = Shipped {
            version: &version,
            tag: "v1.0.0",
            entry: None,
            here: Some("0123456789ab"),
            at_origin: Some("0123456789ab"),
            pin: Some(&pin),
            other_pin: false,
            receipt: None,
            registry: Some(Ok(Some(manifest))),
        };
        let nothing = LivedWith {
            accepted: &[],
            today: chrono::NaiveDate::default(),
        };
        digests_row(&[shipped], &nothing)
    };
    let lost = row(
        vec![image("linux", true, false), image("unknown", false, true)],
        "1.0.0",
    );
    assert_eq!(lost.answer, Answer::Pass, "{}", lost.why);
    assert!(
        lost.why.ends_with("the registry lost 1 attestation"),
        "{}",
        lost.why
    );
    let gone = row(vec![image("linux", false, false)], "1.0.0");
    assert_eq!(gone.answer, Answer::Fail, "{}", gone.why);
    // Whatever it sends, it is not what was asked for.
    let another = row(vec![image("linux", true, false)], "6.6.6");
    assert_eq!(another.answer, Answer::Fail, "{}", another.why);
    assert!(
        another.why.contains("answers with sha256:36"),
        "{}",
        another.why
    );
}
