//! Everything that the templates of one release saw: `context.json`, and what `tidings render` renders from.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::{Matrix, OsvIssue, PolicyStatement, ReleaseNote, Standpoint, UpgradeGuide};
use crate::model::{Release, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Context {
    pub schema: &'static str,
    pub note: ReleaseNote,
    pub matrix: Matrix,
    pub policy: PolicyStatement,
    pub known_issues: Vec<OsvIssue>,
    /// The versions that have an upgrade guide to this release, oldest first.
    pub upgrades_from: Vec<String>,
    /// The guide from the release below; of a withdrawn release the way out.
    pub upgrade: Option<UpgradeGuide>,
}

impl Context {
    pub const SCHEMA: &'static str = "tidings/context/1";

    pub fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let previous = at.history.previous(&release.version);
        let upgrade = if release.withdrawn {
            UpgradeGuide::leaving(at, release)
        } else {
            previous.and_then(|previous| UpgradeGuide::between(at, previous, release))
        };
        Context {
            schema: Self::SCHEMA,
            note: ReleaseNote::of(at, release),
            matrix: Matrix::of(at),
            policy: PolicyStatement::of(at),
            known_issues: OsvIssue::all(at),
            upgrades_from: Self::upgrades_from(at, release)
                .map(Version::to_string)
                .collect(),
            upgrade,
        }
    }

    /// Every installable version below the release, and withdrawn ones above that must come back to it. Nobody is led to a
    /// withdrawn release, but out of it.
    pub fn upgrades_from<'s>(
        at: Standpoint<'s>,
        release: &'s Release,
    ) -> impl Iterator<Item = &'s Version> {
        let leads = move |from: &Release| {
            if release.withdrawn {
                return from.version == release.version;
            }
            let back = || {
                at.leave(&from.version)
                    .map(|leave| &leave.release().version)
            };
            from.version < release.version || back() == Some(&release.version)
        };
        at.history
            .releases()
            .iter()
            .filter(move |from| from.installable() && leads(from))
            .map(|from| &from.version)
    }
}
