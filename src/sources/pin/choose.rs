//! Which image is the primary one, and what the others are.

use crate::diag::{Code, Finding};
use crate::model::{Digest, DigestFlaw, Image, Role, Signer};
use crate::sources::pin::facts::{At, Lookup, at_place, maps_below};
use crate::sources::pin::release::Reader;
use crate::sources::pin::written::{Room, Written, reference};

const NO_DIGEST: &str = "add `\"digest\": \"registry.example.com/vendor/agent@sha256:…\"`, or name its place in `[pin.fields]`";
const BY_DIGEST: &str = "pin what was pushed: `name@sha256:` and 64 lowercase hexadecimal digits, as the registry answered";

/// Names that are listed.
const LISTED: usize = 8;

impl<'t> Reader<'t, '_> {
    /// The primary image, and the others. What is wrong is said; then there is none.
    pub fn choose(&mut self, mut all: Vec<Written<'t>>) -> (Option<Written<'t>>, Vec<Written<'t>>) {
        // A digest without a name may be of anything, where there are images with names.
        if all.iter().any(|image| !image.weak) {
            all.retain(|image| !image.weak);
        }
        if let Some(place) = self.rules.fields.get("digest") {
            return self.at_field(place, all);
        }
        if all.is_empty() {
            let at = self.top();
            self.say(Code::PinField, "the pin has no digest", at, NO_DIGEST);
            return (None, all);
        }
        let found = self.primary(&all);
        let primary = found.map(|at| all.remove(at));
        (primary, all)
    }

    /// The image that the user named by its place.
    fn at_field(
        &mut self,
        place: &str,
        mut all: Vec<Written<'t>>,
    ) -> (Option<Written<'t>>, Vec<Written<'t>>) {
        let Some((node, text)) = at_place(self.files, place) else {
            let at = self.top();
            let message =
                format!("there is nothing at `{place}`, where `[pin.fields]` has the digest");
            self.say(Code::PinField, message, at, "write the JSON Pointer of the digest, such as `/services/agent/image`, or the variable's name");
            return (None, all);
        };
        let here = |image: &Written<'_>| {
            std::ptr::eq(image.text, text) && image.span.start == node.span.start
        };
        if let Some(at) = all.iter().position(here) {
            let primary = all.remove(at);
            return (Some(primary), all);
        }
        let (repository, tag, digest) = reference(node.text().unwrap_or_default());
        let primary = Written {
            names: vec!["image".to_owned()],
            text,
            span: node.span,
            weak: repository.is_none(),
            repository,
            tag,
            digest,
            primary: true,
            role: None,
            block: None,
            own_tag: false,
            prefix: String::new(),
            room: Room::Nowhere,
        };
        (Some(primary), all)
    }

    /// Whose `/version` answers: the one that is named, else the only one that can be.
    fn primary(&mut self, all: &[Written<'t>]) -> Option<usize> {
        let names = |images: &mut dyn Iterator<Item = &Written<'t>>| {
            let names: Vec<String> = images.map(|image| format!("`{}`", image.name())).collect();
            let more = names.len().saturating_sub(LISTED);
            let shown = names[..names.len().min(LISTED)].join(", ");
            if more > 0 {
                format!("{shown} and {more} more")
            } else {
                shown
            }
        };
        if let Some(wanted) = &self.rules.primary {
            if let Some(at) = all.iter().position(|image| image.has_name(wanted)) {
                return Some(at);
            }
            // A release of before had one image, whatever its name.
            if all.len() > 1 || self.at_tag.is_none() {
                let at = self.top();
                let help = format!(
                    "`[pin] primary` in tidings.toml names one of {}",
                    names(&mut all.iter())
                );
                self.say(
                    Code::PinPrimary,
                    format!("no image is called `{wanted}`"),
                    at,
                    &help,
                );
                return None;
            }
        }
        let mut marked = all.iter().enumerate().filter(|(_, image)| image.primary);
        match (marked.next(), marked.next()) {
            (Some((at, _)), None) => return Some(at),
            (Some((_, one)), Some((_, other))) => {
                let at = At {
                    text: other.text,
                    span: other.span,
                };
                let message = format!(
                    "`{}` and `{}` both say that they are the primary image",
                    one.name(),
                    other.name()
                );
                self.say(
                    Code::PinPrimary,
                    message,
                    at,
                    "keep `primary` at the one whose `/version` answers",
                );
                return None;
            }
            _ => {}
        }
        if all.len() == 1 {
            return Some(0);
        }
        let products = || {
            all.iter()
                .enumerate()
                .filter(|(_, image)| image.is() == Role::Product)
        };
        let pinned: Vec<usize> = products()
            .filter(|(_, image)| Digest::read(image.digest.as_deref().unwrap_or("")).is_ok())
            .map(|(at, _)| at)
            .collect();
        if let [only] = pinned[..] {
            return Some(only);
        }
        let mut candidates: Vec<usize> = products().map(|(at, _)| at).collect();
        if candidates.is_empty() {
            candidates = (0..all.len()).collect();
        }
        if let [only] = candidates[..] {
            return Some(only);
        }
        let of = |at: &usize| &all[*at];
        let first = of(&candidates[0]);
        let listed = names(&mut candidates.iter().map(of));
        let help = format!(
            "write into tidings.toml which one's `/version` answers: `[pin]` with `primary = \"{}\"`; images of others are `[pin.images.NAME]` with `role = \"third-party\"`",
            first.name()
        );
        let at = At {
            text: first.text,
            span: first.span,
        };
        let message = format!(
            "the pin names {} images, and not which is the primary one: {listed}",
            candidates.len()
        );
        self.say(Code::PinPrimary, message, at, &help);
        // What is wrong with each is said all the same.
        for image in all {
            self.digest(image, false);
        }
        None
    }

    /// The digest of an image, and what is wrong with it.
    pub fn digest(&mut self, image: &Written<'t>, primary: bool) -> Option<Digest> {
        let at = At {
            text: image.text,
            span: image.span,
        };
        let written = image.digest.as_deref().unwrap_or("");
        match Digest::read(written) {
            Ok((digest, _)) => {
                if primary && image.official() && !image.weak {
                    let message = format!(
                        "`{}` names no registry: whoever pulls it gets Docker's own image of that name",
                        image.reference()
                    );
                    let finding = Finding::new(Code::PinField, message).at(at.text, at.span);
                    self.findings.push(
                        finding
                            .help("write the registry and the repository before the name")
                            .warn(),
                    );
                }
                Some(digest)
            }
            Err(flaw) => {
                let shown = crate::diag::clipped(&image.reference(), 80);
                let of = if primary {
                    String::new()
                } else {
                    format!("`{}`: ", image.name())
                };
                let (code, message) = match flaw {
                    DigestFlaw::Tag if image.digest.is_none() && image.tag.is_none() => (
                        Code::DigestTag,
                        format!(
                            "{of}`{shown}` has no digest, so it is whatever the registry has that day"
                        ),
                    ),
                    DigestFlaw::Tag => (
                        Code::DigestTag,
                        format!("{of}`{shown}` is a tag, not a digest"),
                    ),
                    DigestFlaw::Length(hex) => (
                        Code::DigestMalformed,
                        format!("{of}the digest has {hex} hexadecimal digits instead of 64"),
                    ),
                    DigestFlaw::UpperCase => (
                        Code::DigestMalformed,
                        format!("{of}the digest has capital letters"),
                    ),
                    DigestFlaw::Algorithm => (
                        Code::DigestMalformed,
                        format!("{of}the digest is not a sha256"),
                    ),
                    DigestFlaw::NotHex => (
                        Code::DigestMalformed,
                        format!("{of}the digest is not hexadecimal"),
                    ),
                };
                let third = !primary && image.is() == Role::ThirdParty;
                let help = if third && code == Code::DigestTag {
                    format!(
                        "{BY_DIGEST}; `third_party = \"warn\"` in `[pin]` lets images of others pass with a warning"
                    )
                } else {
                    BY_DIGEST.to_owned()
                };
                let finding = Finding::new(code, message).at(at.text, at.span).help(help);
                self.findings
                    .push(if third && self.rules.third_party_warns {
                        finding.warn()
                    } else {
                        finding
                    });
                None
            }
        }
    }

    /// The images beside the primary one; those that are not by digest by themselves.
    pub fn others(
        &mut self,
        written: &[Written<'t>],
        signer: Option<&Signer>,
        tag: Option<&str>,
    ) -> (Vec<Image>, Vec<String>) {
        let (mut others, mut by_tag) = (Vec::new(), Vec::new());
        for image in written {
            let Some(digest) = self.digest(image, false) else {
                by_tag.push(image.reference());
                continue;
            };
            let role = image.is();
            let lookup = Lookup {
                maps: image
                    .block
                    .map(|block| maps_below((block, image.text), &Default::default()))
                    .unwrap_or_default(),
                prefix: image.prefix.clone(),
                ..Lookup::default()
            };
            let own = self.signer_in(&lookup, tag);
            others.push(Image {
                name: image.name().to_owned(),
                role,
                image: image.repository.clone(),
                tag: image.tag.clone(),
                digest,
                signer: own.or_else(|| signer.filter(|_| role == Role::Product).cloned()),
                sbom: lookup.fact("sbom").map(|(sbom, _)| sbom.to_owned()),
            });
        }
        (others, by_tag)
    }
}
