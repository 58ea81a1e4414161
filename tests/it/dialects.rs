//! Heading forms and sections, each as found in the wild.

use tidings::diag::Text;
use tidings::model::{Actions, InstallWindow, RollbackAdvice, SectionKind};
use tidings::sources::changelog::{date_in, notes, read};

/// Reads one text: version, date and marks of each entry.
fn entries(text: &str) -> Vec<String> {
    read(Text::new("CHANGELOG.md", text), None)
        .entries
        .iter()
        .map(|entry| {
            let version = entry
                .version
                .as_ref()
                .map_or("Unreleased".to_owned(), |version| version.to_string());
            let date = entry
                .date
                .map(|date| format!(" {date}"))
                .unwrap_or_default();
            let package = entry
                .package
                .as_ref()
                .map(|package| format!(" of {package}"))
                .unwrap_or_default();
            format!(
                "{version}{package}{date}{}{}",
                if entry.yanked { " yanked" } else { "" },
                if entry.unreleased && entry.version.is_some() {
                    " unreleased"
                } else {
                    ""
                }
            )
        })
        .collect()
}

#[test]
fn every_heading_form_is_read() {
    for (heading, expected) in [
        ("## [1.2.3] - 2026-11-20", "1.2.3 2026-11-20"),
        ("## 1.2.3 (2026-11-20)", "1.2.3 2026-11-20"),
        ("# v1.2.3", "1.2.3"),
        (
            "## [1.2.3](https://example.org/compare/v1.2.2...v1.2.3) (2026-11-20)",
            "1.2.3 2026-11-20",
        ),
        ("## Version 1.2.3", "1.2.3"),
        ("1.2.3 / 2026-11-20\n==================", "1.2.3 2026-11-20"),
        ("v1.2.3\n------", "1.2.3"),
        ("## agent@1.2.3", "1.2.3 of agent"),
        ("## @acme/agent@1.2.3", "1.2.3 of @acme/agent"),
        ("## agent-v1.2.3", "1.2.3 of agent"),
        (
            "## [1.2.3] - 2026-11-20 [YANKED]",
            "1.2.3 2026-11-20 yanked",
        ),
        ("## ~~[1.2.3] - 2026-11-20~~", "1.2.3 2026-11-20 yanked"),
        ("## 1.2.3 (yanked)", "1.2.3 yanked"),
        ("## [Unreleased]", "Unreleased"),
        ("## Unreleased - ReleaseDate", "Unreleased"),
        ("# V (not yet released)", "Unreleased"),
        ("## 1.3.0 (unreleased)", "1.3.0 unreleased"),
        ("## 2026.09.1 - 2026-09-30", "2026.09.1 2026-09-30"),
        ("## 1.2.3 - 20 Nov 2026", "1.2.3 2026-11-20"),
        ("## 1.2.3 (November 20, 2026)", "1.2.3 2026-11-20"),
        ("## 1.2.3 - 2026/11/20", "1.2.3 2026-11-20"),
        ("## 1.2.3 (13. January, 2024)", "1.2.3 2024-01-13"),
        ("## 1.2.3 - 16th Aug 2017", "1.2.3 2017-08-16"),
        ("## 1.2.3 - 19/02/2023", "1.2.3 2023-02-19"),
        (
            "## <a name=\"1.2.3\"></a>1.2.3 (2026-11-20)",
            "1.2.3 2026-11-20",
        ),
        ("## :tada: **1.2.3** — *2026-11-20*", "1.2.3 2026-11-20"),
        ("## 🎉 `1.2.3`", "1.2.3"),
        ("## CHANGES WITH 5.3.0:", "5.3.0"),
        ("## Release 0.2.1 (2018-11-02)", "0.2.1 2018-11-02"),
        ("## 18.3a0", "18.3a0"),
        ("## 0.22", "0.22"),
        ("## 1.2.3.4", "1.2.3.4"),
        ("## v.3.0.0 - 25 May, 2017", "3.0.0 2017-05-25"),
        ("## 1.0.0-rc.1+build.5", "1.0.0-rc.1+build.5"),
        ("## 2.0.0 - The big one", "2.0.0"),
        ("## 1.2.3-2020-01-02", "1.2.3 2020-01-02"),
        ("<h2 id=\"v1.2.3\">1.2.3</h2>", "1.2.3"),
    ] {
        assert_eq!(
            entries(&format!("{heading}\n\n- item\n")),
            [expected],
            "{heading}"
        );
    }
}

