//! The incident report: what was deployed, what was observed, what it was rolled back to, what probably caused it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::identification::{MatchPart, Observed, disagreements, matches, running};
use crate::documents::parts::{ProductPart, Standpoint, spoken_date};
use crate::documents::support_answer::SupportAnswer;
use crate::model::Release;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    pub schema: &'static str,
    pub product: ProductPart,
    pub date: String,
    pub deployed: Deployed,
    pub observed: Observed,
    pub matches: Vec<MatchPart>,
    /// What the ledger has of the release, oldest first: who is to know when it was tried, published and told of.
    pub done: Vec<DonePart>,
    /// The release that a rollback went to, or would go to.
    pub rolled_back_to: Option<Target>,
    /// `None` where nobody has one yet.
    pub hypothesis: Option<String>,
}

/// A receipt.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DonePart {
    /// RFC 3339, UTC.
    pub at: String,
    pub step: String,
}

/// What ran.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deployed {
    pub version: Option<String>,
    pub digest: Option<String>,
    pub revision: Option<String>,
    pub released: Option<String>,
    pub status: Option<String>,
    /// Where `/version` and the pin disagree.
    pub disagreements: Vec<String>,
    /// Releases between the rollback target and this one, with their summaries: what is new and so suspect.
    pub new_since: Vec<NewSince>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewSince {
    pub version: String,
    /// Markdown.
    pub summary: String,
    pub changes: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Target {
    pub version: String,
    pub tag: String,
    pub digest: Option<String>,
    /// One line, run in the clone of the bootstrap repository.
    pub command: String,
}

impl Incident {
    pub const SCHEMA: &'static str = "tidings/incident/1";

    pub fn of(at: Standpoint<'_>, observed: Observed, hypothesis: Option<String>) -> Self {
        let release = running(at, &observed);
        let target = release.and_then(|release| at.history.rollback_target(&release.version));
        Incident {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            date: spoken_date(at.day()),
            deployed: deployed(at, &observed, release, target),
            matches: matches(at, &observed, release),
            done: Vec::new(),
            rolled_back_to: target.map(|target| {
                let tag = at.tag(target);
                Target {
                    version: target.version.to_string(),
                    digest: target.pin.as_ref().map(|pin| pin.digest.to_string()),
                    command: at.product.bootstrap.install_line(&tag),
                    tag,
                }
            }),
            hypothesis,
            observed,
        }
    }
}

fn deployed(
    at: Standpoint<'_>,
    observed: &Observed,
    release: Option<&Release>,
    target: Option<&Release>,
) -> Deployed {
    let pin = release.and_then(|release| release.pin.as_ref());
    let since = match (target, release) {
        (Some(target), Some(release)) => at.history.between(&target.version, &release.version),
        _ => &[],
    };
    Deployed {
        version: release
            .map(|release| release.version.to_string())
            .or_else(|| observed.version.clone()),
        digest: pin
            .map(|pin| pin.digest.to_string())
            .or_else(|| observed.digest.clone()),
        revision: observed
            .revision
            .clone()
            .or_else(|| pin.and_then(|pin| pin.source_revision.clone())),
        released: release.and_then(|release| release.date).map(spoken_date),
        status: release.map(|release| SupportAnswer::of(at, &release.version).status),
        disagreements: release
            .map(|release| disagreements(observed, release))
            .unwrap_or_default(),
        new_since: since.iter().rev().map(new_since).collect(),
    }
}

fn new_since(release: &Release) -> NewSince {
    NewSince {
        version: release.version.to_string(),
        summary: release
            .notes
            .as_ref()
            .map(|notes| notes.summary.clone())
            .unwrap_or_default(),
        changes: release
            .notes
            .iter()
            .flat_map(|notes| &notes.changes)
            .map(|change| change.text.clone())
            .collect(),
    }
}
