//! A proposed pin: everything that it must be before it is merged.

use crate::diag::clipped;
use crate::documents::{Answer, Row};
use crate::model::{
    Changelog, Image, Pin, Role, Signer, SignerFlaw, Version, lasting, signer_flaw,
};
use crate::ports::registry::Manifest;

/// What a proposal is judged by.
pub struct Proposed<'p> {
    pub version: &'p Version,
    pub tag: &'p str,
    pub pin: Option<&'p Pin>,
    /// What `check` calls an error in it.
    pub flaws: &'p [String],
    /// Images that the vendor trusts, beside that of the pin in force.
    pub trusted: &'p [String],
    /// Signers that the vendor names: the exact identity of this release, and its issuer. Where there are some, no other counts.
    pub signers: &'p [(String, String)],
    /// The pin that is in force.
    pub before: Option<&'p Pin>,
    /// The commit that the tag of the source repository leads to.
    pub source_commit: Option<&'p str>,
    /// The changelog as it is proposed.
    pub changelog: &'p Changelog,
    /// The source repository's own, where it has one.
    pub source_changelog: Option<&'p Changelog>,
    /// Files that the proposal changes.
    pub changed: &'p [String],
    /// Files that it may change.
    pub expected: &'p [&'p str],
    /// What the registries have of each image, the primary one first.
    pub answers: &'p [Registered],
    /// Lines of the pin file that changed and are no facts; `None` where there is nothing to compare with.
    pub other_facts: Option<Vec<String>>,
    /// The digest that an earlier proposal of this version was released with.
    pub published: Option<&'p str>,
}

/// What a registry has at an image's digest, and at its tag; why it could not be asked.
#[derive(Clone, Debug)]
pub struct Registered {
    pub image: Image,
    pub by_digest: Result<Option<Manifest>, String>,
    pub by_tag: Result<Option<Manifest>, String>,
}

/// Every reason, in the order of the checklist.
pub fn review(proposed: &Proposed<'_>) -> Vec<Row> {
    let Some(pin) = proposed.pin else {
        let why = match proposed.flaws {
            [] => "the proposal has no pin".to_owned(),
            flaws => flaws.join("\n"),
        };
        return vec![Row::fail("pin", why, "look at the pipeline that made it")];
    };
    let mut rows = vec![version(proposed, pin), digest(proposed, pin)];
    if let Some(primary) = proposed.answers.first() {
        rows.extend([platforms(primary), tag_and_digest(primary)]);
    }
    rows.extend(
        proposed
            .answers
            .iter()
            .skip(1)
            .map(|answer| beside(proposed, answer)),
    );
    if !proposed.flaws.is_empty() {
        let help = "`tidings check` says where, and what to write instead";
        rows.push(Row::fail("pin", proposed.flaws.join("\n"), help));
    } else {
        rows.extend(by_tag(pin));
    }
    rows.extend([
        image(proposed, pin),
        identity(proposed, pin),
        facts(proposed),
        revision(proposed, pin),
        entry(proposed),
        nothing_else(proposed),
    ]);
    rows
}

fn version(proposed: &Proposed<'_>, pin: &Pin) -> Row {
    let tag = pin.tag.as_deref();
    match (
        pin.version == *proposed.version,
        tag.is_none_or(|tag| tag == proposed.tag),
    ) {
        (true, true) => Row::pass(
            "version",
            format!("{} in the pin, as proposed", pin.version),
        ),
        (false, _) => Row::fail(
            "version",
            format!("the pin says {}", pin.version),
            format!("it must say {}", proposed.version),
        ),
        (_, false) => Row::fail(
            "version",
            format!("the pin names the tag `{}`", tag.unwrap_or("")),
            format!("it must name `{}`", proposed.tag),
        ),
    }
}

fn digest(proposed: &Proposed<'_>, pin: &Pin) -> Row {
    if let Some(published) = proposed
        .published
        .filter(|published| *published != pin.digest.as_str())
    {
        return Row::fail(
            "digest",
            format!("this version was published with {published}"),
            "a published digest never changes: cut the next patch release",
        );
    }
    let Some(answer) = proposed.answers.first() else {
        return Row::fail("digest", "no registry was asked", "look at the pin");
    };
    match &answer.by_digest {
        Ok(Some(manifest)) if manifest.digest == pin.digest.as_str() => Row::pass(
            "digest",
            format!("{} in the pin and at the registry", pin.digest.short()),
        ),
        Ok(Some(manifest)) => Row::fail(
            "digest",
            format!("the registry answers with {}", manifest.digest),
            "do not trust this registry until it is known why",
        ),
        Ok(None) => Row::fail(
            "digest",
            format!("the registry has no {}", pin.digest),
            "the pin must name what was pushed",
        ),
        Err(why) => Row::fail(
            "digest",
            why.clone(),
            "the registry must be asked before a pin is merged",
        ),
    }
}

