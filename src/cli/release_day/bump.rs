//! `tidings bump`

use std::path::PathBuf;

use clap::Args;

use crate::diag::{Code, Finding};
use crate::model::{Level, Scheme, Version};
use crate::ports::hosting::State;
use crate::ports::{Action, Failure, Unit};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience};
use crate::project::session::{Exit, Session, Stop};
use crate::project::version_source::{canonical, strays, tag_of, written};
use crate::release_day::{Refused, cut_changelog};

#[derive(Debug, Args)]
pub struct BumpArgs {
    /// `major`, `minor`, `patch`, or the version itself
    #[arg(value_name = "LEVEL|VERSION")]
    to: String,
    /// Print what would be changed
    #[arg(long)]
    dry_run: bool,
    /// Commit the two files
    #[arg(long)]
    commit: bool,
    /// Push the commit, and wait for its checks
    #[arg(long, requires = "commit")]
    push: bool,
}

/// Checks are looked at so often.
const LOOK: std::time::Duration = std::time::Duration::from_secs(2);

pub fn run(args: &BumpArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let canonical = canonical(session, outward.operator)?;
    let written = written(session, &outward)?;
    let scheme = &loaded.bootstrap.config.policy.scheme;
    let current = &canonical.place.version;
    let next = next(current, &args.to, scheme)?;
    let level = scheme.level(current, &next).ok_or_else(|| {
        Failure::new(format!(
            "{next} is not above {current}, which {} holds",
            canonical.name
        ))
        .help("name a higher version, or `patch`, `minor`, `major`")
    })?;
    let strays = strays(session, &outward, &canonical, &written, current)?;
    if let Some(first) = strays.first() {
        let finding = Finding::new(
            Code::VersionElsewhere,
            format!("{current} stands in {first} too, and would stay behind"),
        );
        let help = format!(
            "let it read the version from {}, or name it: `[source] version_elsewhere` in operator.toml",
            canonical.name
        );
        return Err(finding.help(help).into());
    }
    let today = session.today();
    let mut actions = Vec::new();
    match cut_changelog(
        &written.changelog,
        &next,
        level,
        today,
        &loaded.bootstrap.config.product.bootstrap.tag_prefix,
    ) {
        Ok(text) => actions.push(Action::WriteFile {
            path: written.path.clone(),
            bytes: text.into_bytes(),
        }),
        // An earlier run got so far.
        Err(Refused::Taken) => {
            session.say(&format!("{} has an entry for {next} already", written.name))
        }
        Err(refused) => {
            return Err(why(&refused, &written.name, &next, level)
                .at_unreleased(&written.changelog)
                .into());
        }
    }
    let text = canonical
        .kind
        .with(&canonical.text.body, &next)
        .unwrap_or_default();
    actions.push(Action::WriteFile {
        path: canonical.path.clone(),
        bytes: text.into_bytes(),
    });
    for action in &actions {
        if !args.dry_run {
            session.world.perform(action)?;
        }
    }
    session.print(&format!(
        "{current} → {next} in {}, dated {today} in {}\n",
        canonical.name, written.name
    ))?;
    if args.dry_run || !args.commit {
        session.say("lock files follow when you build; then commit, push, and `tidings preflight`");
        return Ok(Exit::Done);
    }
    let repository = session.world.repository(&outward.operator.root);
    let mut files = vec![PathBuf::from(&canonical.name)];
    files.extend(written.own.then(|| PathBuf::from(&written.name)));
    repository.commit(&files, &format!("Release {next}"))?;
    session.say(&format!("committed as `Release {next}`"));
    if args.push {
        pushed(session, &outward, &tag_of(&outward, &next))
    } else {
        Ok(Exit::Done)
    }
}

