//! The one home of addresses: the guide's file names, and the pages of the forge.

use std::fmt;

use crate::model::{Bootstrap, Product, Version};

/// What an install asks, for the install script: a file in the bootstrap repository, beside the pin.
pub const INSTALL_NOTES: &str = "install-notes.tsv";

/// A page or file of the guide; shown, its path below the guide's folder, with `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuidePage<'v> {
    Start,
    Identify,
    Decide,
    Releases,
    /// What a release is.
    Release(&'v Version),
    Upgrades,
    /// What is to be done from this version on.
    Upgrade(&'v Version),
    Support,
    KnownIssues,
    Policy,
    Search,
    NotFound,
    Feed,
    Sitemap,
    SupportJson,
    SupportCalendar,
    KnownIssuesJson,
}

impl GuidePage<'_> {
    /// The path of a page that has no version in it.
    pub const fn fixed(self) -> &'static str {
        match self {
            GuidePage::Start => "index.html",
            GuidePage::Identify => "identify.html",
            GuidePage::Decide => "decide.html",
            GuidePage::Releases | GuidePage::Release(_) => "releases/index.html",
            GuidePage::Upgrades | GuidePage::Upgrade(_) => "upgrade/index.html",
            GuidePage::Support => "support.html",
            GuidePage::KnownIssues => "known-issues.html",
            GuidePage::Policy => "policy.html",
            GuidePage::Search => "search.html",
            GuidePage::NotFound => "404.html",
            GuidePage::Feed => "feed.xml",
            GuidePage::Sitemap => "sitemap.xml",
            GuidePage::SupportJson => "support.json",
            GuidePage::SupportCalendar => "support.ics",
            GuidePage::KnownIssuesJson => "known-issues.json",
        }
    }

    pub fn path(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for GuidePage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuidePage::Release(version) => write!(f, "releases/{version}.html"),
            GuidePage::Upgrade(version) => write!(f, "upgrade/{version}.html"),
            page => f.write_str(page.fixed()),
        }
    }
}

impl Product {
    /// The address of a page of the guide, where a guide is served.
    pub fn guide_page(&self, page: GuidePage<'_>) -> Option<String> {
        self.guide_url
            .as_ref()
            .map(|guide| format!("{guide}{page}"))
    }
}

impl Bootstrap {
    /// The page of a release on the forge, as GitHub, Gitea and Forgejo lay it out.
    pub fn release_page(&self, tag: &str) -> String {
        format!("{}/releases/tag/{tag}", self.repository)
    }

    /// The list of all releases there.
    pub fn releases_page(&self) -> String {
        format!("{}/releases", self.repository)
    }

    /// A file at a tag.
    pub fn file(&self, tag: &str, path: &str) -> String {
        format!(
            "{}/blob/{tag}/{}",
            self.repository,
            path.trim_start_matches("./").trim_start_matches('/')
        )
    }
}
