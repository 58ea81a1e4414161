//! `tidings review`: a proposed pin, before it is merged.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::diag::{Findings, Text};
use crate::documents::{Checklist, Row, Standpoint, VerifyCommand, install_notes};
use crate::model::{Changelog, INSTALL_NOTES, Image, Pin, Role, Support, Tag, Version};
use crate::ports::ledger::PUBLISHED;
use crate::ports::registry::Manifest;
use crate::ports::{Failure, Repository};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::project::version_source::{tag_of, wanted, written};
use crate::publish::differing;
use crate::release_day::{
    Proposed, Registered, accepted_rows, older_entries, other_changes, other_changes_with,
    readme_text, review,
};
use crate::render::{json, plain};
use crate::sources::{self, Input, changelog, pin, utf8_text};

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
    Ok(judged_pin_at(&config.pin, repository, commit)?.0)
}

/// The same, with what is wrong with it.
fn judged_pin_at(
    rules: &pin::Rules,
    repository: &dyn Repository,
    commit: &str,
) -> Result<(Option<Pin>, Findings), Stop> {
    let Some(bytes) = repository.file(commit, &rules.file)? else {
        return Ok((None, Findings::new()));
    };
    let beside = |path: &str| Some(text(path, repository.file(commit, path).ok()??));
    Ok(pin::read(&text(&rules.file, bytes), rules, None, &beside))
}

/// The files of the pin, in their order.
fn pin_files(outward: &Outward<'_>) -> Vec<String> {
    let rules = &outward.loaded.bootstrap.config.pin;
    std::iter::once(&rules.file)
        .chain(&rules.over)
        .cloned()
        .collect()
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

/// What customers have read already stays as it is.
fn told_before(
    outward: &Outward<'_>,
    repository: &dyn Repository,
    version: &Version,
    (before, after): (&str, &str),
) -> Result<[Row; 2], Stop> {
    let config = &outward.loaded.bootstrap.config;
    let read = |commit: &str, file: &str| -> Result<Text, Stop> {
        let bytes = repository.file(commit, file)?.unwrap_or_default();
        Ok(text(file, bytes))
    };
    let log = |commit: &str| -> Result<Changelog, Stop> {
        let text = read(commit, &config.changelog_file)?;
        Ok(changelog::read_as(text, &config.dialect))
    };
    let readme = |commit: &str| read(commit, &config.readme_file);
    Ok([
        older_entries(version, &log(before)?, &log(after)?),
        readme_text(version, &readme(before)?.body, &readme(after)?.body),
    ])
}

/// A file that changes with the pin changes in the pin's facts and in version numbers only.
fn also_row(
    repository: &dyn Repository,
    file: &str,
    (base, before): (&str, &Pin),
    (commit, pin): (&str, &Pin),
) -> Result<Row, Stop> {
    let read = |at: &str| -> Result<String, Stop> {
        Ok(text(file, repository.file(at, file)?.unwrap_or_default())
            .body
            .to_string())
    };
    let other = other_changes_with((&read(base)?, before), (&read(commit)?, pin));
    Ok(if other.is_empty() {
        Row::pass(
            file,
            "changes in facts of the pin and in version numbers only",
        )
    } else {
        let shown: Vec<String> = other
            .iter()
            .take(5)
            .map(|line| crate::diag::clipped(line, 100))
            .collect();
        Row::fail(
            file,
            shown.join("\n"),
            "what is no fact of this release comes in a change of its own, that says why",
        )
    })
}

/// The install notes of a proposal are what tidings makes of it; `None` where it has none.
fn notes_row(
    session: &Session<'_>,
    outward: &Outward<'_>,
    repository: &dyn Repository,
    version: &Version,
    commit: &str,
) -> Result<Option<Row>, Stop> {
    let Some(there) = repository.file(commit, INSTALL_NOTES)? else {
        return Ok(None);
    };
    let config = &outward.loaded.bootstrap.config;
    let file = |path: &str| -> Result<Option<Text>, Stop> {
        let bytes = repository.file(commit, path)?;
        Ok(bytes.map(|bytes| text(path, bytes)))
    };
    let empty = || Text::new(config.changelog_file.as_str(), "");
    let input = Input {
        config: config.clone(),
        changelog: file(&config.changelog_file)?.unwrap_or_else(empty),
        pin: file(&config.pin.file)?,
        issues: file(&config.known_issues_file)?,
        tags: session.world.tags(&outward.loaded.root, &config.pin.file)?,
    };
    let beside = |tag: Option<&Tag>, path: &str| {
        let at = tag.map_or(commit, |tag| tag.commit.as_str());
        Some(text(path, repository.file(at, path).ok()??))
    };
    let read = sources::read(input, &beside);
    let check = "install notes";
    let Some(release) = read.history.release(version) else {
        return Ok(Some(Row::fail(
            check,
            format!("there is no {version} to compare them with"),
            "the proposal needs its entry and its pin",
        )));
    };
    let support = Support::on(
        &read.history,
        release.date.unwrap_or_else(|| session.today()),
    );
    let at = Standpoint::new(&config.product, &read.history, &support);
    let wanted = install_notes(at, release, &|markdown| plain(markdown));
    let differing = differing(&String::from_utf8_lossy(&there), &wanted);
    Ok(Some(if differing.is_empty() {
        Row::pass(check, format!("say what the entries up to {version} ask"))
    } else {
        Row::fail(
            check,
            differing.join("\n"),
            "whoever installs would be told something else: `tidings install-notes --write` in the pipeline, beside `tidings readme --write`",
        )
    }))
}

/// What the registries have of each image, asked side by side.
fn answers(session: &Session<'_>, pin: &Pin, tag: &str) -> Vec<Registered> {
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

/// The branch that customers clone, and its commit at `origin`: the one that `origin` calls its default.
pub fn main_branch(repository: &dyn Repository) -> Result<(String, String), Stop> {
    let remote = repository.remote()?;
    let default = repository
        .default_branch()?
        .map(|name| format!("refs/heads/{name}"));
    let usual = ["refs/heads/main", "refs/heads/master"].map(str::to_owned);
    let found = default
        .into_iter()
        .chain(usual)
        .find_map(|wanted| remote.iter().find(|(name, _)| *name == wanted));
    let found = found.map(|(name, commit)| (name.clone(), commit.clone()));
    Ok(found.ok_or_else(|| {
        Failure::new("`origin` of the bootstrap repository has no default branch that it holds")
            .help("push it: `git push -u origin main`")
    })?)
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
fn signature(
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
