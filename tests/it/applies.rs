//! Who is told is whom a reader of the line would tell: `Applies to:`, known issues, lines of the policy, what a version is.

use tidings::model::{Applies, Version};

use crate::fixture::{Repo, TOML, log, pin, read, tidings, version};

fn concerned(said: &str, versions: &[&str]) -> Vec<String> {
    match Applies::read(said) {
        Applies::Versions(set) => versions
            .iter()
            .filter(|text| set.contains(&version(text)))
            .map(|text| (*text).to_owned())
            .collect(),
        Applies::Words => versions.iter().map(|text| (*text).to_owned()).collect(),
        Applies::Unreadable(what) => vec![format!("unreadable: {what}")],
    }
}

#[test]
fn a_list_is_alternatives_and_a_range_is_one() {
    const ALL: [&str; 9] = [
        "1.3.9",
        "1.4.0",
        "1.4.4",
        "1.4.5-rc.1",
        "1.4.5",
        "1.5.0",
        "2.0.0-beta.1",
        "2.0.0",
        "2.0.7",
    ];
    for (said, expected) in [
        ("1.4.4, 1.4.5", &["1.4.4", "1.4.5"][..]),
        ("1.4.4 and 1.4.5.", &["1.4.4", "1.4.5"]),
        ("1.4.4 or v1.4.5", &["1.4.4", "1.4.5"]),
        ("versions 1.4.0", &["1.4.0"]),
        ("1.4", &["1.4.0", "1.4.4", "1.4.5-rc.1", "1.4.5"]),
        ("1.4.x", &["1.4.0", "1.4.4", "1.4.5-rc.1", "1.4.5"]),
        ("1.5, 2.0", &["1.5.0", "2.0.0-beta.1", "2.0.0", "2.0.7"]),
        ("< 1.4.5", &["1.3.9", "1.4.0", "1.4.4", "1.4.5-rc.1"]),
        ("`< 1.4.5`", &["1.3.9", "1.4.0", "1.4.4", "1.4.5-rc.1"]),
        (">= 1.4.0 < 1.4.5", &["1.4.0", "1.4.4", "1.4.5-rc.1"]),
        (">= 1.4.0, < 1.4.5", &["1.4.0", "1.4.4", "1.4.5-rc.1"]),
        (">=1.4.0 and <1.4.5", &["1.4.0", "1.4.4", "1.4.5-rc.1"]),
        ("< 1.4.0, >= 2.0.0", &["1.3.9", "2.0.0", "2.0.7"]),
        ("1.4.0 to 1.4.5", &["1.4.0", "1.4.4", "1.4.5-rc.1", "1.4.5"]),
        (
            "1.4 and older",
            &["1.3.9", "1.4.0", "1.4.4", "1.4.5-rc.1", "1.4.5"],
        ),
        ("older than 1.4", &["1.3.9"]),
        (
            "<= 1.4",
            &["1.3.9", "1.4.0", "1.4.4", "1.4.5-rc.1", "1.4.5"],
        ),
        ("> 1.4", &["1.5.0", "2.0.0-beta.1", "2.0.0", "2.0.7"]),
        ("^1.4.4", &["1.4.4", "1.4.5-rc.1", "1.4.5", "1.5.0"]),
        ("~1.4.4", &["1.4.4", "1.4.5-rc.1", "1.4.5"]),
        ("every installation that uses X and Y", &ALL),
        ("*", &ALL),
    ] {
        assert_eq!(concerned(said, &ALL), expected, "{said}");
    }
    for said in [">= one", "< ", "1.4.4, and whoever uses X", "1.2.3.4.5.6.7"] {
        assert!(concerned(said, &ALL)[0].starts_with("unreadable"), "{said}");
    }
}

const CALVER: &str = "scheme = \"calver\"\nformat = \"YYYY.0M.MICRO\"";

fn repository(toml: &str, changelog: &str, versions: &[&str]) -> Repo {
    let repo = Repo::new();
    repo.write("tidings.toml", toml)
        .write("CHANGELOG.md", changelog);
    for version in versions {
        repo.write("pin.json", pin(version))
            .tag(&format!("v{version}"));
    }
    repo
}

fn converted(applies: &str) -> String {
    log(&[
        (
            "1.5.0",
            "2026-06-01",
            &format!(
                "### Required action\n\n- Convert the index.\n  Applies to: {applies}\n  Change: [the index](https://example.com/index)\n  Check: the page shows it\n"
            ),
        ),
        ("1.4.5", "2026-04-01", ""),
        ("1.4.4", "2026-03-01", ""),
        ("1.4.0", "2026-01-01", ""),
    ])
}

const VERSIONS: [&str; 4] = ["1.4.0", "1.4.4", "1.4.5", "1.5.0"];

