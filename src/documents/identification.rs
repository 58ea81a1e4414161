//! What runs, is it supported, what is known of it, and where back: the answer to a `/version` answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::matrix::status_words;
use crate::documents::parts::{
    ContactPart, IssuePart, ProductPart, RollbackPart, Standpoint, spoken_date,
};
use crate::model::{Digest, Matcher, Release, Version, decide};

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
pub struct Identification {
    pub schema: &'static str,
    pub product: ProductPart,
    pub as_of: String,
    /// What the agent said.
    pub observed: Observed,
    /// The release that this is; `None` where nobody released it.
    pub version: Option<String>,
    pub tag: Option<String>,
    pub released: Option<String>,
    pub digest: Option<String>,
    /// `supported`, `unsupported`, `withdrawn`, `unreleased`.
    pub status: String,
    /// When support ends or ended, in words.
    pub ends: Option<String>,
    /// Where `/version` and the pin disagree.
    pub disagreements: Vec<String>,
    pub known_issues: Vec<IssuePart>,
    /// Known issues that what was observed fits, the best first.
    pub matches: Vec<MatchPart>,
    /// `roll-back`, `ask`, `stay`, or `by-severity` where nothing known fits; `None` where nothing was observed.
    pub decision: Option<String>,
    /// Of a withdrawn release: what to install in its place.
    pub instead: Option<RollbackPart>,
    pub rollback: Option<RollbackPart>,
    pub contact: ContactPart,
}

impl Identification {
    pub const SCHEMA: &'static str = "tidings/identification/1";

    pub fn of(at: Standpoint<'_>, observed: Observed) -> Self {
        let release = running(at, &observed);
        let matches = matches(at, &observed, release);
        let named = || observed.version.as_deref().and_then(Version::read);
        let (status, ends) = match release
            .map(|release| release.version.clone())
            .or_else(named)
        {
            Some(version) => status_words(at, &version),
            None => (crate::model::Status::Unreleased, None),
        };
        let best = matches.first().and_then(|found| {
            at.history
                .issues
                .iter()
                .find(|issue| issue.id == found.issue.id)
        });
        Identification {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            as_of: spoken_date(at.day()),
            version: release.map(|release| release.version.to_string()),
            tag: release.map(|release| at.tag(release)),
            released: release.and_then(|release| release.date).map(spoken_date),
            digest: release
                .and_then(|release| release.pin.as_ref())
                .map(|pin| pin.digest.to_string()),
            status: status.as_str().to_owned(),
            ends: ends.filter(|_| release.is_some()),
            disagreements: release
                .map(|release| disagreements(&observed, release))
                .unwrap_or_default(),
            known_issues: release
                .map(|release| {
                    at.history
                        .issues_of(&release.version)
                        .map(IssuePart::of)
                        .collect()
                })
                .unwrap_or_default(),
            matches,
            decision: observed
                .text
                .as_ref()
                .map(|_| decide(best).as_str().to_owned()),
            instead: release.and_then(|release| at.instead(&release.version)),
            rollback: release.and_then(|release| at.rollback(release)),
            contact: ContactPart::of(at.product),
            observed,
        }
    }
}

/// The release that runs: the digest's word counts for more than the version's.
pub fn running<'s>(at: Standpoint<'s>, observed: &Observed) -> Option<&'s Release> {
    let digest = observed
        .digest
        .as_deref()
        .and_then(|text| Digest::read(text).ok())
        .map(|(digest, _)| digest);
    let by_version = || {
        let version = Version::read(observed.version.as_deref()?)?;
        at.history.release(&version)
    };
    let by_digest = digest.and_then(|digest| {
        let releases = at.history.releases();
        let primary =
            |release: &&Release| release.pin.as_ref().is_some_and(|pin| pin.digest == digest);
        // An image beside the primary one may be the same in several releases.
        let mut with = releases
            .iter()
            .filter(|release| release.has_digest(&digest));
        releases
            .iter()
            .find(primary)
            .or_else(|| match (with.next(), with.next()) {
                (Some(only), None) => Some(only),
                _ => by_version().filter(|release| release.has_digest(&digest)),
            })
    });
    by_digest.or_else(by_version)
}

/// Where what runs says something else about itself than its pin.
pub fn disagreements(observed: &Observed, release: &Release) -> Vec<String> {
    let mut disagreements = Vec::new();
    let Some(pin) = &release.pin else {
        return disagreements;
    };
    let mut compare = |what: &str, said: Option<&str>, pinned: Option<&str>| {
        if let (Some(said), Some(pinned)) = (said, pinned)
            && said != pinned
        {
            disagreements.push(format!(
                "/version says {what} {said}; the pin says {pinned}"
            ));
        }
    };
    // Build metadata is no identity.
    let same = observed.version.as_deref().and_then(Version::read) == Some(pin.version.clone());
    compare(
        "version",
        observed.version.as_deref().filter(|_| !same),
        Some(pin.version.as_str()),
    );
    compare(
        "digest",
        observed
            .digest
            .as_deref()
            .filter(|digest| !Digest::read(digest).is_ok_and(|(digest, _)| pin.has_digest(&digest)))
            .map(|digest| digest.rsplit('@').next().unwrap_or(digest)),
        Some(pin.digest.as_str()),
    );
    compare(
        "revision",
        observed.revision.as_deref(),
        pin.source_revision.as_deref(),
    );
    disagreements
}

/// The known issues of a release (of any, where it is not known) that fit what was observed.
pub fn matches(
    at: Standpoint<'_>,
    observed: &Observed,
    release: Option<&Release>,
) -> Vec<MatchPart> {
    let Some(text) = &observed.text else {
        return Vec::new();
    };
    let affects = |issue: &&crate::model::KnownIssue| {
        release.is_none_or(|release| issue.affected.contains(&release.version))
    };
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
