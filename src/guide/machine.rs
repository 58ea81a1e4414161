//! Files for machines: the feed, the map of the site.

use serde::Serialize;

use crate::diag::Finding;
use crate::documents::{Standpoint, spoken_date};
use crate::guide::Site;
use crate::guide::frame::START;
use crate::model::{GuidePage, KnownIssue, Release};
use crate::render::block;

/// Releases in the feed.
const IN_FEED: usize = 20;

impl Site<'_> {
    pub(in crate::guide) fn plain(&self, name: &str) -> Result<String, Finding> {
        let template = format!("guide/{name}");
        let mut context = self.frame.clone();
        match name {
            "sitemap.xml" => {
                let paths: Vec<&str> = self.readable_paths().collect();
                context.insert("paths", &paths);
            }
            "feed.xml" => {
                let mut entries = self.entries();
                entries.sort_by(|a, b| b.date.cmp(&a.date));
                entries.truncate(IN_FEED);
                context.insert(
                    "updated",
                    &entries
                        .iter()
                        .map(|entry| entry.date.clone())
                        .max()
                        .unwrap_or_else(|| spoken_date(self.at.day())),
                );
                context.insert("entries", &entries);
            }
            _ => {}
        }
        self.engine.render_with(&template, &context)
    }

    /// Releases, withdrawals and known issues; a withdrawal stands before its release.
    fn entries(&self) -> Vec<FeedEntry> {
        let releases = self.releases.iter().flat_map(|release| {
            let withdrawn = release
                .withdrawn
                .then(|| FeedEntry::withdrawn(self.at, release));
            [withdrawn.flatten(), FeedEntry::of(self.at, release)]
        });
        let issues = self.at.history.issues.iter().zip(&self.issues);
        let issues = issues.map(|(issue, row)| FeedEntry::known(self.at, issue, &row.path));
        releases.flatten().chain(issues.flatten()).collect()
    }

    fn readable_paths(&self) -> impl Iterator<Item = &str> {
        self.readable()
            .map(|(name, _)| if name == START { "" } else { name })
    }
}

#[derive(Serialize)]
struct FeedEntry {
    title: String,
    /// Below the guide; the entry's identifier too.
    path: String,
    date: String,
    html: String,
}

impl FeedEntry {
    fn of(at: Standpoint<'_>, release: &Release) -> Option<Self> {
        let summary = release
            .notes
            .as_ref()
            .map(|notes| notes.summary.as_str())
            .unwrap_or("");
        Some(FeedEntry {
            title: format!(
                "{} {}{}",
                at.product.name,
                at.tag(release),
                if release.withdrawn {
                    " (withdrawn)"
                } else {
                    ""
                }
            ),
            path: GuidePage::Release(&release.version).path(),
            date: spoken_date(release.date?),
            html: block(summary),
        })
    }

    fn withdrawn(at: Standpoint<'_>, release: &Release) -> Option<Self> {
        Some(FeedEntry {
            title: format!("{} {} is withdrawn", at.product.name, at.tag(release)),
            path: format!("{}#withdrawn", GuidePage::Release(&release.version)),
            date: spoken_date(release.date?),
            html: block(&format!(
                "Please do not install {}. If you run it, {}.",
                release.version,
                at.away(&release.version)
            )),
        })
    }

    fn known(at: Standpoint<'_>, issue: &KnownIssue, path: &str) -> Option<Self> {
        let mut releases = at.history.releases().iter();
        let first =
            releases.find(|r| r.released_by(at.day()) && issue.affected.contains(&r.version))?;
        let workaround = issue.workaround.as_deref().unwrap_or_default();
        Some(FeedEntry {
            title: format!("{}: known issue {}", at.product.name, issue.id),
            path: path.to_owned(),
            date: spoken_date(first.date?),
            html: block(&format!("{}\n\n{workaround}", issue.title)),
        })
    }
}
