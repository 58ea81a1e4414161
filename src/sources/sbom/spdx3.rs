//! SPDX 3 as JSON-LD: a graph of elements that name each other.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::sources::sbom::Sbom;
use crate::sources::sbom::component::{Entry, form_version, image_digests};
use crate::sources::sbom::json::{Lenient, OneOrMany, Scalar};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Document {
    #[serde(rename = "@graph")]
    graph: OneOrMany<Lenient<Element>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Element {
    #[serde(rename = "type")]
    kind: Scalar,
    #[serde(rename = "@type")]
    kind_ld: Scalar,
    #[serde(rename = "spdxId")]
    id: Scalar,
    #[serde(rename = "@id")]
    id_ld: Scalar,
    name: Scalar,
    #[serde(rename = "specVersion")]
    spec_version: Scalar,
    #[serde(rename = "rootElement")]
    roots: OneOrMany<Scalar>,
    #[serde(rename = "software_packageVersion")]
    version: Scalar,
    #[serde(rename = "software_packageUrl")]
    purl: Scalar,
    #[serde(rename = "software_primaryPurpose")]
    purpose: Scalar,
    #[serde(rename = "externalIdentifier")]
    identifiers: OneOrMany<Lenient<Identifier>>,
    #[serde(rename = "verifiedUsing")]
    hashes: OneOrMany<Lenient<Hash>>,
    #[serde(rename = "relationshipType")]
    relationship: Scalar,
    from: Scalar,
    to: OneOrMany<Scalar>,
    #[serde(rename = "simplelicensing_licenseExpression")]
    expression: Scalar,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier {
    #[serde(rename = "externalIdentifierType")]
    kind: Scalar,
    identifier: Scalar,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Hash {
    algorithm: Scalar,
    #[serde(rename = "hashValue")]
    value: Scalar,
}

impl Element {
    fn kind(&self) -> &str {
        [&self.kind.0, &self.kind_ld.0]
            .into_iter()
            .find(|said| !said.is_empty())
            .map_or("", |said| said.rsplit(['/', ':']).next().unwrap_or(said))
    }

    fn id(&self) -> &str {
        if self.id.0.is_empty() {
            &self.id_ld.0
        } else {
            &self.id.0
        }
    }

    fn is_package(&self) -> bool {
        matches!(
            self.kind(),
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage"
        )
    }

    fn entry(&self, licences: Vec<String>) -> Entry {
        let of_kind = |identifier: &&Lenient<Identifier>| {
            matches!(
                identifier.0.kind.0.as_str(),
                "packageUrl" | "packageURL" | "purl"
            )
        };
        let purl = match self.purl.0.as_str() {
            "" => self
                .identifiers
                .0
                .iter()
                .find(of_kind)
                .map_or("", |identifier| &identifier.0.identifier.0),
            purl => purl,
        };
        Entry {
            purl: purl.to_owned(),
            group: String::new(),
            name: self.name.0.clone(),
            version: self.version.0.clone(),
            kind: self.purpose.0.clone(),
            licences,
        }
    }
}

impl From<Document> for Sbom {
    fn from(document: Document) -> Sbom {
        let elements: Vec<Element> = document.graph.0.into_iter().map(|one| one.0).collect();
        let by_id: HashMap<&str, &Element> = elements
            .iter()
            .map(|element| (element.id(), element))
            .collect();
        let said = elements
            .iter()
            .map(|element| element.spec_version.0.as_str())
            .find(|version| !version.is_empty())
            .unwrap_or("3");
        let mut sbom = Sbom {
            format: format!("SPDX{}", form_version(said)),
            ..Sbom::default()
        };
        let roots = roots(&elements, &by_id);
        let mut declared: HashMap<&str, Vec<String>> = HashMap::new();
        let mut concluded: HashMap<&str, Vec<String>> = HashMap::new();
        for element in &elements {
            let of = match element.relationship.0.as_str() {
                "hasDeclaredLicense" => &mut declared,
                "hasConcludedLicense" => &mut concluded,
                _ => continue,
            };
            let found = element
                .to
                .0
                .iter()
                .filter_map(|to| by_id.get(to.0.as_str()));
            let words = found.map(|licence| match licence.expression.0.as_str() {
                "" => licence.name.0.clone(),
                expression => expression.to_owned(),
            });
            of.entry(element.from.0.as_str()).or_default().extend(words);
        }
        let mut digests = Vec::new();
        for element in &elements {
            if element.kind() == "software_File" {
                sbom.files += 1;
            }
            if !element.is_package() {
                continue;
            }
            let licences = declared.remove(element.id());
            let licences = licences.or_else(|| concluded.remove(element.id()));
            let entry = element.entry(licences.unwrap_or_default());
            if roots.contains(element.id()) {
                let hashes = element.hashes.0.iter();
                let hashes =
                    hashes.map(|hash| (hash.0.algorithm.0.clone(), hash.0.value.0.clone()));
                digests.extend(image_digests(&entry, hashes));
            } else {
                sbom.add(entry);
            }
        }
        sbom.describes(digests);
        sbom
    }
}

/// The packages that the document is about: its roots, and those of the bills of materials among them.
fn roots<'a>(elements: &'a [Element], by_id: &HashMap<&'a str, &'a Element>) -> HashSet<&'a str> {
    let mut open: Vec<&str> = elements
        .iter()
        .filter(|element| matches!(element.kind(), "SpdxDocument" | "software_Sbom" | "Bom"))
        .flat_map(|element| element.roots.0.iter().map(|id| id.0.as_str()))
        .collect();
    let packages = elements
        .iter()
        .filter(|element| element.is_package())
        .count();
    open.sort_unstable();
    open.dedup();
    let roots: HashSet<&str> = open
        .into_iter()
        .filter(|id| by_id.get(id).is_some_and(|element| element.is_package()))
        .collect();
    // Where each package is a root, none is what the others are in.
    if packages > 1 && roots.len() == packages {
        HashSet::new()
    } else {
        roots
    }
}
