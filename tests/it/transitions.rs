//! The law Transitions: after every change of state every artefact gives one answer to "what do I install, coming from mine?". The reader here knows
//! nothing of tidings: it looks for versions and checkouts in what was made, and holds them against a list of its own.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::incidents::Place;

/// A release as the reader's own list has it.
#[derive(Clone, Debug)]
struct Known {
    version: String,
    withdrawn: bool,
    tagged: bool,
    public: bool,
}

struct Walk {
    place: Place,
    known: Vec<Known>,
    states: usize,
}

/// `1.10.0` above `1.9.0`, and a pre-release below what it is one of.
fn rank(version: &str) -> (Vec<u64>, bool, String) {
    let (numbers, pre) = version.split_once('-').unwrap_or((version, ""));
    let numbers = numbers
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    (numbers, pre.is_empty(), pre.to_owned())
}

fn below(a: &str, b: &str) -> bool {
    rank(a) < rank(b)
}

/// Every version that a text says to check out, in its order.
fn checkouts(text: &str) -> Vec<String> {
    let text = text.replace("&amp;", "&");
    text.match_indices("git checkout v")
        .map(|(at, words)| {
            let rest = &text[at + words.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
            rest[..end.unwrap_or(rest.len())]
                .trim_end_matches('.')
                .to_owned()
        })
        .collect()
}

fn string(value: &Value) -> Option<&str> {
    value.as_str()
}

impl Walk {
    fn begin() -> Self {
        let place = Place::new();
        place.repo.write(
            "vendor/customers.csv",
            "customer,name,email,running,kinds\na,A,a@a.example,1.0.0,\nb,B,b@b.example,1.2.0,\n",
        );
        let toml = std::fs::read_to_string(place.repo.path().join("tidings.toml")).unwrap();
        assert!(
            toml.contains("guide.acme.example"),
            "a guide has an address"
        );
        let mut walk = Walk {
            place,
            known: Vec::new(),
            states: 0,
        };
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            walk.place.vendor(&["smoke", version]).ok();
            walk.place.vendor(&["publish", version]).ok();
            walk.know(version);
            walk.known.last_mut().unwrap().public = true;
        }
        walk.ask("three releases");
        walk
    }

    fn know(&mut self, version: &str) {
        let (version, no) = (version.to_owned(), false);
        self.known.push(Known {
            version,
            withdrawn: no,
            tagged: true,
            public: no,
        });
    }

    fn of(&mut self, version: &str) -> &mut Known {
        self.known
            .iter_mut()
            .find(|known| known.version == version)
            .unwrap()
    }

    fn git(&self, words: &[&str]) {
        self.place.repo.git(words);
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.repo.path().join(name)).unwrap_or_default()
    }

    fn push(&self) {
        self.git(&["commit", "--quiet", "--allow-empty", "-am", "as it is now"]);
        self.git(&["push", "--quiet", "--tags", "origin", "main"]);
    }

    /// Entry, pin, tag; not yet tried or published.
    fn tag(&mut self, version: &str, day: &str, body: &str) {
        let entry = format!(
            "## [Unreleased]\n\n## [{version}] - {day}\n\nIt works better in {version}.\n\n{body}\n\n"
        );
        let log = self
            .file("CHANGELOG.md")
            .replacen("## [Unreleased]\n\n", &entry, 1);
        self.place.repo.write("CHANGELOG.md", log);
        self.place
            .repo
            .write("pin.json", crate::fixture::pin(version));
        self.place
            .repo
            .write("vendor/VERSION", format!("{version}\n"));
        self.place.repo.tag(&format!("v{version}"));
        self.push();
        self.know(version);
    }

    fn publish(&mut self, version: &str) {
        self.place.vendor(&["smoke", version]).ok();
        self.place.vendor(&["publish", version]).ok();
        self.of(version).public = true;
        // The clone of the vendor stays on its branch; what `smoke` installed is elsewhere.
        self.git(&["checkout", "--quiet", "main"]);
    }

    fn release(&mut self, version: &str, day: &str, body: &str) {
        self.tag(version, day, body);
        self.publish(version);
        self.ask(&format!("{version} is released"));
    }

    fn withdraw(&mut self, version: &str) {
        let words = [
            "withdraw",
            version,
            "--reason",
            "Restores stop half-way.",
            "--yes",
        ];
        self.place.vendor(&words).ok();
        self.push();
        self.of(version).withdrawn = true;
        self.ask(&format!("{version} is withdrawn"));
    }

    fn take_back(&mut self, version: &str) {
        self.place
            .vendor(&["withdraw", version, "--undo", "--yes"])
            .ok();
        self.push();
        self.of(version).withdrawn = false;
        self.ask(&format!("{version} is taken back"));
    }

    fn issue(&mut self, id: &str, more: &[&str]) {
        let words = [
            "known-issue",
            "add",
            id,
            "--title",
            "Restores stop",
            "--symptom",
            "restore: timeout",
            "--workaround",
            "Wait.",
        ];
        self.place.vendor(&[&words, more, &["--yes"]].concat()).ok();
        self.git(&["add", "-A"]);
        self.push();
        self.ask(&format!("{id} is known"));
    }

    // The reader's own answers.

    fn stands(&self) -> impl Iterator<Item = &Known> {
        self.known
            .iter()
            .filter(|known| !known.withdrawn && known.tagged)
    }

    fn latest(&self) -> String {
        let stable = self.stands().filter(|known| !known.version.contains('-'));
        stable
            .max_by_key(|known| rank(&known.version))
            .unwrap()
            .version
            .clone()
    }

    fn back(&self, from: &str) -> Option<String> {
        self.stands()
            .filter(|known| !known.version.contains('-') && below(&known.version, from))
            .max_by_key(|known| rank(&known.version))
            .map(|known| known.version.clone())
    }

    fn json(&self, words: &[&str]) -> Value {
        let run = self.place.vendor(&[words, &["--format", "json"]].concat());
        serde_json::from_str(&run.out)
            .unwrap_or_else(|why| panic!("{words:?}: {why}\n{}\n{}", run.out, run.err))
    }

    /// Asks everything, and finds one answer.
    fn ask(&mut self, state: &str) {
        self.states += 1;
        let latest = self.latest();
        let wrong = |what: &str, said: &dyn std::fmt::Debug| {
            panic!(
                "{state}: {what} says {said:?}, and {latest} is the newest that stands\n{:#?}",
                self.known
            )
        };
        self.place.vendor(&["guide", "build"]).ok();
        // Everybody on the newest, and every other one in turn.
        for (index, known) in self.known.iter().enumerate() {
            let turn = index % 2 == self.states % 2 || known.version == latest;
            if known.tagged && turn {
                self.ask_from(&known.version, known, &latest, &wrong);
            }
        }
        // The matrix, the README's block, the guide's data: one table.
        let table = |document: &Value| -> BTreeSet<String> {
            let rows = document["result"]["releases"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            rows.iter()
                .filter_map(|row| Some(row["latest"]["name"].as_str()?.to_owned()))
                .collect()
        };
        let rows = table(&self.json(&["matrix"]));
        let newest = rows.iter().max_by_key(|version| rank(version)).cloned();
        if newest.as_deref() != Some(&latest)
            || rows.iter().any(|row| {
                self.known
                    .iter()
                    .any(|known| known.version == *row && known.withdrawn)
            })
        {
            wrong("the matrix", &rows);
        }
        let data: Value = serde_json::from_str(&self.file("vendor/guide/support.json")).unwrap();
        assert_eq!(table(&data), rows, "{state}: support.json of the guide");
        let readme = self.place.vendor(&["readme"]).ok().out;
        let told: BTreeSet<String> = readme
            .lines()
            .filter(|line| {
                line.starts_with("| ") && !line.starts_with("| Line") && !line.starts_with("| ---")
            })
            .filter_map(|line| line.split('|').nth(2))
            .map(|cell| {
                cell.trim()
                    .trim_matches(['[', ']', '`'])
                    .split(']')
                    .next()
                    .unwrap_or("")
                    .trim_start_matches('v')
                    .to_owned()
            })
            .collect();
        assert_eq!(told, rows, "{state}: the block of the README\n{readme}");
        // The start page, and the feed.
        let start = self.file("vendor/guide/index.html");
        if let Some(other) = checkouts(&start).iter().find(|version| {
            self.known
                .iter()
                .any(|known| known.version == **version && known.withdrawn)
        }) {
            wrong("the start page", other);
        }
        let feed = self.file("vendor/guide/feed.xml");
        for known in &self.known {
            let says = feed.contains(&format!(
                "<title>Acme Agent v{} is withdrawn</title>",
                known.version
            ));
            assert_eq!(
                says, known.withdrawn,
                "{state}: the feed of {}",
                known.version
            );
        }
        // Mail of the newest that stands leads there, whoever asks.
        let mails = self.place.vendor(&["email", "preview", &latest]).ok().out;
        let subjects: Vec<&str> = mails
            .lines()
            .filter(|line| line.contains("@") && line.contains("Acme Agent "))
            .collect();
        if subjects.len() < 2
            || subjects
                .iter()
                .any(|line| !line.contains(&format!("Acme Agent {latest}")))
        {
            wrong("the mail", &subjects);
        }
        // The day.
        let day = self.json(&["status"]);
        let current = day["version"].as_str().unwrap_or("").to_owned();
        let withdrawn = self
            .known
            .iter()
            .any(|known| known.version == current && known.withdrawn);
        assert_eq!(
            day["withdrawn"].as_bool(),
            Some(withdrawn),
            "{state}: status of {current}"
        );
        assert!(
            !withdrawn || day["next"].is_null(),
            "{state}: status goes on with a withdrawn release: {day}"
        );
    }

    /// What who runs this version is told.
    fn ask_from(
        &self,
        from: &str,
        known: &Known,
        latest: &str,
        wrong: &dyn Fn(&str, &dyn std::fmt::Debug),
    ) {
        let back = self.back(from);
        let withdrawn: Vec<&str> = self
            .known
            .iter()
            .filter(|known| known.withdrawn || !known.tagged)
            .map(|known| known.version.as_str())
            .collect();
        let may = |text: &str, what: &str| {
            let said = checkouts(text);
            if let Some(bad) = said
                .iter()
                .find(|version| withdrawn.contains(&version.as_str()))
            {
                wrong(what, bad);
            }
            said
        };
        // Its note, as text and as data, and its pages.
        let note = self
            .place
            .vendor(&["notes", from, "--format", "txt"])
            .ok()
            .out;
        let said = may(&note, &format!("the note of {from}"));
        if known.withdrawn && !said.iter().any(|version| version == latest) {
            wrong(&format!("the note of {from}, which is withdrawn,"), &said);
        }
        let note = self.json(&["notes", from]);
        let identified = self.json(&["identify", "--version", from]);
        for (what, document) in [("the note", &note), ("identify", &identified)] {
            let instead = string(&document["instead"]["version"]);
            if instead != known.withdrawn.then_some(latest) {
                wrong(&format!("{what} of {from} as data: instead"), &instead);
            }
            let way_back = string(&document["rollback"]["version"]);
            if way_back != back.as_deref() {
                wrong(
                    &format!("{what} of {from} as data: the way back"),
                    &way_back,
                );
            }
        }
        let page = self.file(&format!("vendor/guide/releases/{from}.html"));
        let said = may(&page, &format!("the guide's page of {from}"));
        if known.withdrawn && !said.iter().any(|version| version == latest) {
            wrong(
                &format!("the guide's page of {from}, which is withdrawn,"),
                &said,
            );
        }
        if known.public {
            let page = self.file(&format!("vendor/release-page/v{from}/page.md"));
            assert!(!page.is_empty(), "the page of {from}");
            // A page that leads to a tag that is gone is wrong until the tag is back: that is said, loudly.
            if self.known.iter().all(|known| known.tagged) {
                may(&page, &format!("the release page of {from}"));
            }
            // Pages follow what is public, a release that is tagged and not public yet is none for them.
            let public = self.stands().filter(|known| known.public);
            let public = public.max_by_key(|known| rank(&known.version)).unwrap();
            let words = format!("Install {} in its place", public.version);
            if known.withdrawn && !page.contains(&words) {
                wrong(
                    &format!("the release page of {from}, which is withdrawn,"),
                    &page.lines().next(),
                );
            }
        }
        // The way on, as text, as data and in the guide.
        if from != latest && (below(from, latest) || known.withdrawn) {
            let upgrade = self.json(&["upgrade", from]);
            if string(&upgrade["to"]) != Some(latest) {
                wrong(&format!("upgrade {from}"), &upgrade["to"]);
            }
            let commands = upgrade["commands"].to_string();
            if checkouts(&commands).last().map(String::as_str) != Some(latest) {
                wrong(&format!("the commands of upgrade {from}"), &commands);
            }
            let text = self.place.vendor(&["upgrade", from]).ok().out;
            if checkouts(&text).first().map(String::as_str) != Some(latest) {
                wrong(&format!("the text of upgrade {from}"), &checkouts(&text));
            }
            let page = self.file(&format!("vendor/guide/upgrade/{from}.html"));
            let said = checkouts(&page);
            if said.first().map(String::as_str) != Some(latest) {
                wrong(&format!("the guide's way on from {from}"), &said);
            }
        }
        // At the terminal of whoever is on call.
        let rollback = self
            .place
            .vendor(&["rollback", "--from", from, "--dry-run"]);
        if checkouts(&rollback.out).first() != back.as_ref()
            || (rollback.code == 0) != back.is_some()
        {
            wrong(
                &format!("rollback from {from}"),
                &(rollback.out, rollback.err),
            );
        }
        let support = self.json(&["support", from]);
        assert_eq!(
            string(&support["status"]) == Some("withdrawn"),
            known.withdrawn,
            "support {from}: {support}"
        );
    }
}