#[test]
fn other_headings_are_no_releases() {
    for heading in [
        "## What's Changed",
        "## New Contributors",
        "## Highlights",
        "## Node 18 support",
        "## Upgrading from 1.x to 2.0",
        "## Migrating from 1.2.0",
        "## Requires Rust 1.70",
        "## Section 3",
        "## 2026",
        "## TLS 1.3",
    ] {
        assert_eq!(
            entries(&format!("## 9.9.9\n\n{heading}\n\n- item\n")),
            ["9.9.9"],
            "{heading}"
        );
    }
}

#[test]
fn fences_comments_and_byte_order_marks_hide_nothing_and_show_nothing() {
    assert_eq!(
        entries("\u{feff}# 1.0.1\r\n\r\n- a\r\n\r\n# 1.0.0\r\n"),
        ["1.0.1", "1.0.0"]
    );
    assert_eq!(
        entries("## 1.0.1\n\n```\n## 0.9.9\n```\n\n<!--\n## 0.9.8\n-->\n\n## 1.0.0\n"),
        ["1.0.1", "1.0.0"]
    );
    assert_eq!(
        entries("## 1.0.1\n\n- item\n\n  ```\n  ## 0.9.9\n\n## 1.0.0\n"),
        ["1.0.1", "1.0.0"],
        "a fence ends with its list item"
    );
}

#[test]
fn levels_may_be_mixed_and_groups_are_no_releases() {
    assert_eq!(
        entries("# 2.0.0\n\n## Added\n\n- a\n\n## 1.9.0\n\n### Fixed\n\n- b\n"),
        ["2.0.0", "1.9.0"]
    );
    assert_eq!(
        entries("## 1.2\n\n### 1.2.1\n\n### 1.2.0\n\n## 1.1\n\n### 1.1.0\n"),
        ["1.2.1", "1.2.0", "1.1.0"]
    );
    assert_eq!(
        entries("- 0.4.11\n  - fix\n- **`0.4.10`**\n  - more\n"),
        ["0.4.11", "0.4.10"],
        "releases as list items"
    );
    assert_eq!(
        entries("## Socket.IO 2.0.1\n\n- a\n\n## Socket.IO 2.0.0\n\n- b\n"),
        ["2.0.1", "2.0.0"]
    );
    assert_eq!(entries("## 5.0.1/5.0.2\n\n- a\n"), ["5.0.1", "5.0.2"]);
}

#[test]
fn one_package_of_several_can_be_chosen() {
    let text = "## agent@1.1.0\n\n- a\n\n## cli@2.0.0\n\n- b\n\n## @acme/agent@1.0.0\n";
    let found: Vec<String> = read(Text::new("c", text), Some("agent"))
        .entries
        .iter()
        .filter_map(|entry| entry.version.as_ref())
        .map(|version| version.to_string())
        .collect();
    assert_eq!(found, ["1.1.0", "1.0.0"]);
}

#[test]
fn a_date_under_the_heading_counts() {
    assert_eq!(
        entries("## 1.0.0\n\n_Released 2020-01-02_\n\n- a\n"),
        ["1.0.0 2020-01-02"]
    );
    assert_eq!(
        entries("## 1.0.0\n\nReleased with 2020-01-02 in mind, and more.\n"),
        ["1.0.0"]
    );
}

#[test]
fn dates_are_read_only_where_their_order_is_sure() {
    let read = |text| date_in(text).map(|(_, date)| date.to_string());
    assert_eq!(read("2/3/2016"), None);
    assert_eq!(read("20.11.2026").as_deref(), Some("2026-11-20"));
    assert_eq!(read("11/20/2026").as_deref(), Some("2026-11-20"));
    assert_eq!(read("2026-13-01"), None);
    assert_eq!(read("2026-02-30"), None);
    assert_eq!(read("1.2026-01-01"), None);
    assert_eq!(read("2019-07-04T10:00:00Z").as_deref(), Some("2019-07-04"));
}

#[test]
fn sections_go_by_their_other_names() {
    for (title, kind) in [
        ("What you need to do", SectionKind::RequiredAction),
        ("Action required", SectionKind::RequiredAction),
        ("Upgrade notes", SectionKind::RequiredAction),
        ("Upgrading", SectionKind::RequiredAction),
        ("Migration", SectionKind::RequiredAction),
        ("Urgent upgrade notes", SectionKind::RequiredAction),
        ("Known bugs", SectionKind::KnownIssues),
        ("Rolling back", SectionKind::Rollback),
        ("BREAKING", SectionKind::Breaking),
        ("Breaking changes", SectionKind::Breaking),
        (":bug: Bug Fixes", SectionKind::Fixed),
        ("⚠ **Security**", SectionKind::Security),
        ("Thanks", SectionKind::Other),
    ] {
        assert_eq!(SectionKind::read(title), kind, "{title}");
    }
}

