//! `tidings verify`

use std::collections::BTreeMap;

use clap::Args;
use serde_json::Value;

use crate::diag::{Code, Finding};
use crate::documents::{Answer, Row, Verification, VerifiedPart};
use crate::model::{Digest, Image, Pin};
use crate::ports::ledger::{PUBLISHED, REINSTATED, REVISED, WITHDRAWN};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience, tag};
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::publish::bare;
use crate::render::json;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The release [default: the newest]
    version: Option<String>,
    /// End with 1 also where something could not be looked at
    #[arg(long)]
    strict: bool,
}

pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let release = loaded.release(session, args.version.as_deref())?;
    let name = tag(&loaded, release);
    let receipts = outward.ledger.receipts()?;
    // Asked of no release in particular, all of them are looked at.
    let everywhere = match args.version {
        None => Some(Everywhere::of(session, &loaded, receipts.clone())?),
        Some(_) => None,
    };
    let Some(recorded) = receipts
        .iter()
        .rev()
        .find(|row| row.receipt.step == PUBLISHED && row.receipt.tag == name)
    else {
        let finding = Finding::new(
            Code::PageMissing,
            format!("the ledger has no receipt that {name} was published"),
        );
        let mut findings =
            vec![finding.help(format!("`tidings publish {}` writes one", release.version))];
        findings.extend(
            everywhere
                .map(|everywhere| everywhere.findings(&loaded, Some(&release.version)).0)
                .into_iter()
                .flatten(),
        );
        return Err(Stop::Findings(findings));
    };
    let receipt = &recorded.receipt;
    let detail: Value = serde_json::from_str(&receipt.detail).unwrap_or(Value::Null);
    let said = |key: &str| detail[key].as_str().unwrap_or("").to_owned();
    let mut rows = Vec::new();
    let mut row = |what: &str, then: String, now: Option<String>| {
        rows.push(VerifiedPart::of(what, then, now))
    };
    let remote = session.world.remote_tag(&loaded.root, &name)?;
    row(
        "tag: commit",
        receipt.commit.clone(),
        remote.as_ref().map(|remote| remote.commit.clone()),
    );
    row(
        "tag: object",
        said("tag_object"),
        remote.map(|remote| remote.object),
    );
    row(
        "pin: digest",
        receipt.digest.clone(),
        release.pin.as_ref().map(|pin| pin.digest.to_string()),
    );
    let forge = outward.forge(session)?;
    let mut patience = Patience::new(session);
    let page = patience
        .read(|| forge.find(&name))?
        .filter(|page| !page.draft);
    row(
        "page: title",
        said("title"),
        page.as_ref().map(|page| page.title.clone()),
    );
    // A banner and known issues of our own are no drift; a withdrawal says what the text was from then on.
    let last = receipts.iter().rev().find_map(|row| {
        let since =
            [PUBLISHED, WITHDRAWN, REINSTATED, REVISED].contains(&row.receipt.step.as_str());
        let detail: Value = serde_json::from_str(&row.receipt.detail).ok()?;
        let text = detail["text"].as_str()?.to_owned();
        (since && row.receipt.tag == name).then_some(text)
    });
    row(
        "page: text",
        last.unwrap_or_default(),
        page.as_ref()
            .map(|page| Digest::of(bare(&page.body).trim().as_bytes()).to_string()),
    );
    for file in detail["files"].as_array().into_iter().flatten() {
        let file_name = file["name"].as_str().unwrap_or("");
        let attached = page.as_ref().and_then(|page| {
            page.assets
                .iter()
                .find(|attached| attached.name == file_name && attached.complete)
        });
        let now = match (&page, attached) {
            (Some(page), Some(attached)) => match &attached.digest {
                Some(digest) => Some(digest.clone()),
                None => Some(patience.read(|| forge.digest(page, attached))?),
            },
            _ => None,
        };
        row(
            &format!("file: {file_name}"),
            file["digest"].as_str().unwrap_or("").to_owned(),
            now,
        );
    }
    if let Some(pin) = &release.pin {
        rows.extend(registry(session, pin, &receipt.digest));
        rows.extend(beside(session, pin, &detail["images"]));
    }
    let all = everywhere.map(|everywhere| everywhere.rows(&loaded, Some(&release.version)));
    rows.extend(all.into_iter().flatten().flat_map(|row| older(&row)));
    let verification = Verification::of(release.version.as_str(), &name, &recorded.at, rows);
    session.print(&match form {
        Format::Json => json(&verification),
        _ => crate::diag::plain(&table(&verification)),
    })?;
    let looked_at = verification.unread == 0 || !args.strict;
    Ok(if verification.drifted == 0 && looked_at {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The images beside the primary one: as the receipt has them, as the pin at the tag names them, and as their registries have them.
fn beside(session: &Session<'_>, pin: &Pin, then: &Value) -> Vec<VerifiedPart> {
    let mut rows = Vec::new();
    let now: BTreeMap<String, String> = pin
        .others
        .iter()
        .map(|image| (image.name.clone(), image.reference()))
        .collect();
    let recorded = then.as_object().into_iter().flatten();
    for (name, reference) in recorded.filter(|(name, _)| **name != pin.name) {
        let reference = reference.as_str().unwrap_or("").to_owned();
        rows.push(VerifiedPart::of(
            format!("pin: image {name}"),
            reference,
            now.get(name).cloned(),
        ));
    }
    let images: Vec<&Image> = pin
        .others
        .iter()
        .filter(|image| image.image.is_some())
        .collect();
    let questions: Vec<(String, String)> = images
        .iter()
        .map(|image| {
            let name = image.image.clone().unwrap_or_default();
            (name, image.digest.to_string())
        })
        .collect();
    for (image, answer) in images.iter().zip(session.world.manifests(&questions)) {
        let what = format!("registry: image {}", image.name);
        let then = image.digest.to_string();
        rows.push(match answer {
            Err(failure) => VerifiedPart::unread(what, then, failure.what),
            Ok(None) => VerifiedPart::of(what, then, None),
            Ok(Some(manifest)) => {
                let mut gone = manifest.children.iter().filter(|child| !child.there);
                let now = match gone.find(|child| !child.attestation) {
                    Some(child) => format!("{} without {}", manifest.digest, child.platform),
                    None => manifest.digest.clone(),
                };
                VerifiedPart::of(what, then, Some(now))
            }
        });
    }
    rows
}

/// What the registry has: the digest, every platform's image below it, and what the tag leads to.
fn registry(session: &Session<'_>, pin: &Pin, digest: &str) -> Vec<VerifiedPart> {
    let Some(image) = &pin.image else {
        return Vec::new();
    };
    let what = |what: &str| format!("registry: {what}");
    let named = pin.tag.as_ref().or(pin.image_tag.as_ref());
    let tags = named.map(|tag| pin.image_tags(tag)).unwrap_or_default();
    let questions: Vec<(String, String)> = std::iter::once(digest)
        .chain(tags.iter().map(String::as_str))
        .map(|reference| (image.clone(), reference.to_owned()))
        .collect();
    let mut answers = session.world.manifests(&questions).into_iter();
    let manifest = match answers.next() {
        Some(Ok(manifest)) => manifest,
        Some(Err(failure)) => {
            return vec![VerifiedPart::unread(what("digest"), digest, failure.what)];
        }
        None => return Vec::new(),
    };
    let mut rows = vec![VerifiedPart::of(
        what("digest"),
        digest,
        manifest.as_ref().map(|manifest| manifest.digest.clone()),
    )];
    for child in manifest.into_iter().flat_map(|manifest| manifest.children) {
        rows.push(VerifiedPart::of(
            what(&child.platform),
            &child.digest,
            child.there.then(|| child.digest.clone()),
        ));
    }
    if let Some(first) = tags.first() {
        let mut asked = tags.iter().zip(answers);
        let found = asked.find(|(_, answer)| !matches!(answer, Ok(None)));
        let (tag, answer) = found.unwrap_or((first, Ok(None)));
        rows.push(match answer {
            Err(failure) => VerifiedPart::unread(what(&format!("tag {tag}")), digest, failure.what),
            Ok(manifest) => VerifiedPart::of(
                what(&format!("tag {tag}")),
                digest,
                manifest.map(|manifest| manifest.digest),
            ),
        });
    }
    rows
}

/// A row about all releases, as parts of the verification.
fn older(row: &Row) -> Vec<VerifiedPart> {
    let part = |now: &str| match row.answer {
        Answer::Pass | Answer::Accepted => VerifiedPart::of(&row.check, now, Some(now.to_owned())),
        Answer::Fail => VerifiedPart::of(&row.check, "as it was released", Some(now.to_owned())),
        Answer::NotChecked => VerifiedPart::unread(&row.check, "", now),
    };
    row.why.lines().map(part).collect()
}

fn table(verification: &Verification) -> String {
    let mut out = format!(
        "{}, published {}\n",
        verification.tag, verification.published
    );
    for row in &verification.rows {
        out.push_str(&match row.state.as_str() {
            "same" => format!("same     {}: {}\n", row.what, short(&row.now)),
            "unread" => format!("unread   {}: {}\n", row.what, row.now),
            _ => format!(
                "CHANGED  {}\n         then {}\n         now  {}\n",
                row.what, row.then, row.now
            ),
        });
    }
    out + &verdict(verification)
}

/// What could not be looked at is never called good.
fn verdict(verification: &Verification) -> String {
    let tag = &verification.tag;
    let unread = match verification.unread {
        0 => String::new(),
        unread => format!("; {unread} could not be looked at"),
    };
    match (verification.drifted, verification.unread) {
        (0, 0) => format!("{tag}: as it was published\n"),
        (0, _) => format!("{tag}: nothing changed in what could be looked at{unread}\n"),
        (drifted, _) => format!("{tag}: {drifted} changed{unread}\n"),
    }
}

/// What was equal, as far as a line shows it.
fn short(text: &str) -> String {
    let hex = |text: &str, most: usize| {
        let all = text.len() > most && text.chars().all(|c| c.is_ascii_hexdigit());
        all.then(|| text[..most].to_owned())
    };
    text.strip_prefix("sha256:")
        .and_then(|rest| Some(format!("sha256:{}", hex(rest, 12)?)))
        .or_else(|| hex(text, 12))
        .unwrap_or_else(|| text.to_owned())
}
