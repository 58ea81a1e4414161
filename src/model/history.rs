//! Everything that is known about what was shipped: each release's entry, pin and tag, in the order of versions.

use chrono::NaiveDate;

use crate::diag::Span;
use crate::model::{Digest, KnownIssue, Level, Notes, Pin, Policy, Version};

/// One release: a version, what the changelog says of it, its pin, its tag.
#[derive(Clone, Debug)]
pub struct Release {
    pub version: Version,
    pub date: Option<NaiveDate>,
    /// Marked `[YANKED]`: still there, but nobody should install it.
    pub withdrawn: bool,
    pub notes: Option<Notes>,
    /// The heading of its entry in the changelog.
    pub heading: Span,
    pub pin: Option<Pin>,
    pub tag: Option<Tag>,
    /// Nothing pins images here: the tag alone is installed.
    pub unpinned: bool,
}

/// A tag of the bootstrap repository.
#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    /// The commit it leads to, in hexadecimal.
    pub commit: String,
    /// When it was made (of a lightweight tag: when its commit was), in UTC.
    pub day: Option<NaiveDate>,
}

impl Release {
    /// Whether a customer can check it out and install it.
    pub fn installable(&self) -> bool {
        self.pin.is_some() || self.unpinned && self.tag.is_some()
    }

    pub fn has_digest(&self, digest: &Digest) -> bool {
        self.pin.as_ref().is_some_and(|pin| pin.has_digest(digest))
    }

    pub fn released_by(&self, day: NaiveDate) -> bool {
        self.date.is_some_and(|date| date <= day)
    }
}

/// All releases, oldest version first, with the policy and the known issues that apply to them.
#[derive(Clone, Debug)]
pub struct History {
    pub policy: Policy,
    pub issues: Vec<KnownIssue>,
    releases: Vec<Release>,
}

impl History {
    /// Of several releases with one version the first is kept.
    pub fn new(policy: Policy, issues: Vec<KnownIssue>, mut releases: Vec<Release>) -> Self {
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        releases.dedup_by(|later, first| later.version == first.version);
        History {
            policy,
            issues,
            releases,
        }
    }

    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    pub fn release(&self, version: &Version) -> Option<&Release> {
        self.releases
            .binary_search_by(|release| release.version.cmp(version))
            .ok()
            .map(|at| &self.releases[at])
    }

    /// The stable release right below `version`, withdrawn or not; where `version` is a pre-release, any.
    pub fn previous(&self, version: &Version) -> Option<&Release> {
        let below = self
            .releases
            .partition_point(|release| release.version < *version);
        self.releases[..below]
            .iter()
            .rev()
            .find(|release| version.is_prerelease() || !release.version.is_prerelease())
    }

    /// The same history with one release withdrawn, or not.
    pub fn as_if(&self, version: &Version, withdrawn: bool) -> History {
        let mut other = self.clone();
        for release in &mut other.releases {
            if release.version == *version {
                release.withdrawn = withdrawn;
            }
        }
        other
    }

    pub fn same_line(&self, a: &Version, b: &Version) -> bool {
        (0..self.policy.scheme.line_parts()).all(|part| a.part(part) == b.part(part))
    }

    /// The bump that made `version`: against the stable release below it, or alone where there is none.
    pub fn level(&self, version: &Version) -> Level {
        let scheme = &self.policy.scheme;
        self.previous(version)
            .and_then(|previous| scheme.level(&previous.version, version))
            .unwrap_or_else(|| scheme.level_alone(version))
    }
}
