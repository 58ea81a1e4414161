//! CycloneDX in JSON (ECMA-424).

use serde::Deserialize;

use crate::sources::sbom::Sbom;
use crate::sources::sbom::component::{Entry, form_version, image_digests};
use crate::sources::sbom::json::{OneOrMany, Scalar};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Bom {
    #[serde(rename = "specVersion")]
    spec_version: Scalar,
    metadata: Option<Metadata>,
    components: OneOrMany<Part>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    component: Option<Part>,
}

/// A component, with those that it is assembled from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: Scalar,
    group: Scalar,
    name: Scalar,
    version: Scalar,
    purl: Scalar,
    licenses: OneOrMany<Licence>,
    hashes: OneOrMany<Hash>,
    components: OneOrMany<Part>,
    properties: OneOrMany<Property>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Property {
    name: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Licence {
    expression: Scalar,
    license: Option<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Scalar,
    name: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Hash {
    alg: Scalar,
    content: Scalar,
}

impl From<Licence> for String {
    fn from(licence: Licence) -> String {
        let named = licence.license.unwrap_or_default();
        [licence.expression.0, named.id.0, named.name.0]
            .into_iter()
            .find(|said| !said.is_empty())
            .unwrap_or_default()
    }
}

impl Part {
    fn split(self) -> (Entry, Vec<Hash>, Vec<Part>) {
        // Trivy lists the files in which it found packages as applications.
        let lists = |property: &Property| property.name.0 == "aquasecurity:trivy:Class";
        let is_list = self.kind.0 == "application" && self.properties.0.iter().any(lists);
        let entry = Entry {
            purl: self.purl.0,
            group: self.group.0,
            name: self.name.0,
            version: self.version.0,
            kind: if is_list {
                "file".to_owned()
            } else {
                self.kind.0
            },
            licences: self.licenses.0.into_iter().map(String::from).collect(),
        };
        (entry, self.hashes.0, self.components.0)
    }
}

impl From<Bom> for Sbom {
    fn from(bom: Bom) -> Sbom {
        let mut sbom = Sbom {
            format: format!("CycloneDX{}", form_version(&bom.spec_version.0)),
            ..Sbom::default()
        };
        let mut open = bom.components.0;
        if let Some(subject) = bom.metadata.and_then(|metadata| metadata.component) {
            let (entry, hashes, parts) = subject.split();
            let hashes = hashes.into_iter().map(|hash| (hash.alg.0, hash.content.0));
            sbom.describes(image_digests(&entry, hashes));
            open.extend(parts);
        }
        while let Some(part) = open.pop() {
            let (entry, _, parts) = part.split();
            sbom.add(entry);
            open.extend(parts);
        }
        sbom
    }
}
