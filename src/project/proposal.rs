//! The bootstrap repository at a commit: the pin there, where the main branch got it, and the branch that customers clone.

use crate::diag::{Findings, Text};
use crate::model::{Pin, Version};
use crate::ports::{Failure, Repository};
use crate::project::operator::Outward;
use crate::project::session::Stop;
use crate::project::version_source::tag_of;
use crate::sources::{pin, utf8_text};

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
pub fn judged_pin_at(
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
pub fn pin_files(outward: &Outward<'_>) -> Vec<String> {
    let rules = &outward.loaded.bootstrap.config.pin;
    std::iter::once(&rules.file)
        .chain(&rules.over)
        .cloned()
        .collect()
}

pub fn text(name: &str, bytes: Vec<u8>) -> Text {
    utf8_text(name, bytes).0
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
