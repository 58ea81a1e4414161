//! The guide as its builder and its reader meet it: the real program on real repositories.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::fixture::{Repo, TODAY, log, pin};

fn files(folder: &Path) -> BTreeMap<String, (SystemTime, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                let name = entry
                    .path()
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                all.insert(
                    name,
                    (
                        entry.metadata().unwrap().modified().unwrap(),
                        fs::read(entry.path()).unwrap(),
                    ),
                );
            }
        }
    }
    all
}

fn page(repo: &Repo, name: &str) -> String {
    fs::read_to_string(repo.path().join("guide").join(name)).unwrap()
}

fn built() -> Repo {
    let repo = Repo::good();
    repo.tidings(&["guide", "build"]).ok();
    repo
}

#[test]
fn the_playbook_is_this_products_own() {
    let repo = built();
    let start = page(&repo, "index.html");
    for words in [
        "curl -fsS http://127.0.0.1:18080/version",
        "./diagnostics.sh",
        "git fetch --tags &amp;&amp; git checkout v1.0.0 &amp;&amp; ./install.sh",
        "support@acme.example",
        "within four business hours",
        "+49 30 5550 0199",
        "incident.txt",
    ] {
        assert!(start.contains(words), "{words}");
    }
    for (name, (_, bytes)) in files(&repo.path().join("guide")) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.contains("{{") || name.ends_with(".js"),
            "{name} has a placeholder"
        );
        assert!(
            !name.ends_with(".html") || text.contains("default-src 'none'; script-src 'self'"),
            "{name} has no policy"
        );
    }
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let repo = built();
    let all = files(&repo.path().join("guide"));
    let mut links = 0;
    for (name, (_, bytes)) in all
        .iter()
        .filter(|(name, _)| name.ends_with(".html") && *name != "404.html")
    {
        let text = String::from_utf8_lossy(bytes);
        for link in text
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            if link.contains(':') {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let mut parts: Vec<&str> = name.split('/').collect();
            parts.pop();
            for part in path.split('/').filter(|part| !part.is_empty()) {
                match part {
                    ".." => parts.truncate(parts.len() - 1),
                    part => parts.push(part),
                }
            }
            let target = if path.is_empty() {
                name.clone()
            } else {
                parts.join("/")
            };
            let (_, bytes) = all
                .get(&target)
                .unwrap_or_else(|| panic!("{name} links to {target}"));
            let held = String::from_utf8_lossy(bytes).contains(&format!("id=\"{anchor}\""));
            assert!(
                anchor.is_empty() || held,
                "{name} links to {target}#{anchor}"
            );
            links += 1;
        }
    }
    assert!(links > 200, "{links}");
}