fn platforms(answer: &Registered) -> Row {
    let Ok(Some(manifest)) = &answer.by_digest else {
        return Row::fail("platforms", "not known without the image", "see above");
    };
    let gone: Vec<&str> = manifest
        .children
        .iter()
        .filter(|child| !child.there && !child.attestation)
        .map(|child| child.platform.as_str())
        .collect();
    if !gone.is_empty() {
        return Row::fail(
            "platforms",
            format!("the registry lost {}", gone.join(", ")),
            "push them again, or cut another release: whoever runs these could not install it",
        );
    }
    let there: Vec<&str> = manifest
        .children
        .iter()
        .filter(|child| !child.attestation)
        .map(|child| child.platform.as_str())
        .collect();
    let lost: Vec<&str> = manifest
        .children
        .iter()
        .filter(|child| !child.there)
        .map(|child| child.platform.as_str())
        .collect();
    let mut said = if there.is_empty() {
        "a single image".to_owned()
    } else {
        there.join(", ")
    };
    if !lost.is_empty() {
        said.push_str(&format!("; the registry lost the {}", lost.join(", ")));
    }
    Row::pass("platforms", said)
}

fn tag_and_digest(answer: &Registered) -> Row {
    match &answer.by_tag {
        Ok(Some(manifest)) if manifest.digest == answer.image.digest.as_str() => Row::pass(
            "tag of the image",
            format!("leads to {}, as in the pin", answer.image.digest.short()),
        ),
        Ok(Some(manifest)) => Row::fail(
            "tag of the image",
            format!("leads to {}", manifest.digest),
            "the tag moved, or the pin is of another build: find out which",
        ),
        Ok(None) => Row::not_checked(
            "tag of the image",
            "the registry has none; the digest is what counts",
        ),
        Err(why) => Row::fail(
            "tag of the image",
            why.clone(),
            "the registry must be asked before a pin is merged",
        ),
    }
}

/// An image beside the primary one: it is where the pin says, whole, under its tag, and one that was there before.
fn beside(proposed: &Proposed<'_>, answer: &Registered) -> Row {
    let image = &answer.image;
    let check = &*format!("image {}", image.name);
    match &answer.by_digest {
        Ok(Some(manifest)) if manifest.digest != image.digest.as_str() => {
            return Row::fail(
                check,
                format!("the registry answers with {}", manifest.digest),
                "do not trust this registry until it is known why",
            );
        }
        Ok(Some(_)) => {}
        Ok(None) => {
            return Row::fail(
                check,
                format!("the registry has no {}", image.reference()),
                "the pin must name what was pushed",
            );
        }
        Err(why) => {
            return Row::fail(
                check,
                why.clone(),
                "the registry must be asked before a pin is merged",
            );
        }
    }
    for row in [platforms(answer), tag_and_digest(answer)] {
        if row.answer == Answer::Fail {
            return Row {
                check: check.to_owned(),
                ..row
            };
        }
    }
    let before: Vec<Image> = proposed.before.map(Pin::images).unwrap_or_default();
    let known = before.iter().find(|known| known.image == image.image);
    let trusted = image
        .image
        .as_ref()
        .is_some_and(|name| proposed.trusted.contains(name));
    let of = proposed
        .before
        .map(|before| before.version.to_string())
        .unwrap_or_default();
    match known {
        Some(known) if known.digest == image.digest => {
            Row::pass(check, format!("the same as in {of}"))
        }
        Some(known) => Row::pass(
            check,
            format!(
                "{}, and {} in {of}",
                image.digest.short(),
                known.digest.short()
            ),
        ),
        None if trusted => Row::pass(
            check,
            format!("new: {}, as in `[trust] images`", image.reference()),
        ),
        None if proposed.before.is_none() => Row::not_checked(
            check,
            "there is no earlier pin to compare with: `[trust] images` in operator.toml says which it may be",
        ),
        None => Row::fail(
            check,
            format!("{} was not part of {of}", image.reference()),
            "do not merge it; if the vendor added it, name it in operator.toml: `[trust] images`",
        ),
    }
}

