//! The way from one version to another: every required action between, oldest first; downtime; stops; what goes away.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::model::{
    Action, Change, History, InstallWindow, Level, Line, Minutes, Release, Replaced, Scheme,
    SectionKind, Version, VersionSet,
};

/// The upgrade from A to B: what every release in (A, B] asks.
#[derive(Clone, Debug)]
pub struct UpgradePath<'h> {
    pub from: Version,
    pub to: Version,
    /// How many releases are in (A, B].
    pub releases: usize,
    /// Those of them that ask or break something, or are a stop, oldest first.
    pub hops: Vec<Hop<'h>>,
    /// Hops that were counted and not kept, after those.
    pub further_hops: usize,
    /// All required actions, of further hops too.
    pub action_count: usize,
    /// Releases that may not be jumped over, oldest first.
    pub stops: Vec<&'h Version>,
    pub removed: Vec<Removed<'h>>,
    /// What going back behind a release does not undo, oldest release first: Markdown.
    pub not_undone: Vec<(&'h Version, &'h str)>,
    pub downtime: Minutes,
    pub window: InstallWindow,
    pub level: Level,
}

/// One release on the way, with what of it concerns somebody who comes from A.
#[derive(Clone, Debug)]
pub struct Hop<'h> {
    pub release: &'h Release,
    /// One that several releases ask alike is the union of theirs.
    pub actions: Vec<Cow<'h, Action>>,
    pub breaking: Vec<&'h Change>,
}

/// A feature that is gone on the way, and since when that was announced.
#[derive(Clone, Copy, Debug)]
pub struct Removed<'h> {
    pub change: &'h Change,
    pub in_version: &'h Version,
    pub deprecated_in: Option<&'h Version>,
}

impl<'h> UpgradePath<'h> {
    pub fn actions(&self) -> impl Iterator<Item = (&'h Version, &Action)> + '_ {
        self.hops.iter().flat_map(|hop| {
            hop.actions
                .iter()
                .map(|action| (&hop.release.version, action.as_ref()))
        })
    }
}

impl History {
    /// The path from `from` (not with) to `to` (with). `None` where `to` is not above `from`.
    ///
    /// The same action in several releases (a fix on two lines, a pre-release and its final) stands once, where it
    /// first appears, with the labels of all and the newest wording. One that a later release replaces does not stand.
    pub fn upgrade_path(&self, from: &Version, to: &Version) -> Option<UpgradePath<'_>> {
        Upgrades::to(self, to, Some(from)).from(from)
    }

    /// Releases in (from, to], oldest first.
    pub fn between(&self, from: &Version, to: &Version) -> &[Release] {
        let start = self
            .releases()
            .partition_point(|release| release.version <= *from);
        let end = self
            .releases()
            .partition_point(|release| release.version <= *to);
        &self.releases()[start..end.max(start)]
    }
}

/// The upgrades from any version to one: what each release asks is looked at once, however many versions lead there.
pub struct Upgrades<'h> {
    history: &'h History,
    to: Version,
    /// Releases up to `to`, from the lowest start on.
    between: &'h [Release],
    asking: Vec<Asking<'h>>,
    stops: Vec<Stop<'h>>,
    removed: Vec<Removed<'h>>,
    not_undone: Vec<(&'h Version, &'h str)>,
    /// How many different texts of actions and breaking changes there are.
    texts: usize,
    /// Of a text that several actions share, all of them, oldest first.
    shared: HashMap<usize, Vec<Numbered<'h>>>,
}

/// A release that asks or breaks something. Texts are numbered, so that the same one stands once on a path.
struct Asking<'h> {
    release: &'h Release,
    actions: Vec<Numbered<'h>>,
    breaking: Vec<(usize, &'h Change)>,
}

/// An action with the number of its text.
#[derive(Clone)]
struct Numbered<'h> {
    text: usize,
    version: &'h Version,
    range: Option<VersionSet>,
    /// Whom later releases made it needless for; nobody where this is empty.
    needless: Vec<&'h Option<VersionSet>>,
    action: &'h Action,
}

impl Numbered<'_> {
    /// Whether somebody who comes from a version must do it.
    fn concerns(&self, from: &Version) -> bool {
        let within =
            |range: &Option<VersionSet>| range.as_ref().is_none_or(|range| range.contains(from));
        within(&self.range) && !self.needless.iter().any(|range| within(range))
    }
}

