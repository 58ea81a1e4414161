//! The incident report: what was deployed, what was observed, what it was rolled back to, what probably caused it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::parts::{IssuePart, ProductPart, Standpoint, spoken_date};
use crate::documents::support_answer::SupportAnswer;
use crate::model::{Digest, Matcher, Release, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    pub schema: &'static str,
    pub product: ProductPart,
    pub date: String,
    pub deployed: Deployed,
    pub observed: Observed,
    pub matches: Vec<MatchPart>,
    /// The release that a rollback went to, or would go to.
    pub rolled_back_to: Option<Target>,
    /// `None` where nobody has one yet.
    pub hypothesis: Option<String>,
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

/// What was seen.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Observed {
    /// In the operator's words.
    pub text: Option<String>,
    /// What `/version` answered, as it came.
    pub answer: Option<String>,
    /// What it said, where it could be read.
    pub version: Option<String>,
    pub digest: Option<String>,
    pub revision: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MatchPart {
    pub issue: IssuePart,
    /// 0 to 1.
    pub score: f64,
    pub symptom: String,
    pub line: usize,
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

/// The release that runs: the digest's word counts for more than the version's.
fn running<'s>(at: Standpoint<'s>, observed: &Observed) -> Option<&'s Release> {
    let digest = observed.digest.as_deref().and_then(|text| Digest::read(text).ok()).map(|(digest, _)| digest);
    let by_digest = digest.and_then(|digest| at.history.releases().iter().find(|release| release.has_digest(&digest)));
    by_digest.or_else(|| at.history.release(&Version::read(observed.version.as_deref()?)?))
}

fn deployed(at: Standpoint<'_>, observed: &Observed, release: Option<&Release>, target: Option<&Release>) -> Deployed {
    let pin = release.and_then(|release| release.pin.as_ref());
    let mut disagreements = Vec::new();
    if let Some(pin) = pin {
        let mut compare = |what: &str, said: Option<&str>, pinned: Option<&str>| {
            if let (Some(said), Some(pinned)) = (said, pinned)
                && said != pinned
            {
                disagreements.push(format!("/version says {what} {said}; the pin says {pinned}"));
            }
        };
        compare("version", observed.version.as_deref(), Some(pin.version.as_str()));
        compare("digest", observed.digest.as_deref().map(|digest| digest.rsplit('@').next().unwrap_or(digest)), Some(pin.digest.as_str()));
        compare("revision", observed.revision.as_deref(), pin.source_revision.as_deref());
    }
    let since = match (target, release) {
        (Some(target), Some(release)) => at.history.between(&target.version, &release.version),
        _ => &[],
    };
    Deployed {
        version: release.map(|release| release.version.to_string()).or_else(|| observed.version.clone()),
        digest: pin.map(|pin| pin.digest.to_string()).or_else(|| observed.digest.clone()),
        revision: observed.revision.clone().or_else(|| pin.and_then(|pin| pin.source_revision.clone())),
        released: release.and_then(|release| release.date).map(spoken_date),
        status: release.map(|release| SupportAnswer::of(at, &release.version).status),
        disagreements,
        new_since: since.iter().rev().map(new_since).collect(),
    }
}

fn new_since(release: &Release) -> NewSince {
    NewSince {
        version: release.version.to_string(),
        summary: release.notes.as_ref().map(|notes| notes.summary.clone()).unwrap_or_default(),
        changes: release.notes.iter().flat_map(|notes| &notes.changes).map(|change| change.text.clone()).collect(),
    }
}

fn matches(at: Standpoint<'_>, observed: &Observed, release: Option<&Release>) -> Vec<MatchPart> {
    let Some(text) = &observed.text else { return Vec::new() };
    let affects = |issue: &&crate::model::KnownIssue| release.is_none_or(|release| issue.affected.contains(&release.version));
    Matcher::new(at.history.issues.iter().filter(affects))
        .matches(text)
        .into_iter()
        .map(|found| MatchPart {
            issue: IssuePart::of(found.issue),
            score: (found.score * 100.0).round() / 100.0,
            symptom: found.evidence.symptom,
            line: found.evidence.line,
        })
        .collect()
}
