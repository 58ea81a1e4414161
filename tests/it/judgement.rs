//! What a reader of a changelog would understand is what is read: sections own what stands below them, labels stand in an
//! item's own text, what is hidden stays hidden. Each test names where the field met the fault.

use tidings::diag::{Finding, Text};
use tidings::model::{Actions, Changelog, Notes, SectionKind, Version};
use tidings::sources::changelog::{Dialect, notes, read, read_as, unread};

use crate::fixture::codes;

fn log(text: &str) -> Changelog {
    read(Text::new("CHANGELOG.md", text), None)
}

fn at(log: &Changelog, version: &str) -> (Notes, Vec<Finding>) {
    let version = Version::read(version).unwrap();
    let entry = log
        .entry(&version)
        .unwrap_or_else(|| panic!("no entry for {version}"));
    let (notes, mut findings) = notes(log, entry);
    findings.extend(unread(&log.text, entry, &notes));
    (notes, findings)
}

fn entry(body: &str) -> (Notes, Vec<Finding>) {
    at(
        &log(&format!(
            "# Changelog\n\n## [2.1.0] - 2026-11-17\n\nRestores show their progress.\n\n{body}\n\n## [2.0.0] - 2026-06-01\n\nFirst release.\n"
        )),
        "2.1.0",
    )
}

fn actions(notes: &Notes) -> Vec<&str> {
    notes
        .actions
        .all()
        .iter()
        .map(|action| action.text.as_str())
        .collect()
}

fn versions(log: &Changelog) -> Vec<&str> {
    log.entries
        .iter()
        .map(|entry| entry.version.as_ref().map_or("-", Version::as_str))
        .collect()
}

/// nmstate/kubernetes-nmstate#455: the template of Kubernetes' own notes.
#[test]
fn a_section_owns_every_deeper_heading() {
    let (notes, _) = entry(
        "### Urgent Upgrade Notes\n\n#### (No, really, you MUST read this)\n\n- Convert the index.\n  Change: [it](https://example.com/i)\n\n### Known Issues\n\n#### Restore\n\n- Progress stays at 0 %.",
    );
    assert_eq!(
        actions(&notes),
        ["**(No, really, you MUST read this):** Convert the index."]
    );
    assert_eq!(
        notes.known_issues[0].title,
        "**Restore:** Progress stays at 0 %."
    );
    let (notes, _) = entry(
        "### Upgrade notes\n\n#### Kubelet\n\n##### Linux\n\nDrain the node.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n#### Proxy\n\n1. Restart it.\n2. Look at the log.",
    );
    assert_eq!(notes.actions.all().len(), 3);
    assert!(actions(&notes)[0].contains("| 1 | 2 |"));
    let (notes, _) = entry("### Breaking changes\n\n#### Storage\n\n- The port moved.");
    assert!(notes.changes[0].breaking);
}

#[test]
fn siblings_of_the_release_heading_are_its_sections() {
    let log = log(
        "# v1.30.1\n\n## Urgent Upgrade Notes\n\n### (Read this)\n\n- Drain the node.\n\n## Dependencies\n\n### Removed\n- example.com/old: v1.0.0\n\n# Required action\n\n- Check the proxy.\n\n# v1.30.0\n\nFirst.\n",
    );
    assert_eq!(versions(&log), ["1.30.1", "1.30.0"]);
    let (notes, _) = at(&log, "1.30.1");
    assert_eq!(notes.actions.all().len(), 2);
    assert_eq!(notes.of_kind(SectionKind::Removed).count(), 0);
}

