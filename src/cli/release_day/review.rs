//! `tidings review`: a proposed pin, before it is merged.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::diag::Text;
use crate::documents::{Checklist, Row, VerifyPart};
use crate::model::{Changelog, Pin, Version};
use crate::ports::ledger::PUBLISHED;
use crate::ports::registry::Manifest;
use crate::ports::{Failure, Repository};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::project::version_source::{tag_of, wanted, written};
use crate::release_day::{Proposed, accepted_rows, other_changes, review};
use crate::render::json;
use crate::sources::{changelog, pin, utf8_text};

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The version that is proposed [default: the one in the source repository]
    version: Option<String>,
    /// The branch, tag or commit that proposes it [default: the branch that `[source] pin_branch` names]
    #[arg(long, value_name = "REF")]
    at: Option<String>,
}

const COSIGN: Duration = Duration::from_secs(60);

/// Exit 1 where it may not be merged.
pub fn run(args: &ReviewArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let version = wanted(session, &outward, args.version.as_deref())?;
    let repository = session.world.repository(&loaded.root);
    repository.fetch()?;
    let at = args
        .at
        .clone()
        .unwrap_or_else(|| format!("refs/remotes/origin/{}", branch(&outward, &version)));
    let proposed = match repository.commit_of(&at)? {
        None if args.at.is_none() => {
            introduced(&outward, repository.as_ref(), &version)?.map(|merged| merged.commit)
        }
        found => found,
    };
    let Some(commit) = proposed else {
        return Err(Failure::new(format!("the bootstrap repository has no `{at}`"))
            .help("the pipeline proposes the pin on the branch that `[source] pin_branch` in operator.toml names; `--at` names another")
            .into());
    };
    let merged = introduced(&outward, repository.as_ref(), &version)?;
    let base = match &merged {
        Some(merged) if args.at.is_none() => merged.before.clone(),
        _ => Some(main_branch(repository.as_ref())?.1),
    };
    let commit = match merged {
        Some(merged) if args.at.is_none() => merged.commit,
        _ => commit,
    };
    let list = examine(session, &outward, &version, &commit, base.as_deref())?;
    session.print(&if form == Format::Json {
        json(&list)
    } else {
        crate::diag::plain(&list.text())
    })?;
    Ok(if list.passed {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The branch on which the pipeline proposes a version.
pub fn branch(outward: &Outward<'_>, version: &Version) -> String {
    let tag = tag_of(outward, version);
    outward
        .operator
        .config
        .source
        .pin_branch
        .replace("{version}", version.as_str())
        .replace("{tag}", &tag)
}

/// The pin at a commit of the bootstrap repository.
pub fn pin_at(
    outward: &Outward<'_>,
    repository: &dyn Repository,
    commit: &str,
) -> Result<Option<Pin>, Stop> {
    let config = &outward.loaded.bootstrap.config;
    let bytes = repository.file(commit, &config.pin_file)?;
    Ok(bytes
        .and_then(|bytes| pin::read(&text(&config.pin_file, bytes), &config.pin_fields, None).0))
}

fn text(name: &str, bytes: Vec<u8>) -> Text {
    utf8_text(name, bytes).0
}

/// Every row of the review of what a commit proposes.
pub fn examine(
    session: &Session<'_>,
    outward: &Outward<'_>,
    version: &Version,
    commit: &str,
    base: Option<&str>,
) -> Result<Checklist, Stop> {
    let config = &outward.loaded.bootstrap.config;
    let repository = session.world.repository(&outward.loaded.root);
    let tag = tag_of(outward, version);
    let pin = pin_at(outward, repository.as_ref(), commit)?;
    let proposed_text = repository
        .file(commit, &config.changelog_file)?
        .unwrap_or_default();
    let proposed = changelog::read_as(text(&config.changelog_file, proposed_text), &config.dialect);
    let source = written(session, outward)?;
    let source_tag = format!("refs/tags/{tag}");
    let source_remote = session.world.repository(&outward.operator.root).remote()?;
    let source_commit = source_remote
        .iter()
        .find(|(name, _)| *name == source_tag)
        .map(|(_, commit)| commit.as_str());
    let before = match base {
        Some(base) => pin_at(outward, repository.as_ref(), base)?,
        None => None,
    };
    let changed = match base {
        Some(base) => repository.changed_between(base, commit)?,
        None => Vec::new(),
    };
    let file_at = |commit: &str| -> Result<String, Stop> {
        let bytes = repository
            .file(commit, &config.pin_file)?
            .unwrap_or_default();
        Ok(text(&config.pin_file, bytes).body.to_string())
    };
    let other_facts = match (base, &before, &pin) {
        (Some(base), Some(before), Some(pin)) => Some(other_changes(
            (&file_at(base)?, before),
            (&file_at(commit)?, pin),
        )),
        _ => None,
    };
    let ask = |reference: &dyn Fn(&Pin) -> String| -> Result<Option<Manifest>, String> {
        let Some(pin) = &pin else { return Ok(None) };
        let image = pin
            .image
            .as_ref()
            .ok_or("the pin names no image, so no registry can be asked")?;
        session
            .world
            .manifest(image, &reference(pin))
            .map_err(|failure| failure.what)
    };
    let by_digest = ask(&|pin| pin.digest.to_string());
    let by_tag = match ask(&|pin| pin.image_tags(&tag)[0].clone()) {
        Ok(None) => ask(&|pin| pin.image_tags(&tag)[1].clone()),
        asked => asked,
    };
    let receipts = outward.ledger.receipts()?;
    let published = receipts
        .iter()
        .find(|r| r.receipt.step == PUBLISHED && r.receipt.tag == tag)
        .map(|r| r.receipt.digest.clone());
    let source_changelog: Option<&Changelog> = source.own.then_some(&source.changelog);
    let mut rows = review(&Proposed {
        version,
        tag: &tag,
        pin: pin.as_ref(),
        trusted: &outward.operator.config.trust.images,
        before: before.as_ref(),
        source_commit,
        changelog: &proposed,
        source_changelog,
        changed: &changed,
        expected: &[
            &config.pin_file,
            &config.changelog_file,
            &config.readme_file,
        ],
        by_digest: by_digest.as_ref().map(Option::as_ref).map_err(Clone::clone),
        by_tag: by_tag.as_ref().map(Option::as_ref).map_err(Clone::clone),
        other_facts,
        published: published.as_deref(),
    });
    rows.extend(
        pin.as_ref()
            .map(|pin| cosign(session, outward, pin))
            .transpose()?,
    );
    let everywhere = Everywhere::of(session, outward.loaded, receipts)?;
    rows.extend(everywhere.proposal_rows(outward.loaded, version));
    let rows = accepted_rows(rows, &outward.acceptances(), session.today());
    Ok(Checklist::new("review", version.to_string(), rows))
}

/// Where the main branch got the pin of a version: the commit, and the one before it.
pub struct Introduced {
    pub commit: String,
    pub before: Option<String>,
}

/// How far back the main branch is looked at.
const FIRST_PARENTS: usize = 200;

/// The commit of the main branch at `origin` that brought the pin of a version, however it was merged; `None` where the branch
/// does not hold it. What was pushed behind it is not part of the release.
pub fn introduced(
    outward: &Outward<'_>,
    repository: &dyn Repository,
    version: &Version,
) -> Result<Option<Introduced>, Stop> {
    let (_, head) = main_branch(repository)?;
    let mut found: Option<Introduced> = None;
    for commit in repository.first_parents(&head, FIRST_PARENTS)? {
        let holds =
            pin_at(outward, repository, &commit)?.is_some_and(|pin| pin.version == *version);
        match (&mut found, holds) {
            (Some(found), false) => {
                found.before = Some(commit);
                break;
            }
            (_, true) => {
                found = Some(Introduced {
                    commit,
                    before: None,
                })
            }
            (None, false) => break,
        }
    }
    Ok(found)
}

/// The branch that customers clone, and its commit at `origin`.
pub fn main_branch(repository: &dyn Repository) -> Result<(String, String), Stop> {
    let remote = repository.remote()?;
    let found = ["refs/heads/main", "refs/heads/master"]
        .into_iter()
        .find_map(|wanted| remote.iter().find(|(name, _)| name == wanted));
    let found = found.map(|(name, commit)| (name.clone(), commit.clone()));
    Ok(found.ok_or_else(|| {
        Failure::new("`origin` of the bootstrap repository has no branch `main`")
            .help("push it: `git push -u origin main`")
    })?)
}

/// The signature, by the operator's own cosign.
fn cosign(session: &Session<'_>, outward: &Outward<'_>, pin: &Pin) -> Result<Row, Stop> {
    let name = "signature";
    let none = BTreeMap::new();
    let run = |line: &str| session.world.run(&outward.loaded.root, line, &none, COSIGN);
    if run("command -v cosign")?.code != Some(0) {
        return Ok(Row::unseen(
            name,
            "not verified: cosign is not installed here",
            "install cosign; or accept it by name: `[[accepted]]` with `id = \"not-checked:signature\"`, a reason and a day",
        ));
    }
    let Some(verify) = VerifyPart::of(pin) else {
        return Ok(Row::fail(
            name,
            "the pin says neither image nor signer",
            "nothing can be verified",
        ));
    };
    let ran = run(&verify.command)?;
    let end = ran
        .output
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("")
        .to_owned();
    Ok(match ran.code {
        Some(0) => Row::pass(name, "cosign verifies it"),
        _ => Row::fail(
            name,
            format!("cosign does not verify it: {end}"),
            "do not merge it; find out who signed it",
        ),
    })
}
