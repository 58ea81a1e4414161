//! Known issues in the range form of OSV (Open Source Vulnerability format 1.7), with `x_` ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::endoflife::slug;
use crate::documents::parts::{Standpoint, spoken_date};
use crate::model::{KnownIssue, Scheme, Version};

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
        let dates = [&issue.affected.fixed, &issue.affected.introduced];
        let modified = dates
            .into_iter()
            .flatten()
            .filter_map(|version| at.history.release(version)?.date)
            .max()
            .unwrap_or(at.day());
        let introduced = issue
            .affected
            .introduced
            .as_ref()
            .map_or("0".to_owned(), Version::to_string);
        let events = [OsvEvent::Introduced(introduced)]
            .into_iter()
            .chain(
                issue
                    .affected
                    .fixed
                    .as_ref()
                    .map(|fixed| OsvEvent::Fixed(fixed.to_string())),
            )
            .collect();
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
