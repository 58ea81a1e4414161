//! Images in Helm values, Kubernetes manifests, Kustomize, Ansible and Terraform variables, `.env`, and files of one's own:
//! a map that names an image, or variables that share the front of their name. The facts of an image come from one place.

use std::collections::BTreeMap;

use crate::model::Role;
use crate::sources::node::{Node, NodeKind};
use crate::sources::pin::facts::{normal, words};
use crate::sources::pin::written::{File, Room, Written, looks_like_image, reference};

/// Keys that name no image by themselves: the one above them does.
const NO_NAMES: &[&str] = &[
    "image",
    "images",
    "container",
    "containers",
    "initcontainers",
    "ephemeralcontainers",
    "spec",
    "template",
    "pin",
    "global",
];

/// Keys that say something of the image of their map.
const BLOCK_KEYS: &[&str] = &[
    "image",
    "imageref",
    "reference",
    "repository",
    "newname",
    "name",
    "digest",
    "tag",
    "newtag",
];

/// All images of a file that is not Compose's.
pub(super) fn images(file: &File) -> Vec<Written<'_>> {
    let mut found = Vec::new();
    for document in &file.documents {
        let registry = document
            .pointer("/global/imageRegistry")
            .and_then(Node::text);
        let mut walk = Walk {
            file,
            registry: registry.filter(|registry| !registry.is_empty()),
            found: &mut found,
        };
        walk.node(document, &mut Vec::new(), false);
    }
    found
}

struct Walk<'t, 'f> {
    file: &'t File,
    /// Helm: of all images of the chart.
    registry: Option<&'t str>,
    found: &'f mut Vec<Written<'t>>,
}