/// twisted/towncrier#614.
#[test]
fn labels_stand_in_an_items_own_text() {
    let (notes, findings) = entry(
        "### Required action\n\n- Add the zone:\n\n  ```yaml\n  agent:\n    check: daily\n    zone: Europe/Berlin\n  ```\n\n  Check: the status page shows the zone",
    );
    let action = &notes.actions.all()[0];
    assert!(action.text.contains("check: daily\n    zone") || action.text.contains("check: daily"));
    assert!(action.text.contains("Europe/Berlin"), "{}", action.text);
    assert_eq!(
        action.check.as_deref(),
        Some("the status page shows the zone")
    );
    assert!(findings.iter().all(|f| f.code.as_str() != "label-twice"));
    for kept in [
        "- Do it.\n\n  > Check: a quote",
        "- Do it.\n\n      Check: indented code",
        "- Do it with `Check: span`",
        "- Do it.\n\n  | Check: | x |\n  |---|---|\n  | Check: y | z |",
        "- Do it as [Check: a link](https://example.com/) says",
        "- Do it.\n  `Check: a span at the front`",
        "- Do it.\n  [Check: a link](https://example.com/)",
    ] {
        let (notes, _) = entry(&format!("### Required action\n\n{kept}"));
        let action = &notes.actions.all()[0];
        assert_eq!(action.check, None, "{kept}");
        assert!(action.text.contains("Check:"), "{kept}");
    }
    for read in [
        "- Do it.\n  Check: it runs",
        "- Do it.\n  **Check:** it runs",
        "- Do it.\n  **Check**: it runs",
        "- Do it.\n  _check:_ it runs",
        "- Do it.\n\n  CHECK: it\n  runs",
        "- Do it.\n  - Check: it runs",
        "- Do it. <!-- Check: no -->\n  Check: it runs",
        "- [ ] Do it.\n  Check: it runs",
    ] {
        let (notes, _) = entry(&format!("### Required action\n\n{read}"));
        let action = &notes.actions.all()[0];
        assert_eq!(action.check.as_deref(), Some("it runs"), "{read}");
        assert_eq!(action.text, "Do it.", "{read}");
    }
}

#[test]
fn a_label_that_stands_twice_is_said_and_nothing_of_it_is_lost() {
    let (notes, findings) =
        entry("### Required action\n\n- Do it.\n  Check: one\n  Downtime: 5 minutes\n  Check: two");
    assert!(codes(&findings).contains(&"label-twice"));
    assert_eq!(notes.actions.all()[0].check.as_deref(), Some("one; two"));
}

/// sourcebot-dev/sourcebot#569, DataDog/datadog-ci#1228.
#[test]
fn comments_reach_nothing() {
    let text = "# Changelog\n\n## [1.1.0] - 2026-02-03\n\nA fix. <!-- ACME-77 -->\n\n<!-- ACME-78\n\nwith a blank line -->\n\n### Required action\n\n- Set the zone. <!-- ACME-79 -->\n  Change: [zone](https://example.com/z)\n  <!-- ACME-80 -->\n  Check: page shows <!-- ACME-81 --> it\n\n### Fixed\n\n- One. <!-- ACME-82 -->\n- `<!-- code -->` stays.\n\n<!-- ACME-83 -->\n\n<?php ACME-84 ?>\n";
    let log = log(text);
    let (notes, _) = at(&log, "1.1.0");
    let all = format!("{notes:?}");
    assert!(!all.contains("ACME"), "{all}");
    assert_eq!(notes.summary, "A fix.");
    assert_eq!(
        notes.actions.all()[0].check.as_deref(),
        Some("page shows it")
    );
    assert_eq!(notes.changes.len(), 2);
    assert!(notes.changes[1].text.contains("<!-- code -->"));
    assert!(log.entries[0].comments >= 5);
}

#[test]
fn front_matter_and_definitions_reach_nothing() {
    let log = log(
        "---\ntitle: ACME-1\nversion: 9.9.9\n---\n\n# Changelog\n\n## 1.1.0 - 2026-02-03\n\nA fix.\n\n- One [a].\n- Two.\n\n  [a]: https://example.com/a\n\n[b]: https://example.com/b 'ACME-2'\n",
    );
    assert_eq!(versions(&log), ["1.1.0"]);
    let (notes, _) = at(&log, "1.1.0");
    assert!(!format!("{notes:?}").contains("ACME"));
    assert!(
        notes.changes[0].text.contains("](https://example.com/a)"),
        "{notes:?}"
    );
}

