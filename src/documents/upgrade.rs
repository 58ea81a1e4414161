//! The upgrade guide: what you must do from your version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::matrix::status_words;
use crate::documents::parts::{
    ActionPart, ContactPart, IssuePart, ProductPart, RollbackPart, Standpoint, duration,
    spoken_date,
};
use crate::model::{Hop, InstallWindow, KnownIssue, Leave, Release, UpgradePath, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UpgradeGuide {
    pub schema: &'static str,
    pub product: ProductPart,
    pub from: String,
    pub to: String,
    pub as_of: String,
    /// The support status of `from`.
    pub from_status: String,
    pub from_ends: Option<String>,
    /// `from` was withdrawn, and there is nothing above it to go on to: `to` lies below.
    pub back: bool,
    /// The level of the whole bump.
    pub level: String,
    pub install_window: String,
    pub downtime_minutes: u32,
    pub downtime: Option<String>,
    pub action_count: usize,
    /// Releases after `from` up to `to`, `to` included.
    pub releases: usize,
    /// The releases on the way that ask something or break something, oldest first.
    pub steps: Vec<StepPart>,
    /// Where there are more steps than are listed.
    pub continued: Option<ContinuedPart>,
    /// Releases that must be installed on the way, oldest first.
    pub stops: Vec<String>,
    pub removed: Vec<RemovedPart>,
    /// How many there are, listed or not.
    pub removed_count: usize,
    /// The commands, in order: one for each stop, then `to`.
    pub commands: Vec<String>,
    /// Back to `from`; where that was withdrawn, to the release that may be gone back to.
    pub rollback: Option<RollbackPart>,
    /// Of `to`, and of the releases that must be installed on the way.
    pub known_issues: Vec<IssuePart>,
    pub contact: ContactPart,
    pub release_page: String,
}

/// One release on the way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepPart {
    pub version: String,
    pub tag: String,
    pub date: Option<String>,
    pub withdrawn: bool,
    pub actions: Vec<ActionPart>,
    /// Markdown.
    pub breaking: Vec<String>,
    /// Of a stop: the command that installs it, before anything further is done.
    pub install: Option<String>,
}

/// The rest of a long way: what the guide from a later version says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ContinuedPart {
    pub from: String,
    pub steps: usize,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RemovedPart {
    /// Markdown.
    pub text: String,
    pub removed_in: String,
    pub deprecated_in: Option<String>,
}

impl UpgradeGuide {
    pub const SCHEMA: &'static str = "tidings/upgrade-guide/1";

    /// The guide along a path that the history gave. `to` is a release.
    pub fn of(at: Standpoint<'_>, path: &UpgradePath<'_>, to: &Release) -> Self {
        let step = |hop| StepPart::of(at, hop, path);
        let steps = path.hops.iter().map(step).collect();
        UpgradeGuide {
            steps,
            ..Self::abridged(at, path, to, usize::MAX)
        }
    }

    /// From one release to another above it.
    pub fn between(at: Standpoint<'_>, from: &Release, to: &Release) -> Option<Self> {
        let path = at.history.upgrade_path(&from.version, &to.version)?;
        Some(Self::of(at, &path, to))
    }

    /// Out of a withdrawn release: on to the latest, or back.
    pub fn leaving(at: Standpoint<'_>, from: &Release) -> Option<Self> {
        match at.leave(&from.version)? {
            Leave::On(to) => Self::between(at, from, to),
            Leave::Back(to) => Some(Self::back(at, from, to)),
        }
    }

    /// Out of a withdrawn release, where that is a way back.
    pub fn back(at: Standpoint<'_>, from: &Release, to: &Release) -> Self {
        let (status, ends) = status_words(at, &from.version);
        let tag = at.tag(to);
        let not_undone: Vec<&str> = at
            .history
            .between(&to.version, &from.version)
            .iter()
            .filter_map(|release| release.notes.as_ref()?.rollback.as_deref())
            .collect();
        let not_undone = (!not_undone.is_empty()).then(|| not_undone.join("\n\n"));
        UpgradeGuide {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            from: from.version.to_string(),
            to: to.version.to_string(),
            as_of: spoken_date(at.day()),
            from_status: status.as_str().to_owned(),
            from_ends: ends,
            back: true,
            level: at.history.level(&from.version).word().to_owned(),
            install_window: InstallWindow::BusinessHours.as_str().to_owned(),
            downtime_minutes: 0,
            downtime: None,
            action_count: 0,
            releases: 0,
            steps: Vec::new(),
            continued: None,
            stops: Vec::new(),
            removed: Vec::new(),
            removed_count: 0,
            commands: vec![at.product.bootstrap.install_line(&tag)],
            rollback: Some(at.part(to, not_undone)),
            known_issues: at
                .history
                .issues_of(&to.version)
                .map(IssuePart::of)
                .collect(),
            contact: ContactPart::of(at.product),
            release_page: at.product.bootstrap.release_page(&tag),
        }
    }

