//! An image index as a registry sends it: platforms, and attestations beside them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::ports::registry::Child;

#[derive(Deserialize)]
pub struct Index {
    #[serde(default)]
    pub manifests: Vec<Entry>,
}

#[derive(Deserialize)]
pub struct Entry {
    pub digest: String,
    platform: Option<Platform>,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

#[derive(Deserialize)]
pub struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}

impl Entry {
    /// `linux/arm64/v8`; the digest where the index says none.
    fn platform(&self) -> String {
        self.platform.as_ref().map_or_else(
            || crate::diag::clipped(&self.digest, 80),
            |platform| {
                let variant = platform.variant.as_ref();
                let variant = variant
                    .map(|variant| format!("/{variant}"))
                    .unwrap_or_default();
                let named = format!("{}/{}{variant}", platform.os, platform.architecture);
                crate::diag::clipped(&named, 60)
            },
        )
    }

    /// BuildKit puts provenance and bills of materials beside the platforms: <https://docs.docker.com/build/metadata/attestations/attestation-storage/>.
    fn is_attestation(&self) -> bool {
        self.annotations
            .get("vnd.docker.reference.type")
            .is_some_and(|kind| kind == "attestation-manifest")
            || self.platform.as_ref().is_some_and(|platform| {
                platform.os == "unknown" && platform.architecture == "unknown"
            })
    }
}

/// What is known of one entry.
pub fn child(entry: &Entry, all: &[Entry], there: bool) -> Child {
    let attestation = entry.is_attestation();
    let about = entry.annotations.get("vnd.docker.reference.digest");
    let subject = about
        .and_then(|digest| all.iter().find(|other| other.digest == *digest))
        .map_or_else(|| "the image".to_owned(), Entry::platform);
    Child {
        platform: if attestation {
            format!("attestation of {subject}")
        } else {
            entry.platform()
        },
        digest: entry.digest.clone(),
        attestation,
        there,
    }
}