/// ungoldman/changelog-parser#46, phly/keep-a-changelog#56.
#[test]
fn links_by_reference_lead_where_they_lead() {
    let log = log(
        "# Changelog\n\n## [2.1.0] - 2026-11-17\n\nSee the [guide], the [Guide][] and [**all** of it][g].\n\n### Required action\n\n- Follow the [guide for restores][g].\n  Change: [what changes][g]\n\n- Look at ![the picture][p] and [[1]][g].[^n]\n\n## [2.0.0] - 2026-06-01\n\nFirst.\n\n[g]: <https://example.com/a (b)>\n[guide]: docs/guide.md \"The \\\"guide\\\"\"\n[p]: p.png\n[^n]: Only on Linux.\n",
    );
    let (notes, _) = at(&log, "2.1.0");
    assert_eq!(
        notes.summary,
        "See the [guide](docs/guide.md \"The \\\"guide\\\"\"), the [Guide](docs/guide.md \"The \\\"guide\\\"\") and [**all** of it](<https://example.com/a (b)>)."
    );
    assert_eq!(
        notes.actions.all()[0].change.as_deref(),
        Some("[what changes](<https://example.com/a (b)>)")
    );
    assert_eq!(
        notes.actions.all()[1].text,
        "Look at ![the picture](p.png) and [[1]](<https://example.com/a (b)>). (Only on Linux)"
    );
}

/// renovate and dependabot #7261: the file is cut at every release first.
#[test]
fn nothing_crosses_a_release_heading() {
    let text = "# Changelog\n\n## agent@2.1.0 - 2026-11-01\n\nFaster start.\n\n## cli@5.0.0 - 2026-10-15\n\nNew.\n\n### Required action\n\n- Move the configuration of the command line.\n\n## agent@2.0.0 - 2026-10-01\n\nFirst.\n";
    let log = read(Text::new("c", text), Some("agent"));
    assert_eq!(versions(&log), ["2.1.0", "2.0.0"]);
    assert_eq!(at(&log, "2.1.0").0.actions, Actions::Unstated);
    let channels =
        "## stable-2.14.0\n\nStable.\n\n## edge-24.2.5\n\nEdge.\n\n## stable-2.13.0\n\nOld.\n";
    let log = read(Text::new("c", channels), Some("stable"));
    assert_eq!(versions(&log), ["2.14.0", "2.13.0"]);
}

/// DialmasterOrg/Youtarr#811; argo-cd 1.7.2, thanos 0.23.1.
#[test]
fn two_entries_of_one_version_are_one() {
    let log = log(
        "# Changelog\n\n## [1.82.0] - 2026-09-08\n\n- A fix.\n\n## 1.82.0 (2026-09-08)\n\nA search field.\n\n### Required action\n\n- Rename `a`.\n\n## 1.81.0 - 2026-08-01\n\nOld.\n",
    );
    assert_eq!(versions(&log), ["1.82.0", "1.81.0"]);
    let (notes, _) = at(&log, "1.82.0");
    assert_eq!(actions(&notes), ["Rename `a`."]);
    assert_eq!(notes.summary, "A search field.");
    assert_eq!(notes.changes.len(), 1);
    let (_, findings) = at(
        &read(
            Text::new(
                "c",
                "## 1.0.0 - 2026-01-01\n\nA.\n\n### Required action\n\nNothing\n\n## 1.0.0 - 2026-01-01\n\n### Required action\n\n- Do it.\n",
            ),
            None,
        ),
        "1.0.0",
    );
    assert!(codes(&findings).contains(&"entry-contradiction"));
}

