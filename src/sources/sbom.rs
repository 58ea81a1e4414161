//! Bills of materials: CycloneDX and SPDX 2 in JSON. Only what a release page says of them is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Text;
use crate::sources::node;
use crate::sources::node::{Node, NodeKind};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// `CycloneDX 1.6`, `SPDX-2.3`
    pub format: String,
    /// Digests of what it describes, `sha256:…`: none where it names none.
    pub subject: Vec<String>,
    /// How many components it lists; one name may stand there in several versions.
    pub count: usize,
    /// Name to version, or versions.
    pub components: BTreeMap<String, String>,
}

/// `None` where the text is no bill of materials.
pub fn read(text: &Text) -> Option<Sbom> {
    if !text.body.trim_start().starts_with('{') {
        return None;
    }
    let tree = node::yaml(text).ok()?;
    let said = |node: &Node, key: &str| node.get(key).and_then(Node::text).unwrap_or("").to_owned();
    if said(&tree, "bomFormat") == "CycloneDX" {
        let subject = tree.pointer("/metadata/component");
        let (count, components) = named(
            list(tree.get("components")).map(|part| (said(part, "name"), said(part, "version"))),
        );
        return Some(Sbom {
            format: format!("CycloneDX {}", said(&tree, "specVersion")),
            count,
            components,
            subject: subject
                .map(|subject| digests(subject, "hashes", "alg", "content"))
                .unwrap_or_default(),
        });
    }
    let format = said(&tree, "spdxVersion");
    if !format.starts_with("SPDX-") {
        return None;
    }
    let mut described: Vec<&str> = list(tree.get("documentDescribes"))
        .filter_map(Node::text)
        .collect();
    let relations = list(tree.get("relationships"))
        .filter(|relation| said(relation, "relationshipType") == "DESCRIBES");
    described.extend(relations.filter_map(|relation| relation.get("relatedSpdxElement")?.text()));
    let is_subject = |part: &&Node| {
        part.get("SPDXID")
            .and_then(Node::text)
            .is_some_and(|id| described.contains(&id))
    };
    let packages = || list(tree.get("packages"));
    let (count, components) = named(
        packages()
            .filter(|part| !is_subject(part))
            .map(|part| (said(part, "name"), said(part, "versionInfo"))),
    );
    Some(Sbom {
        format,
        count,
        components,
        subject: packages()
            .filter(is_subject)
            .flat_map(|part| digests(part, "checksums", "algorithm", "checksumValue"))
            .collect(),
    })
}

/// How many, and the versions of each name.
fn named(parts: impl Iterator<Item = (String, String)>) -> (usize, BTreeMap<String, String>) {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let count = parts
        .map(|(name, version)| versions.entry(name).or_default().insert(version))
        .count();
    (
        count,
        versions
            .into_iter()
            .map(|(name, versions)| (name, versions.into_iter().collect::<Vec<_>>().join(", ")))
            .collect(),
    )
}

fn list(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let items: &[Node] = match node.map(|node| &node.kind) {
        Some(NodeKind::List(items)) => items,
        _ => &[],
    };
    items.iter()
}

/// SHA-256 of a component: among its hashes, in its version, or in its package URL.
fn digests(part: &Node, list_name: &str, algorithm: &str, value: &str) -> Vec<String> {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).unwrap_or("").to_owned();
    let mut found: Vec<String> = list(part.get(list_name))
        .filter(|hash| {
            text(hash, algorithm)
                .replace('-', "")
                .eq_ignore_ascii_case("sha256")
        })
        .map(|hash| format!("sha256:{}", text(hash, value).to_ascii_lowercase()))
        .collect();
    for key in ["version", "versionInfo", "purl"] {
        let said = text(part, key).replace("%3A", ":").replace("%3a", ":");
        if let Some(at) = said.find("sha256:") {
            found.push(said[at..].chars().take(71).collect());
        }
    }
    found
}