#[test]
fn a_second_build_writes_nothing_and_a_change_only_what_it_changes() {
    let repo = built();
    let out = repo.path().join("guide");
    let before = files(&out);
    repo.tidings(&["guide", "build"])
        .says(0, &["nothing changed"]);
    assert_eq!(before, files(&out));
    repo.write(
        "content/proxy.md",
        "# Behind a proxy\n\nSet `HTTPS_PROXY`.\n",
    );
    repo.tidings(&["guide", "build"]).ok();
    let with = files(&out);
    assert!(
        with.contains_key("proxy.html") && with["index.html"].1 != before["index.html"].1,
        "the navigation names it"
    );
    assert_eq!(with["support.json"], before["support.json"]);
    assert_eq!(with["data/releases.js"].0, before["data/releases.js"].0);
    fs::remove_file(repo.path().join("content/proxy.md")).unwrap();
    repo.tidings(&["guide", "build"]).says(0, &["1 removed"]);
    let names =
        |all: &BTreeMap<String, (SystemTime, Vec<u8>)>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&files(&out)), names(&before));
    let left: Vec<_> = fs::read_dir(repo.path())
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with(".tidings"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_old_guide_stays_where_a_new_one_cannot_be_made() {
    let repo = built();
    let out = repo.path().join("guide");
    let before = files(&out);
    let refused = |words: &[&str], code| {
        repo.tidings(&["guide", "build"]).says(code, words);
        assert_eq!(before, files(&out));
    };
    repo.write("templates/guide/release.html", "<h1>{{ title }</h1>");
    refused(&["template-broken", "templates/guide/release.html:1:"], 1);
    repo.write(
        "templates/guide/release.html",
        "<h1>{{ nothing.there }}</h1>",
    );
    refused(&["template-broken", "templates/guide/release.html:1:"], 1);
    fs::remove_dir_all(repo.path().join("templates")).unwrap();

    repo.write("content/a.md", "+++\ntitel = \"A\"\n+++\n# A\n");
    refused(&["page-front-matter", "a.md:2:9", "write `title`"], 1);
    repo.write("content/a.md", "+++\ntitle = \n+++\n# A\n");
    refused(&["page-front-matter", "a.md:2:"], 1);
    repo.write("content/a.md", "---\ntitle: A\n# A\n");
    refused(&["page-front-matter", "has no end"], 1);
    repo.write("content/a.md", "---\norder: first\n---\n# A\n");
    refused(&["page-front-matter", "a.md:2:8", "whole number"], 1);
    repo.write(
        "content/a.md",
        "# A\n\nSee [b](b.md) and [the policy](policy.html#scheme).\n",
    );
    refused(
        &[
            "link-broken",
            "a.md:3:5",
            "`b.html` is no page of the guide",
        ],
        1,
    );
    repo.write("content/a.md", "# A\n\n## One\n\n[two](#ones)\n");
    refused(&["link-broken", "write `#one`"], 1);
    repo.write("content/a.md", "# A\n")
        .write("content/index.md", "# Mine\n");
    refused(
        &[
            "page-duplicate",
            "`index.html` is a page of tidings itself already",
        ],
        1,
    );
    fs::remove_file(repo.path().join("content/index.md")).unwrap();
    repo.write("content/a.md", b"# \xff\n");
    refused(&["not-utf8", "a.md:1:3"], 1);
    fs::remove_file(repo.path().join("content/a.md")).unwrap();

    repo.write("guide/mine.txt", "keep me");
    repo.tidings(&["guide", "build"]).says(
        2,
        &[
            "mine.txt` is none of the files that tidings writes",
            "content/",
        ],
    );
    fs::remove_file(out.join("mine.txt")).unwrap();
    repo.write("other/mine.txt", "keep me");
    repo.tidings(&["guide", "build", "--out", "other"])
        .says(2, &["was not made by tidings"]);
    assert_eq!(before, files(&out));
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let repo = Repo::good();
    let evil = "### Fixed\n\n- <script>alert(1)</script> <img src=x onerror=alert(1)> [go](javascript:alert(1)) ![out](https://evil.example/x.png)\n";
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", evil), ("1.0.0", "2026-01-10", "")]),
    );
    repo.write("content/a.md", "# A\n\n<script>alert(2)</script> [go](javascript:alert(1)) ![out](https://evil.example/y.png)\n");
    repo.write(
        "known-issues.toml",
        "[[issue]]\nid = \"<b>\"\ntitle = \"</script><script>alert(3)</script>\"\nsymptoms = [\"<i>\"]\nintroduced = \"1.0.0\"\nworkaround = \"w\"\n",
    );
    repo.tidings(&["guide", "build"]).ok();
    repo.tidings(&["guide", "build", "--single-file"]).ok();
    for (name, (_, bytes)) in files(&repo.path().join("guide")) {
        let text = String::from_utf8(bytes).unwrap();
        for bad in [
            "<script>alert",
            "<img src=x",
            "href=\"javascript:",
            "<img src=\"https:",
        ] {
            assert!(
                !text.contains(bad) || name.ends_with(".json"),
                "{name} has {bad}"
            );
        }
    }
    let single = fs::read_to_string(repo.path().join("guide.html")).unwrap();
    assert_eq!(single.matches("<script>").count(), 3);
}

