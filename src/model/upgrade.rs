//! The way from one version to another: every required action between, oldest first; downtime; stops; what goes away.

use std::collections::HashSet;

use crate::model::{Action, Change, History, InstallWindow, Level, Line, Minutes, Release, SectionKind, Version};

/// The upgrade from A to B: what every release in (A, B] asks.
#[derive(Clone, Debug)]
pub struct UpgradePath<'h> {
    pub from: Version,
    pub to: Version,
    /// Releases in (A, B], oldest first.
    pub hops: Vec<Hop<'h>>,
    /// Releases that may not be jumped over, oldest first.
    pub stops: Vec<&'h Version>,
    pub removed: Vec<Removed<'h>>,
    pub downtime: Minutes,
    pub window: InstallWindow,
    pub level: Level,
}

/// One release on the way, with what of it concerns somebody who comes from A.
#[derive(Clone, Debug)]
pub struct Hop<'h> {
    pub release: &'h Release,
    pub actions: Vec<&'h Action>,
    pub breaking: Vec<&'h Change>,
}

/// A feature that is gone on the way, and since when that was announced.
#[derive(Clone, Debug)]
pub struct Removed<'h> {
    pub change: &'h Change,
    pub in_version: &'h Version,
    pub deprecated_in: Option<&'h Version>,
}

impl<'h> UpgradePath<'h> {
    pub fn actions(&self) -> impl Iterator<Item = (&'h Version, &'h Action)> + '_ {
        self.hops.iter().flat_map(|hop| hop.actions.iter().map(|action| (&hop.release.version, *action)))
    }

    pub fn action_count(&self) -> usize {
        self.hops.iter().map(|hop| hop.actions.len()).sum()
    }
}

impl History {
    /// The path from `from` (not with) to `to` (with). `None` where `to` is not above `from`.
    ///
    /// The same action in several releases (a fix on two lines, a pre-release and its final) stands once, where it
    /// first appears.
    pub fn upgrade_path(&self, from: &Version, to: &Version) -> Option<UpgradePath<'_>> {
        if from >= to {
            return None;
        }
        let between = self.between(from, to);
        let (mut seen, mut seen_breaks): (HashSet<&str>, HashSet<&str>) = Default::default();
        let hops: Vec<Hop<'_>> = between
            .iter()
            .map(|release| Hop {
                release,
                actions: release
                    .notes
                    .iter()
                    .flat_map(|notes| notes.actions.all())
                    .filter(|a| a.concerns(from) && seen.insert(a.text.trim()))
                    .collect(),
                breaking: release
                    .notes
                    .iter()
                    .flat_map(|notes| notes.breaking())
                    .filter(|change| seen_breaks.insert(change.text.trim()))
                    .collect(),
            })
            .collect();
        let downtime = hops.iter().flat_map(|hop| &hop.actions).filter_map(|action| action.downtime).sum();
        Some(UpgradePath {
            from: from.clone(),
            to: to.clone(),
            stops: self.stops(from, to),
            removed: self.removed(between),
            downtime,
            window: self.window(from, to, &hops),
            level: self.policy.scheme.level(from, to).unwrap_or(Level::Patch),
            hops,
        })
    }

    /// Releases in (from, to], oldest first.
    pub fn between(&self, from: &Version, to: &Version) -> &[Release] {
        let start = self.releases().partition_point(|release| release.version <= *from);
        let end = self.releases().partition_point(|release| release.version <= *to);
        &self.releases()[start..end.max(start)]
    }

    /// Business hours or a maintenance window: the strictest of the policy's word for the bump, the actions' own, and
    /// any downtime.
    fn window(&self, from: &Version, to: &Version, hops: &[Hop<'_>]) -> InstallWindow {
        let by_level = self.policy.scheme.level(from, to).map_or(InstallWindow::BusinessHours, |level| self.policy.rule(level).install);
        let actions = || hops.iter().flat_map(|hop| &hop.actions);
        let asked = actions().filter_map(|action| action.window).max().unwrap_or_default();
        let down = actions().any(|action| action.downtime.unwrap_or(0) > 0 && action.window.is_none());
        by_level.max(asked).max(if down { InstallWindow::MaintenanceWindow } else { InstallWindow::BusinessHours })
    }

    /// The stops strictly between: for a line its newest release that is not withdrawn.
    fn stops(&self, from: &Version, to: &Version) -> Vec<&Version> {
        let scheme = &self.policy.scheme;
        let line = |version: &Version| Line::of(version, scheme);
        self.policy
            .stops
            .iter()
            .filter_map(|stop| {
                let exact = self.release(stop).filter(|_| stop.parts() > 2).map(|release| &release.version);
                let newest_of_line = || {
                    self.releases()
                        .iter()
                        .rev()
                        .find(|r| line(&r.version) == line(stop) && !r.withdrawn && !r.version.is_prerelease())
                        .map(|r| &r.version)
                };
                let stop_at = exact.or_else(newest_of_line)?;
                (line(from) < line(stop) && line(to) > line(stop)).then_some(stop_at)
            })
            .collect()
    }

    fn removed<'h>(&'h self, between: &'h [Release]) -> Vec<Removed<'h>> {
        let in_kind = |release: &'h Release, kind| {
            release.notes.iter().flat_map(move |notes| notes.of_kind(kind)).map(move |change| (&release.version, change))
        };
        let last = between.last().map(|release| &release.version);
        let deprecated: Vec<(&Version, &Change)> = self
            .releases()
            .iter()
            .take_while(|r| last.is_some_and(|last| r.version <= *last))
            .flat_map(|r| in_kind(r, SectionKind::Deprecated))
            .collect();
        between
            .iter()
            .flat_map(|release| in_kind(release, SectionKind::Removed))
            .map(|(in_version, change)| {
                let names = names(&change.text);
                let announced =
                    deprecated.iter().rev().find(|(version, old)| *version < in_version && same_thing(&names, &self::names(&old.text)));
                Removed { change, in_version, deprecated_in: announced.map(|(version, _)| *version) }
            })
            .collect()
    }
}

/// The words by which a text names a thing: four letters and more, in lower case.
fn names(text: &str) -> HashSet<String> {
    const EMPTY: [&str; 22] = [
        "gone", "goes", "away", "support", "version", "release", "feature", "option", "this", "that", "with", "will", "have", "been",
        "from", "removed", "removal", "deprecated", "please", "instead", "which", "longer",
    ];
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-' && c != '.')
        .map(|word| word.trim_matches(['.', '-', '_']).to_lowercase())
        .filter(|word| word.chars().count() > 3 && !EMPTY.contains(&word.as_str()))
        .collect()
}

/// Two texts speak of one thing when most of the shorter one's words are in the other.
fn same_thing(a: &HashSet<String>, b: &HashSet<String>) -> bool {
    let shorter = a.len().min(b.len());
    shorter > 0 && a.intersection(b).count() * 2 >= shorter
}
