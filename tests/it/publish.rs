//! Publishing where the forge is in an odd state, says no, or somebody else publishes too.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::fixture::{TODAY, digest};
use crate::github::{Fake, Fault, TOKEN, Vendor};

fn assets(release: &Value) -> Vec<String> {
    let mut names: Vec<String> = release["assets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asset| asset["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    names
}

const ALL: [&str; 4] = ["SHA256SUMS", "agent.tar", "notes.txt", "release-note.md"];

#[test]
fn who_says_no_is_believed_at_once() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    for (code, words, advice) in [
        (401, "Bad credentials", "the token is wrong or has expired"),
        (
            403,
            "Resource not accessible by personal access token",
            "needs `contents: write`",
        ),
        (422, "Validation Failed", "the words above say why"),
    ] {
        fake.fail_at(1, Fault::No(code, words));
        vendor
            .tidings(&["publish"])
            .says(2, &[&format!("GitHub answered {code}"), words, advice]);
        assert_eq!(
            fake.requests.load(std::sync::atomic::Ordering::SeqCst),
            1,
            "a no is not asked twice"
        );
    }
    assert!(fake.releases().is_empty());
}

#[test]
fn a_limit_is_waited_for() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    fake.fail_at(3, Fault::Later);
    let start = std::time::Instant::now();
    vendor
        .tidings(&["publish"])
        .says(0, &["rate limit", "trying again in 1.0 s"]);
    assert!(start.elapsed().as_secs_f64() >= 1.0);
    assert_eq!(assets(&fake.releases()[0]), ALL);
}

#[test]
fn a_half_sent_file_and_a_second_draft_do_not_disturb() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor.tidings(&["publish", "--draft"]).ok();
    {
        let mut state = fake.state.lock().unwrap();
        // GitHub leaves such a file after a 502 on an upload.
        let file = state.releases[0]["assets"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|asset| asset["name"] == "agent.tar")
            .unwrap();
        file["state"] = json!("starter");
        file["size"] = json!(3);
        let mut second = state.releases[0].clone();
        second["id"] = json!(9000);
        second["assets"] = json!([]);
        state.releases.insert(0, second);
    }
    vendor.tidings(&["publish"]).ok();
    let releases = fake.releases();
    let public: Vec<&Value> = releases
        .iter()
        .filter(|release| release["draft"] == false)
        .collect();
    assert_eq!(
        (releases.len(), public.len()),
        (2, 1),
        "the other draft is somebody's, and stays"
    );
    assert_eq!(assets(public[0]), ALL);
    assert!(
        public[0]["assets"]
            .as_array()
            .unwrap()
            .iter()
            .all(|asset| asset["state"] == "uploaded")
    );
}

#[test]
fn an_immutable_page_is_left_alone_and_what_it_lacks_is_said() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor.tidings(&["publish"]).ok();
    fake.state.lock().unwrap().releases[0]["immutable"] = json!(true);
    vendor.tidings(&["publish"]).ok();
    vendor.repo.write("vendor/dist/late.txt", "too late");
    let before = fake.releases();
    vendor.tidings(&["publish"]).says(
        1,
        &[
            "page-diverged",
            "`late.txt` is missing, and the page is immutable",
        ],
    );
    assert_eq!(fake.releases(), before);
}

#[test]
fn a_note_too_long_for_the_page_is_cut_visibly() {
    let many: String = (0..4000)
        .map(|number| format!("- Number {number} is better, says @ada: it does what it says.\n"))
        .collect();
    let whole = tidings::publish::body(&format!("# Title\n\n{many}"), "");
    assert!(
        (124_000..=125_000).contains(&whole.chars().count()),
        "{}",
        whole.chars().count()
    );
    assert!(
        whole.starts_with("- Number 0 is") && whole.ends_with("attached as `release-note.md`.*\n")
    );
    let banner = tidings::publish::with_banner(&whole, "It loses data.", Some("1.0.0"));
    assert!(
        banner.chars().count() <= 125_000 && banner.starts_with("> **This release was withdrawn.")
    );
    assert!(tidings::publish::without_banner(&banner).starts_with("- Number 0 is"));
}

#[test]
fn two_at_once_make_one_page() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    let spawn = || {
        let mut command = vendor.command(&["publish"]);
        command
            .env("GITHUB_TOKEN", TOKEN)
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    for _ in 0..5 {
        let ended: Vec<_> = [spawn(), spawn(), spawn()]
            .into_iter()
            .map(|child| child.wait_with_output().unwrap())
            .collect();
        let good = ended
            .iter()
            .filter(|output| output.status.success())
            .count();
        assert!(good >= 1);
        for output in ended.iter().filter(|output| !output.status.success()) {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("another tidings"), "{said}");
        }
        let releases = fake.releases();
        assert_eq!(releases.len(), 1);
        assert_eq!(
            (assets(&releases[0]), &releases[0]["draft"]),
            (ALL.map(str::to_owned).to_vec(), &json!(false))
        );
    }
    let ledger = vendor.tidings(&["ledger", "--format", "json"]).ok();
    let rows: Value = serde_json::from_str(&ledger.out).unwrap();
    let published = rows["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["step"] == "published")
        .count();
    assert_eq!(published, 1, "the same is recorded once");
}

#[test]
fn a_bill_of_materials_is_counted_and_compared() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    let cyclonedx = |version: &str, parts: &[(&str, &str)]| {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(name, version)| json!({ "name": name, "version": version }))
            .collect();
        json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": parts,
                "metadata": { "component": { "name": "agent", "version": digest(version) } } })
        .to_string()
    };
    let spdx = |parts: &[(&str, &str)]| {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(name, version)| json!({ "name": name, "versionInfo": version, "SPDXID": format!("SPDXRef-{name}") }))
            .collect();
        json!({ "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": parts })
            .to_string()
    };
    vendor.receipt("1.0.0");
    vendor.repo.write(
        "vendor/dist/sbom.cdx.json",
        cyclonedx("1.0.0", &[("zlib", "1.2"), ("old", "1")]),
    );
    vendor.repo.write(
        "vendor/dist/sbom.spdx.json",
        spdx(&[("zlib", "1.2"), ("old", "1")]),
    );
    vendor.tidings(&["publish", "1.0.0"]).ok();
    vendor.repo.write(
        "vendor/dist/sbom.cdx.json",
        cyclonedx("1.1.0", &[("zlib", "1.3"), ("new", "1"), ("third", "2")]),
    );
    vendor.repo.write(
        "vendor/dist/sbom.spdx.json",
        spdx(&[("zlib", "1.3"), ("new", "1"), ("third", "2")]),
    );
    vendor.tidings(&["publish"]).ok();
    let release = fake
        .releases()
        .into_iter()
        .find(|release| release["tag_name"] == "v1.1.0")
        .unwrap();
    let body = release["body"].as_str().unwrap();
    for name in ["sbom.cdx.json", "sbom.spdx.json"] {
        let part = body
            .split(name)
            .nth(1)
            .unwrap_or_else(|| panic!("{name} is not on the page:\n{body}"));
        for words in [
            "3 components",
            "<details>",
            "zlib",
            "1.2",
            "1.3",
            "new",
            "old",
        ] {
            assert!(part.contains(words), "{name}: no `{words}` in {part}");
        }
    }
}