#[test]
fn pages_stay_small_however_many_releases_there_are() {
    let repo = Repo::new();
    let many: Vec<(String, String)> = (0..400)
        .map(|n| {
            (
                format!("{}.{}.{}", 1 + n / 100, n / 5 % 20, n % 5),
                format!("20{:02}-{:02}-10", 10 + n / 30, 1 + n % 12),
            )
        })
        .collect();
    let action = "### Required action\n\n- Rename the setting in your configuration file before you install.\n  Change: [the setting](tidings.toml)\n  Downtime: 5 minutes\n";
    let mut entries: Vec<(&str, &str, &str)> = Vec::new();
    for (version, date) in many.iter().rev() {
        entries.push((version, date, action));
    }
    repo.write("tidings.toml", crate::fixture::TOML)
        .write("CHANGELOG.md", log(&entries));
    repo.write("pin.json", pin("1.0.0")).tag("v1.0.0");
    repo.write("pin.json", pin("4.19.4")).tag("v4.19.4");
    repo.tidings(&["guide", "build"]).ok();
    let all = files(&repo.path().join("guide"));
    for (name, (_, bytes)) in all.iter().filter(|(name, _)| name.ends_with(".html")) {
        assert!(bytes.len() <= 15_000, "{name} has {} bytes", bytes.len());
    }
    assert!(
        all.contains_key("releases/page-10.html") && !all.contains_key("releases/page-11.html")
    );
    let upgrade = page(&repo, "upgrade/1.0.0.html");
    assert!(upgrade.contains("399 releases away"), "{upgrade}");
}

#[test]
fn a_page_too_large_for_a_phone_is_named() {
    let repo = Repo::good();
    repo.write(
        "content/long.md",
        format!(
            "# Long\n\n{}",
            "A line of text that goes on.\n".repeat(4000)
        ),
    );
    repo.tidings(&["guide", "build"])
        .says(0, &["page-large", "long.md:1", "115 KiB"]);
}

#[test]
fn own_pages_have_titles_order_links_and_files() {
    let repo = Repo::good();
    repo.write("content/b.md", "+++\ntitle = \"Second\"\norder = 2\n+++\n# Ignored\n")
        .write("content/howto/a.md", "---\norder: 1\n---\n# First\n\nSee [second](../b.md), [releases](../releases/1.1.0.html) and ![a picture](dot.png).\n\n## Deep *down*\n")
        .write("content/howto/dot.png", [0x89, b'P', b'N', b'G'])
        .write("content/hidden.md", "+++\nnav = false\n+++\n# Hidden\n\n[deep](howto/a.md#deep-down)\n");
    repo.tidings(&["guide", "build"]).ok();
    let start = page(&repo, "index.html");
    let at = |words: &str| start.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(at(">First</a>") < at(">Second</a>") && !start.contains("Hidden"));
    let first = page(&repo, "howto/a.html");
    for words in [
        "href=\"../b.html\"",
        "href=\"../releases/1.1.0.html\"",
        "src=\"../howto/dot.png\"",
        "<h2 id=\"deep-down\">",
        "href=\"../guide.css\"",
    ] {
        assert!(first.contains(words), "{words} in {first}");
    }
    assert!(repo.path().join("guide/howto/dot.png").exists());
}

#[test]
fn a_calendar_scheme_and_no_releases_have_a_guide_too() {
    let repo = Repo::new();
    repo.write("tidings.toml", crate::fixture::TOML)
        .write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
        .tag("x");
    repo.tidings(&["guide", "build"]).ok();
    assert!(page(&repo, "index.html").contains("There is no release yet"));
    let toml = crate::fixture::TOML
        .replace(
            "scheme = \"semver\"",
            "scheme = \"calver\"\nformat = \"YYYY.0M.MICRO\"",
        )
        .replace("url = \"https://guide.acme.example/\"", "");
    repo.write("tidings.toml", toml).write(
        "CHANGELOG.md",
        log(&[
            ("2026.03.1", "2026-03-10", ""),
            ("2026.01.1", "2026-01-10", ""),
        ]),
    );
    repo.write("pin.json", pin("2026.01.1")).tag("v2026.01.1");
    repo.write("pin.json", pin("2026.03.1")).tag("v2026.03.1");
    repo.tidings(&["guide", "build"]).ok();
    assert!(page(&repo, "index.html").contains("git checkout v2026.01.1"));
    assert!(
        !repo.path().join("guide/feed.xml").exists(),
        "a feed needs the address of the guide"
    );
}

