//! Whether a bill of materials is one of the images that are released.

use std::collections::BTreeSet;

use crate::diag::{Code, Finding, list};
use crate::sources::sbom::Sbom;

/// The digests of the images for single platforms, below those of the pin.
#[derive(Clone, Debug, Default)]
pub struct Platforms {
    pub digests: BTreeSet<String>,
    /// Why not all are known.
    pub unread: Option<String>,
}

/// Each place of a document that names its image has to name one of the pin's, or one of a platform of these. The registry is asked only
/// where the pin's do not do.
pub fn of_another_image<'a>(
    name: &str,
    sbom: &Sbom,
    pinned: &[String],
    platforms: impl FnOnce() -> &'a Platforms,
) -> Option<Finding> {
    let other = |known: &dyn Fn(&String) -> bool| {
        let mut places = sbom.subject.iter();
        places.find(|digests| !digests.iter().any(known))
    };
    other(&|digest| pinned.contains(digest))?;
    let platforms = platforms();
    let digests = other(&|digest| pinned.contains(digest) || platforms.digests.contains(digest))?;
    let described = format!(
        "`{name}` describes {}, and the pin names {}",
        list(digests, "and"),
        list(pinned, "and")
    );
    Some(match &platforms.unread {
        None => Finding::new(Code::SbomSubject, described)
            .help("make the bill of materials from the image that is released"),
        Some(why) => Finding::new(
            Code::SbomSubject,
            format!("{described}; whether it is the image of one of its platforms was not checked: {why}"),
        )
        .help("publish where the registry can be asked, or make the bill of materials from the digest in the pin"),
    })
}
