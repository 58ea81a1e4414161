//! A bill of materials and its components, and what all the forms have in common: identity, kinds, digests, licences.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Digest;
use crate::sources::sbom::purl;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// `CycloneDX 1.6`, `SPDX 2.3`
    pub format: String,
    /// Digests of the image that it describes, `sha256:…`, one list for each place that names it: the document, the statement around it.
    /// None where it names none.
    pub subject: Vec<Vec<String>>,
    /// By what identifies them: the package URL without version, else group, name and type.
    pub components: BTreeMap<String, Component>,
    /// Files that it lists. They count as no components.
    pub files: usize,
    /// Operating systems that it lists. They count as no components either.
    pub systems: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// As people know it: `@babel/core`, `zlib1g`.
    pub name: String,
    /// Its ecosystem (`npm`, `deb`) where a package URL says it, else its type (`library`).
    pub ecosystem: String,
    /// An empty one where none is said.
    pub versions: BTreeSet<String>,
    /// SPDX expressions or names; none where none is said.
    pub licences: BTreeSet<String>,
}

/// What a document says of one component.
#[derive(Debug, Default)]
pub struct Entry {
    pub purl: String,
    pub group: String,
    pub name: String,
    pub version: String,
    /// In the words of its form: `library`, `operating-system`, `OPERATING-SYSTEM`, `operatingSystem`.
    pub kind: String,
    pub licences: Vec<String>,
}

impl Entry {
    pub fn is_container(&self) -> bool {
        self.kind.eq_ignore_ascii_case("container")
    }
}

impl Sbom {
    /// How many components there are: the same package in two versions is two, at two places one.
    pub fn count(&self) -> usize {
        self.components
            .values()
            .map(|component| component.versions.len())
            .sum()
    }

    /// Adds a place that names the image which is described.
    pub fn describes(&mut self, digests: Vec<String>) {
        if !digests.is_empty() {
            self.subject.push(digests);
        }
    }

    /// Counts a component, or a file, or an operating system.
    pub fn add(&mut self, entry: Entry) {
        match entry.kind.to_ascii_lowercase().replace('-', "").as_str() {
            "file" => {
                self.files += 1;
                return;
            }
            "operatingsystem" => {
                self.systems += 1;
                return;
            }
            _ => {}
        }
        let known = purl::read(&entry.purl);
        let (identity, name, ecosystem) = match &known {
            Some(purl) => (purl.identity(), purl.shown(), purl.kind.clone()),
            None => {
                let name = match entry.group.trim() {
                    "" => entry.name.clone(),
                    group => format!("{group}/{}", entry.name),
                };
                (format!("{}:{name}", entry.kind), name, entry.kind)
            }
        };
        let version = match (entry.version.trim(), &known) {
            ("", Some(purl)) => purl.version.clone(),
            (said, _) => said.to_owned(),
        };
        let component = self.components.entry(identity).or_default();
        component.name = name;
        component.ecosystem = ecosystem;
        component.versions.insert(version);
        let said = |licence: &String| {
            let licence = licence.trim();
            !matches!(licence, "" | "NOASSERTION" | "NONE")
        };
        let licences = entry.licences.into_iter().filter(said);
        component
            .licences
            .extend(licences.map(|licence| licence.trim().to_owned()));
    }
}

/// The digests of an image among what is said of a document's subject. Its hashes count for a container only: an application's are those of
/// its own file.
pub fn image_digests(entry: &Entry, hashes: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let known = purl::read(&entry.purl);
    let is_image = entry.is_container()
        || known
            .as_ref()
            .is_some_and(|purl| matches!(purl.kind.as_str(), "oci" | "docker"));
    let mut all: Vec<String> = hashes
        .filter(|(algorithm, _)| {
            is_image
                && algorithm
                    .replace(['-', '_'], "")
                    .eq_ignore_ascii_case("sha256")
        })
        .map(|(_, value)| format!("sha256:{}", value.trim().to_ascii_lowercase()))
        .collect();
    all.push(entry.version.clone());
    all.extend(known.map(|purl| purl.version));
    valid(all)
}

/// Those that are digests, each once.
pub fn valid(said: Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for said in said {
        if let Some(at) = said.find("sha256:")
            && let Some(digest) = said.get(at..at + 71)
            && Digest::read(digest).is_ok()
            && !found.iter().any(|known| known == digest)
        {
            found.push(digest.to_owned());
        }
    }
    found
}

/// A version of a form as a page may show it: `1.6`, `SPDX-2.3` without its name.
pub fn form_version(said: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    match said.trim() {
        said if !said.is_empty() && said.len() <= 16 && said.chars().all(plain) => {
            format!(" {said}")
        }
        _ => String::new(),
    }
}
