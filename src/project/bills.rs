//! The bills of materials among the files of a release: what they say, whether of its images, and those of the release before.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::diag::{Code, Finding, Text};
use crate::model::{Pin, Release};
use crate::ports::Forge;
use crate::ports::forge::{Attached, Page};
use crate::project::operator::{Outward, Patience, tag};
use crate::project::session::{Session, Stop};
use crate::publish::{Before, Platforms, of_another_image, sbom_section};
use crate::sources::sbom::{self, Sbom};

/// A bill of materials larger than this is attached, and not read.
const READABLE: u64 = 64 << 20;

/// Characters of a page for what changed: forges take 125,000 for all of it, and the note comes first.
const ROOM: usize = 30_000;

/// Other files that end so may be one too.
const ENDINGS: [&str; 4] = [".json", ".jsonld", ".jsonl", ".xml"];

/// Those that were read, by the names of their files.
#[derive(Default)]
pub struct Bills {
    read: BTreeMap<String, Sbom>,
    /// Once asked.
    platforms: OnceCell<Platforms>,
}

/// Whether a file is worth reading.
fn may_be_one(name: &str) -> bool {
    sbom::is_named_like_one(name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

impl Bills {
    /// Reads a file of the release; a finding where it cannot be read or describes another image.
    ///
    /// # Errors
    /// The file is gone.
    pub fn take(
        &mut self,
        session: &Session<'_>,
        release: &Release,
        path: &std::path::Path,
        name: &str,
        size: u64,
    ) -> Result<Option<Finding>, Stop> {
        if !may_be_one(name) {
            return Ok(None);
        }
        if size > READABLE {
            let large = Finding::new(
                Code::SbomUnknown,
                format!(
                    "`{name}` is larger than {} MiB: it was not read",
                    READABLE >> 20
                ),
            )
            .help("nothing is wrong with the file; the page says nothing of its components");
            return Ok(sbom::is_named_like_one(name).then_some(large));
        }
        let Some(bytes) = session.world.read(path)? else {
            return Ok(None);
        };
        let body = match String::from_utf8(bytes) {
            Ok(body) => body,
            Err(_) if !sbom::is_named_like_one(name) => return Ok(None),
            Err(_) => {
                let foreign = Finding::new(
                    Code::SbomUnknown,
                    format!("`{name}` is named like a bill of materials and is no UTF-8: it was not read"),
                )
                .help("write it as UTF-8, uncompressed: few programs read it otherwise");
                return Ok(Some(foreign));
            }
        };
        let sbom = match sbom::read(&Text::new(name, body)) {
            Ok(Some(sbom)) => sbom,
            Ok(None) => return Ok(None),
            Err(finding) => return Ok(Some(finding)),
        };
        let other = release.pin.as_ref().and_then(|pin| {
            let images = pin.images();
            let pinned: Vec<String> = images
                .iter()
                .map(|image| image.digest.to_string())
                .collect();
            let asked = &self.platforms;
            let platforms = || asked.get_or_init(|| platforms(session, pin));
            of_another_image(name, &sbom, &pinned, platforms)
        });
        self.read.insert(name.to_owned(), sbom);
        Ok(other)
    }

    /// What the page says of each.
    ///
    /// # Errors
    /// The forge does not answer.
    pub fn sections(
        &self,
        outward: &Outward<'_>,
        session: &Session<'_>,
        forge: &dyn Forge,
        release: &Release,
    ) -> Result<String, Stop> {
        let previous = outward.loaded.bootstrap.history.previous(&release.version);
        let page = match previous.filter(|_| !self.read.is_empty()) {
            Some(previous) => {
                let tag = tag(outward.loaded, previous);
                Patience::new(session).read(|| forge.find(&tag))?
            }
            None => None,
        };
        let mut text = String::new();
        for (name, sbom) in &self.read {
            let before = match (previous, &page) {
                (Some(previous), Some(page)) => self
                    .earlier(name, release, previous, page)
                    .map(|attached| fetched(session, forge, page, attached))
                    .transpose()?
                    .map(|sbom| (previous.version.as_str(), sbom)),
                _ => None,
            };
            let before = before.as_ref().map(|(version, sbom)| Before {
                version,
                sbom: sbom.as_ref(),
            });
            let room = ROOM.saturating_sub(text.chars().count());
            text.push_str(&sbom_section(name, sbom, before.as_ref(), room));
        }
        Ok(text)
    }

    /// The file of the same name, but for the version in it, beside the release before; else the only one there, where this is the only one here.
    fn earlier<'p>(
        &self,
        name: &str,
        release: &Release,
        previous: &Release,
        page: &'p Page,
    ) -> Option<&'p Attached> {
        let wanted = name.replace(release.version.as_str(), "");
        let version = previous.version.as_str();
        let same = page
            .assets
            .iter()
            .find(|attached| attached.name.replace(version, "") == wanted);
        same.or_else(|| {
            let mut like = page
                .assets
                .iter()
                .filter(|attached| sbom::is_named_like_one(&attached.name));
            let only = like.next()?;
            (self.read.len() == 1 && like.next().is_none()).then_some(only)
        })
    }
}

fn fetched(
    session: &Session<'_>,
    forge: &dyn Forge,
    page: &Page,
    attached: &Attached,
) -> Result<Option<Sbom>, Stop> {
    if attached.size > READABLE {
        return Ok(None);
    }
    let bytes = Patience::new(session).read(|| forge.fetch(page, attached))?;
    let text = Text::new(attached.name.as_str(), String::from_utf8_lossy(&bytes));
    Ok(sbom::read(&text).ok().flatten())
}

/// The digests below those of the pin, as the registries have them.
fn platforms(session: &Session<'_>, pin: &Pin) -> Platforms {
    let asked: Vec<(String, String)> = pin
        .images()
        .into_iter()
        .filter_map(|image| Some((image.image?, image.digest.to_string())))
        .collect();
    let mut found = Platforms::default();
    if asked.is_empty() {
        found.unread = Some("the pin names no image, so no registry can be asked".to_owned());
    }
    for ((image, digest), answer) in asked.iter().zip(session.world.manifests(&asked)) {
        match answer {
            Ok(Some(manifest)) if manifest.digest == *digest => {
                let children = manifest.children.into_iter();
                let platforms = children.filter(|child| !child.attestation);
                found.digests.extend(platforms.map(|child| child.digest));
            }
            Ok(_) => {
                found.unread = Some(format!("the registry does not have {digest} of `{image}`"));
            }
            Err(failure) => found.unread = Some(failure.what),
        }
    }
    found
}
