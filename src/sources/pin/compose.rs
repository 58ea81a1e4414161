//! Images in Compose files, as the Compose specification reads them: services, variables with the `.env` beside the file,
//! `extends`, `include`, and files laid over one another. Profiles do not matter: a customer may switch any of them on.

use std::collections::BTreeMap;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::sources::node::{self, Node, NodeKind};
use crate::sources::pin::variables::fill;
use crate::sources::pin::written::{File, Room, Written, reference};

/// `include` and `extends` that lead on beyond this are refused.
const DEEPEST: usize = 16;

/// A file of the repository by its path from the folder of `tidings.toml`.
pub type Beside<'b> = &'b dyn Fn(&str) -> Option<Text>;

/// Whether a file is Compose's.
pub(super) fn is_compose(documents: &[Node]) -> bool {
    documents.iter().any(|document| {
        document.get("apiVersion").is_none()
            && document.get("services").is_some_and(|services| {
                services.entries().iter().any(|(_, service)| {
                    ["image", "build", "extends"]
                        .iter()
                        .any(|key| service.get(key).is_some())
                })
            })
            || document
                .get("include")
                .is_some_and(|include| !include.items().is_empty())
    })
}

/// The files that a Compose file names, and theirs. What cannot be read is a finding at the file that names it.
pub(super) fn named(files: &mut Vec<File>, beside: Beside<'_>, findings: &mut Findings) {
    let mut next = 0;
    while next < files.len() {
        let file = &files[next];
        let mut wanted: Vec<(String, Span, bool)> = Vec::new();
        for document in &file.documents {
            for (paths, span) in included(document) {
                wanted.extend(paths.into_iter().map(|path| (path, span, file.runs)));
            }
            let services = document.get("services").map_or(&[][..], Node::entries);
            wanted.extend(services.iter().filter_map(|(_, service)| {
                let file = service.get("extends")?.get("file")?;
                Some((file.text()?.to_owned(), file.span, false))
            }));
        }
        for (path, span, runs) in wanted {
            let (text, joined) = (files[next].text.clone(), inside(&files[next].path, &path));
            let known = joined
                .as_ref()
                .and_then(|joined| files.iter_mut().find(|file| file.path == *joined));
            if let Some(known) = known {
                known.runs |= runs;
                continue;
            }
            if files.len() >= DEEPEST * 4 {
                findings.push(
                    Finding::new(
                        Code::PinUnreadable,
                        format!("more than {} files lead to one another", DEEPEST * 4),
                    )
                    .at(&text, span)
                    .help("write the images into fewer files"),
                );
                return;
            }
            let read = joined.and_then(|joined| {
                let found = beside(&joined)?;
                let documents = node::yaml_documents(&found).ok()?;
                Some(File {
                    text: found,
                    path: joined,
                    documents,
                    runs,
                })
            });
            match read {
                Some(file) => files.push(file),
                None => findings.push(
                    Finding::new(Code::PinUnreadable, format!("`{}` cannot be read, and customers would run what it names", crate::diag::clipped(&path, 60)))
                        .at(&text, span)
                        .help("it must be a YAML file of this repository; images of files from elsewhere cannot be pinned here"),
                ),
            }
        }
        next += 1;
    }
}

/// The paths that a document's `include` names.
fn included(document: &Node) -> Vec<(Vec<String>, Span)> {
    let items = document.get("include").map_or(&[][..], Node::items);
    items
        .iter()
        .map(|item| {
            let path = item.get("path").unwrap_or(item);
            let paths = match &path.kind {
                NodeKind::List(paths) => paths
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_owned)
                    .collect(),
                _ => path.text().map(str::to_owned).into_iter().collect(),
            };
            (paths, path.span)
        })
        .collect()
}