#[test]
fn who_is_told_is_whom_the_line_names() {
    let repo = repository(TOML, &converted("1.4.4, 1.4.5"), &VERSIONS);
    for (from, told) in [("1.4.0", false), ("1.4.4", true), ("1.4.5", true)] {
        let said = repo.tidings(&["upgrade", from]).ok().out;
        assert_eq!(said.contains("Convert the index"), told, "{from}: {said}");
    }
    repo.tidings(&["check"]).ok();
}

#[test]
fn a_range_for_nobody_is_a_finding_at_its_line() {
    for (applies, words) in [
        ("1.3.9", "matches no release below `1.5.0`"),
        (">= 1.6", "matches no release"),
        ("< one", "is no version, line or range"),
    ] {
        repository(TOML, &converted(applies), &VERSIONS)
            .tidings(&["check"])
            .says(1, &["applies-nobody", words, "CHANGELOG.md:12:3"]);
    }
}

#[test]
fn a_value_is_text_within_a_line() {
    let repo = repository(TOML, &converted(">= 1.4.0, < 1.4.5"), &VERSIONS);
    let html = repo.tidings(&["notes", "--format", "html"]).ok().out;
    assert!(html.contains("<dd>&gt;= 1.4.0, &lt; 1.4.5</dd>"), "{html}");
    repo.tidings(&["notes", "--format", "txt"])
        .says(0, &["Applies to: >= 1.4.0, < 1.4.5"]);
    for (value, shown) in [
        ("* of the nodes", "* of the nodes"),
        ("# of nodes", "# of nodes"),
    ] {
        let repo = repository(TOML, &converted(value), &VERSIONS);
        repo.tidings(&["notes", "--format", "txt"])
            .says(0, &[&format!("Applies to: {shown}")]);
        repo.tidings(&["notes", "--format", "html"])
            .says(0, &[&format!("<dd>{shown}</dd>")]);
    }
}

const LINES: &str = "# Changelog

## [2024.10.1] - 2024-10-09

A fix.

## [2024.10.0] - 2024-10-01

October.

## [2024.04.0] - 2024-04-01

April.

## [2024.01.2] - 2024-11-05

A late fix for January.

## [2024.01.0] - 2024-01-10

January.
";

fn extended(line: &str, until: &str) -> Repo {
    let toml = TOML.replace("scheme = \"semver\"", CALVER)
        + &format!("\n[[policy.extended]]\nline = \"{line}\"\nuntil = \"{until}\"\n");
    repository(
        &toml,
        LINES,
        &[
            "2024.01.0",
            "2024.04.0",
            "2024.10.0",
            "2024.01.2",
            "2024.10.1",
        ],
    )
}

#[test]
fn lines_of_the_policy_are_compared_as_lines() {
    for line in ["2024.1", "2024.01"] {
        let matrix = extended(line, "2027-01-01").tidings(&["matrix"]).ok().out;
        assert!(matrix.contains("2027-01-01"), "{matrix}");
    }
}

#[test]
fn a_line_that_does_nothing_is_an_error() {
    extended("2024.02", "2027-01-01").tidings(&["check"]).says(
        1,
        &[
            "policy-version",
            "no release of `2024.02`",
            "did you mean `2024.",
        ],
    );
    extended("2024", "2027-01-01")
        .tidings(&["check"])
        .says(1, &["policy-version", "is no line"]);
    extended("2024.01", "2024-02-01")
        .tidings(&["check"])
        .says(1, &["policy-version", "has no effect"]);
    let stop = TOML.to_owned() + "\n[[policy.stop]]\nversion = \"1.9\"\n";
    repository(&stop, &converted("1.4"), &VERSIONS)
        .tidings(&["check"])
        .says(1, &["policy-version", "no release of `1.9`"]);
}

#[test]
fn build_metadata_is_no_identity() {
    let plain = version("2.1.0");
    for text in ["2.1.0+sha.0a1b2c", "v2.1.0+1", "2.1.0+sha.ffffff"] {
        assert_eq!(Version::read(text).unwrap(), plain, "{text}");
    }
    let repo = Repo::good();
    let answer = format!(
        "{{\"version\":\"1.1.0+sha.0a1b2c\",\"digest\":\"{}\"}}",
        crate::fixture::digest("1.1.0")
    );
    repo.write("answer.json", answer);
    let said = tidings(repo.path(), &["identify", "answer.json"]).ok().out;
    assert!(
        said.contains("1.1.0, released") && !said.contains("the pin says"),
        "{said}"
    );
}

const TWO_LINES: &str = "# Changelog

## [2.0.2] - 2026-07-02

Scheduled backups run again.

## [1.5.3] - 2026-07-01

Scheduled backups run again on the old line.

## [2.0.1] - 2026-06-20

Faster start.

## [2.0.0] - 2026-06-09

A new layout.

### Required action

Nothing

## [1.5.2] - 2026-05-01

A fix.

## [1.5.1] - 2026-04-01

A fix.

### Known issues

- Uploads hang.
  Fixed in: 1.5.3, 2.0.2