impl<'h> Upgrades<'h> {
    /// The upgrades to `to` from `lowest` and above; from any version where that is not given.
    pub fn to(history: &'h History, to: &Version, lowest: Option<&Version>) -> Self {
        let end = history
            .releases()
            .partition_point(|release| release.version <= *to);
        let start = lowest.map_or(0, |lowest| {
            history
                .releases()
                .partition_point(|release| release.version <= *lowest)
        });
        let between = &history.releases()[start.min(end)..end];
        let mut numbers: HashMap<(bool, Cow<'h, str>), usize> = HashMap::new();
        let mut number = |breaking: bool, text: Cow<'h, str>| {
            let next = numbers.len();
            *numbers.entry((breaking, text)).or_insert(next)
        };
        let replaced = replaced(between);
        let stops = stops(history);
        let stop = |release: &Release| stops.iter().any(|stop| *stop.at == release.version);
        let asking: Vec<Asking<'h>> = between
            .iter()
            .filter_map(|release| {
                let notes = release.notes.as_ref();
                let actions: Vec<_> = notes
                    .map_or(&[][..], |notes| notes.actions.all())
                    .iter()
                    .map(|action| Numbered {
                        text: number(false, action.key().into()),
                        version: &release.version,
                        range: action.range(),
                        needless: needless(&replaced, &release.version, action),
                        action,
                    })
                    .collect();
                let breaking: Vec<_> = notes
                    .into_iter()
                    .flat_map(|notes| notes.breaking())
                    .map(|change| (number(true, change.text.trim().into()), change))
                    .collect();
                let asks = !actions.is_empty() || !breaking.is_empty() || stop(release);
                asks.then_some(Asking {
                    release,
                    actions,
                    breaking,
                })
            })
            .collect();
        let not_undone = between
            .iter()
            .filter_map(|r| Some((&r.version, r.notes.as_ref()?.rollback.as_deref()?)))
            .collect();
        let texts = numbers.len();
        Upgrades {
            removed: removed(history, between),
            history,
            to: to.clone(),
            between,
            not_undone,
            texts,
            shared: shared(&asking),
            asking,
            stops,
        }
    }

    /// The path from a version. `None` where it is not below.
    pub fn from(&self, from: &Version) -> Option<UpgradePath<'h>> {
        self.beginning(from, usize::MAX)
    }

    /// The action with what later releases say of it. A range that does not hold for the reader stays with those it is for.
    fn union(&self, numbered: &Numbered<'h>, from: &Version) -> Cow<'h, Action> {
        let Some(shared) = self.shared.get(&numbered.text) else {
            return Cow::Borrowed(numbered.action);
        };
        let copies = shared.iter().filter(|copy| copy.version > from);
        let copies = copies.map(|copy| match copy.concerns(from) {
            true => Cow::Borrowed(copy.action),
            false => Cow::Owned(Action {
                applies_to: None,
                ..copy.action.clone()
            }),
        });
        Action::union(copies).map_or(Cow::Borrowed(numbered.action), Cow::Owned)
    }

    /// As `from`, with so many hops kept and all of them counted.
    pub fn beginning(&self, from: &Version, most: usize) -> Option<UpgradePath<'h>> {
        if *from >= self.to {
            return None;
        }
        let mut seen = vec![false; self.texts];
        let mut first = |text: usize| !std::mem::replace(&mut seen[text], true);
        let start = self
            .asking
            .partition_point(|asking| asking.release.version <= *from);
        let scheme = &self.history.policy.scheme;
        let stops: Vec<&Version> = self
            .stops
            .iter()
            .filter(|stop| stop.between(from, &self.to, scheme))
            .map(|stop| stop.at)
            .collect();
        let (mut hops, mut asked) = (Vec::new(), Asked::default());
        for asking in &self.asking[start..] {
            let mut hop = Hop {
                release: asking.release,
                actions: Vec::new(),
                breaking: Vec::new(),
            };
            let (keep, mut count) = (hops.len() < most, 0);
            for numbered in asking
                .actions
                .iter()
                .filter(|action| action.concerns(from) && first(action.text))
            {
                let action = self.union(numbered, from);
                count += 1;
                asked.take(&action);
                if keep {
                    hop.actions.push(action);
                }
            }
            for (_, change) in asking.breaking.iter().filter(|(text, _)| first(*text)) {
                count += 1;
                if keep {
                    hop.breaking.push(*change);
                }
            }
            match (count, keep) {
                (0, _) if !stops.contains(&&asking.release.version) => {}
                (_, true) => hops.push(hop),
                (_, false) => asked.further_hops += 1,
            }
        }
        Some(UpgradePath {
            releases: self.between.len()
                - self
                    .between
                    .partition_point(|release| release.version <= *from),
            stops,
            removed: self.removed[self
                .removed
                .partition_point(|removed| removed.in_version <= from)..]
                .to_vec(),
            not_undone: self.not_undone[self
                .not_undone
                .partition_point(|(version, _)| *version <= from)..]
                .to_vec(),
            downtime: asked.downtime,
            window: scheme.level(from, &self.to).map_or(asked.window, |level| {
                self.history.policy.rule(level).install.max(asked.window)
            }),
            action_count: asked.actions,
            further_hops: asked.further_hops,
            level: scheme.level(from, &self.to).unwrap_or(Level::Patch),
            from: from.clone(),
            to: self.to.clone(),
            hops,
        })
    }
}