const ENTRY: &str = "## [2.0.0] - 2026-01-02

First paragraph.

Second paragraph.

### Required action

- Rename the setting.
  Applies to: installations with LDAP
  **Change:** [the setting](docs/a.md#b)
  Check: the page shows it,
  on every node
  Downtime: 1 hour 30 minutes
  Window: maintenance
- Restart.

  Downtime: 30s

### Known issues

- KI-3: It stops at night
  Symptom: nothing happens
  Symptom: and then less
  Workaround: Restart.
  Fixed in: 2.0.1
  Rollback: ask: the data format changed
- Another one

### Rollback

The index is not rebuilt.

### Changed

- **Breaking:** the format
- more
";

#[test]
fn labelled_lines_are_understood() {
    let log = read(Text::new("c", ENTRY), None);
    let (notes, findings) = notes(&log, &log.entries[0]);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(notes.summary, "First paragraph.\n\nSecond paragraph.");
    let actions = notes.actions.all();
    assert_eq!(actions.len(), 2);
    assert_eq!(actions[0].text, "Rename the setting.");
    assert_eq!(
        actions[0].applies_to.as_deref(),
        Some("installations with LDAP")
    );
    assert_eq!(
        actions[0].change.as_deref(),
        Some("[the setting](docs/a.md#b)")
    );
    assert_eq!(
        actions[0].check.as_deref(),
        Some("the page shows it, on every node")
    );
    assert_eq!(actions[0].downtime, Some(90));
    assert_eq!(actions[0].window, Some(InstallWindow::MaintenanceWindow));
    assert_eq!(actions[1].downtime, Some(1));
    let issues = &notes.known_issues;
    assert_eq!(
        (issues[0].id.as_str(), issues[0].title.as_str()),
        ("KI-3", "It stops at night")
    );
    assert_eq!(issues[0].symptoms, ["nothing happens", "and then less"]);
    assert_eq!(issues[0].rollback, RollbackAdvice::Ask);
    assert_eq!(issues[0].reason.as_deref(), Some("the data format changed"));
    assert_eq!(issues[0].affected.fixed_words().as_deref(), Some("2.0.1"));
    assert_eq!(issues[1].id, "2.0.0-2");
    assert_eq!(notes.rollback.as_deref(), Some("The index is not rebuilt."));
    assert_eq!(notes.breaking().count(), 1);
}

#[test]
fn nothing_is_said_and_not_supposed() {
    let actions = |body: &str| {
        let log = read(Text::new("c", format!("## 1.0.0\n\n{body}")), None);
        notes(&log, &log.entries[0]).0.actions
    };
    assert_eq!(
        actions("### Required action\n\nNothing\n"),
        Actions::Nothing
    );
    assert_eq!(
        actions("### Required action\n\n- None.\n"),
        Actions::Nothing
    );
    assert_eq!(actions("### Fixed\n\n- a\n"), Actions::Unstated);
    assert_eq!(actions("### Required action\n"), Actions::Unstated);
    assert_eq!(
        actions("### Required action\n\nRun it.\n\n### Upgrading\n\nRun that.\n")
            .all()
            .len(),
        2
    );
}

#[test]
fn places_hold_where_the_parser_writes_other_characters() {
    for text in [
        "[# > Downtime: ```\nὟ\n0.0.0# \0```\n-->===\n===\n",
        "## &amp; 1.0.0\n",
        "## \\[1.0.0\\] é\n",
        "## 1.0.0 \0\0 é\n",
        "## ~~1.0.0~~ é 2020-01-02\n",
    ] {
        let log = read(Text::new("c", text), None);
        for entry in &log.entries {
            assert!(
                text.get(entry.version_span.range()).is_some()
                    && text.get(entry.date_span.range()).is_some(),
                "{text:?}"
            );
        }
    }
    let text = "## ~~[1.2.3] - 2020-01-02~~ &amp; more\n";
    let log = read(Text::new("c", text), None);
    assert_eq!(
        (
            log.text.slice(log.entries[0].version_span),
            log.text.slice(log.entries[0].date_span)
        ),
        ("1.2.3", "2020-01-02")
    );
}
