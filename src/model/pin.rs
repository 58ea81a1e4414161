//! The pin: the canonical statement of what a release is.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::model::Version;

/// What a pin file says: the facts of the release, its primary image (the one whose `/version` answers), and the others.
/// Facts that it does not hold are `None`.
#[derive(Clone, Debug)]
pub struct Pin {
    pub version: Version,
    /// Of the release.
    pub tag: Option<String>,
    /// What the primary image goes by in the file: its service, container or key.
    pub name: String,
    /// The image without tag and digest: `registry.example.com/vendor/agent`.
    pub image: Option<String>,
    /// Of the image, where the pin says it.
    pub image_tag: Option<String>,
    pub digest: Digest,
    /// The images beside the primary one, as the file has them.
    pub others: Vec<Image>,
    /// Images that customers run and that are not by digest: `redis:7`.
    pub by_tag: Vec<String>,
    pub signer: Option<Signer>,
    /// The commit of the source repository: 40 (or 64) hexadecimal digits.
    pub source_revision: Option<String>,
    pub released: Option<DateTime<Utc>>,
    pub sbom: Option<String>,
    pub provenance: Option<String>,
}

impl Pin {
    /// `image@sha256:…`, or the bare digest where the pin names no image.
    pub fn reference(&self) -> String {
        match &self.image {
            Some(image) => format!("{image}@{}", self.digest),
            None => self.digest.to_string(),
        }
    }

    /// The tags under which the image may stand, the likeliest first: the one that the pin names, else the release's, with and
    /// without the `v` that images often leave out or add.
    pub fn image_tags(&self, release: &str) -> Vec<String> {
        if let Some(tag) = &self.image_tag {
            return vec![tag.clone()];
        }
        let tag = self.tag.as_deref().unwrap_or(release);
        let other = tag
            .strip_prefix('v')
            .map_or_else(|| format!("v{tag}"), str::to_owned);
        vec![tag.to_owned(), other]
    }

    /// All images, the primary one first.
    pub fn images(&self) -> Vec<Image> {
        let primary = Image {
            name: self.name.clone(),
            role: Role::Product,
            image: self.image.clone(),
            tag: self.image_tag.clone(),
            digest: self.digest.clone(),
            signer: self.signer.clone(),
            sbom: self.sbom.clone(),
        };
        std::iter::once(primary)
            .chain(self.others.iter().cloned())
            .collect()
    }

    /// Whether one of the vendor's own images has this digest.
    pub fn has_digest(&self, digest: &Digest) -> bool {
        self.digest == *digest
            || self
                .others
                .iter()
                .any(|image| image.role == Role::Product && image.digest == *digest)
    }
}

/// One image of a release.
#[derive(Clone, Debug)]
pub struct Image {
    /// What it goes by in the pin: its service, container or key.
    pub name: String,
    pub role: Role,
    /// Without tag and digest.
    pub image: Option<String>,
    pub tag: Option<String>,
    pub digest: Digest,
    pub signer: Option<Signer>,
    pub sbom: Option<String>,
}

impl Image {
    /// `image@sha256:…`, or the bare digest where the pin names no image.
    pub fn reference(&self) -> String {
        match &self.image {
            Some(image) => format!("{image}@{}", self.digest),
            None => self.digest.to_string(),
        }
    }
}

/// Whose image it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The vendor's own: it carries the vendor's signature.
    Product,
    /// Somebody else's, which customers run beside it.
    ThirdParty,
}

impl Role {
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "product" => Some(Role::Product),
            "third-party" => Some(Role::ThirdParty),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Product => "product",
            Role::ThirdParty => "third-party",
        }
    }
}

/// `sha256:` and 64 lowercase hexadecimal digits (OCI image specification, *Digests*).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(Box<str>);

/// Why a text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestFlaw {
    /// A tag (or nothing) stands where the digest belongs.
    Tag,
    UpperCase,
    Length(usize),
    Algorithm,
    NotHex,
}

impl From<sha2::digest::Output<Sha256>> for Digest {
    fn from(hash: sha2::digest::Output<Sha256>) -> Self {
        let mut text = String::with_capacity(Self::ALGORITHM.len() + 64);
        text.push_str(Self::ALGORITHM);
        for byte in hash {
            text.extend(
                [byte >> 4, byte & 15]
                    .into_iter()
                    .filter_map(|half| char::from_digit(u32::from(half), 16)),
            );
        }
        Digest(text.into())
    }
}

impl Digest {
    pub const ALGORITHM: &str = "sha256:";

    /// Of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Sha256::digest(bytes).into()
    }

    /// Without the algorithm.
    pub fn hex(&self) -> &str {
        &self.0[Self::ALGORITHM.len()..]
    }

    /// Reads `sha256:…`, `name@sha256:…` or `name:tag@sha256:…`; gives the image's name too where there is one.
    ///
    /// # Errors
    /// Says what is wrong with the digest.
    pub fn read(text: &str) -> Result<(Digest, Option<String>), DigestFlaw> {
        let (name, digest) = match text.trim().rsplit_once('@') {
            Some((name, digest)) => (Some(name), digest),
            None => (None, text.trim()),
        };
        let Some(hex) = digest.strip_prefix(Self::ALGORITHM) else {
            let other = digest.split_once(':').is_some_and(|(algorithm, rest)| {
                matches!(algorithm, "sha512" | "sha384" | "md5" | "sha1" | "SHA256")
                    && rest.len() >= 32
            });
            return Err(if other {
                DigestFlaw::Algorithm
            } else {
                DigestFlaw::Tag
            });
        };
        if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(DigestFlaw::NotHex);
        }
        if hex.len() != 64 {
            return Err(DigestFlaw::Length(hex.len()));
        }
        if hex.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(DigestFlaw::UpperCase);
        }
        Ok((
            Digest(digest.into()),
            name.map(without_tag).filter(|name| !name.is_empty()),
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve hexadecimal digits, as container tools show them.
    pub fn short(&self) -> &str {
        &self.0[Self::ALGORITHM.len()..Self::ALGORITHM.len() + 12]
    }
}

/// `registry:5000/name:tag` without `:tag`.
fn without_tag(name: &str) -> String {
    match name.rsplit_once(':') {
        Some((image, tag)) if !tag.contains('/') => image.to_owned(),
        _ => name.to_owned(),
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whose signature the image must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The exact certificate identity.
    Identity {
        identity: String,
        issuer: Option<String>,
    },
    /// An expression for it. cosign matches it as a substring.
    Expression {
        expression: String,
        issuer: Option<String>,
    },
    /// A path or URL of a public key, or the URI of one in a key management service (`awskms://…`).
    Key(String),
    /// GitHub's attestations of a repository: `acme/agent`.
    Attestation(String),
    /// Notation, by an identity of the trust policy: `x509.subject: C=DE, O=Acme`.
    Notation(String),
}