#[test]
fn several_versions_in_one_heading_each_have_the_entry() {
    let log = log(
        "## 1.4.2, 1.3.9 (May 1, 2026)\n\nSECURITY:\n\n* A fix.\n\n## 1.4.1 / 1.3.8 - 2026-04-01\n\nText.\n",
    );
    assert_eq!(versions(&log), ["1.4.2", "1.3.9", "1.4.1", "1.3.8"]);
    for version in ["1.4.2", "1.3.9"] {
        assert_eq!(at(&log, version).0.changes.len(), 1);
    }
    assert_eq!(at(&log, "1.3.8").0.summary, "Text.");
}

/// restic: 40 of 40 entries without date and contents.
#[test]
fn a_table_of_contents_is_no_list_of_releases() {
    for toc in [
        "* [Changelog for 1.2.0](#a)\n* [Changelog for 1.1.0](#b)\n",
        "- 1.x\n  - [1.2.0](#a)\n  - [1.1.0](#b)\n",
        "1. [1.2.0](#a)\n2. [1.1.0](#b)\n",
    ] {
        let body = "# Changelog for agent 1.2.0 (2026-03-01)\n\nHourly.\n\n## Required action\n\n- Set it.\n\n# Changelog for agent 1.1.0 (2026-02-01)\n\nFirst.\n";
        for text in [
            format!("# Table of Contents\n\n{toc}\n{body}"),
            format!("{body}\n{toc}"),
        ] {
            let log = log(&text);
            assert_eq!(versions(&log), ["1.2.0", "1.1.0"], "{text}");
            assert_eq!(actions(&at(&log, "1.2.0").0), ["Set it."]);
        }
    }
}

/// microsoft/FluidFramework#28184; argo-cd, consul-k8s, kong.
#[test]
fn the_summary_is_the_first_paragraph_that_is_text() {
    for before in [
        "<!-- a comment -->\n\n",
        "> [!WARNING]\n> Read the notes.\n\n",
        "> Released on 2026/11/17\n\n",
        "<!-- a -->\n<!-- b -->\n\n> [!CAUTION]\n> Data may be lost.\n\n",
    ] {
        let log = log(&format!(
            "## 2.1.0\n\n{before}The text.\n\n### Fixed\n\n- One.\n"
        ));
        let (notes, _) = at(&log, "2.1.0");
        assert_eq!(notes.summary, "The text.", "{before}");
    }
    let (notes, _) = entry("> [!CAUTION]\n> Data may be lost.\n\n- [x] One.\n- [ ] Two.");
    assert_eq!(notes.alerts.len(), 1);
    assert!(notes.changes.iter().any(|change| change.text == "One."));
    assert!(notes.changes.iter().any(|change| change.text == "Two."));
}

#[test]
fn sections_go_by_the_names_of_the_field() {
    for (name, kind) in [
        ("Upgrade Notes for 2.1", SectionKind::RequiredAction),
        ("Migration Guide", SectionKind::RequiredAction),
        ("⚠️ Before you upgrade", SectionKind::RequiredAction),
        ("Upgrading from 1.x to 2.0", SectionKind::RequiredAction),
        ("Potentially-breaking changes", SectionKind::Breaking),
        (
            "Backwards incompatible changes in v2.1",
            SectionKind::Breaking,
        ),
        ("Known limitations", SectionKind::KnownIssues),
        ("Security advisory", SectionKind::Security),
        ("Bug or Regression", SectionKind::Fixed),
        ("Deps", SectionKind::Internal),
        ("Notes on colours", SectionKind::Other),
    ] {
        assert_eq!(SectionKind::read(name), kind, "{name}");
    }
    let names = Dialect {
        package: None,
        names: vec![("caveats".to_owned(), SectionKind::KnownIssues)],
    };
    let log = read_as(
        Text::new(
            "c",
            "## 1.0.0 - 2026-01-01\n\nText.\n\n### Caveats\n\n- Slow.\n\n### Internal\n\n- Secret work.\n",
        ),
        &names,
    );
    let (notes, _) = at(&log, "1.0.0");
    assert_eq!(notes.known_issues.len(), 1);
    assert!(!format!("{notes:?}").contains("Secret work"));
}