impl<'t> Walk<'t, '_> {
    fn node(&mut self, node: &'t Node, path: &mut Vec<&'t str>, item: bool) {
        match &node.kind {
            NodeKind::Scalar(_) => {}
            NodeKind::List(items) => items.iter().for_each(|item| match item.text() {
                Some(text) if listed(path) => self.scalar(item, text),
                _ => self.node(item, path, true),
            }),
            NodeKind::Map(entries) => {
                self.found.extend(self.block(node, path));
                self.flat(node);
                for (key, child) in entries {
                    match child.text() {
                        Some(text) if !item && named_by_key(key, text, path) => {
                            self.scalar(child, text);
                            if let Some(last) = self.found.last_mut() {
                                last.names = vec![key.clone()];
                            }
                        }
                        Some(_) => {}
                        None => {
                            path.push(key);
                            self.node(child, path, false);
                            path.pop();
                        }
                    }
                }
            }
        }
    }

    /// An image that is a text of its own, in a list of images.
    fn scalar(&mut self, node: &'t Node, text: &str) {
        let (repository, tag, digest) = reference(text);
        let name = repository.as_deref().map_or("image", last_part).to_owned();
        self.found.push(Written {
            names: vec![name],
            repository,
            tag,
            digest,
            ..self.empty(node)
        });
    }

    fn empty(&self, node: &Node) -> Written<'t> {
        Written {
            names: Vec::new(),
            text: &self.file.text,
            span: node.span,
            repository: None,
            tag: None,
            digest: None,
            primary: false,
            role: None,
            block: None,
            own_tag: false,
            prefix: String::new(),
            weak: false,
            room: Room::Behind(node.span),
        }
    }

    /// A map whose own keys name an image.
    fn block(&self, map: &'t Node, path: &[&str]) -> Option<Written<'t>> {
        let get = |names: &[&str]| -> Option<(&'t Node, &'t str)> {
            names.iter().find_map(|wanted| {
                let entries = map.entries().iter();
                let mut found = entries.filter(|(key, _)| normal(key) == *wanted);
                found.find_map(|(_, node)| Some((node, node.text()?)))
            })
        };
        let repository = get(&["repository", "newname", "imagename", "imagerepository"])
            .filter(|(_, text)| !text.is_empty() && !text.contains("://"));
        let digest = get(&[
            "digest",
            "imagedigest",
            "imageref",
            "reference",
            "sha",
            "sha256",
        ])
        .filter(|(_, text)| text.contains(':') || text.contains('@'));
        let image = get(&["image"]).filter(|(_, text)| !text.is_empty());
        let tag = get(&["tag", "newtag", "imagetag"]).filter(|(_, text)| !text.is_empty());
        let kustomize = path.last() == Some(&"images")
            && image.is_none()
            && get(&["name"]).is_some()
            && get(&["newname", "newtag", "digest"]).is_some();
        let has = |key: &str| map.get(key).is_some();
        let (at, mut named) = match (digest, image, repository) {
            (Some((node, text)), ..) => (node, reference(text)),
            (None, Some((node, text)), _) if looks_like_image(text) || has("name") => {
                (node, reference(text))
            }
            (None, _, Some((node, text)))
                if has("tag") || has("digest") || kustomize || path.last() == Some(&"image") =>
            {
                (node, reference(text))
            }
            _ if kustomize => (map, (None, None, None)),
            _ => return None,
        };
        // Beside a repository the tag is the image's; beside a version it is the release's.
        let image_tag = kustomize || repository.is_some() && get(&["version"]).is_none();
        if named.0.is_none() {
            let other = image
                .or(repository)
                .or(get(&["name"]).filter(|_| kustomize));
            if let Some((_, text)) = other {
                let (name, tag, own) = reference(text);
                named = (name, named.1.or(tag), named.2.or(own));
            }
        }
        if let Some((_, text)) = tag.filter(|_| image_tag || digest.is_none() && image.is_some()) {
            let (own, with) = text
                .split_once('@')
                .map_or((text, None), |(tag, digest)| (tag, Some(digest.to_owned())));
            named.1 = named
                .1
                .or(Some(own.to_owned()).filter(|tag| !tag.is_empty()));
            named.2 = named.2.or(with);
        }
        if repository.is_some() {
            let registry = self.registry.or(get(&["registry"]).map(|(_, text)| text));
            named.0 = named.0.map(|name| with_registry(registry, &name));
        }
        let empty_digest = map.get("digest").filter(|node| node.text() == Some(""));
        let room = match (empty_digest, tag) {
            (Some(node), _) => Room::Here(node.span),
            (None, tag) if kustomize => Room::Line(tag.map_or(at.span, |(node, _)| node.span)),
            (None, Some((node, _))) if image_tag || image.is_some() => Room::Behind(node.span),
            _ if repository.is_some() => Room::Nowhere,
            _ => Room::Behind(at.span),
        };
        let own_name = get(&["name"])
            .map(|(_, text)| text)
            .filter(|_| repository.is_none() || kustomize);
        let name = own_name
            .or_else(|| {
                path.iter()
                    .rev()
                    .copied()
                    .find(|key| !NO_NAMES.contains(&normal(key).as_str()))
            })
            .map(str::to_owned)
            .or_else(|| named.0.as_deref().map(|name| last_part(name).to_owned()));
        Some(Written {
            names: vec![name.unwrap_or_else(|| "image".to_owned())],
            span: at.span,
            weak: named.0.is_none(),
            repository: named.0,
            tag: named.1,
            digest: named.2,
            primary: get(&["primary"]).is_some_and(|(_, text)| text == "true"),
            role: get(&["role"]).and_then(|(_, text)| Role::read(text)),
            block: Some(map),
            own_tag: image_tag,
            room,
            ..self.empty(at)
        })
    }

    /// Variables with one front: `AGENT_IMAGE`, `agent_digest` and `agent_repo`, `agentImage`.
    fn flat(&mut self, map: &'t Node) {
        let mut groups: Vec<(String, BTreeMap<&'static str, &'t Node>)> = Vec::new();
        for (key, node) in map.entries() {
            let Some(text) = node.text().filter(|text| !text.is_empty()) else {
                continue;
            };
            // Without a front they are a block, and read as one.
            let Some((prefix, what)) = flat_key(key).filter(|(prefix, _)| !prefix.is_empty())
            else {
                continue;
            };
            let counts = match what {
                "image" => looks_like_image(text),
                "digest" => text.contains(':'),
                _ => true,
            };
            if !counts {
                continue;
            }
            match groups.iter_mut().find(|(known, _)| *known == prefix) {
                Some((_, facts)) => drop(facts.entry(what).or_insert(node)),
                None => groups.push((prefix, BTreeMap::from([(what, node)]))),
            }
        }
        for (prefix, facts) in groups {
            let text = |what: &str| facts.get(what).and_then(|node| node.text());
            let Some(at) = facts.get("digest").or(facts.get("image")) else {
                continue;
            };
            let mut named = reference(at.text().unwrap_or_default());
            if let Some(name) = text("image")
                .or(text("repository"))
                .filter(|_| named.0.is_none())
            {
                named.0 = reference(name)
                    .0
                    .map(|name| with_registry(text("registry"), &name));
            }
            if let Some(tag) =
                text("tag").filter(|_| facts.contains_key("repository") || text("digest").is_none())
            {
                named.1 = named.1.or(Some(tag.to_owned()));
            }
            self.found.push(Written {
                names: vec![prefix.clone()],
                weak: named.0.is_none(),
                repository: named.0,
                tag: named.1,
                digest: named.2,
                prefix,
                room: if facts.contains_key("tag") || facts.contains_key("repository") {
                    Room::Nowhere
                } else {
                    Room::Behind(at.span)
                },
                ..self.empty(at)
            });
        }
    }
}

