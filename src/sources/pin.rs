//! The pin file, whatever its format: one JSON document by default, or TOML, YAML (Compose, Helm, Kustomize) or `.env`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{Digest, DigestFlaw, IdentityFlaw, Pin, Signer, Version, identity_flaws};
use crate::sources::node;
use crate::sources::node::{Node, Unreadable};

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
        names: &["tag", "gittag", "newtag"],
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
        name: "build_provenance",
        names: &["buildprovenance", "provenance", "provenanceurl"],
    },
];

/// The names of all facts, for `[pin.fields]`.
pub fn fact_names() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|fact| fact.name)
}

/// Where facts lie, by fact: a JSON Pointer, or a variable's name in `.env`.
pub type Fields = BTreeMap<String, String>;

/// Reads a pin. `tag` is the tag of the bootstrap repository that it was read at, where there is one.
pub fn read(text: &Text, fields: &Fields, tag: Option<&str>) -> (Option<Pin>, Findings) {
    let tree = match tree(text) {
        Ok(tree) => tree,
        Err(Unreadable { message, span }) => {
            let help =
                "check it with a parser of its format; the ending of the name says which that is";
            return (
                None,
                vec![
                    Finding::new(
                        Code::PinUnreadable,
                        format!("`{}` cannot be read: {message}", text.name),
                    )
                    .at(text, span)
                    .help(help),
                ],
            );
        }
    };
    let mut reader = Reader {
        text,
        tree: &tree,
        fields,
        findings: Findings::new(),
    };
    let pin = reader.pin(tag);
    (pin, reader.findings)
}

fn tree(text: &Text) -> Result<Node, Unreadable> {
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
    let name = text
        .name
        .rsplit(['/', ':'])
        .next()
        .unwrap_or(&text.name)
        .to_ascii_lowercase();
    match name.rsplit('.').next() {
        Some("toml") => node::toml(text),
        Some("env") => node::env(text),
        _ if name.starts_with(".env") => node::env(text),
        _ => node::yaml(text),
    }
}

struct Reader<'t> {
    text: &'t Text,
    tree: &'t Node,
    fields: &'t Fields,
    findings: Findings,
}

impl<'t> Reader<'t> {
    fn fact(&self, name: &str) -> Option<(&'t str, Span)> {
        if let Some(place) = self.fields.get(name) {
            let node = if place.starts_with('/') {
                self.tree.pointer(place)
            } else {
                self.tree.get(place)
            };
            return node.and_then(|node| Some((node.text()?, node.span)));
        }
        let fact = FACTS.iter().find(|fact| fact.name == name)?;
        let maps = self.tree.maps();
        let usable =
            |value: &str| name != "digest" || value.contains("sha256:") || value.contains(':');
        let exact = |key: &str, wanted: &str| normal(key) == wanted;
        let ending = |key: &str, wanted: &str| key.contains('_') && normal(key).ends_with(wanted);
        let find = |matches: &dyn Fn(&str, &str) -> bool| {
            fact.names.iter().find_map(|wanted| {
                maps.iter()
                    .flat_map(|map| map.entries())
                    .find(|(key, node)| matches(key, wanted) && node.text().is_some_and(usable))
                    .and_then(|(_, node)| Some((node.text()?, node.span)))
            })
        };
        let env = self.text.name.contains(".env");
        find(&exact).or_else(|| if env { find(&ending) } else { None })
    }

    fn say(&mut self, code: Code, message: String, span: Span, help: &str) {
        self.findings
            .push(Finding::new(code, message).at(self.text, span).help(help));
    }

