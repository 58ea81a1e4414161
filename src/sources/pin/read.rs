//! The pin file, whatever its format, and every image that it names: JSON by default, or YAML (Compose, Helm values, Kubernetes
//! manifests, Kustomize, Ansible variables), TOML, Terraform variables or `.env`.

use std::collections::BTreeMap;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{Pin, Role};
use crate::sources::node::{self, Node, Unreadable};
use crate::sources::pin::compose::{Beside, Values};
use crate::sources::pin::release::Reader;
use crate::sources::pin::written::{File, Room, Written, joined};
use crate::sources::pin::{blocks, compose};

/// Where facts lie, by fact: a JSON Pointer, or a variable's name in `.env`.
pub type Fields = BTreeMap<String, String>;

/// How the pin is written, as `[pin]` in tidings.toml says.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Its path from the folder of tidings.toml.
    pub file: String,
    /// Files that are laid over it: Compose files, and `.env` files with the values of variables.
    pub over: Vec<String>,
    /// Files that are no part of it, and change with it.
    pub also: Vec<String>,
    pub fields: Fields,
    /// The image whose `/version` answers.
    pub primary: Option<String>,
    pub roles: BTreeMap<String, Role>,
    /// An image of somebody else that is not by digest is a warning.
    pub third_party_warns: bool,
}

/// Nothing lies beside the file.
pub fn alone(_: &str) -> Option<Text> {
    None
}

/// Reads a pin. `tag` is the tag of the bootstrap repository that it was read at, where there is one; `beside` gives other files
/// of that moment by their paths from the folder of tidings.toml.
pub fn read(
    text: &Text,
    rules: &Rules,
    tag: Option<&str>,
    beside: Beside<'_>,
) -> (Option<Pin>, Findings) {
    let mut findings = Findings::new();
    let Some(files) = files(text, rules, tag, beside, &mut findings) else {
        return (None, findings);
    };
    let written = files.images(rules, &mut findings);
    let mut reader = Reader::new(text, &files.all, files.compose, rules, tag);
    let pin = reader.pin(written);
    findings.extend(reader.findings);
    (pin, findings)
}

/// An image that the pin names, by digest or not.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    pub role: Role,
    /// Registry and repository.
    pub repository: Option<String>,
    pub tag: Option<String>,
    /// As written, right or wrong.
    pub digest: Option<String>,
    /// `repository:tag@digest`, of what there is.
    pub reference: String,
    /// The file that names it, its path from the folder of tidings.toml, and where.
    pub text: Text,
    pub path: String,
    pub span: Span,
    pub room: Room,
}

/// Every image that the files of a pin name, in their order.
pub fn list(text: &Text, rules: &Rules, beside: Beside<'_>) -> (Vec<Listed>, Findings) {
    let mut findings = Findings::new();
    let Some(files) = files(text, rules, None, beside, &mut findings) else {
        return (Vec::new(), findings);
    };
    let path_of = |text: &Text| {
        let file = files.all.iter().find(|file| std::ptr::eq(&file.text, text));
        file.map_or_else(|| rules.file.clone(), |file| file.path.clone())
    };
    let written = files.images(rules, &mut findings).into_iter();
    let listed = written
        .map(|image| Listed {
            name: image.name().to_owned(),
            role: image.is(),
            reference: image.reference(),
            text: image.text.clone(),
            path: path_of(image.text),
            span: image.span,
            room: image.room,
            repository: image.repository,
            tag: image.tag,
            digest: image.digest,
        })
        .collect();
    (listed, findings)
}

/// The files of a pin, read.
struct Files {
    all: Vec<File>,
    compose: bool,
    values: Values,
}

