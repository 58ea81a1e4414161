//! Files for machines: the feed, the map of the site.

use serde::Serialize;

use crate::diag::Finding;
use crate::documents::{Standpoint, spoken_date};
use crate::guide::Site;
use crate::guide::frame::START;
use crate::model::Release;
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
                let entries: Vec<FeedEntry> = self
                    .releases
                    .iter()
                    .filter_map(|release| FeedEntry::of(self.at, release))
                    .take(IN_FEED)
                    .collect();
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

    fn readable_paths(&self) -> impl Iterator<Item = &str> {
        self.readable()
            .map(|(name, _)| if name == START { "" } else { name })
    }
}

#[derive(Serialize)]
struct FeedEntry {
    title: String,
    version: String,
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
            title: format!("{} {}", at.product.name, at.tag(release)),
            version: release.version.to_string(),
            date: spoken_date(release.date?),
            html: block(summary),
        })
    }
}