    /// As `of`, for so many steps and removals; what follows is the guide from the last step's release. The steps
    /// themselves are left to the caller: in a guide of many versions most of them stand on many pages.
    pub fn abridged(at: Standpoint<'_>, path: &UpgradePath<'_>, to: &Release, most: usize) -> Self {
        let (status, ends) = status_words(at, &path.from);
        let tag = at.tag(to);
        // Back to where one came from; nobody is sent back to a withdrawn release.
        let from = at
            .history
            .release(&path.from)
            .filter(|release| release.offered());
        let back = from.or_else(|| at.history.rollback_target(&path.to));
        UpgradeGuide {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            from: path.from.to_string(),
            to: path.to.to_string(),
            as_of: spoken_date(at.day()),
            from_status: status.as_str().to_owned(),
            from_ends: ends,
            back: false,
            level: path.level.word().to_owned(),
            install_window: path.window.as_str().to_owned(),
            downtime_minutes: path.downtime,
            downtime: (path.downtime > 0).then(|| duration(path.downtime)),
            action_count: path.action_count,
            releases: path.releases,
            steps: Vec::new(),
            continued: continued(path, most),
            stops: path
                .stops
                .iter()
                .map(|version| version.to_string())
                .collect(),
            removed_count: path.removed.len(),
            removed: path
                .removed
                .iter()
                .take(most)
                .map(|removed| RemovedPart {
                    text: removed.change.text.clone(),
                    removed_in: removed.in_version.to_string(),
                    deprecated_in: removed.deprecated_in.map(Version::to_string),
                })
                .collect(),
            commands: commands(at, path, &tag),
            rollback: back.map(|release| at.part(release, not_undone(path, release, most))),
            known_issues: issues(at, path),
            contact: ContactPart::of(at.product),
            release_page: at.product.bootstrap.release_page(&tag),
        }
    }
}

impl StepPart {
    pub fn of(at: Standpoint<'_>, hop: &Hop<'_>, path: &UpgradePath<'_>) -> Self {
        let tag = at.tag(hop.release);
        let stop = path.stops.contains(&&hop.release.version);
        StepPart {
            install: stop.then(|| at.product.bootstrap.install_line(&tag)),
            version: hop.release.version.to_string(),
            tag,
            date: hop.release.date.map(spoken_date),
            withdrawn: hop.release.withdrawn,
            actions: hop
                .actions
                .iter()
                .map(|action| ActionPart::of(action))
                .collect(),
            breaking: hop
                .breaking
                .iter()
                .map(|change| change.text.clone())
                .collect(),
        }
    }
}

fn commands(at: Standpoint<'_>, path: &UpgradePath<'_>, tag: &str) -> Vec<String> {
    let bootstrap = &at.product.bootstrap;
    let stops = path
        .stops
        .iter()
        .filter_map(|version| at.history.release(version))
        .map(|release| bootstrap.install_line(&at.tag(release)));
    stops.chain([bootstrap.install_line(tag)]).collect()
}

fn issues(at: Standpoint<'_>, path: &UpgradePath<'_>) -> Vec<IssuePart> {
    let met = |issue: &&KnownIssue| {
        let stops = path.stops.iter().copied();
        std::iter::once(&path.to)
            .chain(stops)
            .any(|version| issue.affected.contains(version))
    };
    let all = at.history.issues.iter().filter(met);
    all.map(IssuePart::of).collect()
}

/// The version of the last step that is listed, and how many follow.
fn continued(path: &UpgradePath<'_>, most: usize) -> Option<ContinuedPart> {
    let steps = path.hops.len() + path.further_hops;
    let last = path
        .hops
        .get(most.checked_sub(1)?)
        .filter(|_| steps > most)?;
    Some(ContinuedPart {
        from: last.release.version.to_string(),
        steps: steps - most,
    })
}

/// What going back over these releases does not undo, the newest of them where there are many.
fn not_undone(path: &UpgradePath<'_>, back: &Release, most: usize) -> Option<String> {
    let all: Vec<&str> = path
        .not_undone
        .iter()
        .filter(|(version, _)| **version > back.version)
        .map(|(_, text)| *text)
        .collect();
    let newest = &all[all.len().saturating_sub(most)..];
    (!newest.is_empty()).then(|| newest.join("\n\n"))
}