/// What a variable's name says of an image: the front of the name, and the fact.
fn flat_key(key: &str) -> Option<(String, &'static str)> {
    const ENDINGS: &[(&[&str], &str)] = &[
        (&["image", "digest"], "digest"),
        (&["image", "ref"], "image"),
        (&["image", "reference"], "image"),
        (&["image", "repository"], "repository"),
        (&["image", "repo"], "repository"),
        (&["image", "name"], "repository"),
        (&["image", "tag"], "tag"),
        (&["image", "registry"], "registry"),
        (&["image"], "image"),
        (&["digest"], "digest"),
        (&["sha256"], "digest"),
        (&["repository"], "repository"),
        (&["repo"], "repository"),
        (&["registry"], "registry"),
        (&["tag"], "tag"),
    ];
    let words = words(key);
    ENDINGS.iter().find_map(|(ending, what)| {
        let front = words.len().checked_sub(ending.len())?;
        let same = words[front..]
            .iter()
            .zip(*ending)
            .all(|(word, wanted)| word == wanted);
        same.then(|| (words[..front].join("_"), *what))
    })
}

/// Whether an image goes by its key alone: `worker: registry/worker@sha256:…`, and whatever stands below `images`.
fn named_by_key(key: &str, text: &str, path: &[&str]) -> bool {
    const NO_IMAGES: [&str; 5] = ["sbom", "provenance", "attestation", "chart", "bundle"];
    let by_digest = text.contains("@sha");
    let (plain, words) = (normal(key), words(key));
    (listed(path) || by_digest)
        && reference(text).0.is_some()
        && looks_like_image(text)
        && flat_key(key).is_none()
        && !BLOCK_KEYS.iter().any(|known| plain == *known)
        && !words.iter().any(|word| NO_IMAGES.contains(&word.as_str()))
}

/// Whether what lies here is a list of images.
fn listed(path: &[&str]) -> bool {
    path.last().is_some_and(|key| normal(key) == "images")
}

fn last_part(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

fn with_registry(registry: Option<&str>, name: &str) -> String {
    match registry.map(|registry| registry.trim_end_matches('/')) {
        Some(registry) if !registry.is_empty() && !name.starts_with(&format!("{registry}/")) => {
            format!("{registry}/{name}")
        }
        _ => name.to_owned(),
    }
}
