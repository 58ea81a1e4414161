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
