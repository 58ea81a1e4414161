//! `tidings status`

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::documents::readme;
use crate::documents::{PhasePart, ReleaseDay};
use crate::model::{Changelog, Scheme};
use crate::project::install_steps::budget;
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::owed::owed;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::version_source::{tag_of, wanted, written};
use crate::release_day::{Phase, Phases, lowest_level};
use crate::render::json;

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The release [default: the version in the source repository]
    version: Option<String>,
}

pub fn run(args: &StatusArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let version = match wanted(session, &outward, args.version.as_deref()) {
        Err(_) if args.version.is_none() => loaded.release(session, None)?.version.clone(),
        wanted => wanted?,
    };
    let tag = tag_of(&outward, &version);
    let receipts = outward.ledger.receipts()?;
    let tags: BTreeSet<&str> = receipts
        .iter()
        .map(|recorded| recorded.receipt.tag.as_str())
        .collect();
    let all: Vec<Phases> = tags
        .iter()
        .map(|tag| Phases::of(&receipts, tag, &machine))
        .collect();
    let this = Phases::of(&receipts, &tag, &machine);
    let budgets = &outward.operator.config.budget;
    let mut phases = Vec::new();
    for (phase, written) in
        Phase::ALL
            .into_iter()
            .zip([&budgets.pre_cut, &budgets.cut, &budgets.post_cut])
    {
        let limit = budget(written)?;
        let ended: Vec<_> = all.iter().filter_map(|phases| phases.took(phase)).collect();
        phases.push(PhasePart {
            phase: phase.as_str().to_owned(),
            seconds: this.took(phase).map(|took| took.as_secs()),
            budget_seconds: limit.as_secs(),
            effort_seconds: this.effort(phase).map(|took| took.as_secs()),
            effort_budget_seconds: phase.effort().as_secs(),
            releases: ended.len(),
            overruns: ended.iter().filter(|took| **took > limit).count(),
        });
    }
    let known = loaded.bootstrap.history.release(&version);
    let written = written(session, &outward)?;
    // No receipt, and nothing to cut: the version is tagged already, or has no entry yet.
    let tagged = known.is_some_and(|release| release.tag.is_some());
    let fresh = this.is_empty() && (tagged || written.changelog.entry(&version).is_none());
    let next = match fresh {
        true => bump(&written.changelog, &loaded.bootstrap.config.policy.scheme),
        false => this.next().map(str::to_owned),
    };
    let withdrawn = known.is_some_and(|release| release.withdrawn);
    let day = ReleaseDay {
        schema: ReleaseDay::SCHEMA,
        version: version.to_string(),
        tag,
        phases,
        smoke_failed: this.failed_cut(),
        nothing_new: fresh && next.is_none(),
        next: next.filter(|_| !withdrawn),
        withdrawn,
        owed: owed(session, &outward, &receipts, &|| {
            readme::is_stale(session, &loaded)
        })?,
    };
    session.print(&if form == Format::Json {
        json(&day)
    } else {
        day.text()
    })?;
    Ok(Exit::Done)
}

/// How long a receipt says that the operator only waited, in seconds.
fn machine(detail: &str) -> Option<f64> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    detail["waited"].as_f64().or(detail["seconds"].as_f64())
}

/// The command that begins the next release, by what `[Unreleased]` holds; `None` where it holds nothing.
fn bump(changelog: &Changelog, scheme: &Scheme) -> Option<String> {
    lowest_level(changelog).map(|level| match scheme {
        Scheme::Calver(_) => "tidings bump VERSION --commit --push".to_owned(),
        _ => format!("tidings bump {} --commit --push", level.word()),
    })
}
