//! Which form a file has, and what stands around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diag::{Code, Finding, Text, clipped};
use crate::sources::sbom::json::{Head, Unreadable};
use crate::sources::sbom::{Sbom, cyclonedx_xml, json, spdx_tags};

/// Whether a file's name says that it is a bill of materials: then it is one that can be read, or there is a finding.
pub fn is_named_like_one(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // A signature or checksum of one is none.
    let beside = [
        "sig", "asc", "pem", "cert", "crt", "sha256", "sha512", "sigstore",
    ];
    !words.iter().rev().take(2).any(|word| beside.contains(word))
        && words.iter().any(|word| {
            matches!(*word, "bom" | "cdx" | "cyclonedx" | "syft")
                || word.contains("sbom")
                || word.starts_with("spdx")
        })
}

/// `None` where the text is no bill of materials, and does not look like one.
///
/// # Errors
/// It is one, or looks like one, and cannot be read: a finding.
pub fn read(text: &Text) -> Result<Option<Sbom>, Finding> {
    let name: &str = &text.name;
    match form(text.body.trim_start_matches('\u{feff}').trim_start()) {
        Ok(Some(sbom)) => Ok(Some(sbom)),
        Ok(None) if is_named_like_one(name) || claims_to_be_one(&text.body) => Err(Finding::new(
            Code::SbomUnknown,
            format!("`{name}` looks like a bill of materials and has no form that tidings knows: it was not read"),
        )
        .help("write CycloneDX (JSON, XML), SPDX 2 (JSON, tag-value), SPDX 3 (JSON-LD) or syft's JSON; else give the file another name")),
        Ok(None) => Ok(None),
        Err(Unreadable(why)) => Err(Finding::new(
            Code::SbomUnreadable,
            format!("`{name}` is a bill of materials that cannot be read: {}", clipped(&why, 200)),
        )
        .help("build the file again, and look whether it was written to its end")),
    }
}

fn form(body: &str) -> Result<Option<Sbom>, Unreadable> {
    match body.chars().next() {
        Some('{') => wrapped(body, Wrapping::MayBe),
        Some('<') => cyclonedx_xml::read(body),
        _ => spdx_tags::read(body),
    }
}

/// What may still stand around a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    MayBe,
    Inside,
}

fn wrapped(body: &str, wrapping: Wrapping) -> Result<Option<Sbom>, Unreadable> {
    let head: Head = match json::read(body) {
        Ok(head) => head,
        Err(why) if claims_to_be_one(body) => return Err(why),
        Err(_) => return Ok(None),
    };
    if wrapping == Wrapping::MayBe
        && let Some(payload) = head.envelope()
    {
        let bytes = STANDARD
            .decode(payload)
            .map_err(|_| Unreadable("the `payload` of its envelope is not Base64".into()))?;
        let inner = String::from_utf8(bytes)
            .map_err(|_| Unreadable("the `payload` of its envelope is not UTF-8".into()))?;
        return wrapped(&inner, Wrapping::Inside);
    }
    if head.is_statement() {
        return json::statement(body, &head);
    }
    json::document(body, &head)
}

/// Of a text that is no JSON: broken off, with a comma too many.
fn claims_to_be_one(body: &str) -> bool {
    let end = body
        .char_indices()
        .nth(4096)
        .map_or(body.len(), |(at, _)| at);
    let start = &body[..end];
    [
        "\"bomFormat\"",
        "\"spdxVersion\"",
        "spdx.org/rdf/3",
        "cyclonedx.org/bom",
        "spdx.dev/Document",
    ]
    .iter()
    .any(|sign| start.contains(sign))
}