## [1.5.0] - 2026-03-01

First.
";

fn issues(toml: &str) -> Repo {
    let repo = repository(
        TOML,
        TWO_LINES,
        &[
            "1.5.0", "1.5.1", "1.5.2", "2.0.0", "2.0.1", "1.5.3", "2.0.2",
        ],
    );
    repo.write("known-issues.toml", toml);
    repo
}

#[test]
fn an_issue_is_fixed_on_several_lines() {
    let row = "[[issue]]\nid = \"KI-1\"\ntitle = \"Backups stop\"\naffected = [ { introduced = \"1.5.1\", fixed = \"1.5.3\" }, { introduced = \"2.0.0\", fixed = \"2.0.2\" } ]\n";
    let repo = issues(row);
    for (running, has) in [
        ("1.5.0", false),
        ("1.5.2", true),
        ("1.5.3", false),
        ("2.0.1", true),
        ("2.0.2", false),
    ] {
        let said = repo.tidings(&["identify", "--version", running]).ok().out;
        assert_eq!(
            (said.contains("Backups stop"), said.contains("Uploads hang")),
            (has, has),
            "{running}: {said}"
        );
    }
    repo.tidings(&["generate", "2.0.2", "--out", "out"]).ok();
    let osv = std::fs::read_to_string(repo.path().join("out/known-issues.json")).unwrap();
    let osv: String = osv.split_whitespace().collect();
    assert!(osv.contains(r#""events":[{"introduced":"1.5.1"},{"fixed":"1.5.3"},{"introduced":"2.0.0"},{"fixed":"2.0.2"}]"#), "{osv}");
    assert!(
        osv.contains(r#""versions":["1.5.1","1.5.2","2.0.0","2.0.1"]"#),
        "{osv}"
    );
}

#[test]
fn ranges_are_held_against_the_releases() {
    let row = |ends: &str| format!("[[issue]]\nid = \"KI-1\"\ntitle = \"Backups stop\"\n{ends}\n");
    for (ends, code, words) in [
        (
            "introduced = \"2.0.1\"\nfixed = \"1.5.3\"",
            1,
            "which is not above `2.0.1`",
        ),
        (
            "introduced = \"1.5.9\"\nfixed = \"3.0.0\"",
            1,
            "came with `1.5.9`, which was never released",
        ),
        (
            "introduced = \"1.5.1\"\nfixed = \"1.5.4\"",
            1,
            "is fixed in `1.5.4`, which was never released",
        ),
        (
            "affected = [ { introduced = \"1.5.1\" }, { introduced = \"2.0.0\", fixed = \"2.0.2\" } ]",
            1,
            "overlap",
        ),
        (
            "introduced = \"1.5.1\"\nfixed = \"1.5.3\"",
            0,
            "2.0.0 and 2.0.1 came out before the fix",
        ),
    ] {
        issues(&row(ends))
            .tidings(&["check", "-v"])
            .says(code, &["issue-range", words]);
    }
    issues(&row("introduced = \"1.5.1\"\nfixed = \"2.0.3\""))
        .tidings(&["check"])
        .ok();
}

#[test]
fn a_way_with_stops_says_what_comes_before_and_after_each() {
    let log = "# Changelog
## [3.0.0] - 2026-09-01

Three.

### Required action

- Move the third.

## [2.0.1] - 2026-08-02

Two one.

## [2.0.0] - 2026-08-01

Two.

### Required action

- Move the second.

## [1.0.0] - 2026-07-01

One.
";
    let toml = TOML.to_owned() + "\n[[policy.stop]]\nversion = \"2.0\"\n";
    let repo = repository(&toml, log, &["1.0.0", "2.0.0", "2.0.1", "3.0.0"]);
    repo.tidings(&["guide", "build", "--out", "guide"]).ok();
    let page = std::fs::read_to_string(repo.path().join("guide/upgrade/1.0.0.html")).unwrap();
    for form in ["txt", "md", "html"] {
        let said = repo
            .tidings(&["upgrade", "1.0.0", "--format", form])
            .ok()
            .out;
        for said in [&said, &page] {
            let at = |words: &str| {
                said.find(words)
                    .unwrap_or_else(|| panic!("no `{words}` in {said}"))
            };
            let order = [
                at("Move the second"),
                at("git checkout v2.0.1"),
                at("Move the third"),
                at("git checkout v3.0.0"),
            ];
            assert!(order.is_sorted(), "{form}: {order:?}\n{said}");
            assert_eq!(said.matches("git checkout v2.0.1").count(), 1, "{said}");
        }
    }
    let history = read(&toml, log).history;
    let stops = |from: &str| {
        history
            .upgrade_path(&version(from), &version("3.0.0"))
            .unwrap()
            .stops
            .len()
    };
    assert_eq!((stops("1.0.0"), stops("2.0.0"), stops("2.0.1")), (1, 0, 0));
}
