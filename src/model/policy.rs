//! The versioning policy: the scheme, what each level of bump means, and how long a line is supported.

use chrono::NaiveDate;

use crate::model::{InstallWindow, Level, Line, Scheme, Version};

#[derive(Clone, Debug)]
pub struct Policy {
    pub scheme: Scheme,
    /// How many lines are supported at a time: "the last two minor versions".
    pub supported_minors: usize,
    /// An install is warned of when more than this many newer lines exist.
    pub warn_beyond_minors: usize,
    /// Days that a line stays supported after the line that pushes it out was released.
    pub grace_days: u32,
    pub major: LevelRule,
    pub minor: LevelRule,
    pub patch: LevelRule,
    /// Versions (or lines) that an upgrade may not jump over, oldest first.
    pub stops: Vec<Version>,
    pub extended: Vec<Extended>,
}

/// What a level of bump means to a customer.
#[derive(Clone, Debug, Default)]
pub struct LevelRule {
    pub means: String,
    pub install: InstallWindow,
}

/// A line that is supported to a date of its own (long-term support).
#[derive(Clone, Debug)]
pub struct Extended {
    pub line: Line,
    /// From this day there are no further fixes.
    pub until: NaiveDate,
}

impl Policy {
    pub fn rule(&self, level: Level) -> &LevelRule {
        match level {
            Level::Major => &self.major,
            Level::Minor => &self.minor,
            Level::Patch => &self.patch,
        }
    }
}

impl Default for Policy {
    /// Semantic versioning; the last two minor versions are supported; a major release wants a maintenance window.
    fn default() -> Self {
        let rule = |means: &str, install| LevelRule {
            means: means.to_owned(),
            install,
        };
        Policy {
            scheme: Scheme::Semver,
            supported_minors: 2,
            warn_beyond_minors: 2,
            grace_days: 0,
            major: rule(
                "Configuration or behaviour may change incompatibly.",
                InstallWindow::MaintenanceWindow,
            ),
            minor: rule(
                "New features; existing configuration keeps working.",
                InstallWindow::BusinessHours,
            ),
            patch: rule("Fixes only.", InstallWindow::BusinessHours),
            stops: Vec::new(),
            extended: Vec::new(),
        }
    }
}
