//! The support matrix in endoflife.date's product schema (API v1, `ProductResponse`).

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::parts::{Standpoint, spoken_date};
use crate::model::{End, LineSupport, Status};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndOfLife {
    pub schema_version: &'static str,
    pub generated_at: String,
    pub last_modified: String,
    pub result: ProductDetails,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductDetails {
    pub name: String,
    pub aliases: Vec<String>,
    pub label: String,
    pub category: &'static str,
    pub tags: Vec<String>,
    pub version_command: Option<String>,
    pub identifiers: Vec<Identifier>,
    pub labels: Labels,
    pub links: Links,
    pub releases: Vec<ProductRelease>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Identifier {
    pub id: String,
    pub r#type: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Labels {
    pub eoas: Option<String>,
    pub discontinued: Option<String>,
    pub eol: String,
    pub eoes: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Links {
    pub icon: Option<String>,
    pub html: String,
    pub release_policy: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductRelease {
    pub name: String,
    pub codename: Option<String>,
    pub label: String,
    pub release_date: String,
    pub is_lts: bool,
    pub lts_from: Option<String>,
    pub is_eol: bool,
    pub eol_from: Option<String>,
    pub is_maintained: bool,
    pub latest: Option<Latest>,
    /// Not of endoflife.date: the digest of the latest patch.
    pub custom: Option<Custom>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Latest {
    pub name: String,
    pub date: Option<String>,
    pub link: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Custom {
    pub digest: String,
}

impl EndOfLife {
    pub fn of(at: Standpoint<'_>) -> Self {
        let support = at.support;
        let modified = support
            .lines
            .iter()
            .filter_map(|row| row.latest.date)
            .max()
            .unwrap_or(at.day());
        let name = slug(&at.product.name);
        EndOfLife {
            schema_version: "1.2.0",
            generated_at: midnight(at.day()),
            last_modified: midnight(modified),
            result: ProductDetails {
                aliases: Vec::new(),
                label: at.product.name.clone(),
                category: "app",
                tags: vec![slug(&at.product.vendor)],
                version_command: at
                    .product
                    .bootstrap
                    .version_url
                    .as_ref()
                    .map(|url| format!("curl -fsS {url}")),
                identifiers: Vec::new(),
                labels: Labels {
                    eoas: None,
                    discontinued: None,
                    eol: "Fixes".into(),
                    eoes: None,
                },
                links: Links {
                    icon: None,
                    html: at
                        .product
                        .guide_url
                        .clone()
                        .unwrap_or_else(|| at.product.bootstrap.repository.clone()),
                    release_policy: Some(at.product.bootstrap.repository.clone()),
                },
                releases: support.lines.iter().map(|row| release(at, row)).collect(),
                name,
            },
        }
    }
}

fn release(at: Standpoint<'_>, row: &LineSupport<'_>) -> ProductRelease {
    ProductRelease {
        name: row.line.to_string(),
        codename: None,
        label: row.line.to_string(),
        release_date: spoken_date(row.opened),
        is_lts: row.extended,
        lts_from: None,
        is_eol: row.status == Status::Unsupported,
        eol_from: match row.end {
            End::On(date) => Some(spoken_date(date)),
            End::After(_) => None,
        },
        is_maintained: row.status == Status::Supported,
        latest: Some(Latest {
            name: row.latest.version.to_string(),
            date: row.latest.date.map(spoken_date),
            link: Some(at.product.bootstrap.release_page(&at.tag(row.latest))),
        }),
        custom: row.latest.pin.as_ref().map(|pin| Custom {
            digest: pin.digest.to_string(),
        }),
    }
}

fn midnight(day: NaiveDate) -> String {
    format!("{}T00:00:00+00:00", spoken_date(day))
}

/// `Acme Agent` → `acme-agent`.
pub fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}
