//! The release note: what changed, what you need to do, if something goes wrong.

use chrono::Days;
use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::parts::{
    ActionPart, ContactPart, IssuePart, ProductPart, RollbackPart, Standpoint, duration,
    spoken_date,
};
use crate::documents::verify::VerifyPart;
use crate::model::{End, GuidePage, History, InstallWindow, Notes, Release, Status, Support};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReleaseNote {
    pub schema: &'static str,
    pub product: ProductPart,
    pub version: String,
    pub tag: String,
    /// `v1.7.0 — 2026-11-20`
    pub title: String,
    pub date: Option<String>,
    pub prerelease: bool,
    pub withdrawn: bool,
    /// The level of the bump: `major`, `minor`, `patch`.
    pub level: String,
    /// What that level means, in the policy's words.
    pub level_means: String,
    /// Markdown.
    pub summary: String,
    /// Cautions, warnings and what is important, as the entry has them in GitHub's form: Markdown.
    pub alerts: Vec<String>,
    /// Items marked as breaking: Markdown.
    pub breaking: Vec<String>,
    pub actions: Vec<ActionPart>,
    /// `business-hours` or `maintenance-window`.
    pub install_window: String,
    pub downtime_minutes: u32,
    pub downtime: Option<String>,
    /// One line that installs this release.
    pub install: String,
    /// Of a withdrawn release: what to install in its place.
    pub instead: Option<RollbackPart>,
    /// `None` where no earlier release can be installed.
    pub rollback: Option<RollbackPart>,
    /// The release below this one, which the window and the actions are counted from.
    pub previous: Option<String>,
    /// Where those look who come from a version below `previous`; `None` where there is none below, or no guide.
    pub older: Option<String>,
    pub contact: ContactPart,
    pub verify: Option<VerifyPart>,
    /// What this release does to support: `Support of 1.5 ends today.`
    pub support_effect: Vec<String>,
    pub known_issues: Vec<IssuePart>,
    /// Everything the entry lists, by heading.
    pub changes: Vec<ChangeGroup>,
    pub release_page: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeGroup {
    pub title: String,
    /// Markdown.
    pub items: Vec<String>,
}

impl ReleaseNote {
    pub const SCHEMA: &'static str = "tidings/release-note/1";

    /// The note of a release, standing at its own date.
    pub fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let empty = Notes::default();
        let notes = release.notes.as_ref().unwrap_or(&empty);
        let tag = at.tag(release);
        let previous = at.history.previous(&release.version);
        let path = previous
            .and_then(|previous| at.history.upgrade_path(&previous.version, &release.version));
        let level = at.history.level(&release.version);
        let rule = at.history.policy.rule(level);
        let window = path
            .as_ref()
            .map_or(InstallWindow::BusinessHours, |path| path.window)
            .max(notes.window());
        let downtime = notes.downtime();
        ReleaseNote {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            version: release.version.to_string(),
            title: match release.date {
                Some(date) => format!("{tag} — {}", spoken_date(date)),
                None => format!("{tag} — not released"),
            },
            date: release.date.map(spoken_date),
            prerelease: release.version.is_prerelease(),
            withdrawn: release.withdrawn,
            level: level.word().to_owned(),
            level_means: rule.means.clone(),
            summary: notes.summary.clone(),
            alerts: notes.alerts.clone(),
            breaking: notes
                .breaking()
                .map(|change| unmarked(&change.text))
                .collect(),
            actions: notes.actions.all().iter().map(ActionPart::of).collect(),
            install_window: window.as_str().to_owned(),
            downtime_minutes: downtime,
            downtime: (downtime > 0).then(|| duration(downtime)),
            install: at.product.bootstrap.install_line(&tag),
            instead: at.instead(&release.version),
            rollback: at.rollback(release),
            previous: previous.map(|previous| previous.version.to_string()),
            older: previous
                .filter(|previous| at.history.previous(&previous.version).is_some())
                .and_then(|_| at.product.guide_page(GuidePage::Upgrades)),
            contact: ContactPart::of(at.product),
            verify: release.pin.as_ref().and_then(VerifyPart::of),
            support_effect: support_effect(at.history, release),
            known_issues: at
                .history
                .issues_of(&release.version)
                .map(IssuePart::of)
                .collect(),
            changes: groups(notes),
            release_page: at.product.bootstrap.release_page(&tag),
            tag,
        }
    }
}

/// `**Breaking:** the format…` without its mark.
fn unmarked(text: &str) -> String {
    let inner = text.trim_start_matches("**");
    match inner
        .get(..8)
        .filter(|head| head.eq_ignore_ascii_case("breaking"))
    {
        Some(_) => match inner.split_once(':') {
            Some((_, rest)) => rest.trim_start_matches("**").trim().to_owned(),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

/// The changes under their own headings, in the order of the entry.
fn groups(notes: &Notes) -> Vec<ChangeGroup> {
    let mut groups: Vec<ChangeGroup> = Vec::new();
    for change in &notes.changes {
        let title = if change.heading.is_empty() {
            "Changes"
        } else {
            change.heading.as_str()
        };
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.items.push(change.text.clone()),
            None => groups.push(ChangeGroup {
                title: title.to_owned(),
                items: vec![change.text.clone()],
            }),
        }
    }
    groups
}

/// Lines that may be opened on one day.
const SAME_DAY: usize = 16;

/// Which lines this release pushes out of support, and when.
fn support_effect(history: &History, release: &Release) -> Vec<String> {
    let Some(date) = release
        .date
        .filter(|_| !release.version.is_prerelease() && !release.withdrawn)
    else {
        return Vec::new();
    };
    let Some(before) = date.checked_sub_days(Days::new(1)) else {
        return Vec::new();
    };
    // A further release of a line that is open already pushes nothing out.
    let open = |below: &&Release| {
        !below.withdrawn
            && below.released_by(before)
            && history.same_line(&below.version, &release.version)
    };
    if history.previous(&release.version).filter(open).is_some() {
        return Vec::new();
    }
    // A release pushes out the line that is as many lines below as are supported; a few more, where lines open on one day.
    let lines = history.policy.supported_minors + SAME_DAY;
    let (earlier, now) = (
        Support::newest(history, before, lines),
        Support::newest(history, date, lines),
    );
    now.lines
        .iter()
        .filter_map(|row| {
            let was = earlier.line(&row.line).filter(|was| {
                was.status == Status::Supported && matches!(was.end, End::After(_))
            })?;
            match row.end {
                End::On(end) if end <= date => Some(format!(
                    "Support of {} ends with this release: it gets no further fixes.",
                    was.line
                )),
                End::On(end) => Some(format!(
                    "Support of {} ends on {}: from that day it gets no further fixes.",
                    was.line,
                    spoken_date(end)
                )),
                End::After(_) => None,
            }
        })
        .collect()
}
