//! Images as a file names them, before anything is judged.

use crate::diag::{Span, Text};
use crate::model::Role;
use crate::sources::node::Node;

/// A file of the pin, read.
pub(super) struct File {
    pub text: Text,
    /// From the folder of `tidings.toml`.
    pub path: String,
    pub documents: Vec<Node>,
    /// Customers run what it names; else it is only what services of others extend.
    pub runs: bool,
}

/// An image that customers would run.
#[derive(Clone, Debug)]
pub(super) struct Written<'t> {
    /// What it goes by in the file: its service, container or key; several where they share one image.
    pub names: Vec<String>,
    pub text: &'t Text,
    pub span: Span,
    /// Registry and repository.
    pub repository: Option<String>,
    pub tag: Option<String>,
    /// As written, right or wrong.
    pub digest: Option<String>,
    pub primary: bool,
    pub role: Option<Role>,
    /// The map that holds its own facts.
    pub block: Option<&'t Node>,
    /// The `tag` beside it is the image's, not the release's.
    pub own_tag: bool,
    /// What the names of its facts start with in a flat file: `agent` of `AGENT_IMAGE`.
    pub prefix: String,
    /// Where its digest would be written.
    pub room: Room,
    /// It has no name, and may be the digest of something else.
    pub weak: bool,
}

/// Where the digest of an image by tag would be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Behind the text that stands here: `name:tag`, or the tag alone.
    Behind(Span),
    /// Here, where nothing stands yet: `digest: ""`.
    Here(Span),
    /// On a line of its own behind this one: `digest: …`.
    Line(Span),
    /// The image is put together from several places.
    Nowhere,
}

impl Written<'_> {
    /// What the user says, else: Docker's own images are nobody's product.
    pub fn is(&self) -> Role {
        self.role.unwrap_or(if self.official() {
            Role::ThirdParty
        } else {
            Role::Product
        })
    }

    pub fn name(&self) -> &str {
        self.names.first().map_or("image", String::as_str)
    }

    /// `repository:tag@digest`, of what there is.
    pub fn reference(&self) -> String {
        let mut text = self.repository.clone().unwrap_or_default();
        if let Some(tag) = &self.tag {
            text.push_str(&format!(":{tag}"));
        }
        match &self.digest {
            Some(digest) if text.is_empty() => digest.clone(),
            Some(digest) => format!("{text}@{digest}"),
            None => text,
        }
    }

    /// An image of Docker's own, `docker.io/library`: nobody's product.
    pub fn official(&self) -> bool {
        self.repository.as_ref().is_some_and(|name| {
            let name = name.strip_prefix("docker.io/").unwrap_or(name);
            !name.strip_prefix("library/").unwrap_or(name).contains('/')
        })
    }

    pub fn has_name(&self, wanted: &str) -> bool {
        self.names.iter().any(|name| name == wanted)
    }
}

/// What stands before the tag, the tag, and the digest of `name:tag@sha256:…`.
pub(super) fn reference(value: &str) -> (Option<String>, Option<String>, Option<String>) {
    let value = value.trim();
    let (name, digest) = match value.rsplit_once('@') {
        Some((name, digest)) => (name, Some(digest.to_owned())),
        None if value.starts_with("sha256:") => ("", Some(value.to_owned())),
        None => (value, None),
    };
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_owned())),
        _ => (name, None),
    };
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    (
        filled(name.to_owned()),
        tag.and_then(filled),
        digest.and_then(filled),
    )
}

/// Whether a value can be an image by its looks: `registry/name`, `name:tag`.
pub(super) fn looks_like_image(value: &str) -> bool {
    const PICTURES: [&str; 12] = [
        ".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".avif", ".iso", ".qcow2",
        ".vmdk", ".img",
    ];
    let lower = value.to_ascii_lowercase();
    value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !value.contains("://")
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:/-@+".contains(&b))
        && (value.contains(['/', ':', '@']))
        && !PICTURES.iter().any(|ending| lower.ends_with(ending))
}

/// The same image under several names is one image.
pub(super) fn joined(all: Vec<Written<'_>>) -> Vec<Written<'_>> {
    let mut joined: Vec<Written<'_>> = Vec::with_capacity(all.len());
    for image in all {
        let same = joined.iter_mut().find(|known| {
            known.repository == image.repository
                && known.tag == image.tag
                && known.digest == image.digest
        });
        match same {
            Some(known) => {
                known.primary |= image.primary;
                known.role = known.role.or(image.role);
                for name in image.names {
                    if !known.names.contains(&name) {
                        known.names.push(name);
                    }
                }
            }
            None => joined.push(image),
        }
    }
    joined
}
