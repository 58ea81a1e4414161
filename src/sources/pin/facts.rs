//! The facts of a release and the names that they go by.

use std::collections::{HashSet, VecDeque};

use crate::diag::{Span, Text};
use crate::sources::node::{Node, NodeKind};
use crate::sources::pin::Fields;
use crate::sources::pin::written::File;

/// Where something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'t> {
    pub text: &'t Text,
    pub span: Span,
}

/// A map, and the file that it stands in.
pub(super) type Map<'t> = (&'t Node, &'t Text);

/// A fact of a pin and the names it goes by (lower case, without `_` and `-`).
struct Fact {
    name: &'static str,
    names: &'static [&'static str],
}

const FACTS: &[Fact] = &[
    Fact {
        name: "version",
        names: &["version", "appversion", "releaseversion"],
    },
    Fact {
        name: "tag",
        names: &["tag", "gittag", "releasetag"],
    },
    Fact {
        name: "digest",
        names: &[
            "digest",
            "imagedigest",
            "image",
            "imageref",
            "reference",
            "sha",
            "sha256",
        ],
    },
    Fact {
        name: "image",
        names: &["repository", "newname", "imagename", "imagerepository"],
    },
    Fact {
        name: "certificate_identity",
        names: &["certificateidentity", "identity"],
    },
    Fact {
        name: "certificate_identity_regexp",
        names: &[
            "certificateidentityregexp",
            "identityregexp",
            "identityregex",
        ],
    },
    Fact {
        name: "certificate_oidc_issuer",
        names: &["certificateoidcissuer", "oidcissuer", "issuer"],
    },
    Fact {
        name: "public_key",
        names: &["publickey", "cosignkey", "key"],
    },
    Fact {
        name: "source_revision",
        names: &[
            "sourcerevision",
            "revision",
            "sourcecommit",
            "commit",
            "gitcommit",
        ],
    },
    Fact {
        name: "released_utc",
        names: &["releasedutc", "releasedat", "released", "created", "built"],
    },
    Fact {
        name: "sbom",
        names: &["sbom", "sbomurl"],
    },
    Fact {
        name: "attestation",
        names: &["attestation", "attestationrepository", "githubattestation"],
    },
    Fact {
        name: "notation",
        names: &["notation", "notationidentity"],
    },
    Fact {
        name: "build_provenance",
        names: &["buildprovenance", "provenance", "provenanceurl"],
    },
];

/// The names of all facts, for `[pin.fields]`.
pub fn fact_names() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|fact| fact.name)
}

/// Where the facts of one image, or of the release, are looked for.
#[derive(Default)]
pub(super) struct Lookup<'t, 'f> {
    /// The places that the user named: for the release, not for one image of it.
    pub fields: Option<(&'f Fields, &'t [File])>,
    /// The maps that may hold them, the likeliest first.
    pub maps: Vec<Map<'t>>,
    /// The roots of Compose files, where only extensions (`x-…`) are the author's own words.
    pub compose: Vec<*const Node>,
    /// The map whose `tag` is the image's, not the release's.
    pub image_tag: Option<*const Node>,
    /// What variables of the image start with in a flat file.
    pub prefix: String,
    /// Variables that start with something else count too, where nothing better is there.
    pub any_prefix: bool,
    /// What the variables of other images start with.
    pub foreign: Vec<String>,
}

