//! The pin file, whatever its format, and every image that it names: JSON by default, or YAML (Compose, Helm values, Kubernetes
//! manifests, Kustomize, Ansible variables), TOML, Terraform variables or `.env`.

use std::collections::BTreeMap;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{Pin, Role};
use crate::sources::node::{self, Node, Unreadable};
use crate::sources::pin::compose::{Beside, Values};
use crate::sources::pin::release::Reader;
use crate::sources::pin::written::{File, joined};
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
    let documents = match tree(text) {
        Ok(documents) => documents,
        Err(unreadable) => return (None, vec![not_read(text, unreadable)]),
    };
    let mut findings = Findings::new();
    let mut files = vec![File {
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
                    files.push(File {
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
    let compose = compose::is_compose(&files[0].documents);
    let written = if compose {
        compose::named(&mut files, beside, &mut findings);
        values.beside(&files, beside);
        compose::images(&files, &values, &mut findings)
    } else {
        files.iter().flat_map(blocks::images).collect()
    };
    let mut reader = Reader::new(text, &files, compose, rules, tag);
    let pin = reader.pin(joined(written));
    findings.extend(reader.findings);
    (pin, findings)
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