/// Prometheus, Cortex, git-cliff, Conventional Commits.
#[test]
fn items_say_themselves_what_they_are() {
    for item in [
        "* [BREAKING] The port moved",
        "* BREAKING: the path moved",
        "* **BREAKING CHANGE**: the name moved",
        "* 💥 the socket moved",
        "* _Breaking:_ the user moved",
        "* [**breaking**] the style",
        "* **BREAKING:** upper",
        "* feat(api)!: the flag moved",
    ] {
        let (notes, _) = entry(item);
        assert!(notes.changes[0].breaking, "{item}");
    }
    let (notes, _) = entry(
        "* [CHANGE] One.\n* [SECURITY] Two.\n* [BUGFIX] Three.\n* [a link](https://example.com/)",
    );
    let kinds: Vec<SectionKind> = notes.changes.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [
            SectionKind::Changed,
            SectionKind::Security,
            SectionKind::Fixed,
            SectionKind::Other
        ]
    );
    let (notes, _) = entry("### Changed\n\n- **Action required:** Rename `a`.\n- Other.");
    assert_eq!(actions(&notes), ["Rename `a`."]);
    let (notes, _) = entry("* BREAKING\n  * The port moved\n  * The path moved\n* FIXES\n  * One");
    assert_eq!(notes.breaking().count(), 2);
}

/// packer, synapse, telegraf, argo-cd: sections that are "Other" without a word.
#[test]
fn what_could_be_an_action_is_never_silently_none() {
    for (body, severe) in [
        ("### Important changes\n\n- The port moved.", true),
        ("### Caveats\n\n- Slow.", true),
        ("### Changed\n\n- You must rename `a`.", true),
        (
            "### Required action\n\nNothing\n\n### Caveats\n\n- Slow.",
            false,
        ),
    ] {
        let (_, findings) = entry(body);
        let found = findings
            .iter()
            .find(|finding| finding.code.as_str() == "section-unread")
            .unwrap_or_else(|| panic!("{body}"));
        assert_eq!(found.is_error(), severe, "{body}");
    }
    for quiet in [
        "### Added\n\n- A colour.",
        "### Upgraded dependencies\n\n- One.",
        "### Fixed\n\n- `you must` in code.",
    ] {
        let (_, findings) = entry(quiet);
        assert!(!codes(&findings).contains(&"section-unread"), "{quiet}");
    }
}

#[test]
fn releases_may_be_items_of_a_list() {
    let log = log(
        "# History\n\n- v2.0.2:\n  - date: 2026-04-07\n  - changes:\n    - One.\n    - Two.\n- v2.0.1:\n  - date: 2021-04-22\n  - changes:\n    - Three.\n",
    );
    assert_eq!(versions(&log), ["2.0.2", "2.0.1"]);
    assert_eq!(log.entries[0].date.unwrap().to_string(), "2026-04-07");
    assert_eq!(at(&log, "2.0.2").0.changes.len(), 2);
    let words = read(
        Text::new(
            "c",
            "- 1.2.0 (2026-03-01): Faster start.\n- 1.1.0 (2026-02-01): A fix.\n- 1.0.0 (2026-01-01): First release.\n",
        ),
        None,
    );
    assert_eq!(versions(&words), ["1.2.0", "1.1.0", "1.0.0"]);
    assert_eq!(at(&words, "1.2.0").0.summary, "Faster start.");
}

/// telegraf, loki.
#[test]
fn headings_that_only_speak_of_a_version_are_no_release() {
    let log = log(
        "# v2.0.0 (2026-03-01)\n\nText.\n\n## 2.0\n\n- One.\n\n# v1.14.0 (2026-01-01)\n\nText.\n\n# Changelog v1.13 and Earlier\n\nSee elsewhere.\n",
    );
    assert_eq!(versions(&log), ["2.0.0", "1.14.0"]);
    assert!(!log.text.slice(log.entries[1].body).contains("elsewhere"));
}

