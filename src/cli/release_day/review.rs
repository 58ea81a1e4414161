//! `tidings review`: a proposed pin, before it is merged.

use clap::Args;

use crate::cli::release_day::proposed_files::{also_row, notes_row, told_before};
use crate::cli::release_day::proposed_images::{answers, signature, signers};
use crate::documents::Checklist;
use crate::model::{Changelog, INSTALL_NOTES, Pin, Role, Version};
use crate::ports::Failure;
use crate::ports::ledger::PUBLISHED;
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::proposal::{
    branch, introduced, judged_pin_at, main_branch, pin_at, pin_files, text,
};
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::project::version_source::{tag_of, wanted, written};
use crate::release_day::{Proposed, accepted_rows, other_changes, review};
use crate::render::json;
use crate::sources::changelog;

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The version that is proposed [default: the one in the source repository]
    version: Option<String>,
    /// The branch, tag or commit that proposes it [default: the branch that `[source] pin_branch` names]
    #[arg(long, value_name = "REF")]
    at: Option<String>,
}

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
    let (pin, findings) = judged_pin_at(&config.pin, repository.as_ref(), commit)?;
    let flaws: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| finding.message.clone())
        .collect();
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
    let pin_files = pin_files(outward);
    let file_at = |commit: &str| -> Result<String, Stop> {
        let mut all = String::new();
        for file in &pin_files {
            let bytes = repository.file(commit, file)?.unwrap_or_default();
            all.push_str(&text(file, bytes).body);
            all.push('\n');
        }
        Ok(all)
    };
    let other_facts = match (base, &before, &pin) {
        (Some(base), Some(before), Some(pin)) => Some(other_changes(
            (&file_at(base)?, before),
            (&file_at(commit)?, pin),
        )),
        _ => None,
    };
    let answers = pin
        .as_ref()
        .map(|pin| answers(session, pin, &tag))
        .unwrap_or_default();
    let receipts = outward.ledger.receipts()?;
    let published = receipts
        .iter()
        .find(|r| r.receipt.step == PUBLISHED && r.receipt.tag == tag)
        .map(|r| r.receipt.digest.clone());
    let source_changelog: Option<&Changelog> = source.own.then_some(&source.changelog);
    let mut expected: Vec<&str> = pin_files.iter().map(String::as_str).collect();
    expected.extend(config.pin.also.iter().map(String::as_str));
    expected.extend([
        config.changelog_file.as_str(),
        config.readme_file.as_str(),
        INSTALL_NOTES,
    ]);
    let signers = signers(outward, &tag);
    let mut rows = review(&Proposed {
        version,
        tag: &tag,
        pin: pin.as_ref(),
        flaws: &flaws,
        trusted: &outward.operator.config.trust.images,
        signers: &signers,
        before: before.as_ref(),
        source_commit,
        changelog: &proposed,
        source_changelog,
        changed: &changed,
        expected: &expected,
        answers: &answers,
        other_facts,
        published: published.as_deref(),
    });
    if let (Some(base), Some(before), Some(pin)) = (base, &before, &pin) {
        for file in config.pin.also.iter().filter(|file| changed.contains(file)) {
            rows.push(also_row(
                repository.as_ref(),
                file,
                (base, before),
                (commit, pin),
            )?);
        }
    }
    rows.extend(notes_row(
        session,
        outward,
        repository.as_ref(),
        version,
        commit,
    )?);
    for image in pin.iter().flat_map(Pin::images) {
        if image.role == Role::Product {
            rows.push(signature(session, outward, &image, pin.as_ref())?);
        }
    }
    if let Some(base) = base {
        let apart = repository.merge_base(base, commit)?;
        rows.extend(told_before(
            outward,
            repository.as_ref(),
            version,
            (apart.as_deref().unwrap_or(base), commit),
        )?);
    }
    let everywhere = Everywhere::of(session, outward.loaded, receipts)?;
    rows.extend(everywhere.proposal_rows(outward.loaded, version));
    let rows = accepted_rows(rows, &outward.acceptances(), session.today());
    Ok(Checklist::new("review", version.to_string(), rows))
}
