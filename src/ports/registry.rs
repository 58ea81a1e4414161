//! What a registry answers about an image (OCI distribution specification 1.1).

/// A manifest, and what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `sha256:…`, computed from what was sent.
    pub digest: String,
    /// Of an index, one for each platform. Empty for a single image.
    pub children: Vec<Child>,
}

/// The image for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// `linux/arm64`; the digest where the index says none; `attestation of linux/arm64`.
    pub platform: String,
    pub digest: String,
    /// Provenance or a bill of materials of a platform, and no platform itself.
    pub attestation: bool,
    /// The registry still has it: clean-up jobs delete children and leave the index.
    pub there: bool,
}