/// google/osv.dev#1002; thanos, kong.
#[test]
fn dates_and_finals_as_people_write_them() {
    for (heading, date) in [
        ("## 1.30.0 - 2026 07 30", Some("2026-07-30")),
        ("## 1.9.0\n\n> Released 2021/05/11", Some("2021-05-11")),
        ("## 1.7.0\n\n*2026-07-01*", Some("2026-07-01")),
        ("## 1.1.0 - 2026-02-30", None),
        ("## 1.27.0 (01/02/2026)", None),
    ] {
        let log = log(&format!("{heading}\n\nText.\n"));
        let read = log.entries[0].date.map(|date| date.to_string());
        assert_eq!(read.as_deref(), date, "{heading}");
    }
    let version = |text: &str| Version::read(text).unwrap();
    assert!(!version("26.1.0.Final").is_prerelease());
    let ordered = [
        "1.0.dev1",
        "1.0a1",
        "1.0a2",
        "1.0b1",
        "1.0rc1",
        "1.0rc10",
        "1.0",
        "1.0.post1",
        "1.1",
    ];
    for pair in ordered.windows(2) {
        assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
    }
    assert!(!version("1.0.post1").is_prerelease() && version("1.0.dev1").is_prerelease());
}

#[test]
fn each_block_is_explained() {
    let log = log(
        "# Changelog\n\n## [2.1.0] - 2026-11-17\n\nText.\n\n### Upgrade notes\n\n#### Disks\n\n- Move it. <!-- hidden -->\n  Check: it runs\n\n### Chores\n\n- Tidied.\n\n### Colours\n\n- Blue.\n",
    );
    let rows: Vec<(usize, String)> = tidings::sources::changelog::explained(&log, &log.entries[0])
        .into_iter()
        .map(|row| (row.line, row.read_as))
        .collect();
    let said: Vec<(usize, &str)> = rows
        .iter()
        .map(|(line, said)| (*line, said.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (3, "release 2.1.0, dated 2026-11-17"),
            (5, "summary"),
            (7, "section Required action"),
            (9, "belongs to Required action above it"),
            (11, "required action"),
            (12, "  its label Check:"),
            (14, "section Internal"),
            (16, "internal: shown to nobody"),
            (18, "a heading that names no section that is known"),
            (20, "change"),
            (3, "1 comment in this entry: shown to nobody"),
        ]
    );
}

/// GitHub, pkgdown and many release pages write headings in HTML, and fold long lists away.
#[test]
fn headings_in_html_are_headings() {
    for body in [
        "<h3>Required action</h3>\n\n- Move the folder.\n  Change: [it](https://example.com/i)",
        "<H3 align=\"center\">Required Action</H3>\n\n- Move the folder.\n  Change: [it](https://example.com/i)",
        "<h3><b>Required action</b></h3>\n\n- Move the folder.\n  Change: [it](https://example.com/i)",
        "<details>\n<summary><b>Upgrade notes</b></summary>\n\n- Move the folder.\n  Change: [it](https://example.com/i)\n\n</details>\n\nMore words.",
    ] {
        let (notes, _) = entry(body);
        assert_eq!(actions(&notes), ["Move the folder."], "{body}");
    }
    let (notes, findings) = entry("<h3>What you must do before</h3>\n\n- Move the folder.");
    assert!(
        actions(&notes).is_empty() && codes(&findings).contains(&"section-unread"),
        "{findings:?}"
    );
    let (notes, _) = entry("<h3>Known issues</h3>\n<p>Restores are slow.</p>");
    assert!(
        notes.known_issues[0].title.contains("Restores are slow."),
        "{:?}",
        notes.known_issues
    );
    let (notes, findings) = entry("<details><summary>All commits</summary>\n\n- abc\n\n</details>");
    assert!(
        actions(&notes).is_empty() && notes.changes.iter().any(|change| change.text == "abc"),
        "{findings:?}"
    );
    assert!(
        notes
            .changes
            .iter()
            .all(|change| !change.text.contains("details")),
        "{:?}",
        notes.changes
    );
}