/// Images that customers run by tag are whatever the registry has that day.
fn by_tag(pin: &Pin) -> Option<Row> {
    (!pin.by_tag.is_empty()).then(|| {
        Row::not_checked(
            "images by tag",
            format!(
                "{}: a tag can be moved after this review",
                pin.by_tag.join(", ")
            ),
        )
    })
}

/// The signer is exact, of this tag, and the one that signed before: whoever may propose a pin may not choose who signs.
fn identity(proposed: &Proposed<'_>, pin: &Pin) -> Row {
    for image in pin
        .images()
        .iter()
        .filter(|image| image.role == Role::Product)
    {
        let row = signed(proposed, image);
        if row.answer != Answer::Pass {
            let why = match pin.others.is_empty() {
                true => row.why,
                false => format!("`{}`: {}", image.name, row.why),
            };
            return Row { why, ..row };
        }
    }
    signed(proposed, &pin.images()[0])
}

/// The signer of one image.
fn signed(proposed: &Proposed<'_>, image: &Image) -> Row {
    let check = "signing identity";
    let Some(signer) = &image.signer else {
        return Row::fail(
            check,
            "the pin names none",
            "without one nobody can verify the image",
        );
    };
    let shown = match signer {
        Signer::Key(key) => format!("the key {key}"),
        Signer::Identity { identity, .. } => identity.clone(),
        Signer::Expression { expression, .. } => expression.clone(),
        Signer::Attestation(repository) => format!("GitHub's attestations of {repository}"),
        Signer::Notation(identity) => format!("Notation, {identity}"),
    };
    if !proposed.signers.is_empty() {
        let issuer = lasting(signer).1;
        let exact = crate::model::exact_identity(signer);
        let named = proposed
            .signers
            .iter()
            .any(|(identity, by)| exact.as_ref() == Some(identity) && issuer.as_ref() == Some(by));
        return match named {
            true => Row::pass(check, format!("{shown}, as in `[[trust.signers]]`")),
            false => Row::fail(
                check,
                format!("{shown} is not among `[[trust.signers]]`"),
                "find out who signed it; a new signer is named in operator.toml by the vendor, not by who proposes",
            ),
        };
    }
    match signer_flaw(signer, proposed.tag) {
        Some(SignerFlaw::NoIssuer) => {
            return Row::fail(
                check,
                "the pin names no issuer",
                "add `certificate_oidc_issuer`",
            );
        }
        Some(SignerFlaw::Wide) => {
            return Row::fail(
                check,
                format!("`{shown}` accepts others too"),
                "anchor it with `^` and `$`, write `\\.` for a dot, and nothing that matches more than one text",
            );
        }
        Some(SignerFlaw::OtherTag) => {
            return Row::fail(
                check,
                format!("`{shown}` is not of `{}`", proposed.tag),
                format!(
                    "it must end with `@refs/tags/{}`; a signer whose identity has no tag in it is named in operator.toml: `[[trust.signers]]`",
                    proposed.tag
                ),
            );
        }
        None => {}
    }
    let (who, issuer) = lasting(signer);
    let before = proposed.before.map(Pin::images).unwrap_or_default();
    let earlier = before
        .iter()
        .find(|known| known.name == image.name)
        .or(before.first());
    let known = earlier
        .and_then(|before| before.signer.as_ref())
        .map(lasting);
    match known {
        Some((known, _)) if known.is_some() && known != who => Row::fail(
            check,
            format!(
                "signed by {}, and before by {}",
                who.unwrap_or(shown),
                known.unwrap_or_default()
            ),
            "another signer comes in a change of its own, that says why",
        ),
        Some((_, known)) if known.is_some() && known != issuer => Row::fail(
            check,
            format!(
                "the issuer is {}, and was {}",
                issuer.unwrap_or_else(|| "none".to_owned()),
                known.unwrap_or_default()
            ),
            "another issuer comes in a change of its own, that says why",
        ),
        _ => Row::pass(check, shown),
    }
}

