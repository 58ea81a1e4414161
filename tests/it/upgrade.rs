//! The way from A to B, and back.

use tidings::model::{InstallWindow, Level};

use crate::fixture::{TOML, history, read, version};

const LOG: &str = "
## 2.0.0 - 2026-05-01

Big.

### Required action

- Convert it.
  Downtime: 20 minutes

### Removed

- The `log-viewer` is gone.

## 1.5.1 - 2026-06-01

Fix.

## 1.5.0 - 2026-03-01 [YANKED]

Bad.

### Required action

- Set the zone.
- Only you.
  Applies to: < 1.4.5

### Deprecated

- The `log-viewer` goes away.

## 1.4.5 - 2026-02-01

Small.

### Required action

- Set the zone.

## 1.4.0 - 2026-01-01

First.
";

fn actions(from: &str, to: &str) -> Vec<String> {
    let history = read(TOML, LOG).history;
    let path = history.upgrade_path(&version(from), &version(to)).unwrap();
    path.actions()
        .map(|(version, action)| format!("{version}: {}", action.text))
        .collect()
}

#[test]
fn every_action_on_the_way_stands_once_oldest_first() {
    assert_eq!(
        actions("1.4.0", "2.0.0"),
        [
            "1.4.5: Set the zone.",
            "1.5.0: Only you.",
            "2.0.0: Convert it."
        ]
    );
    assert_eq!(
        actions("1.4.5", "2.0.0"),
        ["1.5.0: Set the zone.", "2.0.0: Convert it."],
        "a range says whom an action concerns"
    );
    assert_eq!(actions("1.5.1", "2.0.0"), ["2.0.0: Convert it."]);
}

#[test]
fn there_is_no_way_up_to_the_same_or_an_older_version() {
    let history = read(TOML, LOG).history;
    assert!(
        history
            .upgrade_path(&version("2.0.0"), &version("2.0.0"))
            .is_none()
    );
    assert!(
        history
            .upgrade_path(&version("2.0.0"), &version("1.4.0"))
            .is_none()
    );
}

#[test]
fn removed_features_are_called_out_with_their_deprecation() {
    let history = read(TOML, LOG).history;
    let path = history
        .upgrade_path(&version("1.4.0"), &version("2.0.0"))
        .unwrap();
    assert_eq!(path.removed[0].deprecated_in, Some(&version("1.5.0")));
    assert_eq!(path.downtime, 20);
}

#[test]
fn the_window_is_the_strictest_word_on_the_way() {
    let history = read(TOML, LOG).history;
    let window = |from: &str, to: &str| {
        history
            .upgrade_path(&version(from), &version(to))
            .unwrap()
            .window
    };
    assert_eq!(window("1.4.0", "1.4.5"), InstallWindow::BusinessHours);
    assert_eq!(window("1.5.1", "2.0.0"), InstallWindow::MaintenanceWindow);
    let minor = read(
        TOML,
        "## 1.1.0 - 2026-02-01\n\nT.\n\n### Required action\n\n- Run it.\n  Downtime: 5 minutes\n\n## 1.0.0 - 2026-01-01\n\nT.\n",
    )
    .history;
    assert_eq!(
        minor
            .upgrade_path(&version("1.0.0"), &version("1.1.0"))
            .unwrap()
            .window,
        InstallWindow::MaintenanceWindow,
        "downtime needs a window"
    );
}