/// What all actions of a path come to.
#[derive(Default)]
struct Asked {
    actions: usize,
    further_hops: usize,
    downtime: Minutes,
    /// The strictest of the actions' own words; an action with a downtime and no word wants a maintenance window.
    window: InstallWindow,
}

impl Asked {
    fn take(&mut self, action: &Action) {
        self.actions += 1;
        self.downtime += action.downtime.unwrap_or(0);
        self.window = self.window.max(action.needs());
    }
}

/// What the releases replace, with the release that does.
fn replaced(between: &[Release]) -> Vec<(&Version, &Replaced)> {
    let all = between.iter().filter_map(|release| {
        let notes = release.notes.as_ref()?;
        Some(
            notes
                .replaces
                .iter()
                .map(|replaced| (&release.version, replaced)),
        )
    });
    all.flatten().collect()
}

/// Whom releases above made an action needless for.
fn needless<'h>(
    replaced: &[(&'h Version, &'h Replaced)],
    version: &Version,
    action: &Action,
) -> Vec<&'h Option<VersionSet>> {
    let above = replaced.iter().filter(|(by, _)| *by > version);
    above
        .filter(|(_, replaced)| replaced.means(version, action))
        .map(|(_, replaced)| &replaced.range)
        .collect()
}

/// Of texts that several actions share, the actions.
fn shared<'h>(asking: &[Asking<'h>]) -> HashMap<usize, Vec<Numbered<'h>>> {
    let mut all: HashMap<usize, Vec<Numbered<'h>>> = HashMap::new();
    for numbered in asking.iter().flat_map(|asking| &asking.actions) {
        all.entry(numbered.text).or_default().push(numbered.clone());
    }
    all.retain(|_, copies| copies.len() > 1);
    all
}

/// A release that may not be jumped over.
struct Stop<'h> {
    /// As the policy has it: a version, or a line.
    said: &'h Version,
    at: &'h Version,
}

impl Stop<'_> {
    fn between(&self, from: &Version, to: &Version, scheme: &Scheme) -> bool {
        let line = |version: &Version| Line::of(version, scheme);
        let before = if self.said.parts() > scheme.line_parts() {
            from < self.said
        } else {
            line(from) < line(self.said)
        };
        before && from < self.at && self.at < to
    }
}

/// The policy's stops that were released: of a line, its newest release that is not withdrawn.
fn stops(history: &History) -> Vec<Stop<'_>> {
    let scheme = &history.policy.scheme;
    let line = |version: &Version| Line::of(version, scheme);
    let stop_at = |stop: &Version| {
        let exact = history
            .release(stop)
            .filter(|release| stop.parts() > scheme.line_parts() && !release.withdrawn)
            .map(|release| &release.version);
        let counted = |r: &&Release| {
            !r.withdrawn && !r.version.is_prerelease() && line(&r.version) == line(stop)
        };
        exact.or_else(|| {
            history
                .releases()
                .iter()
                .rev()
                .find(counted)
                .map(|r| &r.version)
        })
    };
    history
        .policy
        .stops
        .iter()
        .filter_map(|said| {
            Some(Stop {
                said,
                at: stop_at(said)?,
            })
        })
        .collect()
}

/// What the releases removed, with the release below that announced it, oldest first.
fn removed<'h>(history: &'h History, between: &'h [Release]) -> Vec<Removed<'h>> {
    let of_kind = |release: &'h Release, kind| {
        release
            .notes
            .iter()
            .flat_map(move |notes| notes.of_kind(kind))
            .map(move |change| (&release.version, change))
    };
    let gone: Vec<(&Version, &Change)> = between
        .iter()
        .flat_map(|release| of_kind(release, SectionKind::Removed))
        .collect();
    let Some((last, _)) = gone.last() else {
        return Vec::new();
    };
    let below = history
        .releases()
        .iter()
        .take_while(|release| release.version < **last);
    let deprecated: Vec<(&Version, HashSet<String>)> = below
        .flat_map(|release| of_kind(release, SectionKind::Deprecated))
        .map(|(version, old)| (version, names(&old.text)))
        .collect();
    gone.into_iter()
        .map(|(in_version, change)| {
            let names = names(&change.text);
            let announced = deprecated
                .iter()
                .rev()
                .find(|(version, old)| *version < in_version && same_thing(&names, old));
            Removed {
                change,
                in_version,
                deprecated_in: announced.map(|(version, _)| *version),
            }
        })
        .collect()
}

/// The words by which a text names a thing: four letters and more, in lower case.
fn names(text: &str) -> HashSet<String> {
    const EMPTY: [&str; 22] = [
        "gone",
        "goes",
        "away",
        "support",
        "version",
        "release",
        "feature",
        "option",
        "this",
        "that",
        "with",
        "will",
        "have",
        "been",
        "from",
        "removed",
        "removal",
        "deprecated",
        "please",
        "instead",
        "which",
        "longer",
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
