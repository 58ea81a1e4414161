//! `tidings status`

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::documents::readme;
use crate::documents::{PhasePart, ReleaseDay};
use crate::project::install_steps::budget;
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::owed::owed;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::version_source::{tag_of, wanted};
use crate::release_day::{Phase, Phases};
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
    let all: Vec<Phases> = tags.iter().map(|tag| Phases::of(&receipts, tag)).collect();
    let this = Phases::of(&receipts, &tag);
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
            releases: ended.len(),
            overruns: ended.iter().filter(|took| **took > limit).count(),
        });
    }
    let next = this.next().map(|command| command.to_owned());
    let known = loaded.bootstrap.history.release(&version);
    let withdrawn = known.is_some_and(|release| release.withdrawn);
    let day = ReleaseDay {
        schema: ReleaseDay::SCHEMA,
        version: version.to_string(),
        tag,
        phases,
        smoke_failed: this.failed_cut(),
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
