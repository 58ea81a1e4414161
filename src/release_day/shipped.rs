//! What was released stays where it is: the tags that changelog, ledger and registry know, and the digests that were published.

use chrono::NaiveDate;

use crate::diag::{count, shell_word};
use crate::documents::Row;
use crate::model::{Pin, Version};
use crate::ports::Receipt;
use crate::ports::registry::{Child, Manifest};
use crate::release_day::Acceptance;

/// How many faults are shown.
const SHOWN: usize = 5;

/// A release, as everything that knows of it has it.
pub struct Shipped<'s> {
    pub version: &'s Version,
    pub tag: &'s str,
    /// Its day in the changelog.
    pub entry: Option<NaiveDate>,
    /// The commits that the tag leads to.
    pub here: Option<&'s str>,
    pub at_origin: Option<&'s str>,
    /// The pin at the tag.
    pub pin: Option<&'s Pin>,
    /// The tag holds the pin of another version.
    pub other_pin: bool,
    /// The first receipt that it was cut or published.
    pub receipt: Option<&'s Receipt>,
    /// What the registry answered: to the tag of the image where there is no tag here, else to the pin's digest. `None` where it was not asked.
    pub registry: Option<Result<Option<Manifest>, String>>,
}

/// A released tag that is gone, or that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFault {
    pub tag: String,
    pub what: String,
    pub help: String,
}

/// Every fault of the tags, and of how many releases the tag was expected.
pub fn tag_faults(all: &[Shipped<'_>], being_made: Option<&Version>) -> (Vec<TagFault>, usize) {
    let mut expected = 0;
    let mut faults = Vec::new();
    let mut sorted: Vec<&Shipped<'_>> = all.iter().collect();
    sorted.sort_by(|a, b| a.version.cmp(b.version));
    let oldest = sorted.iter().position(|shipped| shipped.here.is_some());
    let newest = sorted.iter().rposition(|shipped| shipped.here.is_some());
    for (index, shipped) in sorted.iter().enumerate() {
        let between = oldest.is_some_and(|oldest| oldest < index)
            && (newest.is_some_and(|newest| index < newest)
                || being_made.is_some_and(|made| shipped.version < made));
        let fault = if shipped.here.is_none() {
            match known_by(shipped, between) {
                None => continue,
                // The one at hand is cut and not tagged yet.
                Some(_) if being_made == Some(shipped.version) && shipped.receipt.is_none() => {
                    continue;
                }
                Some(witness) => Some(gone(shipped, &witness)),
            }
        } else {
            moved(shipped)
        };
        expected += 1;
        faults.extend(fault.map(|(what, help)| TagFault {
            tag: shipped.tag.to_owned(),
            what,
            help,
        }));
    }
    (faults, expected)
}

/// Who knows of a release that has no tag here.
fn known_by(shipped: &Shipped<'_>, between: bool) -> Option<String> {
    if let Some(receipt) = shipped.receipt {
        return Some(format!(
            "the ledger has it at {} ({})",
            short(&receipt.commit),
            receipt.step
        ));
    }
    if let Some(Ok(Some(manifest))) = &shipped.registry {
        return Some(format!(
            "the registry has its image, {}",
            short(&manifest.digest)
        ));
    }
    match (shipped.entry, shipped.at_origin) {
        (_, Some(commit)) => Some(format!("`origin` has it at {}", short(commit))),
        (Some(day), None) if between => Some(format!("the changelog has its entry of {day}")),
        _ => None,
    }
}

fn gone(shipped: &Shipped<'_>, witness: &str) -> (String, String) {
    let tag = shipped.tag;
    let word = shell_word(tag);
    if shipped.at_origin.is_some() {
        return (
            format!("`{tag}` is not here: {witness}"),
            "`git fetch --tags` in the bootstrap repository".to_owned(),
        );
    }
    let back = match shipped.receipt {
        Some(receipt) => format!(
            "put it back: `git tag -a {word} {} -m {word} && git push origin {word}`",
            short(&receipt.commit)
        ),
        None => format!(
            "put it back where it was: the commit whose pin file first names {}",
            shipped.version
        ),
    };
    (
        format!("`{tag}` is gone, here and at `origin`: {witness}"),
        format!("it is somebody's way back; {back}"),
    )
}

fn moved(shipped: &Shipped<'_>) -> Option<(String, String)> {
    let (tag, here) = (shipped.tag, shipped.here?);
    let never = || "a published tag never moves: find out who moved it, and put it back".to_owned();
    if shipped.at_origin.is_none() {
        return Some((
            format!("`origin` has no `{tag}`"),
            format!(
                "it is somebody's way back: `git push origin {}`",
                shell_word(tag)
            ),
        ));
    }
    if let Some(receipt) = shipped
        .receipt
        .filter(|receipt| !receipt.commit.is_empty() && receipt.commit != here)
    {
        let what = format!(
            "`{tag}` leads to {}, and the ledger has it at {} ({})",
            short(here),
            short(&receipt.commit),
            receipt.step
        );
        return Some((what, never()));
    }
    if let Some(there) = shipped.at_origin.filter(|there| *there != here) {
        return Some((
            format!(
                "`{tag}` leads elsewhere at `origin`: to {}, and here to {}",
                short(there),
                short(here)
            ),
            never(),
        ));
    }
    shipped.other_pin.then(|| {
        (
            format!(
                "`{tag}` leads to {}, whose pin is of another version",
                short(here)
            ),
            never(),
        )
    })
}

/// What the operator lives with, by `tag-gone:v1.2.0` or `digest-gone:v1.2.0`, until a day.
pub struct LivedWith<'a> {
    pub accepted: &'a [Acceptance],
    pub today: NaiveDate,
}

