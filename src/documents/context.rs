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
    /// The guide from the release below.
    pub upgrade: Option<UpgradeGuide>,
}

impl Context {
    pub const SCHEMA: &'static str = "tidings/context/1";

    pub fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let previous = at.history.previous(&release.version);
        let path = previous
            .and_then(|previous| at.history.upgrade_path(&previous.version, &release.version));
        Context {
            schema: Self::SCHEMA,
            note: ReleaseNote::of(at, release),
            matrix: Matrix::of(at),
            policy: PolicyStatement::of(at),
            known_issues: OsvIssue::all(at),
            upgrades_from: Self::upgrades_from(at, release)
                .map(Version::to_string)
                .collect(),
            upgrade: path.map(|path| UpgradeGuide::of(at, &path, release)),
        }
    }

    /// Every installable version below the release; a withdrawn one too, since whoever runs it must leave it.
    pub fn upgrades_from<'s>(
        at: Standpoint<'s>,
        release: &'s Release,
    ) -> impl Iterator<Item = &'s Version> {
        at.history
            .releases()
            .iter()
            .filter(|r| r.version < release.version && r.installable())
            .map(|r| &r.version)
    }
}
