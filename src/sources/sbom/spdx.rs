//! SPDX 2 (2.2 is ISO/IEC 5962) in JSON; the tag-value form is read into the same document.

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::sources::sbom::Sbom;
use crate::sources::sbom::component::{Entry, form_version, image_digests};
use crate::sources::sbom::json::{OneOrMany, Scalar};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Document {
    #[serde(rename = "spdxVersion")]
    pub version: Scalar,
    #[serde(rename = "documentDescribes")]
    pub described: OneOrMany<Scalar>,
    pub packages: OneOrMany<Package>,
    pub files: OneOrMany<IgnoredAny>,
    pub relationships: OneOrMany<Relationship>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Package {
    #[serde(rename = "SPDXID")]
    pub id: Scalar,
    pub name: Scalar,
    #[serde(rename = "versionInfo")]
    pub version: Scalar,
    #[serde(rename = "primaryPackagePurpose")]
    pub purpose: Scalar,
    #[serde(rename = "licenseDeclared")]
    pub declared: Scalar,
    #[serde(rename = "licenseConcluded")]
    pub concluded: Scalar,
    pub checksums: OneOrMany<Checksum>,
    #[serde(rename = "externalRefs")]
    pub references: OneOrMany<Reference>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Checksum {
    pub algorithm: Scalar,
    #[serde(rename = "checksumValue")]
    pub value: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Reference {
    #[serde(rename = "referenceType")]
    pub kind: Scalar,
    #[serde(rename = "referenceLocator")]
    pub locator: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Relationship {
    #[serde(rename = "spdxElementId")]
    pub from: Scalar,
    #[serde(rename = "relationshipType")]
    pub kind: Scalar,
    #[serde(rename = "relatedSpdxElement")]
    pub to: Scalar,
}

impl From<Package> for Entry {
    fn from(package: Package) -> Entry {
        let purl = package
            .references
            .0
            .into_iter()
            .find(|reference| reference.kind.0.ends_with("purl"));
        let purl = purl.map(|purl| purl.locator.0).unwrap_or_default();
        let declared = package.declared.0;
        // Trivy lists the files in which it found packages, and the system, as packages.
        let kind = match package.id.0.as_str() {
            id if id.starts_with("SPDXRef-OperatingSystem-") => "operating-system".to_owned(),
            id if id.starts_with("SPDXRef-Application-") && purl.is_empty() => "file".to_owned(),
            _ => package.purpose.0,
        };
        Entry {
            purl,
            group: String::new(),
            name: package.name.0,
            version: package.version.0,
            kind,
            licences: vec![match declared.as_str() {
                "" | "NOASSERTION" => package.concluded.0,
                _ => declared,
            }],
        }
    }
}

impl From<Document> for Sbom {
    fn from(document: Document) -> Sbom {
        let version = document.version.0;
        let mut sbom = Sbom {
            format: format!("SPDX{}", form_version(version.trim_start_matches("SPDX-"))),
            files: document.files.0.len(),
            ..Sbom::default()
        };
        let mut described: HashSet<String> =
            document.described.0.into_iter().map(|id| id.0).collect();
        for relationship in document.relationships.0 {
            match relationship.kind.0.as_str() {
                // Trivy wrote it without its last letter.
                "DESCRIBES" | "DESCRIBE" => described.insert(relationship.to.0),
                "DESCRIBED_BY" => described.insert(relationship.from.0),
                _ => continue,
            };
        }
        let packages = document.packages.0;
        // Some tools let the document describe each of its packages: then none is what the others are in.
        let all = packages.len() > 1
            && packages
                .iter()
                .all(|package| described.contains(&package.id.0));
        let mut digests = Vec::new();
        for mut package in packages {
            if all || !described.contains(&package.id.0) {
                sbom.add(package.into());
                continue;
            }
            let checksums = std::mem::take(&mut package.checksums.0).into_iter();
            let hashes = checksums.map(|sum| (sum.algorithm.0, sum.value.0));
            digests.extend(image_digests(&package.into(), hashes));
        }
        sbom.describes(digests);
        sbom
    }
}
