//! The rules of the release day, by themselves; and agents that answer badly.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use tidings::diag::Text;
use tidings::model::{Level, Scheme, Version};
use tidings::notify::maillog;
use tidings::ports::{Receipt, Recorded};
use tidings::release_day::{
    Phase, Phases, Refused, VersionFile, cut_changelog, known_cause, mentions,
};
use tidings::sources::changelog;

use crate::fixture::{Repo, version};

#[test]
fn the_version_is_changed_in_its_place_and_nothing_else() {
    let cases = [
        ("VERSION", None, "1.2.3\n", "1.3.0\n"),
        ("VERSION", None, "  v1.2.3", "  1.3.0"),
        (
            "Cargo.toml",
            None,
            "# a package\n[dependencies]\nversion = \"9.9.9\"\n[package]\nname='a' # name\nversion   =  '1.2.3'  # ours\r\n",
            "# a package\n[dependencies]\nversion = \"9.9.9\"\n[package]\nname='a' # name\nversion   =  '1.3.0'  # ours\r\n",
        ),
        (
            "Cargo.toml",
            None,
            "[workspace.package]\nversion = \"1.2.3\"\n",
            "[workspace.package]\nversion = \"1.3.0\"\n",
        ),
        (
            "pyproject.toml",
            None,
            "[tool.poetry]\nversion = \"1.2.3\"\n",
            "[tool.poetry]\nversion = \"1.3.0\"\n",
        ),
        (
            "web/package.json",
            None,
            "{\"x\": {\"version\": \"0.0.1\"}, \"a\\\"}\": 1,\n\t\"version\" :\"1.2.3\",\n \"b\": []}",
            "{\"x\": {\"version\": \"0.0.1\"}, \"a\\\"}\": 1,\n\t\"version\" :\"1.3.0\",\n \"b\": []}",
        ),
        (
            "Chart.yaml",
            None,
            "appVersion: 9\nversion: 1.2.3 # chart\n",
            "appVersion: 9\nversion: 1.3.0 # chart\n",
        ),
        (
            "Chart.yaml",
            None,
            "version: \"1.2.3\"\n",
            "version: \"1.3.0\"\n",
        ),
        (
            "setup.py",
            Some("version='{version}'"),
            "x='1.0'\nsetup(version='1.2.3')\n",
            "x='1.0'\nsetup(version='1.3.0')\n",
        ),
        (
            "version.h",
            Some("#define V {version}"),
            "#define V 1.2.3\n#define W 1\n",
            "#define V 1.3.0\n#define W 1\n",
        ),
    ];
    for (name, pattern, before, after) in cases {
        let kind = VersionFile::of(name, pattern).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            kind.find(before).map(|place| place.version),
            Some(version("1.2.3")),
            "{name}: {before}"
        );
        assert_eq!(kind.with(before, &version("1.3.0")).as_deref(), Some(after));
    }
    for (name, text) in [
        ("VERSION", ""),
        ("VERSION", "soon"),
        ("Cargo.toml", "[package]\nversion.workspace = true\n"),
        ("package.json", "{\"version\": 3}"),
        ("package.json", "{\"version"),
        ("package.json", "\"version\": \"1.2.3\""),
    ] {
        assert_eq!(
            VersionFile::of(name, None).unwrap().find(text),
            None,
            "{name}: {text}"
        );
    }
    assert_eq!(
        (
            VersionFile::of("main.c", None),
            VersionFile::of("main.c", Some("no place"))
        ),
        (None, None)
    );
}

#[test]
fn a_version_is_a_whole_word() {
    let text =
        "1.2.3\nv1.2.3, and\nagent-1.2.30 11.2.3 1.2.3.4 1.2.3-rc.1 x1.2.3\n(1.2.3.)\n\"1.2.3\"\n";
    assert_eq!(mentions(text, "1.2.3"), [1, 2, 4, 5]);
}

#[test]
fn unreleased_becomes_an_entry() {
    let day = "2026-11-22".parse().unwrap();
    let cut = |text: &str, level: Level| {
        cut_changelog(
            &changelog::read(Text::new("CHANGELOG.md", text), None),
            &version("1.4.0"),
            level,
            day,
            "v",
        )
    };
    let text = "# Changelog\n\n## [Unreleased]\n\nBetter.\n\n### Added\n\n- This.\n\n## [1.3.0] - 2026-01-01\n\nOlder.\n\n\
                [Unreleased]: https://forge/acme/agent/compare/v1.3.0...HEAD\n[1.3.0]: https://forge/acme/agent/releases/tag/v1.3.0\n";
    let made = cut(text, Level::Minor).unwrap();
    assert!(
        made.contains(
            "## [Unreleased]\n\n## [1.4.0] - 2026-11-22\n\nBetter.\n\n### Added\n\n- This.\n"
        ),
        "{made}"
    );
    assert!(made.contains("[Unreleased]: https://forge/acme/agent/compare/v1.4.0...HEAD\n[1.4.0]: https://forge/acme/agent/compare/v1.3.0...v1.4.0\n[1.3.0]: "), "{made}");
    let read = changelog::read(Text::new("CHANGELOG.md", made.as_str()), None);
    assert!(
        read.unreleased().is_some_and(|entry| entry.is_empty())
            && read
                .entry(&version("1.4.0"))
                .is_some_and(|entry| !entry.is_empty())
    );
    assert_eq!(
        cut_changelog(&read, &version("1.4.0"), Level::Minor, day, "v"),
        Err(Refused::Taken)
    );
    assert_eq!(
        cut_changelog(&read, &version("1.5.0"), Level::Minor, day, "v"),
        Err(Refused::Empty)
    );
    assert_eq!(
        cut("# Changelog\n\n## 1.0.0 - 2026-01-01\n\nX.\n", Level::Minor),
        Err(Refused::Nothing)
    );
    assert_eq!(cut(text, Level::Patch), Err(Refused::Level("This.".into())));
    for heading in ["Removed", "Breaking changes"] {
        assert_eq!(
            cut(&text.replace("Added", heading), Level::Minor),
            Err(Refused::Level("This.".into())),
            "{heading}"
        );
        assert!(cut(&text.replace("Added", heading), Level::Major).is_ok());
    }
    let plain = cut("## Unreleased\r\n\r\nBetter.\r\n", Level::Patch).unwrap();
    assert!(
        plain.contains("## Unreleased")
            && plain.contains("## 1.4.0 - 2026-11-22")
            && plain.contains("Better."),
        "{plain}"
    );
    assert_eq!(
        Scheme::Semver.level(&version("1.3.9"), &version("1.4.0")),
        Some(Level::Minor)
    );
}