    fn pin(&mut self, at_tag: Option<&str>) -> Option<Pin> {
        let (digest, named, image_tag) = self.digest()?;
        let tag = self.fact("tag").map(|(tag, _)| tag.to_owned());
        let version = self.version(image_tag.as_deref())?;
        self.compare(&version, tag.as_deref(), at_tag);
        let expected = tag.clone().or_else(|| at_tag.map(str::to_owned));
        let image = named.or_else(|| self.fact("image").map(|(image, _)| image.to_owned()));
        Some(Pin {
            signer: self.signer(expected.as_deref()),
            source_revision: self.revision(),
            released: self.released(),
            sbom: self.fact("sbom").map(|(sbom, _)| sbom.to_owned()),
            provenance: self
                .fact("build_provenance")
                .map(|(text, _)| text.to_owned()),
            version,
            tag,
            image,
            digest,
        })
    }

    /// The digest, the image's name, and the tag between the two (`name:tag@sha256:…`).
    fn digest(&mut self) -> Option<(Digest, Option<String>, Option<String>)> {
        let Some((value, span)) = self.fact("digest") else {
            let at = self.text.first_line();
            self.say(
                Code::PinField,
                "the pin has no digest".into(),
                at,
                "add `\"digest\": \"registry.example.com/vendor/agent@sha256:…\"`, or name its place in `[pin.fields]`",
            );
            return None;
        };
        match Digest::read(value) {
            Ok((digest, image)) => {
                let name = value.rsplit_once('@').map_or("", |(name, _)| name);
                let tag = name
                    .rsplit_once(':')
                    .map(|(_, tag)| tag.to_owned())
                    .filter(|tag| !tag.contains('/'));
                Some((digest, image, tag))
            }
            Err(flaw) => {
                let shown = crate::diag::clipped(value, 60);
                let (code, message) = match flaw {
                    DigestFlaw::Tag => {
                        (Code::DigestTag, format!("`{shown}` is a tag, not a digest"))
                    }
                    DigestFlaw::Length(hex) => (
                        Code::DigestMalformed,
                        format!("the digest has {hex} hexadecimal digits instead of 64"),
                    ),
                    DigestFlaw::UpperCase => (
                        Code::DigestMalformed,
                        "the digest has capital letters".into(),
                    ),
                    DigestFlaw::Algorithm => {
                        (Code::DigestMalformed, "the digest is not a sha256".into())
                    }
                    DigestFlaw::NotHex => (
                        Code::DigestMalformed,
                        "the digest is not hexadecimal".into(),
                    ),
                };
                self.say(
                    code,
                    message,
                    span,
                    "pin what was pushed: `name@sha256:` and 64 lowercase hexadecimal digits, as the registry answered",
                );
                None
            }
        }
    }

    fn version(&mut self, image_tag: Option<&str>) -> Option<Version> {
        let stated = self.fact("version").or_else(|| self.fact("tag"));
        let read = match stated {
            Some((value, span)) => Version::read(value).ok_or((value.to_owned(), span)),
            None => match image_tag.and_then(Version::read) {
                Some(version) => Ok(version),
                None => {
                    let at = self.text.first_line();
                    self.say(
                        Code::PinField,
                        "the pin has no version".into(),
                        at,
                        "add `\"version\": \"1.4.2\"`, or name its place in `[pin.fields]`",
                    );
                    return None;
                }
            },
        };
        match read {
            Ok(version) => Some(version),
            Err((value, span)) => {
                self.say(
                    Code::PinField,
                    format!("`{}` is no version", crate::diag::clipped(&value, 40)),
                    span,
                    "write a version such as `1.4.2`",
                );
                None
            }
        }
    }

    /// The pin's version against its own tag and the tag it was read at.
    fn compare(&mut self, version: &Version, tag: Option<&str>, at_tag: Option<&str>) {
        let span = self
            .fact("version")
            .or_else(|| self.fact("tag"))
            .map(|(_, span)| span)
            .unwrap_or_default();
        for (which, tag) in [("its own tag", tag), ("the tag it stands at", at_tag)] {
            let Some(tag) = tag else { continue };
            let said = Version::read(tag.trim_start_matches(|c: char| !c.is_ascii_digit()));
            if said.as_ref().is_some_and(|said| said != version) {
                self.say(
                    Code::PinVersion,
                    format!("the pin says `{version}`, and {which} is `{tag}`"),
                    span,
                    "make both name the same release",
                );
                return;
            }
        }
    }