impl Files {
    /// Every image that they name, with the role that the user gave it.
    fn images(&self, rules: &Rules, findings: &mut Findings) -> Vec<Written<'_>> {
        let written = if self.compose {
            compose::images(&self.all, &self.values, findings)
        } else {
            self.all.iter().flat_map(blocks::images).collect()
        };
        let mut written = joined(written);
        for image in &mut written {
            let mut names = image.names.iter();
            let configured = names.find_map(|name| rules.roles.get(name)).copied();
            image.role = configured.or(image.role);
        }
        written
    }
}

fn files(
    text: &Text,
    rules: &Rules,
    tag: Option<&str>,
    beside: Beside<'_>,
    findings: &mut Findings,
) -> Option<Files> {
    let documents = match tree(text) {
        Ok(documents) => documents,
        Err(unreadable) => {
            findings.push(not_read(text, unreadable));
            return None;
        }
    };
    let mut all = vec![File {
        text: text.clone(),
        path: rules.file.clone(),
        documents,
        runs: true,
    }];
    let mut values = Values::default();
    for path in &rules.over {
        match beside(path) {
            Some(text) => match tree(&text) {
                Ok(documents) => {
                    if is_env(&text.name) {
                        values.read(&text);
                    }
                    all.push(File {
                        text,
                        path: path.clone(),
                        documents,
                        runs: true,
                    });
                }
                Err(unreadable) => findings.push(not_read(&text, unreadable)),
            },
            // An older release may not have had it yet.
            None if tag.is_some() => {}
            None => findings.push(
                Finding::new(Code::PinMissing, format!("there is no `{path}`"))
                    .at(text, text.first_line())
                    .help("write it, or take it out of `[pin] files`"),
            ),
        }
    }
    let compose = compose::is_compose(&all[0].documents);
    if compose {
        compose::named(&mut all, beside, findings);
        values.beside(&all, beside);
    }
    Some(Files {
        all,
        compose,
        values,
    })
}

fn not_read(text: &Text, Unreadable { message, span }: Unreadable) -> Finding {
    Finding::new(
        Code::PinUnreadable,
        format!("`{}` cannot be read: {message}", text.name),
    )
    .at(text, span)
    .help("a pin is JSON, YAML, TOML, `.tfvars` or `.env`; the ending of its name says which: check it with a parser of that")
}

/// The last part of a name, in lower case.
fn file_name(name: &str) -> String {
    name.rsplit(['/', ':'])
        .next()
        .unwrap_or(name)
        .to_ascii_lowercase()
}

pub(super) fn is_env(name: &str) -> bool {
    let name = file_name(name);
    name.starts_with(".env") || name.ends_with(".env")
}

/// The documents of a file, by the ending of its name.
fn tree(text: &Text) -> Result<Vec<Node>, Unreadable> {
    let conflict = if text.body.starts_with("<<<<<<< ") {
        Some(0)
    } else {
        text.body.find("\n<<<<<<< ").map(|at| at + 1)
    };
    if let Some(at) = conflict {
        return Err(Unreadable {
            message: "a merge conflict is still in it".into(),
            span: Span::new(at, at + 7),
        });
    }
    let name = file_name(&text.name);
    if is_env(&name) {
        return node::env(text).map(|tree| vec![tree]);
    }
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "toml" => node::toml(text).map(|tree| vec![tree]),
        "tfvars" => match node::toml(text) {
            Ok(tree) => Ok(vec![tree]),
            Err(error) => Err(Unreadable {
                message: format!(
                    "of Terraform's variables only `name = \"value\"` is read: {}",
                    error.message
                ),
                ..error
            }),
        },
        ending @ ("nix" | "hcl" | "tf" | "xml" | "ini" | "properties" | "cue" | "jsonnet"
        | "libsonnet" | "bicep" | "cfg" | "conf" | "md" | "sh" | "lua" | "py" | "ts"
        | "js" | "gradle" | "kts" | "bzl") => Err(Unreadable {
            message: format!("`.{ending}` is no form of a pin that is read"),
            span: text.first_line(),
        }),
        _ => node::yaml_documents(text),
    }
}