impl LivedWith<'_> {
    fn find(&self, code: &str, tag: &str) -> Option<String> {
        let id = format!("{code}:{tag}");
        self.accepted
            .iter()
            .find(|known| known.id == id && known.until >= self.today)
            .map(|known| format!("{tag} until {}: {}", known.until, known.reason))
    }

    /// The faults that are not lived with, and the words for those that are.
    pub fn tags(&self, faults: Vec<TagFault>) -> (Vec<TagFault>, Vec<String>) {
        let mut lived = Vec::new();
        let left = faults.into_iter().filter(|fault| {
            let found = self.find("tag-gone", &fault.tag);
            lived.extend(found.clone());
            found.is_none()
        });
        let left: Vec<TagFault> = left.collect();
        (left, lived)
    }
}

pub fn tags_row(
    all: &[Shipped<'_>],
    being_made: Option<&Version>,
    lived_with: &LivedWith<'_>,
) -> Row {
    let name = "older tags";
    let (faults, expected) = tag_faults(all, being_made);
    let (faults, lived) = lived_with.tags(faults);
    let Some(first) = faults.first() else {
        if !lived.is_empty() {
            return Row::accepted(name, lived.join("\n"));
        }
        let receipts = all.iter().filter(|shipped| shipped.receipt.is_some());
        return Row::pass(
            name,
            match (expected, receipts.count()) {
                (0, _) => "there is none yet".to_owned(),
                (_, 0) => format!(
                    "{}: the same commit here and at `origin`, none is missing",
                    count(expected, "tag")
                ),
                (_, receipts) => format!(
                    "{}: the same commit here and at `origin`, none is missing; {receipts} as in the ledger",
                    count(expected, "tag")
                ),
            },
        );
    };
    let mut why: Vec<&str> = faults
        .iter()
        .take(SHOWN)
        .map(|fault| fault.what.as_str())
        .collect();
    let more = format!("and {} more", faults.len().saturating_sub(SHOWN));
    if faults.len() > SHOWN {
        why.push(&more);
    }
    let help = format!(
        "{}; where there never was one, accept it by name: `[[accepted]]` with `id = \"tag-gone:{}\"`",
        first.help, first.tag
    );
    Row::fail(name, why.join("\n"), help)
}

/// Each published digest, at the registry and in the ledger.
pub fn digests_row(all: &[Shipped<'_>], lived_with: &LivedWith<'_>) -> Row {
    let name = "published digests";
    let (mut wrong, mut unread) = (Vec::new(), Vec::new());
    let mut lived = Vec::new();
    let (mut seen, mut receipts, mut nameless, mut unattested) = (0, 0, 0, 0);
    for shipped in all {
        let (tag, Some(pin)) = (shipped.tag, shipped.pin) else {
            continue;
        };
        if let Some(words) = lived_with.find("digest-gone", tag) {
            lived.push(words);
            continue;
        }
        let before = shipped.receipt.map(|receipt| receipt.digest.as_str());
        match before.filter(|digest| !digest.is_empty()) {
            Some(before) if before != pin.digest.as_str() => wrong.push(format!(
                "{tag} was published with {before}, and now pins {}",
                pin.digest
            )),
            Some(_) => receipts += 1,
            None => {}
        }
        match &shipped.registry {
            None if pin.image.is_none() => nameless += 1,
            None => {}
            Some(Err(why)) => unread.push(why.as_str()),
            Some(Ok(None)) => wrong.push(format!(
                "{tag}: the registry no longer has {}",
                short(pin.digest.as_str())
            )),
            Some(Ok(Some(manifest))) if manifest.digest != pin.digest.as_str() => {
                wrong.push(format!(
                    "{tag}: the registry answers with {} where it was asked for {}",
                    short(&manifest.digest),
                    short(pin.digest.as_str())
                ));
            }
            Some(Ok(Some(manifest))) => {
                seen += 1;
                let mut lost: Vec<&Child> = manifest.children.iter().collect();
                lost.retain(|child| !child.there);
                // Nobody installs an attestation.
                unattested += lost.iter().filter(|child| child.attestation).count();
                lost.retain(|child| !child.attestation);
                wrong.extend(lost.into_iter().map(|child| {
                    format!(
                        "{tag}: the registry no longer has the image for {}",
                        child.platform
                    )
                }));
            }
        }
    }
    if let Some(first) = wrong.first() {
        let help = if first.contains("was published with") {
            "a published digest never changes: cut another release"
        } else if first.contains("the registry answers with") {
            "do not trust this registry until it is known why"
        } else {
            "nobody can install it or go back to it: push it again by its digest, or withdraw the release; keep published digests from clean-up jobs"
        };
        let more = wrong.len().saturating_sub(SHOWN);
        wrong.truncate(SHOWN);
        if more > 0 {
            wrong.push(format!("and {more} more"));
        }
        return Row::fail(name, wrong.join("\n"), help);
    }
    if !lived.is_empty() && unread.is_empty() {
        return Row::accepted(name, lived.join("\n"));
    }
    if seen + unread.len() + nameless + receipts == 0 {
        return Row::pass(name, "there is none yet");
    }
    let ledger = match receipts {
        0 => String::new(),
        _ => format!("; {receipts} equal to the ledger's"),
    };
    let lost = match unattested {
        0 => String::new(),
        _ => format!("; the registry lost {}", count(unattested, "attestation")),
    };
    match unread.first() {
        Some(why) => Row::not_checked(
            name,
            format!(
                "{} of {} could not be asked for: {why}{ledger}",
                unread.len(),
                seen + unread.len()
            ),
        ),
        None if seen == 0 => Row::not_checked(
            name,
            format!("the pins name no image, so no registry was asked{ledger}"),
        ),
        None => Row::pass(
            name,
            format!(
                "{} of the pins, each found at the registry{ledger}{lost}",
                count(seen, "digest")
            ),
        ),
    }
}

fn short(id: &str) -> &str {
    id.get(..if id.starts_with("sha256:") { 19 } else { 12 })
        .unwrap_or(id)
}