#[test]
fn stops_stand_strictly_between() {
    let toml = TOML.replace("[support]", "[[policy.stop]]\nversion = \"1.5\"\n[support]");
    let history = read(&toml, LOG).history;
    let stops = |from: &str, to: &str| {
        history
            .upgrade_path(&version(from), &version(to))
            .unwrap()
            .stops
            .iter()
            .map(|v| v.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        stops("1.4.0", "2.0.0"),
        ["1.5.1"],
        "the newest of the line, not the withdrawn one"
    );
    assert!(stops("1.5.1", "2.0.0").is_empty());
    assert!(stops("1.4.0", "1.5.1").is_empty());
}

#[test]
fn a_rollback_goes_to_the_next_lower_installable_release() {
    let target = |of: &str| {
        read(TOML, LOG)
            .history
            .rollback_target(&version(of))
            .map(|release| release.version.to_string())
    };
    assert_eq!(
        target("2.0.0").as_deref(),
        Some("1.5.1"),
        "by version, whatever was released since"
    );
    assert_eq!(
        target("1.5.1").as_deref(),
        Some("1.4.5"),
        "not to a withdrawn one"
    );
    assert_eq!(target("1.4.0"), None, "a first release has none");
    let history = history(
        TOML,
        &[
            ("1.0.0", "2026-01-01"),
            ("1.1.0-rc.1", "2026-01-02"),
            ("1.1.0", "2026-01-03"),
        ],
    );
    assert_eq!(
        history.rollback_target(&version("1.1.0")).unwrap().version,
        version("1.0.0"),
        "not to a pre-release"
    );
}

#[test]
fn the_level_of_a_bump_is_the_part_that_moved_first() {
    let history = history(
        TOML,
        &[
            ("1.0.0", "2026-01-01"),
            ("1.0.1", "2026-01-02"),
            ("1.3.0", "2026-01-03"),
            ("3.0.0", "2026-01-04"),
        ],
    );
    let level = |of: &str| history.level(&version(of));
    assert_eq!(
        [
            level("1.0.1"),
            level("1.3.0"),
            level("3.0.0"),
            level("1.0.0")
        ],
        [Level::Patch, Level::Minor, Level::Major, Level::Major]
    );
}

fn way(log: &str, from: &str, to: &str) -> Vec<tidings::model::Action> {
    let history = read(TOML, log).history;
    let path = history.upgrade_path(&version(from), &version(to)).unwrap();
    path.actions().map(|(_, action)| action.clone()).collect()
}

#[test]
fn equal_actions_are_one_with_all_labels_and_the_newest_wording() {
    let log = "## 2.1.0 - 2026-03-01\n\nT.\n\n### Required action\n\n- Move the `backup` [folder](a.md)\n  before you install\n  Applies to: installations with a folder\n  Change: [how](x.md)\n  Check: it starts\n\n\
        ## 2.0.2 - 2026-02-01\n\nT.\n\n### Required action\n\n- Move the backup [folder](a.md) before you install.\n  Downtime: 5 minutes\n\n\
        ## 2.0.0 - 2026-01-01\n\nT.\n";
    let all = way(log, "2.0.0", "2.1.0");
    let [action] = all.as_slice() else {
        panic!("one action: {all:?}");
    };
    assert_eq!(
        action.applies_to.as_deref(),
        Some("installations with a folder")
    );
    assert_eq!(action.check.as_deref(), Some("it starts"));
    assert_eq!(
        action.change.as_deref(),
        Some("[how](https://github.com/acme/agent-bootstrap/blob/v2.1.0/x.md)")
    );
    assert_eq!(action.downtime, Some(5), "counted once");
    assert!(action.text.contains("`backup`"), "the newest wording");
}

#[test]
fn a_range_of_the_newer_copy_does_not_hide_the_older_one_from_others() {
    let log = "## 2.1.0 - 2026-03-01\n\nT.\n\n### Required action\n\n- Set the zone.\n  Applies to: < 2.0.1\n  Check: look\n\n\
        ## 2.0.2 - 2026-02-01\n\nT.\n\n### Required action\n\n- Set the zone.\n\n## 2.0.1 - 2026-01-02\n\nT.\n\n## 2.0.0 - 2026-01-01\n\nT.\n";
    let all = way(log, "2.0.1", "2.1.0");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].applies_to, None, "it concerns who comes from 2.0.1");
    assert_eq!(all[0].check.as_deref(), Some("look"));
    let all = way(log, "2.0.0", "2.1.0");
    assert_eq!(all[0].applies_to.as_deref(), Some("< 2.0.1"));
}

#[test]
fn what_differs_in_more_than_spelling_stays_two_actions() {
    let log = "## 1.2.0 - 2026-03-01\n\nT.\n\n### Required action\n\n- Set `x` to 2.\n\n\
        ## 1.1.0 - 2026-02-01\n\nT.\n\n### Required action\n\n- Set `x` to 1.\n\n## 1.0.0 - 2026-01-01\n\nT.\n";
    assert_eq!(way(log, "1.0.0", "1.2.0").len(), 2);
}

#[test]
fn replaces_takes_away_what_a_later_release_made_needless() {
    let log = |line: &str| {
        format!(
            "## 1.2.0 - 2026-03-01\n\nT.\n\n{line}\n\n\
             ## 1.1.0 - 2026-02-01\n\nT.\n\n### Required action\n\n- Move the folder by hand.\n\n## 1.0.0 - 2026-01-01\n\nT.\n"
        )
    };
    for line in [
        "### Required action\n\n- Nothing.\n  Replaces: 1.1.0",
        "### Required action\n\nNothing\nReplaces: Move the folder",
        "### Changed\n\n- The folder is moved by itself.\n  Replaces: move the folder by hand.",
    ] {
        let log = log(line);
        assert_eq!(way(&log, "1.0.0", "1.2.0"), [], "{line}");
        assert_eq!(
            way(&log, "1.0.0", "1.1.0").len(),
            1,
            "on the way to 1.1.0 it is needed"
        );
    }
    let narrower =
        log("### Required action\n\n- Press the key.\n  Applies to: < 1.0.0\n  Replaces: 1.1.0");
    assert_eq!(
        way(&narrower, "1.0.0", "1.2.0").len(),
        1,
        "the new one is not for 1.0.0, so the old one stands"
    );
    assert_eq!(
        way(
            &log("### Added\n\n- Replaces: nothing known"),
            "1.0.0",
            "1.2.0"
        )
        .len(),
        1
    );
}