impl<'t> Lookup<'t, '_> {
    /// A fact, and where it stands.
    pub fn fact(&self, name: &str) -> Option<(&'t str, At<'t>)> {
        if let Some((fields, files)) = self.fields
            && let Some(place) = fields.get(name)
        {
            let (node, text) = at_place(files, place)?;
            return Some((
                node.text()?,
                At {
                    text,
                    span: node.span,
                },
            ));
        }
        let fact = FACTS.iter().find(|fact| fact.name == name)?;
        let exact = |key: &str, wanted: &str| {
            let key = key.strip_prefix("x-").unwrap_or(key);
            normal(key.rsplit('/').next().unwrap_or(key)) == wanted
        };
        let own = |key: &str, wanted: &str| {
            !self.prefix.is_empty() && ends(key, wanted).is_some_and(|front| front == self.prefix)
        };
        let any = |key: &str, wanted: &str| {
            self.any_prefix && ends(key, wanted).is_some_and(|front| !self.foreign.contains(&front))
        };
        self.find(fact, &exact)
            .or_else(|| self.find(fact, &own))
            .or_else(|| self.only(fact, &any))
    }

    /// The one that matches, where all that do say the same. A tag without its image's name may be of anything.
    fn only(&self, fact: &Fact, matches: &dyn Fn(&str, &str) -> bool) -> Option<(&'t str, At<'t>)> {
        if fact.name == "tag" {
            return None;
        }
        let mut all = fact
            .names
            .iter()
            .flat_map(|wanted| self.all(fact, wanted, matches));
        let first = all.next()?;
        all.all(|other| other.0 == first.0).then_some(first)
    }

    fn find(&self, fact: &Fact, matches: &dyn Fn(&str, &str) -> bool) -> Option<(&'t str, At<'t>)> {
        let mut names = fact.names.iter();
        names.find_map(|wanted| self.all(fact, wanted, matches).into_iter().next())
    }

    /// Every value of a key that goes by one name of a fact.
    fn all(
        &self,
        fact: &Fact,
        wanted: &str,
        matches: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<(&'t str, At<'t>)> {
        let mut found = Vec::new();
        for (map, text) in &self.maps {
            let here = std::ptr::from_ref(*map);
            if fact.name == "tag" && self.image_tag == Some(here) {
                continue;
            }
            let extensions_only = self.compose.contains(&here);
            for (key, node) in map.entries() {
                let counts = (!extensions_only || key.starts_with("x-")) && matches(key, wanted);
                if let Some(value) = node.text().filter(|value| counts && !value.is_empty()) {
                    let at = At {
                        text,
                        span: node.span,
                    };
                    found.push((value, at));
                }
            }
        }
        found
    }
}

/// What a place of `[pin.fields]` leads to: a JSON Pointer, or a key of the top.
pub(super) fn at_place<'t>(files: &'t [File], place: &str) -> Option<Map<'t>> {
    let documents = files.iter().flat_map(|file| {
        file.documents
            .iter()
            .map(move |document| (document, &file.text))
    });
    documents
        .filter_map(|(document, text)| {
            let node = match place.starts_with('/') {
                true => document.pointer(place),
                false => document.get(place),
            };
            Some((node?, text))
        })
        .next()
}

/// Every map below a node, itself among them, the outermost first; not those that are left out, nor what lies below them.
pub(super) fn maps_below<'t>(
    (node, text): Map<'t>,
    left_out: &HashSet<*const Node>,
) -> Vec<Map<'t>> {
    let mut all = Vec::new();
    let mut queue = VecDeque::from([node]);
    while let Some(node) = queue.pop_front() {
        if left_out.contains(&std::ptr::from_ref(node)) {
            continue;
        }
        match &node.kind {
            NodeKind::Map(entries) => {
                all.push((node, text));
                queue.extend(entries.iter().map(|(_, value)| value));
            }
            NodeKind::List(items) => queue.extend(items),
            NodeKind::Scalar(_) => {}
        }
    }
    all
}

/// The words before a fact's name at the end of a key.
fn ends(key: &str, wanted: &str) -> Option<String> {
    let words = words(key);
    let mut end = String::new();
    for (at, word) in words.iter().enumerate().rev() {
        end.insert_str(0, word);
        if at > 0 && end == wanted {
            return Some(words[..at].join("_"));
        }
    }
    None
}

/// A key without its separators, in lower case.
pub(super) fn normal(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The words of a key, in lower case: `AGENT_IMAGE`, `agent-image` and `agentImage` are two.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower_before = false;
    let mut open = false;
    for c in key.chars() {
        if !c.is_ascii_alphanumeric() {
            open = false;
            continue;
        }
        if !open || c.is_ascii_uppercase() && lower_before {
            words.push(String::new());
        }
        open = true;
        lower_before = c.is_ascii_lowercase();
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}
