//! What `support VERSION` answers: the status, until when, and the warning an install gets.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::count;
use crate::documents::matrix::status_words;
use crate::documents::parts::{ProductPart, RollbackPart, Standpoint, spoken_date};
use crate::model::{Status, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SupportAnswer {
    pub schema: &'static str,
    pub product: ProductPart,
    pub version: String,
    pub as_of: String,
    /// `supported`, `unsupported`, `withdrawn`, `unreleased`.
    pub status: String,
    /// When support ends or ended, in words.
    pub ends: Option<String>,
    pub latest: Option<String>,
    pub lines_behind: usize,
    /// Of a withdrawn release: what to install in its place.
    pub instead: Option<RollbackPart>,
    /// The one line that an install of this version prints.
    pub warning: Option<String>,
}

impl SupportAnswer {
    pub const SCHEMA: &'static str = "tidings/support/1";

    pub fn of(at: Standpoint<'_>, version: &Version) -> Self {
        let support = at.support;
        let (status, ends) = status_words(at, version);
        let behind = support.lines_behind(at.history, version);
        let latest = at
            .history
            .latest(at.day())
            .map(|release| release.version.to_string());
        let withdrawn = (status == Status::Withdrawn)
            .then(|| format!("{version} was withdrawn: {}", at.away(version)));
        let behind_many = || {
            support.warns(at.history, version).then(|| {
                format!(
                    "{version} is {} behind {}; only the last {} get fixes",
                    count(behind, "minor version"),
                    latest.as_deref().unwrap_or("the latest"),
                    count(at.history.policy.supported_minors, "minor version"),
                )
            })
        };
        let warning = withdrawn.or_else(behind_many);
        SupportAnswer {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            version: version.to_string(),
            as_of: spoken_date(at.day()),
            status: status.as_str().to_owned(),
            ends,
            latest,
            lines_behind: behind,
            instead: at.instead(version),
            warning,
        }
    }
}