/// A path that a file names, from the same root as the file's own; `None` where it leads out.
pub(super) fn inside(file: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains("://") || path.contains(':') {
        return None;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Values of variables, as `.env` files have them; the first that names one counts.
#[derive(Default)]
pub(super) struct Values(Vec<BTreeMap<String, String>>);

impl Values {
    /// Of a file, if it can be read.
    pub fn read(&mut self, text: &Text) {
        let Ok(tree) = node::env(text) else { return };
        let values = tree.entries().iter();
        self.0.push(
            values
                .filter_map(|(name, node)| Some((name.clone(), node.text()?.to_owned())))
                .collect(),
        );
    }

    /// Of the `.env` beside each file, where a value is asked for.
    pub fn beside(&mut self, files: &[File], beside: Beside<'_>) {
        for file in files.iter().filter(|file| file.text.body.contains('$')) {
            let text = inside(&file.path, ".env").and_then(|path| beside(&path));
            if let Some(text) = text {
                self.read(&text);
            }
        }
    }

    fn get(&self, name: &str, depth: usize) -> Option<String> {
        let value = self.0.iter().find_map(|file| file.get(name))?;
        if depth > DEEPEST || !value.contains('$') {
            return Some(value.clone());
        }
        fill(value, &|other| self.get(other, depth + 1)).ok()
    }
}

/// All images of the services. `files` are laid over one another in their order; those further back are included.
pub(super) fn images<'t>(
    files: &'t [File],
    values: &Values,
    findings: &mut Findings,
) -> Vec<Written<'t>> {
    let mut services: Vec<(&str, &Node, &File)> = Vec::new();
    for file in files.iter().filter(|file| file.runs) {
        for document in &file.documents {
            for (name, service) in document.get("services").map_or(&[][..], Node::entries) {
                let says = service.get("image").or(service.get("extends")).is_some();
                match services.iter_mut().find(|(known, ..)| known == name) {
                    Some(known) if says => *known = (name, service, file),
                    Some(_) => {}
                    None => services.push((name, service, file)),
                }
            }
        }
    }
    let mut found = Vec::new();
    for (name, service, file) in services {
        let Some((node, of)) = image(service, file, files, DEEPEST) else {
            if let Some(extends) = service
                .get("extends")
                .filter(|_| service.get("build").is_none())
            {
                findings.push(
                    Finding::new(Code::PinField, format!("`{name}` extends a service without an image, so nobody knows what it runs"))
                        .at(&file.text, extends.span)
                        .help("name a service that there is, with an `image` of its own"),
                );
            }
            continue;
        };
        let Some(text) = node.text().filter(|text| !text.is_empty()) else {
            continue;
        };
        let filled = fill(text, &|name| values.get(name, 0));
        let filled = match filled {
            Ok(filled) => filled,
            Err(variable) => {
                findings.push(
                    Finding::new(
                        Code::PinField,
                        format!("`{variable}` has no value, so nobody knows which image `{name}` runs"),
                    )
                    .at(&of.text, node.span)
                    .help(format!("write the image and its digest here, or `{variable}` into the `.env` beside the file")),
                );
                continue;
            }
        };
        let (repository, tag, digest) = reference(&filled);
        found.push(Written {
            names: vec![name.to_owned()],
            text: &of.text,
            span: node.span,
            repository,
            tag,
            digest,
            primary: false,
            role: None,
            block: Some(service),
            own_tag: false,
            prefix: String::new(),
            weak: false,
            room: if filled == text {
                Room::Behind(node.span)
            } else {
                Room::Nowhere
            },
        });
    }
    found
}

/// The image of a service, its own or that of the service which it extends.
fn image<'t>(
    service: &'t Node,
    file: &'t File,
    files: &'t [File],
    left: usize,
) -> Option<(&'t Node, &'t File)> {
    if let Some(node) = service.get("image") {
        return Some((node, file));
    }
    let extends = service.get("extends")?;
    let name = extends.get("service").unwrap_or(extends).text()?;
    let from = match extends.get("file").and_then(Node::text) {
        Some(path) => {
            let path = inside(&file.path, path)?;
            files.iter().find(|file| file.path == path)?
        }
        None => file,
    };
    let base = from
        .documents
        .iter()
        .find_map(|document| document.get("services")?.get(name))?;
    image(base, from, files, left.checked_sub(1)?)
}
