//! Where somebody is sent: the latest release, the way back, the way out of a withdrawn one. One rule each, for everybody.

use chrono::NaiveDate;

use crate::model::{History, Release, Version};

/// The way out of a withdrawn release.
#[derive(Clone, Copy, Debug)]
pub enum Leave<'h> {
    /// On to the latest release.
    On(&'h Release),
    /// Nothing above it may be installed: back.
    Back(&'h Release),
}

impl<'h> Leave<'h> {
    pub fn release(self) -> &'h Release {
        match self {
            Leave::On(release) | Leave::Back(release) => release,
        }
    }

    /// In a sentence: `go on to 1.5.1`, `go back to 1.4.2`.
    pub fn words(self) -> String {
        match self {
            Leave::On(release) => format!("go on to {}", release.version),
            Leave::Back(release) => format!("go back to {}", release.version),
        }
    }
}

impl Release {
    /// Whether somebody may be sent to it.
    pub fn offered(&self) -> bool {
        self.installable() && !self.withdrawn
    }
}

impl History {
    /// The newest stable release that is dated and not withdrawn.
    pub fn latest(&self, day: NaiveDate) -> Option<&Release> {
        self.current().find(|release| release.released_by(day))
    }

    /// The newest stable release that is not withdrawn, dated or not: what a command is about by default.
    pub fn newest(&self) -> Option<&Release> {
        self.current().next()
    }

    /// Stable releases that are not withdrawn, newest first.
    fn current(&self) -> impl Iterator<Item = &Release> {
        self.releases()
            .iter()
            .rev()
            .filter(|release| !release.version.is_prerelease() && !release.withdrawn)
    }

    /// Where a rollback of `version` goes: the next lower release that is installable, not withdrawn, and has a pin,
    /// whatever was released since.
    pub fn rollback_target(&self, version: &Version) -> Option<&Release> {
        let below = self
            .releases()
            .partition_point(|release| release.version < *version);
        self.releases()[..below].iter().rev().find(|release| {
            release.offered() && (version.is_prerelease() || !release.version.is_prerelease())
        })
    }

    /// Where somebody goes who runs a withdrawn release: on to the latest where that is above, else where a rollback goes.
    pub fn leave(&self, version: &Version, day: NaiveDate) -> Option<Leave<'_>> {
        let on = self
            .latest(day)
            .filter(|latest| latest.version > *version && latest.offered());
        on.map(Leave::On)
            .or_else(|| self.rollback_target(version).map(Leave::Back))
    }

    /// Where the guide's page *Upgrade from* this release leads: the latest; of a withdrawn release its way out.
    pub fn upgrade_target(&self, from: &Release, day: NaiveDate) -> Option<&Release> {
        if !from.installable() || !from.released_by(day) {
            return None;
        }
        if from.withdrawn {
            return self.leave(&from.version, day).map(Leave::release);
        }
        self.latest(day)
            .filter(|latest| from.version < latest.version)
    }

    /// The last day on which anything was released, `today` at the latest: withdrawn releases are spoken of as of then.
    pub fn last_day(&self, today: NaiveDate) -> NaiveDate {
        self.releases()
            .iter()
            .filter_map(|release| release.date)
            .filter(|date| *date <= today)
            .max()
            .unwrap_or(today)
    }
}