#[test]
fn the_single_file_needs_nothing_else() {
    let repo = Repo::good();
    repo.write(
        "content/howto/a.md",
        "# First\n\n![a picture](dot.png) [there](#down) [policy](../policy.html)\n\n## Down\n",
    )
    .write("content/howto/dot.png", [0x89, b'P', b'N', b'G']);
    repo.tidings(&["guide", "build", "--single-file", "--out", "all.html"])
        .ok();
    let single = fs::read_to_string(repo.path().join("all.html")).unwrap();
    let ids: Vec<&str> = single
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{id} stands twice");
    }
    for link in single
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            link.contains(':') || link.strip_prefix('#').is_some_and(|id| ids.contains(&id)),
            "{link}"
        );
    }
    assert!(
        single.contains("src=\"data:image/png;base64,iVBORw==\"")
            && single.matches(" src=\"").count() == 1
            && !single.contains("<link ")
    );
}

/// A server that dies with its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[test]
fn serve_shows_changes_and_keeps_the_last_good_guide() {
    let repo = Repo::good();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command
        .args(["guide", "serve", "--port", "0"])
        .current_dir(repo.path())
        .env("SOURCE_DATE_EPOCH", TODAY);
    let mut server = Server(
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let address = url
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{url}");
    let (code, start) = get(&address, "/");
    assert!(
        code == 200
            && start.contains("When something is wrong")
            && start.contains("/_tidings/reload.js")
    );
    assert_eq!(get(&address, "/no/such/page").0, 404);
    assert_eq!(get(&address, "/../../etc/passwd").0, 404);
    let changed = |words: &str| {
        let start = Instant::now();
        while !get(&address, "/releases/1.1.0.html").1.contains(words) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "never saw {words}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let waiting = {
        let address = address.clone();
        std::thread::spawn(move || get(&address, "/_tidings/next?1").0)
    };
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", "### Fixed\n\n- The moon.\n"),
            ("1.0.0", "2026-01-10", ""),
        ]),
    );
    changed("The moon.");
    assert_eq!(waiting.join().unwrap(), 200);
    // What `check` refuses is shown to its author, and to nobody as if it were good.
    let entries = |heading: &str, item: &str| {
        let body = format!("### {heading}\n\n- {item}\n");
        log(&[("1.1.0", "2026-03-10", &body), ("1.0.0", "2026-01-10", "")])
    };
    repo.write(
        "CHANGELOG.md",
        entries("What you must do before", "Move the moon."),
    );
    changed("DRAFT");
    repo.write("CHANGELOG.md", entries("Fixed", "The sun."));
    changed("The sun.");
    assert!(!get(&address, "/releases/1.1.0.html").1.contains("DRAFT"));
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", "### Fixed\n\n- The moon.\n"),
            ("1.0.0", "2026-01-10", ""),
        ]),
    );
    changed("The moon.");
    repo.write("content/a.md", "[nowhere](x.md)\n");
    std::thread::sleep(Duration::from_millis(200));
    changed("The moon.");
    repo.write("content/a.md", "# A\n").write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", "### Fixed\n\n- The sun.\n"),
            ("1.0.0", "2026-01-10", ""),
        ]),
    );
    changed("The sun.");
}

#[test]
fn identify_names_what_runs() {
    let repo = Repo::good();
    let digest = crate::fixture::digest("1.0.0");
    repo.write(
        "answer.json",
        format!("{{\"version\": \"1.1.0\", \"digest\": \"{digest}\"}}"),
    );
    repo.tidings(&["identify", "answer.json"]).says(
        1,
        &[
            "Acme Agent 1.0.0, released 2026-01-10: supported",
            "/version says version 1.1.0; the pin says 1.0.0",
        ],
    );
    repo.tidings(&["identify", "--version", "v1.1.0"])
        .says(0, &["Acme Agent 1.1.0", "git checkout v1.0.0"]);
    repo.tidings(&["identify", "--version", "7.0.0"])
        .says(1, &["Nobody released 7.0.0"]);
    repo.tidings(&[
        "identify",
        "--version",
        "1.1.0",
        "--observed",
        "it is on fire",
    ])
    .says(0, &["fits no known issue", "If it is severe, roll back"]);
    repo.tidings(&["identify", "--version", "1.1.0", "--format", "json"])
        .says(0, &["tidings/identification/1", "\"decision\": null"]);
}