#[test]
fn the_day_knows_its_phases() {
    let at = |time: &str, step: &str, tag: &str| Recorded {
        number: 0,
        at: format!("2026-11-22T{time}Z"),
        receipt: Receipt {
            step: step.into(),
            version: String::new(),
            tag: tag.into(),
            commit: String::new(),
            digest: String::new(),
            detail: String::new(),
        },
    };
    let receipts = [
        at("10:00:00", "preflight", "v1"),
        at("10:08:00", "cut-begun", "v1"),
        at("10:20:00", "cut", "v1"),
        at("10:22:00", "smoke", "v1"),
        at("10:30:00", "notified", "v1"),
        at("11:00:00", "preflight", "v2"),
    ];
    let (first, second) = (
        Phases::of(&receipts, "v1", &|_| None),
        Phases::of(&receipts, "v2", &|_| None),
    );
    let minutes = |phase| first.took(phase).map(|took| took.as_secs() / 60);
    assert_eq!(Phase::ALL.map(minutes), [Some(8), Some(12), Some(10)]);
    assert_eq!(
        (first.next(), second.next(), Phases::default().next()),
        (None, Some("tidings cut"), Some("tidings preflight"))
    );
    assert_eq!(second.took(Phase::PreCut), None);
}

#[test]
fn logs_say_what_they_say() {
    assert!(
        known_cause("Error: DENIED: requested access to the resource is denied: denied: x")
            .is_some_and(|cause| cause.contains("registry refused"))
    );
    assert!(
        known_cause("getting Rekor public keys: 503")
            .is_some_and(|cause| cause.contains("public log"))
    );
    assert_eq!(known_cause("assertion failed: left == right"), None);
    let exim = "2026-11-23 06:00:00 1xyz-0001 <= a@acme.example H=localhost P=esmtp S=900 id=aaaa@acme.example\n";
    let postfix = "Nov 23 mx postfix/cleanup[1]: Q1: message-id=<bbbb@acme.example>\nNov 23 mx postfix/qmgr[1]: Q1: from=<a@acme.example>, size=1\n\
                   Nov 23 mx postfix/cleanup[1]: Q2: message-id=<cccc@acme.example>\n";
    let found = maillog::read(&format!("{exim}{postfix}"));
    assert_eq!(
        ["aaaa", "bbbb", "cccc"].map(|id| found.get(id).map(|logged| logged.taken)),
        [Some(true), Some(true), Some(false)]
    );
}

/// Serves bytes to whoever comes, and holds the line if it is asked to.
fn agent(answer: &'static [u8], holds: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/version", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(answer);
                if holds {
                    std::thread::sleep(Duration::from_secs(30));
                }
            });
        }
    });
    address
}

#[test]
fn agents_that_answer_badly() {
    let repo = Repo::good();
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    let with = |body: &[u8]| -> &'static [u8] {
        Box::leak([head.as_slice(), body].concat().into_boxed_slice())
    };
    let huge = with(&vec![b'x'; 3 << 20]);
    repo.tidings(&["identify", "http://127.0.0.1:9/version"])
        .says(2, &["Connection refused", "docker ps --all"]);
    repo.tidings(&["identify", &agent(huge, false)])
        .says(2, &["cannot ask"]);
    repo.tidings(&["identify", &agent(b"HTTP/1.1 200 OK\r\n", true)])
        .says(2, &["it does not answer in ten seconds"]);
    repo.tidings(&[
        "identify",
        &agent(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n", false),
    ])
    .says(2, &["it answers 503"]);
    repo.tidings(&["identify", &agent(with(b"<html>\x1b[31mlogin"), false)])
        .says(1, &[]);
    repo.tidings(&[
        "identify",
        &agent(
            with(b"{\"version\":\"1.1.0\",\"digest\":\"sha256:feed\"}"),
            false,
        ),
    ])
    .says(1, &["1.1.0", "sha256:feed"]);
    repo.tidings(&["identify", &agent(with(b"{\"version\":[1,2"), false)])
        .says(1, &[]);
    assert!(Version::read("1.1.0").is_some());
}
