//! syft's own JSON.

use serde::Deserialize;

use crate::sources::sbom::Sbom;
use crate::sources::sbom::component::{Entry, form_version, valid};
use crate::sources::sbom::json::{Lenient, OneOrMany, Scalar};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Document {
    artifacts: OneOrMany<Artifact>,
    source: Option<Source>,
    distro: Lenient<Distro>,
    schema: Lenient<Schema>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Artifact {
    name: Scalar,
    version: Scalar,
    #[serde(rename = "type")]
    kind: Scalar,
    purl: Scalar,
    licenses: OneOrMany<Licence>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Licence {
    /// Before syft 1.0.
    Name(String),
    Part(LicencePart),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LicencePart {
    value: Scalar,
    #[serde(rename = "spdxExpression")]
    expression: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    /// Before syft 1.0.
    target: Lenient<Image>,
    metadata: Lenient<Image>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Image {
    #[serde(rename = "manifestDigest")]
    manifest: Scalar,
    #[serde(rename = "repoDigests")]
    repository: OneOrMany<Scalar>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Distro {
    name: Scalar,
    id: Scalar,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Schema {
    version: Scalar,
}

impl From<Document> for Sbom {
    fn from(document: Document) -> Sbom {
        let distro = document.distro.0;
        let mut sbom = Sbom {
            format: format!("Syft JSON{}", form_version(&document.schema.0.version.0)),
            systems: usize::from(!distro.id.0.is_empty() || !distro.name.0.is_empty()),
            ..Sbom::default()
        };
        let source = document.source.unwrap_or_default();
        let mut digests = Vec::new();
        for image in [source.target.0, source.metadata.0] {
            digests.push(image.manifest.0);
            digests.extend(image.repository.0.into_iter().map(|digest| digest.0));
        }
        sbom.describes(valid(digests));
        for artifact in document.artifacts.0 {
            let licences = artifact
                .licenses
                .0
                .into_iter()
                .map(|licence| match licence {
                    Licence::Name(name) => name,
                    Licence::Part(said) if said.expression.0.is_empty() => said.value.0,
                    Licence::Part(said) => said.expression.0,
                });
            sbom.add(Entry {
                purl: artifact.purl.0,
                group: String::new(),
                name: artifact.name.0,
                version: artifact.version.0,
                kind: artifact.kind.0,
                licences: licences.collect(),
            });
        }
        sbom
    }
}