/// Pushes, and waits until every check of the commit has ended.
fn pushed(session: &Session<'_>, outward: &Outward<'_>, name: &str) -> Result<Exit, Stop> {
    let repository = session.world.repository(&outward.operator.root);
    let branch = &outward.operator.config.source.branch;
    let commit = repository.tree()?.commit;
    repository.push(&format!("{commit}:refs/heads/{branch}"))?;
    session.say(&format!("pushed to `{branch}`"));
    let Some(hosting) = outward.source_hosting(session)? else {
        return Ok(Exit::Done);
    };
    let expected = crate::project::install_steps::budget(&outward.operator.config.budget.pre_cut)?;
    let bar = session
        .world
        .progress("checks", expected.as_secs(), Unit::Seconds);
    let mut waited = std::time::Duration::ZERO;
    loop {
        let checks = Patience::new(session).read(|| hosting.checks(&commit))?;
        if let Some(failed) = checks.iter().find(|check| check.state == State::Failed) {
            return Err(Failure::new(format!(
                "the check `{}` failed: {}",
                failed.name, failed.url
            ))
            .help("mend it before you cut")
            .into());
        }
        if !checks.is_empty() && checks.iter().all(|check| check.state == State::Passed) {
            session.print(&format!(
                "{} passed; next: `tidings preflight`, then `tidings cut` makes {name}\n",
                crate::diag::count(checks.len(), "check")
            ))?;
            return Ok(Exit::Done);
        }
        if waited >= expected * 2 {
            return Err(
                Failure::new("the checks have not ended in twice their time")
                    .help("look at them at the forge; `tidings preflight` asks again")
                    .into(),
            );
        }
        session.world.pause(LOOK);
        waited += LOOK;
        bar(waited.as_secs().min(expected.as_secs().saturating_sub(1)));
    }
}

fn next(current: &Version, to: &str, scheme: &Scheme) -> Result<Version, Stop> {
    let raised = match (to, scheme) {
        ("major", Scheme::Semver | Scheme::Pep440) => Some(format!("{}.0.0", current.part(0) + 1)),
        ("minor", Scheme::Semver | Scheme::Pep440) => {
            Some(format!("{}.{}.0", current.part(0), current.part(1) + 1))
        }
        // A pre-release becomes what it is one of.
        ("patch", Scheme::Semver | Scheme::Pep440) if current.is_prerelease() => Some(format!(
            "{}.{}.{}",
            current.part(0),
            current.part(1),
            current.part(2)
        )),
        ("patch", Scheme::Semver | Scheme::Pep440) => Some(format!(
            "{}.{}.{}",
            current.part(0),
            current.part(1),
            current.part(2) + 1
        )),
        ("major" | "minor" | "patch", Scheme::Calver(_)) => {
            return Err(Failure::new("a calendar version has no levels")
                .help("name the version: `tidings bump 2026.11.0`")
                .into());
        }
        _ => None,
    };
    let text = raised
        .as_deref()
        .unwrap_or_else(|| to.trim_start_matches('v'));
    Version::read(text).ok_or_else(|| {
        Failure::new(format!(
            "`{}` is no level and no version",
            crate::diag::clipped(to, 40)
        ))
        .help("write `major`, `minor`, `patch`, or a version such as `1.4.0`")
        .into()
    })
}

struct Why(Finding);

impl Why {
    fn at_unreleased(self, changelog: &crate::model::Changelog) -> Finding {
        match changelog.unreleased() {
            Some(entry) => self.0.at(&changelog.text, entry.heading),
            None => self.0.at(&changelog.text, changelog.text.first_line()),
        }
    }
}

fn why(refused: &Refused, file: &str, next: &Version, level: Level) -> Why {
    Why(match refused {
        Refused::Nothing | Refused::Taken => {
            Finding::new(Code::EntryMissing, format!("{file} has no `[Unreleased]` entry to make {next} of"))
                .help("write `## [Unreleased]`, and below it what customers get")
        }
        Refused::Empty => Finding::new(Code::EntryEmpty, "nothing stands under `[Unreleased]`")
            .help("write what customers get, in one or two sentences and a list"),
        Refused::Level(words) => Finding::new(Code::EntryLevel, format!("`{words}` is more than a {} release", level.word()))
            .help("raise a higher level, or say it under another heading if it is no new feature and breaks nothing"),
    })
}