    fn signer(&mut self, tag: Option<&str>) -> Option<Signer> {
        let issuer = self
            .fact("certificate_oidc_issuer")
            .map(|(issuer, _)| issuer.to_owned());
        if let Some((identity, _)) = self.fact("certificate_identity") {
            return Some(Signer::Identity {
                identity: identity.to_owned(),
                issuer,
            });
        }
        if let Some((expression, span)) = self.fact("certificate_identity_regexp") {
            self.expression(expression, span, tag);
            return Some(Signer::Expression {
                expression: expression.to_owned(),
                issuer,
            });
        }
        if let Some((key, _)) = self.fact("public_key") {
            return Some(Signer::Key(key.to_owned()));
        }
        let at = self.text.first_line();
        self.say(
            Code::IdentityMissing,
            "the pin does not say who signed the image".into(),
            at,
            "add `certificate_identity` and `certificate_oidc_issuer`, or `public_key`",
        );
        None
    }

    fn expression(&mut self, expression: &str, span: Span, tag: Option<&str>) {
        let exact = tag.map_or("certificate_identity".to_owned(), |tag| {
            format!("`certificate_identity` with the exact identity, ending in `@refs/tags/{tag}`")
        });
        let mut unescaped = 0;
        for flaw in identity_flaws(expression, tag) {
            let (code, message) = match flaw {
                IdentityFlaw::Unanchored { start: false, end: false } => (
                    Code::IdentityUnanchored,
                    "the identity expression has no `^` and no `$`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unanchored { start: false, .. } => (
                    Code::IdentityUnanchored,
                    "the identity expression does not start with `^`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unanchored { .. } => (
                    Code::IdentityUnanchored,
                    "the identity expression does not end with `$`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unescaped(_) => {
                    unescaped += 1;
                    continue;
                }
                IdentityFlaw::Wide(at) => {
                    let what: String = expression[at..].chars().take(2).collect();
                    (Code::IdentityWide, format!("`{what}` in the identity expression accepts more than this release's identity"))
                }
                IdentityFlaw::OtherTag => {
                    (Code::IdentityWide, format!("the identity expression does not end in `@refs/tags/{}`", tag.unwrap_or_default()))
                }
            };
            self.say(code, message, span, &format!("better write {exact}"));
        }
        if unescaped > 0 {
            let dots = crate::diag::count(unescaped, "dot");
            self.say(
                Code::IdentityUnescaped,
                format!("{dots} in the identity expression not escaped"),
                span,
                &format!("write `\\\\.` for each, or better {exact}"),
            );
        }
    }

    fn revision(&mut self) -> Option<String> {
        let (value, span) = self.fact("source_revision")?;
        let hex = value
            .bytes()
            .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        if !hex || !matches!(value.len(), 40 | 64) {
            self.say(
                Code::PinField,
                format!("`{}` is no commit", crate::diag::clipped(value, 50)),
                span,
                "write all 40 hexadecimal digits of the source commit",
            );
            return None;
        }
        Some(value.to_owned())
    }

    fn released(&mut self) -> Option<DateTime<Utc>> {
        let (value, span) = self.fact("released_utc")?;
        match DateTime::parse_from_rfc3339(value) {
            Ok(time) => Some(time.with_timezone(&Utc)),
            Err(_) => {
                self.say(
                    Code::PinField,
                    format!("`{}` is no time", crate::diag::clipped(value, 40)),
                    span,
                    "write it as RFC 3339 does: `2026-06-02T14:32:00Z`",
                );
                None
            }
        }
    }
}

/// A key without its separators, in lower case.
fn normal(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
