//! Which lines are supported on a day, until when, and what an install of an older one is warned of.
//!
//! Lines are counted by what was released, newest first and across majors, never by subtracting numbers.

use chrono::{Days, NaiveDate};

use crate::model::{History, Line, Release, Version};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Supported,
    /// Installable, no further fixes.
    Unsupported,
    Withdrawn,
    Unreleased,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Supported => "supported",
            Status::Unsupported => "unsupported",
            Status::Withdrawn => "withdrawn",
            Status::Unreleased => "unreleased",
        }
    }
}

/// When support of a line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// From this day there are no further fixes.
    On(NaiveDate),
    /// When this many more lines have been released.
    After(usize),
}

/// A line on a day.
#[derive(Clone, Debug)]
pub struct LineSupport<'h> {
    pub line: Line,
    /// The date of its first release.
    pub opened: NaiveDate,
    /// Its newest release that is not withdrawn.
    pub latest: &'h Release,
    pub status: Status,
    pub end: End,
    /// Lines above it that had been released by that day.
    pub newer: usize,
    /// Supported to a date of its own.
    pub extended: bool,
}

/// All lines on a day, newest first.
#[derive(Clone, Debug)]
pub struct Support<'h> {
    pub day: NaiveDate,
    pub lines: Vec<LineSupport<'h>>,
}

struct Opened<'h> {
    line: Line,
    opened: NaiveDate,
    latest: &'h Release,
}

impl<'h> Support<'h> {
    /// Support as of `day`. Pre-releases and withdrawn releases open no line.
    pub fn on(history: &'h History, day: NaiveDate) -> Self {
        Self::newest(history, day, usize::MAX)
    }

    /// As `on`, for so many of the newest lines only.
    pub fn newest(history: &'h History, day: NaiveDate, lines: usize) -> Self {
        let opened = opened(history, day, lines);
        let policy = &history.policy;
        // The dates on which the lines above the current one were opened, earliest first.
        let mut newer: Vec<NaiveDate> = Vec::new();
        let mut lines = Vec::with_capacity(opened.len());
        for Opened {
            line,
            opened,
            latest,
        } in opened
        {
            let pushed = policy
                .supported_minors
                .max(1)
                .checked_sub(1)
                .and_then(|at| newer.get(at))
                .copied();
            let by_rule = match pushed {
                Some(date) => End::On(
                    date.checked_add_days(Days::new(u64::from(policy.grace_days)))
                        .unwrap_or(date),
                ),
                None => End::After(policy.supported_minors.max(1) - newer.len()),
            };
            let until = policy
                .extended
                .iter()
                .find(|extended| extended.line == line)
                .map(|extended| extended.until);
            let (end, extended) = match (by_rule, until) {
                (End::On(date), Some(until)) => (End::On(date.max(until)), until > date),
                (End::After(_), Some(until)) if until > day => (End::On(until), true),
                (end, _) => (end, false),
            };
            let status = match &end {
                End::On(date) if *date <= day => Status::Unsupported,
                _ => Status::Supported,
            };
            lines.push(LineSupport {
                line,
                opened,
                latest,
                status,
                end,
                newer: newer.len(),
                extended,
            });
            let at = newer.partition_point(|date| *date <= opened);
            newer.insert(at, opened);
        }
        Support { day, lines }
    }

    pub fn line(&self, line: &Line) -> Option<&LineSupport<'h>> {
        self.lines
            .binary_search_by(|row| line.cmp(&row.line))
            .ok()
            .map(|at| &self.lines[at])
    }

    /// Lines whose support goes on because a release was withdrawn that would have ended it, or brought its end nearer.
    pub fn regained(&self, history: &History, withdrawn: &Version) -> Vec<Line> {
        let with = history.as_if(withdrawn, false);
        let before = Support::on(&with, self.day);
        let changed = |row: &&LineSupport<'h>| {
            let was = before.line(&row.line);
            was.is_some_and(|was| was.status != row.status || was.end != row.end)
        };
        let lines = self.supported().filter(changed);
        lines.map(|row| row.line.clone()).collect()
    }

    pub fn supported(&self) -> impl Iterator<Item = &LineSupport<'h>> {
        self.lines
            .iter()
            .filter(|row| row.status == Status::Supported)
    }

    /// The status of one version.
    pub fn status(&self, history: &History, version: &Version) -> Status {
        let Some(release) = history.release(version) else {
            return Status::Unreleased;
        };
        if !release.released_by(self.day) {
            return Status::Unreleased;
        }
        if release.withdrawn {
            return Status::Withdrawn;
        }
        self.line(&Line::of(version, &history.policy.scheme))
            .map_or(Status::Unsupported, |row| row.status)
    }

    /// How many lines above the version's own have been released.
    pub fn lines_behind(&self, history: &History, version: &Version) -> usize {
        let own = Line::of(version, &history.policy.scheme);
        self.lines.partition_point(|row| row.line > own)
    }

    /// Whether an install of this version is warned of.
    pub fn warns(&self, history: &History, version: &Version) -> bool {
        self.lines_behind(history, version) > history.policy.warn_beyond_minors
    }
}

/// The lines that have a release by `day`, newest first.
fn opened(history: &History, day: NaiveDate, most: usize) -> Vec<Opened<'_>> {
    let mut lines: Vec<Opened<'_>> = Vec::new();
    let scheme = &history.policy.scheme;
    let counted = |r: &&Release| !r.version.is_prerelease() && !r.withdrawn && r.released_by(day);
    for release in history.releases().iter().rev().filter(counted) {
        let (date, full) = (release.date.unwrap_or(day), lines.len() == most);
        match lines
            .last_mut()
            .filter(|last| last.line.holds(&release.version))
        {
            Some(last) => last.opened = last.opened.min(date),
            None if full => break,
            None => lines.push(Opened {
                line: Line::of(&release.version, scheme),
                opened: date,
                latest: release,
            }),
        }
    }
    lines
}
