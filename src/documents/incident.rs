//! The incident report: what was deployed, what was observed, what it was rolled back to, what probably caused it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::identification::{MatchPart, Observed, disagreements, matches, running};
use crate::documents::parts::{ProductPart, Standpoint, spoken_date};
use crate::documents::support_answer::SupportAnswer;
use crate::model::{Release, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    pub schema: &'static str,
    pub product: ProductPart,
    pub date: String,
    pub deployed: Deployed,
    pub observed: Observed,
    pub matches: Vec<MatchPart>,
    /// Why `/version` could not be asked; `None` where it answered, or where a version was given.
    pub unanswered: Option<String>,
    /// The last receipt that saw it answer (RFC 3339, UTC), where it does not now.
    pub last_answered: Option<String>,
    /// What the container engine says of our images, where `/version` does not answer.
    pub engine: Vec<String>,
    /// What the ledger has of the release, oldest first: who is to know when it was tried, published and told of.
    pub done: Vec<DonePart>,
    /// The rollback that was made, by its receipt; `None` where none is written down.
    pub rolled_back_to: Option<RolledBack>,
    /// Where a rollback would go; `None` where one was made, or where there is no way back.
    pub way_back: Option<Target>,
    /// `None` where nobody has one yet.
    pub hypothesis: Option<String>,
}

/// A receipt.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DonePart {
    /// RFC 3339, UTC.
    pub at: String,
    pub step: String,
    /// What else it says, in words.
    pub note: Option<String>,
}

/// A rollback, as its receipt has it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RolledBack {
    pub target: Target,
    /// RFC 3339, UTC.
    pub at: String,
    pub by: Option<String>,
    /// How it ended, in words.
    pub outcome: String,
}

/// What is known beside what was observed: from receipts, the clone and the container engine.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What the incident is about, where that is not what runs now.
    pub deployed: Option<Version>,
    /// How that is known.
    pub known_from: Option<String>,
    pub went_back: Option<WentBack>,
    pub unanswered: Option<String>,
    pub last_answered: Option<String>,
    pub engine: Vec<String>,
    pub done: Vec<DonePart>,
}

#[derive(Clone, Debug)]
pub struct WentBack {
    pub to: Version,
    pub at: String,
    pub by: Option<String>,
    pub outcome: String,
}

/// What ran.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deployed {
    /// How it is known what ran, where `/version` does not say it.
    pub known_from: Option<String>,
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

    pub fn of(
        at: Standpoint<'_>,
        observed: Observed,
        past: Past,
        hypothesis: Option<String>,
    ) -> Self {
        let runs = running(at, &observed);
        let known = past.deployed.as_ref();
        let release = known.map_or(runs, |version| at.history.release(version));
        let way_back = release.and_then(|release| at.history.rollback_target(&release.version));
        let went_back = past.went_back.as_ref().and_then(|went_back| {
            let target = at.history.release(&went_back.to)?;
            Some(RolledBack {
                target: Target::of(at, target),
                at: went_back.at.clone(),
                by: went_back.by.clone(),
                outcome: went_back.outcome.clone(),
            })
        });
        let since = past.went_back.as_ref().map(|went_back| &went_back.to);
        let since = since
            .and_then(|version| at.history.release(version))
            .or(way_back);
        Incident {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            date: spoken_date(at.day()),
            deployed: deployed(at, &observed, (runs, release), since, past.known_from),
            matches: matches(at, &observed, release),
            unanswered: past.unanswered,
            last_answered: past.last_answered,
            engine: past.engine,
            done: past.done,
            way_back: way_back
                .filter(|_| went_back.is_none())
                .map(|target| Target::of(at, target)),
            rolled_back_to: went_back,
            hypothesis,
            observed,
        }
    }
}

impl Target {
    fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let tag = at.tag(release);
        Target {
            version: release.version.to_string(),
            digest: release.pin.as_ref().map(|pin| pin.digest.to_string()),
            command: at.product.bootstrap.install_line(&tag),
            tag,
        }
    }
}

/// `runs` is what answers now; the incident may be about what ran before it.
fn deployed(
    at: Standpoint<'_>,
    observed: &Observed,
    (runs, release): (Option<&Release>, Option<&Release>),
    since: Option<&Release>,
    known_from: Option<String>,
) -> Deployed {
    let pin = release.and_then(|release| release.pin.as_ref());
    let between = match (since, release) {
        (Some(since), Some(release)) => at.history.between(&since.version, &release.version),
        _ => &[],
    };
    let same = match (runs, release) {
        (Some(runs), Some(release)) => runs.version == release.version,
        _ => release.is_none(),
    };
    let said = |word: &Option<String>| word.clone().filter(|_| same);
    Deployed {
        known_from,
        version: release
            .map(|release| release.version.to_string())
            .or_else(|| said(&observed.version)),
        digest: pin
            .map(|pin| pin.digest.to_string())
            .or_else(|| said(&observed.digest)),
        revision: said(&observed.revision)
            .or_else(|| pin.and_then(|pin| pin.source_revision.clone())),
        released: release.and_then(|release| release.date).map(spoken_date),
        status: release.map(|release| SupportAnswer::of(at, &release.version).status),
        disagreements: runs
            .map(|runs| disagreements(observed, runs))
            .unwrap_or_default(),
        new_since: between.iter().rev().map(new_since).collect(),
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