/// A mark or a comment of colleagues before a name changes nothing for who reads it.
#[test]
fn marks_and_comments_hide_no_section_and_no_mark() {
    for body in [
        "- [x] Required action\n  - Set the zone.\n    Change: [it](https://example.com/i)",
        "- <!-- for us --> Required action\n  - Set the zone.\n    Change: [it](https://example.com/i)",
        "1. Required action:\n   - Set the zone.\n     Change: [it](https://example.com/i)",
    ] {
        let (notes, _) = entry(body);
        assert_eq!(actions(&notes), ["Set the zone."], "{body}");
    }
    for item in [
        r"\[BREAKING\] The port is another one.",
        r"feat\!: the port is another one.",
        r"feat(api)\!: the port is another one.",
        "&#91;BREAKING&#93; The port is another one.",
        "**&#x5b;Breaking&#x5d;** The port is another one.",
        r"**Breaking\:** The port is another one.",
    ] {
        let (notes, _) = entry(&format!("### Changed\n\n- {item}"));
        assert!(notes.changes[0].breaking, "{item}");
    }
    for item in [
        r"The `\[BREAKING\]` mark is documented.",
        r"\[link\] in the guide.",
        "Ampersands &amp; entities are shown.",
        r"A \!: is no mark.",
    ] {
        let (notes, _) = entry(&format!("### Changed\n\n- {item}"));
        assert!(!notes.changes[0].breaking, "{item}");
    }
}

/// Cargo's, PyPI's and npm's authors say it in the body, too: an entry that says that it was withdrawn is withdrawn.
#[test]
fn a_withdrawal_in_the_body_counts() {
    for said in [
        "**YANKED**",
        "*This release was yanked.*",
        "> This version has been withdrawn.",
        "[YANKED]",
        "_Retracted_",
    ] {
        let log = log(&format!(
            "# Changelog\n\n## 1.1.0 - 2026-02-01\n\n{said}\n\nIt is better.\n\n## 1.0.0 - 2026-01-01\n\nFirst.\n"
        ));
        assert!(log.entries[0].yanked && !log.entries[1].yanked, "{said}");
        let summary = log.entries[0].summary.map(|span| log.text.slice(span));
        assert_eq!(summary, Some("It is better."), "{said}");
    }
    for said in [
        "The yanked release 1.0.0 is replaced.",
        "1.0.0 was withdrawn.",
        "Packages that were pulled",
        "Support for 1.0 was withdrawn.",
    ] {
        let log = log(&format!(
            "# Changelog\n\n## 1.1.0 - 2026-02-01\n\n{said}\n\n## 1.0.0 - 2026-01-01\n\nFirst.\n"
        ));
        assert!(!log.entries[0].yanked, "{said}");
    }
}

#[test]
fn releases_that_are_ticked_off_are_releases() {
    let log = log(
        "# Changelog\n\n- [x] 1.1.0 (2026-02-01)\n  - Fixed a thing\n- [x] 1.0.0 (2026-01-01)\n  - Began\n",
    );
    assert_eq!(versions(&log), ["1.1.0", "1.0.0"]);
}

#[test]
fn a_withdrawal_in_a_sentence_is_never_passed_over() {
    for said in [
        "It is better. This release was withdrawn because it loses data.",
        "> [!WARNING]\n> This version has been yanked: it loses data.",
    ] {
        let (_, findings) = entry(said);
        let found = findings
            .iter()
            .find(|finding| finding.message.contains("was withdrawn"));
        assert!(found.is_some_and(Finding::is_error), "{said}: {findings:?}");
    }
    let (_, findings) = entry(
        "The release before this one was withdrawn. `this release was withdrawn` is shown for it.",
    );
    assert!(
        findings
            .iter()
            .all(|finding| !finding.message.contains("its heading")),
        "{findings:?}"
    );
}