const FIXED: &str = "### Required action\n\nNothing.\n\n### Fixed\n\n- It starts again.";
const ACTION: &str = "### Required action\n\n- Move the folder before you install.\n  Change: [the setting](CHANGELOG.md)\n  Downtime: 5 minutes";

#[test]
fn after_every_change_of_state_there_is_one_answer() {
    let mut walk = Walk::begin();
    walk.release("1.2.1", "2026-06-01", FIXED);
    walk.withdraw("1.2.1");
    walk.take_back("1.2.1");
    walk.withdraw("1.2.1");
    walk.release("1.2.2", "2026-06-10", FIXED);
    walk.issue("KI-1", &["--introduced", "1.1.0", "--fixed", "1.2.2"]);
    walk.release("1.3.0", "2026-07-01", FIXED);
    walk.withdraw("1.2.2");
    walk.withdraw("1.1.0");
    walk.take_back("1.2.2");
    walk.take_back("1.2.1");
    walk.release("2.0.0", "2026-08-01", ACTION);
    walk.issue("KI-2", &["--introduced", "2.0.0"]);
    // Rolled back: the clone stands at an old tag, and nothing that is known changes.
    walk.place.install("v2.0.0");
    walk.place
        .vendor(&["rollback", "--yes"])
        .says(0, &["1.3.0 runs again"]);
    walk.ask("rolled back to 1.3.0");
    walk.place
        .vendor(&["withdraw", "2.0.0", "--reason", "x", "--yes"])
        .says(2, &["v1.3.0 is checked out"]);
    walk.place.vendor(&["rollback", "1.0.0", "--yes"]).ok();
    walk.ask("rolled back to the oldest");
    walk.git(&["checkout", "--quiet", "main"]);
    walk.withdraw("2.0.0");
    walk.withdraw("1.3.0");
    walk.take_back("2.0.0");
    walk.take_back("1.3.0");
    // A tag that is gone takes the release from what can be installed, until it is back.
    let commit = walk
        .place
        .repo
        .git(&["rev-parse", "v1.2.2"])
        .out
        .trim()
        .to_owned();
    walk.git(&["push", "--quiet", "origin", ":refs/tags/v1.2.2"]);
    walk.git(&["tag", "-d", "v1.2.2"]);
    walk.of("1.2.2").tagged = false;
    walk.place
        .vendor(&["verify"])
        .says(1, &["`v1.2.2` is gone, here and at `origin`"]);
    walk.ask("the tag of 1.2.2 is gone");
    walk.git(&["update-ref", "refs/tags/v1.2.2", &commit]);
    walk.git(&["push", "--quiet", "origin", "v1.2.2"]);
    walk.of("1.2.2").tagged = true;
    walk.ask("the tag of 1.2.2 is back");
    // A patch of an older line, a pre-release, and the end of two lines.
    walk.release("1.3.1", "2026-09-01", FIXED);
    walk.tag("2.1.0-rc.1", "2026-09-10", FIXED);
    walk.ask("2.1.0-rc.1 is tagged");
    walk.release("2.1.0", "2026-09-20", FIXED);
    walk.tag("2.2.0", "2026-10-01", FIXED);
    std::fs::write(walk.place.state("broken"), "").unwrap();
    walk.place
        .vendor(&["smoke", "2.2.0"])
        .says(1, &["smoke-failed"]);
    walk.ask("the smoke test of 2.2.0 failed");
    std::fs::remove_file(walk.place.state("broken")).unwrap();
    walk.publish("2.2.0");
    walk.ask("2.2.0 is public");
    walk.withdraw("2.2.0");
    walk.withdraw("2.1.0");
    walk.withdraw("1.0.0");
    walk.release("2.2.1", "2026-10-20", FIXED);
    walk.issue(
        "KI-3",
        &[
            "--introduced",
            "2.2.1",
            "--rollback",
            "no: the data is newer",
        ],
    );
    assert!(walk.states > 30, "{} states", walk.states);
}