/// Registry and repository are those of the release before.
fn image(proposed: &Proposed<'_>, pin: &Pin) -> Row {
    let check = "image name";
    if let Some(image) = pin
        .image
        .as_ref()
        .filter(|image| proposed.trusted.contains(image))
    {
        return Row::pass(check, format!("{image}, as in `[trust] images`"));
    }
    let Some(before) = proposed.before else {
        return Row::not_checked(
            check,
            "there is no earlier pin to compare with: `[trust] images` in operator.toml says which it may be",
        );
    };
    let shown = |pin: &Pin| pin.image.clone().unwrap_or_else(|| "none".to_owned());
    if pin.image == before.image {
        Row::pass(check, format!("{}, as in {}", shown(pin), before.version))
    } else {
        Row::fail(
            check,
            format!(
                "{}, and {} in {}",
                shown(pin),
                shown(before),
                before.version
            ),
            "do not merge it; if the vendor moved, name the new one in operator.toml: `[trust] images`",
        )
    }
}

/// The pin file changes in its facts only.
fn facts(proposed: &Proposed<'_>) -> Row {
    let check = "pin facts";
    match &proposed.other_facts {
        None => Row::not_checked(check, "there is no earlier pin to compare with"),
        Some(other) if other.is_empty() => {
            Row::pass(check, "the pin file changes in its facts only")
        }
        Some(other) => Row::fail(
            check,
            other
                .iter()
                .take(5)
                .map(|line| clipped(line, 100))
                .collect::<Vec<_>>()
                .join("\n"),
            "what is no fact of this release comes in a change of its own, that says why",
        ),
    }
}

fn revision(proposed: &Proposed<'_>, pin: &Pin) -> Row {
    match (pin.source_revision.as_deref(), proposed.source_commit) {
        (Some(pinned), Some(commit)) if pinned == commit => Row::pass(
            "source revision",
            format!(
                "{} in the pin, and at {} of the source repository",
                pinned.get(..12).unwrap_or(pinned),
                proposed.tag
            ),
        ),
        (Some(pinned), Some(commit)) => Row::fail(
            "source revision",
            format!("the pin says {pinned}"),
            format!("the tag of the source leads to {commit}"),
        ),
        (None, _) => Row::fail(
            "source revision",
            "the pin names none",
            "the pipeline must write it: `/version` is compared with it",
        ),
        (Some(_), None) => Row::fail(
            "source revision",
            format!("the source repository has no tag `{}`", proposed.tag),
            "tag and push it first",
        ),
    }
}

fn entry(proposed: &Proposed<'_>) -> Row {
    let check = "changelog entry";
    let body = |changelog: &Changelog| {
        changelog
            .entry(proposed.version)
            .map(|entry| changelog.text.slice(entry.body).trim().to_owned())
    };
    let Some(ours) = body(proposed.changelog) else {
        return Row::fail(
            check,
            format!("the proposal has no entry for {}", proposed.version),
            "the pipeline must bring it along",
        );
    };
    match proposed.source_changelog.map(body) {
        Some(Some(theirs)) if without_references(&theirs) == without_references(&ours) => {
            Row::pass(check, "the same as in the source repository")
        }
        Some(Some(_)) => Row::fail(
            check,
            "says something else than in the source repository",
            "customers must read what was reviewed: bring the two together",
        ),
        Some(None) => Row::fail(
            check,
            format!(
                "the source repository has no entry for {}",
                proposed.version
            ),
            "write it there first",
        ),
        None => Row::not_checked(check, "the source repository has no changelog of its own"),
    }
}

/// Link references stand at the end of a file, whatever entry is the last.
fn without_references(body: &str) -> String {
    let kept = body
        .lines()
        .filter(|line| !(line.starts_with('[') && line.contains("]: ")));
    kept.map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn nothing_else(proposed: &Proposed<'_>) -> Row {
    let other: Vec<&str> = proposed
        .changed
        .iter()
        .map(String::as_str)
        .filter(|path| !proposed.expected.contains(path))
        .collect();
    match other.is_empty() {
        true if proposed.changed.is_empty() => {
            Row::pass("nothing else changed", "nothing: it is merged")
        }
        true => Row::pass("nothing else changed", proposed.changed.join(", ")),
        false => Row::fail(
            "nothing else changed",
            other.join(", "),
            "review these by themselves, in a change of their own; a file that always changes with the pin is named in tidings.toml: `[pin] also`",
        ),
    }
}
