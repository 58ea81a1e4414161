//! Known issues in the range form of OSV (Open Source Vulnerability format 1.7), with `x_` ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::endoflife::slug;
use crate::documents::parts::{Standpoint, spoken_date};
use crate::model::{Affected, KnownIssue, Scheme, Version};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OsvIssue {
    pub schema_version: &'static str,
    pub id: String,
    pub modified: String,
    pub summary: String,
    pub details: String,
    pub affected: Vec<OsvAffected>,
    pub database_specific: OsvDatabase,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OsvAffected {
    pub package: OsvPackage,
    pub ranges: Vec<OsvRange>,
    /// Every release that has the issue.
    pub versions: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OsvPackage {
    pub ecosystem: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OsvRange {
    pub r#type: &'static str,
    pub events: Vec<OsvEvent>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OsvEvent {
    Introduced(String),
    Fixed(String),
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OsvDatabase {
    pub symptoms: Vec<String>,
    pub workaround: Option<String>,
    pub rollback: String,
    pub reason: Option<String>,
}

impl OsvIssue {
    pub fn all(at: Standpoint<'_>) -> Vec<OsvIssue> {
        at.history
            .issues
            .iter()
            .map(|issue| OsvIssue::of(at, issue))
            .collect()
    }

    fn of(at: Standpoint<'_>, issue: &KnownIssue) -> Self {
        let ranges = &issue.affected.ranges;
        let modified = ranges
            .iter()
            .flat_map(|range| [&range.fixed, &range.introduced])
            .flatten()
            .filter_map(|version| at.history.release(version)?.date)
            .max()
            .unwrap_or(at.day());
        let events = events(&issue.affected);
        OsvIssue {
            schema_version: "1.7.0",
            id: format!("x_{}", issue.id),
            modified: format!("{}T00:00:00Z", spoken_date(modified)),
            summary: issue.title.clone(),
            details: issue.symptoms.join("\n"),
            affected: vec![OsvAffected {
                package: OsvPackage {
                    ecosystem: format!("x_{}", slug(&at.product.vendor)),
                    name: slug(&at.product.name),
                },
                ranges: vec![OsvRange {
                    r#type: if at.history.policy.scheme == Scheme::Semver {
                        "SEMVER"
                    } else {
                        "ECOSYSTEM"
                    },
                    events,
                }],
                versions: at
                    .history
                    .releases()
                    .iter()
                    .map(|r| &r.version)
                    .filter(|v| issue.affected.contains(v))
                    .map(Version::to_string)
                    .collect(),
            }],
            database_specific: OsvDatabase {
                symptoms: issue.symptoms.clone(),
                workaround: issue.workaround.clone(),
                rollback: issue.rollback.as_str().to_owned(),
                reason: issue.reason.clone(),
            },
        }
    }
}

/// As OSV has them: one list for all ranges, in the order of versions.
fn events(affected: &Affected) -> Vec<OsvEvent> {
    let from = |version: Option<&Version>| {
        OsvEvent::Introduced(version.map_or("0".to_owned(), Version::to_string))
    };
    if affected.ranges.is_empty() {
        return vec![from(None)];
    }
    affected
        .ranges
        .iter()
        .flat_map(|range| {
            let fixed = range
                .fixed
                .as_ref()
                .map(|fixed| OsvEvent::Fixed(fixed.to_string()));
            [Some(from(range.introduced.as_ref())), fixed]
        })
        .flatten()
        .collect()
}
