//! The facts of a release in its pin.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{Pin, Version};
use crate::sources::node::Node;
use crate::sources::pin::Rules;
use crate::sources::pin::compose::is_compose;
use crate::sources::pin::facts::{At, Lookup, Map, maps_below};
use crate::sources::pin::read::is_env;
use crate::sources::pin::written::{File, Written};

pub(super) struct Reader<'t, 'r> {
    pub text: &'t Text,
    pub files: &'t [File],
    /// The files are Compose's.
    pub compose: bool,
    pub rules: &'r Rules,
    pub at_tag: Option<&'r str>,
    pub findings: Findings,
    /// Where the facts of the release are looked for, once the primary image is known.
    pub lookup: Lookup<'t, 'r>,
}

impl<'t, 'r> Reader<'t, 'r> {
    pub fn new(
        text: &'t Text,
        files: &'t [File],
        compose: bool,
        rules: &'r Rules,
        at_tag: Option<&'r str>,
    ) -> Self {
        Reader {
            text,
            files,
            compose,
            rules,
            at_tag,
            findings: Findings::new(),
            lookup: Lookup::default(),
        }
    }

    pub fn fact(&self, name: &str) -> Option<(&'t str, At<'t>)> {
        self.lookup.fact(name)
    }

    pub fn say(&mut self, code: Code, message: impl Into<String>, at: At<'_>, help: &str) {
        self.findings
            .push(Finding::new(code, message).at(at.text, at.span).help(help));
    }

    /// Where something that is missing would stand.
    pub fn top(&self) -> At<'t> {
        At {
            text: self.text,
            span: self.text.first_line(),
        }
    }

    pub fn pin(&mut self, written: Vec<Written<'t>>) -> Option<Pin> {
        let (primary, others) = self.choose(written);
        self.lookup = self.of_release(primary.as_ref(), &others);
        let primary = primary?;
        let digest = self.digest(&primary, true)?;
        let image = primary
            .repository
            .clone()
            .or_else(|| self.fact("image").map(|(image, _)| image.to_owned()));
        let tag = self.fact("tag").map(|(tag, _)| tag.to_owned());
        let version = self.version(primary.tag.as_deref())?;
        self.compare(&version, tag.as_deref(), self.at_tag);
        let expected = tag.clone().or_else(|| self.at_tag.map(str::to_owned));
        let signer = self.signer(expected.as_deref());
        let (others, by_tag) = self.others(&others, signer.as_ref(), expected.as_deref());
        Some(Pin {
            name: primary.name().to_owned(),
            signer,
            source_revision: self.revision(),
            released: self.released(),
            sbom: self.fact("sbom").map(|(sbom, _)| sbom.to_owned()),
            provenance: self
                .fact("build_provenance")
                .map(|(text, _)| text.to_owned()),
            version,
            tag,
            image,
            image_tag: primary.tag.clone(),
            digest,
            others,
            by_tag,
        })
    }

    /// Where the facts of the release lie: what the user named, then the block of the primary image, then everything that
    /// belongs to no other image.
    fn of_release(&self, primary: Option<&Written<'t>>, others: &[Written<'t>]) -> Lookup<'t, 'r> {
        let mut left_out: HashSet<*const Node> = others
            .iter()
            .filter_map(|image| image.block.map(std::ptr::from_ref))
            .collect();
        let own: Option<Map<'t>> = primary.and_then(|primary| Some((primary.block?, primary.text)));
        let mut maps: Vec<Map<'t>> = Vec::new();
        let roots = || {
            let of = |file: &'t File| file.documents.iter().map(move |root| (root, &file.text));
            self.files.iter().flat_map(of)
        };
        if self.compose {
            // What services say is theirs; only the extensions are the author's own words on the release.
            for (root, text) in roots() {
                maps.push((root, text));
                let extensions = root
                    .entries()
                    .iter()
                    .filter(|(key, _)| key.starts_with("x-"));
                maps.extend(extensions.flat_map(|(_, node)| maps_below((node, text), &left_out)));
            }
            maps.extend(own.iter().flat_map(|own| maps_below(*own, &HashSet::new())));
        } else {
            // The whole file may be the block of the primary image.
            maps.extend(own.iter().flat_map(|own| maps_below(*own, &left_out)));
            left_out.extend(own.map(|(own, _)| std::ptr::from_ref(own)));
            maps.extend(roots().flat_map(|root| maps_below(root, &left_out)));
        }
        let compose = roots().filter(|(root, _)| is_compose(std::slice::from_ref(*root)));
        let owned = primary.filter(|primary| primary.own_tag);
        Lookup {
            fields: Some((&self.rules.fields, self.files)),
            compose: compose.map(|(root, _)| std::ptr::from_ref(root)).collect(),
            maps,
            image_tag: owned
                .and_then(|primary| primary.block)
                .map(std::ptr::from_ref),
            prefix: primary
                .map(|primary| primary.prefix.clone())
                .unwrap_or_default(),
            any_prefix: self.files.iter().any(|file| is_env(&file.text.name)),
            foreign: others
                .iter()
                .map(|image| image.prefix.clone())
                .filter(|prefix| !prefix.is_empty())
                .collect(),
        }
    }

    fn version(&mut self, image_tag: Option<&str>) -> Option<Version> {
        let stated = self.fact("version").or_else(|| self.fact("tag"));
        let read = match stated {
            Some((value, span)) => Version::read(value).ok_or((value.to_owned(), span)),
            None => match image_tag.and_then(Version::read) {
                Some(version) => Ok(version),
                None => {
                    let at = self.top();
                    self.say(
                        Code::PinField,
                        "the pin has no version",
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
            .map_or_else(|| self.top(), |(_, at)| at);
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
