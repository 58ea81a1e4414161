//! The images of a proposal, asked of those who know: their registries, and the programs that verify who signed them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::documents::{Row, VerifyCommand};
use crate::model::{Image, Pin, Role};
use crate::ports::registry::Manifest;
use crate::project::operator::Outward;
use crate::project::session::{Session, Stop};
use crate::release_day::Registered;

const COSIGN: Duration = Duration::from_secs(60);

/// What the registries have of each image, asked side by side.
pub fn answers(session: &Session<'_>, pin: &Pin, tag: &str) -> Vec<Registered> {
    let unknown = || Err("the pin names no image, so no registry can be asked".to_owned());
    let ask = |wanted: &[(String, String)]| -> Vec<Result<Option<Manifest>, String>> {
        let answers = session.world.manifests(wanted);
        answers
            .into_iter()
            .map(|answer| answer.map_err(|failure| failure.what))
            .collect()
    };
    let images = pin.images();
    // Of each image the digest, and the tags that it may stand under.
    let mut wanted: Vec<(usize, (String, String))> = Vec::new();
    for (at, image) in images.iter().enumerate() {
        let Some(name) = &image.image else { continue };
        let tags = match (&image.tag, at) {
            (Some(tag), _) => vec![tag.clone()],
            (None, 0) => pin.image_tags(tag),
            (None, _) if image.role == Role::Product => pin.image_tags(tag),
            _ => Vec::new(),
        };
        let references = std::iter::once(image.digest.to_string()).chain(tags);
        wanted.extend(references.map(|reference| (at, (name.clone(), reference))));
    }
    let questions: Vec<(String, String)> = wanted.iter().map(|(_, asked)| asked.clone()).collect();
    let mut answered = ask(&questions).into_iter();
    let mut found: Vec<Vec<Result<Option<Manifest>, String>>> = vec![Vec::new(); images.len()];
    for (at, _) in wanted {
        found[at].push(answered.next().unwrap_or_else(unknown));
    }
    images
        .into_iter()
        .zip(found)
        .map(|(image, found)| {
            let mut found = found.into_iter();
            let by_digest = found.next().unwrap_or_else(unknown);
            let mut by_tag = found.filter(|answer| !matches!(answer, Ok(None)));
            let by_tag = by_tag.next().unwrap_or(match image.image {
                Some(_) => Ok(None),
                None => unknown(),
            });
            Registered {
                image,
                by_digest,
                by_tag,
            }
        })
        .collect()
}

/// The signers that the vendor names, for a tag.
pub fn signers(outward: &Outward<'_>, tag: &str) -> Vec<(String, String)> {
    let named = outward.operator.config.trust.signers.iter();
    named
        .map(|signer| (signer.identity.replace("{tag}", tag), signer.issuer.clone()))
        .collect()
}

/// Whether the program is here that verifies what a signer signed.
pub fn signing_tool(
    session: &Session<'_>,
    outward: &Outward<'_>,
    image: &Image,
) -> Result<Option<(&'static str, bool)>, Stop> {
    let Some(verify) = VerifyCommand::of(image) else {
        return Ok(None);
    };
    let line = format!("command -v {}", verify.tool);
    let ran = session
        .world
        .run(&outward.loaded.root, &line, &BTreeMap::new(), COSIGN)?;
    Ok(Some((verify.tool, ran.code == Some(0))))
}

/// The signature of an image, by the operator's own tool.
pub fn signature(
    session: &Session<'_>,
    outward: &Outward<'_>,
    image: &Image,
    pin: Option<&Pin>,
) -> Result<Row, Stop> {
    let name = &*match pin.is_some_and(|pin| pin.others.is_empty() || pin.name == image.name) {
        true => "signature".to_owned(),
        false => format!("signature of {}", image.name),
    };
    let none = BTreeMap::new();
    let run = |line: &str| session.world.run(&outward.loaded.root, line, &none, COSIGN);
    let Some(verify) = VerifyCommand::of(image) else {
        return Ok(Row::fail(
            name,
            "the pin says neither image nor signer",
            "nothing can be verified",
        ));
    };
    let tool = verify.tool;
    if run(&format!("command -v {tool}"))?.code != Some(0) {
        return Ok(Row::unseen(
            name,
            format!("not verified: {tool} is not installed here"),
            format!(
                "install {tool}; or accept it by name: `[[accepted]]` with `id = \"not-checked:signature\"`, a reason and a day"
            ),
        ));
    }
    let ran = run(&verify.line())?;
    let end = ran
        .output
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("")
        .to_owned();
    Ok(match ran.code {
        Some(0) => Row::pass(name, format!("{tool} verifies it")),
        _ => Row::fail(
            name,
            format!("{tool} does not verify it: {end}"),
            "do not merge it; find out who signed it",
        ),
    })
}
