//! Support: lines counted by what was released.

use chrono::NaiveDate;
use tidings::model::{End, Status, Support};

use crate::fixture::{TOML, history, version};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `1.7 supported after 2`, `1.5 unsupported 2026-11-20`.
fn rows(toml: &str, releases: &[(&str, &str)], on: &str) -> Vec<String> {
    let history = history(toml, releases);
    Support::on(&history, day(on))
        .lines
        .iter()
        .map(|row| {
            let end = match row.end {
                End::On(date) => date.to_string(),
                End::After(lines) => format!("after {lines}"),
            };
            format!("{} {} {end}", row.line, row.status.as_str())
        })
        .collect()
}

const RELEASES: &[(&str, &str)] = &[
    ("1.5.0", "2026-01-01"),
    ("1.6.0", "2026-04-01"),
    ("1.7.0", "2026-11-20"),
];

#[test]
fn the_line_that_pushes_another_out_ends_it_that_day() {
    assert_eq!(
        rows(TOML, RELEASES, "2026-11-19"),
        ["1.6 supported after 2", "1.5 supported after 1"]
    );
    assert_eq!(
        rows(TOML, RELEASES, "2026-11-20"),
        [
            "1.7 supported after 2",
            "1.6 supported after 1",
            "1.5 unsupported 2026-11-20"
        ]
    );
}

#[test]
fn grace_days_put_the_end_off() {
    let toml = TOML.replace(
        "supported_minors = 2",
        "supported_minors = 2\ngrace_days = 30",
    );
    assert_eq!(
        rows(&toml, RELEASES, "2026-12-19")[2],
        "1.5 supported 2026-12-20"
    );
    assert_eq!(
        rows(&toml, RELEASES, "2026-12-20")[2],
        "1.5 unsupported 2026-12-20"
    );
}

#[test]
fn lines_are_counted_across_majors_and_gaps() {
    let releases = [
        ("1.9.0", "2026-01-01"),
        ("2.0.0", "2026-02-01"),
        ("2.4.0", "2026-03-01"),
    ];
    assert_eq!(
        rows(TOML, &releases, "2026-06-01"),
        [
            "2.4 supported after 2",
            "2.0 supported after 1",
            "1.9 unsupported 2026-03-01"
        ]
    );
}

#[test]
fn a_late_patch_on_an_older_line_changes_nothing() {
    let releases = [
        ("1.5.0", "2026-01-01"),
        ("1.6.0", "2026-02-01"),
        ("1.7.0", "2026-03-01"),
        ("1.5.1", "2026-04-01"),
    ];
    let history = history(TOML, &releases);
    let support = Support::on(&history, day("2026-05-01"));
    assert_eq!(support.lines[2].latest.version, version("1.5.1"));
    assert_eq!(support.lines[2].end, End::On(day("2026-03-01")));
}

#[test]
fn pre_releases_and_withdrawn_releases_open_no_line() {
    let releases = [
        ("1.5.0", "2026-01-01"),
        ("1.6.0", "2026-02-01"),
        ("1.7.0-rc.1", "2026-03-01"),
        ("1.7.0", "2026-04-01 [YANKED]"),
    ];
    assert_eq!(
        rows(TOML, &releases, "2026-05-01"),
        ["1.6 supported after 2", "1.5 supported after 1"]
    );
    let history = history(TOML, &releases);
    let support = Support::on(&history, day("2026-05-01"));
    assert_eq!(
        support.status(&history, &version("1.7.0")),
        Status::Withdrawn
    );
    assert_eq!(
        support.status(&history, &version("1.8.0")),
        Status::Unreleased
    );
    assert_eq!(
        history.latest(day("2026-05-01")).unwrap().version,
        version("1.6.0")
    );
}

#[test]
fn a_release_dated_later_is_not_released_yet() {
    let history = history(TOML, RELEASES);
    let support = Support::on(&history, day("2026-10-01"));
    assert_eq!(
        support.status(&history, &version("1.7.0")),
        Status::Unreleased
    );
}

#[test]
fn an_extended_line_has_its_own_date() {
    let toml = TOML.replace(
        "[support]",
        "[[policy.extended]]\nline = \"1.5\"\nuntil = \"2027-06-30\"\n[support]",
    );
    assert_eq!(
        rows(&toml, RELEASES, "2026-12-01")[2],
        "1.5 supported 2027-06-30"
    );
    assert_eq!(
        rows(&toml, RELEASES, "2027-06-30")[2],
        "1.5 unsupported 2027-06-30"
    );
}

#[test]
fn calendar_versions_have_lines_too() {
    let toml = TOML.replace(
        "scheme = \"semver\"",
        "scheme = \"calver\"\nformat = \"YYYY.0M.MICRO\"",
    );
    let releases = [
        ("2026.07.0", "2026-07-01"),
        ("2026.07.1", "2026-07-20"),
        ("2026.09.0", "2026-09-01"),
        ("2026.10.0", "2026-10-01"),
    ];
    assert_eq!(
        rows(&toml, &releases, "2026-11-01"),
        [
            "2026.10 supported after 2",
            "2026.09 supported after 1",
            "2026.07 unsupported 2026-10-01"
        ]
    );
}

#[test]
fn installs_far_behind_are_warned_of() {
    let releases = [
        ("1.1.0", "2026-01-01"),
        ("1.2.0", "2026-01-02"),
        ("1.9.0", "2026-01-03"),
        ("2.0.0", "2026-01-04"),
    ];
    let history = history(TOML, &releases);
    let support = Support::on(&history, day("2026-05-01"));
    assert!(
        support.warns(&history, &version("1.1.0")),
        "three lines behind"
    );
    assert!(
        !support.warns(&history, &version("1.2.0")),
        "two lines behind"
    );
    assert!(!support.warns(&history, &version("2.0.0")));
}
