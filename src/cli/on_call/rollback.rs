//! `tidings rollback`: from the clone and the registry alone; nothing of the vendor's is asked.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::diag::{Code, Finding, count};
use crate::model::{Pin, Release, Version};
use crate::ports::Failure;
use crate::project::assumed::refused as refused_assumed;
use crate::project::install_steps::{Broken, Ended, Steps};
use crate::project::load::{Loaded, load};
use crate::project::operator::tag;
use crate::project::past::{Attempt, checked_out, record_rollback};
use crate::project::session::{Exit, Session, Stop};
use crate::sources::version_answer;

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The release to go back to [default: the one before what runs]
    to: Option<String>,
    /// What runs, where the agent does not answer
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// Print what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Checked out, installed, confirmed: two minutes; what takes longer than this is stopped.
const LIMIT: Duration = Duration::from_secs(600);
const BUDGET: Duration = Duration::from_secs(120);

pub fn run(args: &RollbackArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    if loaded.assumed {
        return Err(refused_assumed(&loaded.root));
    }
    let history = &loaded.bootstrap.history;
    let running = running(args, session, &loaded)?;
    let target = match &args.to {
        Some(named) => loaded.release(session, Some(named))?,
        None => history.rollback_target(&running.version).ok_or_else(|| {
            refused(format!(
                "there is no release before {} to go back to",
                running.version
            ))
            .help("call support; reinstalling may repair it")
        })?,
    };
    let name = tag(&loaded, target);
    let wanted = installable(target, &name)?;
    let way = if target.version < running.version {
        "back"
    } else {
        "forward"
    };
    session.say(&format!(
        "{} runs; {way} to {}",
        running.version, target.version
    ));
    for issue in history
        .issues_of(&target.version)
        .filter(|issue| !issue.affected.contains(&running.version))
    {
        session.say(&format!("comes back: {} ({})", issue.title, issue.id));
    }
    if let Some(notes) = running
        .notes
        .as_ref()
        .and_then(|notes| notes.rollback.as_ref())
    {
        session.say(&format!("mind: {notes}"));
    }
    session.say("not undone: what the newer version wrote to your data, and settings that you changed for it");
    let install = &loaded.bootstrap.config.product.bootstrap.install;
    if args.dry_run {
        return session
            .print(&format!("git checkout {name}\n{install}\n"))
            .map(|()| Exit::Done);
    }
    let repository = session.world.repository(&loaded.root);
    let changed = repository.tree()?.changed;
    let tracked = repository.tracked()?;
    let ours: Vec<&String> = changed
        .iter()
        .filter(|path| tracked.contains(path))
        .collect();
    if let Some(first) = ours.first() {
        let failure = Failure::new(format!(
            "{} changed here and not committed, `{first}` first",
            count(ours.len(), "file")
        ));
        return Err(failure
            .help("`git stash` puts them aside; then run this again")
            .into());
    }
    if !args.yes {
        session.agreed(
            &format!("Go back from {} to {}?", running.version, target.version),
            "nothing was changed",
        )?;
    }
    let mut steps = Steps::new(session, &loaded, &loaded.root, LIMIT)?;
    let operations = loaded
        .operator
        .as_ref()
        .map(|operator| operator.config.staging.operation.clone())
        .unwrap_or_default();
    let done = (|| {
        repository.check_out(&format!("refs/tags/{name}"))?;
        steps.pass(&format!("check out {name}"), Duration::ZERO);
        steps.install(&name)?;
        steps.confirm_pin(wanted)?;
        steps.operations(&operations)
    })();
    match done {
        Ok(()) => {}
        Err(Ended::Stop(stop)) => return Err(stop),
        Err(Ended::Broken(Broken { step, why, .. })) => {
            let broken = Some((step.as_str(), why.as_str()));
            let steps = json!(steps.timed());
            written_down(
                session,
                &loaded,
                &Attempt {
                    from: running,
                    to: target,
                    steps,
                    broken,
                },
            );
            let finding = Finding::new(Code::RollbackFailed, format!("{step}: {why}"));
            return Err(finding.help(format!("the clone is at {name}; `{install}` tries again, `tidings identify` says what runs")).into());
        }
    }
    let took = steps.total();
    let steps = json!(steps.timed());
    written_down(
        session,
        &loaded,
        &Attempt {
            from: running,
            to: target,
            steps,
            broken: None,
        },
    );
    session.print(&format!(
        "{} runs again, after {:.1} s\n",
        target.version,
        took.as_secs_f64()
    ))?;
    if took > BUDGET {
        session.say("that is more than the two minutes a rollback should take");
    }
    session.say("now write down what happened: `tidings incident --write`");
    Ok(Exit::Done)
}

fn written_down(session: &Session<'_>, loaded: &Loaded, attempt: &Attempt<'_>) {
    if record_rollback(session, loaded, attempt).is_err() {
        session.say("no receipt could be written: note down yourself that it was rolled back");
    }
}

fn refused(message: String) -> Finding {
    Finding::new(Code::RollbackTarget, message)
}

/// A release that can be gone back to.
fn installable<'r>(target: &'r Release, name: &str) -> Result<&'r Pin, Stop> {
    if target.withdrawn {
        return Err(refused(format!("{} was withdrawn", target.version))
            .help("go back to another release: `tidings matrix` lists them")
            .into());
    }
    match (&target.tag, &target.pin) {
        (Some(_), Some(pin)) => Ok(pin),
        (None, _) => Err(refused(format!("there is no tag `{name}` in this clone"))
            .help("`git fetch --tags` brings it, if you reach the forge")
            .into()),
        (_, None) => Err(refused(format!(
            "`{name}` holds no pin: nothing says what to install"
        ))
        .help("go back to another release")
        .into()),
    }
}

/// What runs: as given, as the agent says, or what is checked out here.
fn running<'l>(
    args: &RollbackArgs,
    session: &Session<'_>,
    loaded: &'l Loaded,
) -> Result<&'l Release, Stop> {
    let bootstrap = &loaded.bootstrap;
    if let Some(given) = &args.from {
        return loaded.release(session, Some(given));
    }
    let staging = loaded
        .operator
        .as_ref()
        .and_then(|operator| operator.config.staging.version_url.as_ref());
    let url = staging.or(bootstrap.config.product.bootstrap.version_url.as_ref());
    let answer = url.map(|url| session.world.version_answer(url));
    if let Some(Ok(answer)) = &answer {
        let said = version_answer::read(answer).version;
        if let Some(release) = said
            .as_deref()
            .and_then(Version::read)
            .and_then(|version| bootstrap.history.release(&version))
        {
            return Ok(release);
        }
        session.say("the agent's answer names no release of ours: taking what is checked out here");
    } else if let Some(Err(failure)) = answer {
        session.say(&format!(
            "{}: taking what is checked out here",
            failure.what
        ));
    }
    let here = checked_out(session, loaded)?;
    here.ok_or_else(|| {
        Failure::new("nothing says what runs")
            .help("name it: `tidings rollback --from 2.1.0`")
            .into()
    })
}
