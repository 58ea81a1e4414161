//! The pages of the guide: what each says beside the documents that it shows.
//!
//! Paths are those of files below the guide's folder, with `/`.

use serde::Serialize;

use crate::documents::ImagePart;
use crate::documents::matrix::status_words;
use crate::documents::parts::{
    ContactPart, IssuePart, ProductPart, RollbackPart, Standpoint, spoken_date,
};
use crate::model::{Bootstrap, DARK_GROUND, GuidePage, Pin, Product, Release, Version};

/// What stands around every page.
#[derive(Clone, Debug, Serialize)]
pub struct GuideFrame {
    pub product: ProductPart,
    pub contact: ContactPart,
    pub latest: Option<GuideLink>,
    pub as_of: String,
    /// Where the guide is served, with a slash at its end.
    pub url: Option<String>,
    pub navigation: Vec<GuideLink>,
    /// The vendor's colour for light and for dark pages.
    pub accent: Option<Accent>,
    /// The path of the vendor's logo.
    pub logo: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Accent {
    pub light: String,
    pub dark: String,
}

impl Accent {
    pub fn of(product: &Product) -> Option<Self> {
        product.accent.map(|colour| Accent {
            light: colour.to_string(),
            dark: colour.readable_on(DARK_GROUND).to_string(),
        })
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct GuideLink {
    pub title: String,
    pub path: String,
}

/// The commands of the playbook, for this product.
#[derive(Clone, Debug, Serialize)]
pub struct PlaybookCommands {
    pub version_url: Option<String>,
    pub identify_command: String,
    pub diagnose_command: String,
    pub report_command: String,
}

impl PlaybookCommands {
    pub fn of(bootstrap: &Bootstrap) -> Self {
        let ask = bootstrap
            .version_url
            .as_ref()
            .map(|url| format!("curl -fsS {}", crate::diag::shell_word(url)));
        let identify = ask
            .clone()
            .unwrap_or_else(|| "git describe --tags".to_owned());
        let asked = ask.map(|ask| format!(" {ask};")).unwrap_or_default();
        PlaybookCommands {
            version_url: bootstrap.version_url.clone(),
            diagnose_command: bootstrap
                .diagnostics
                .clone()
                .unwrap_or_else(|| format!("{identify} > diagnostics.txt")),
            identify_command: identify,
            report_command: format!(
                "{{ date -u; git describe --tags;{asked} }} > incident.txt 2>&1"
            ),
        }
    }
}

/// The start page: the four steps for the newest release.
#[derive(Clone, Debug, Serialize)]
pub struct Playbook {
    #[serde(flatten)]
    pub commands: PlaybookCommands,
    pub latest: Option<PlaybookRelease>,
    /// An answer of the agent, as it would be for the newest release.
    pub answer: Option<String>,
    pub rollback: Option<RollbackPart>,
    /// Releases below the newest, with their own way back.
    pub others: Vec<OtherRollback>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PlaybookRelease {
    pub title: String,
    pub tag: String,
    pub path: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct OtherRollback {
    pub title: String,
    pub path: String,
    pub command: String,
}

/// How many older releases the start page has the way back of.
const OTHERS: usize = 4;

impl Playbook {
    pub fn of(at: Standpoint<'_>, latest: Option<&Release>) -> Self {
        let below = |release: &&Release| {
            latest.is_some_and(|latest| release.version < latest.version)
                && release.released_by(at.day())
        };
        let other = |release: &Release| {
            let rollback = at.rollback(release)?;
            Some(OtherRollback {
                title: release.version.to_string(),
                path: GuidePage::Release(&release.version).path(),
                command: rollback.command,
            })
        };
        // What was withdrawn last is what is likeliest to run that night.
        let gone = at.history.releases().iter().rev().filter_map(|release| {
            let above = latest.is_none_or(|latest| release.version > latest.version);
            let out = at.instead(&release.version).filter(|_| above)?;
            Some(OtherRollback {
                title: format!("{} (withdrawn)", release.version),
                path: GuidePage::Release(&release.version).path(),
                command: out.command,
            })
        });
        Playbook {
            commands: PlaybookCommands::of(&at.product.bootstrap),
            latest: latest.map(|release| PlaybookRelease {
                title: release.version.to_string(),
                tag: at.tag(release),
                path: GuidePage::Release(&release.version).path(),
            }),
            answer: latest.and_then(|release| release.pin.as_ref()).map(answer),
            rollback: latest.and_then(|release| at.rollback(release)),
            others: gone
                .chain(
                    at.history
                        .releases()
                        .iter()
                        .rev()
                        .filter(below)
                        .filter_map(other),
                )
                .take(OTHERS)
                .collect(),
        }
    }
}

fn answer(pin: &Pin) -> String {
    let digest = pin.digest.as_str();
    format!(
        "{{\"version\":\"{}\",\"digest\":\"{}…\"}}",
        pin.version,
        digest.get(..19).unwrap_or(digest)
    )
}

/// A release in a list.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseRow {
    pub version: String,
    pub path: String,
    pub date: Option<String>,
    pub status: String,
    pub digest: Option<String>,
    /// All images, the primary one first; none where it is the only one.
    pub images: Vec<ImagePart>,
    /// The first paragraph of the summary: Markdown.
    pub summary: Option<String>,
}

/// A summary in a list is cut after this many characters.
const SUMMARY: usize = 160;

impl ReleaseRow {
    pub fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let summary = release
            .notes
            .as_ref()
            .map(|notes| notes.summary.as_str())
            .filter(|summary| !summary.is_empty());
        ReleaseRow {
            version: release.version.to_string(),
            path: GuidePage::Release(&release.version).path(),
            date: release.date.map(spoken_date),
            status: at
                .support
                .status(at.history, &release.version)
                .as_str()
                .to_owned(),
            digest: release.pin.as_ref().map(|pin| pin.digest.to_string()),
            images: release
                .pin
                .as_ref()
                .map(ImagePart::several)
                .unwrap_or_default(),
            summary: summary.map(|summary| first_sentence(summary).to_owned()),
        }
    }
}

/// The first paragraph where it is short, else nothing of it: half a sentence of Markdown may be half a link.
fn first_sentence(summary: &str) -> &str {
    let first = summary.split("\n\n").next().unwrap_or("");
    if first.chars().count() <= SUMMARY {
        return first;
    }
    match first.find(". ").filter(|at| *at <= SUMMARY) {
        Some(at) => &first[..=at],
        None => "",
    }
}

/// What the page of a release says beside its note.
#[derive(Clone, Debug, Serialize)]
pub struct ReleasePart {
    pub status: String,
    /// When support ends or ended, in words.
    pub ends: Option<String>,
    /// The page that leads from here to the newest release.
    pub upgrade: Option<String>,
    pub issues: Vec<IssueRow>,
    /// Issues that are not listed.
    pub more: usize,
}

impl ReleasePart {
    pub fn of(
        at: Standpoint<'_>,
        release: &Release,
        upgrade: Option<String>,
        issues: Vec<IssueRow>,
        more: usize,
    ) -> Self {
        let (status, ends) = status_words(at, &release.version);
        ReleasePart {
            status: status.as_str().to_owned(),
            ends,
            upgrade,
            issues,
            more,
        }
    }
}

/// A known issue, and the page it stands on.
#[derive(Clone, Debug, Serialize)]
pub struct IssueRow {
    #[serde(flatten)]
    pub issue: IssuePart,
    pub anchor: String,
    /// With the anchor.
    pub path: String,
    /// The page of the release that brought it.
    pub introduced_path: Option<String>,
}

/// Where a list that goes over several pages goes on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pages {
    pub number: usize,
    pub count: usize,
    pub newer: Option<String>,
    pub newer_words: String,
    pub older: Option<String>,
    pub older_words: String,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct ListPage<T> {
    pub rows: Vec<T>,
    pub pages: Pages,
}

/// The page of a release in the guide, or the one that leads on from it, for templates.
pub fn guide_path(version: &str, upgrade: bool) -> Option<String> {
    let version = Version::read(version)?;
    Some(if upgrade {
        GuidePage::Upgrade(&version).path()
    } else {
        GuidePage::Release(&version).path()
    })
}
