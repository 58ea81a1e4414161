//! `tidings smoke`

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::diag::{Code, Finding, count};
use crate::documents::SmokeTest;
use crate::model::{Pin, Release};
use crate::ports::ledger::{CUT, SMOKE, SMOKE_FAILED, SMOKE_MAIN};
use crate::ports::{Action, Failure, Receipt};
use crate::project::install_steps::{Broken, Ended, Steps, budget, root, rounded};
use crate::project::load::load;
use crate::project::operator::{Outward, tag};
use crate::project::past::who;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json as printed;

#[derive(Debug, Args)]
pub struct SmokeArgs {
    /// The release [default: the newest]
    #[arg(conflicts_with = "main")]
    version: Option<String>,
    /// Try the latest build of the source repository's main branch instead: before a cut, and no evidence for mail
    #[arg(long)]
    main: bool,
}

/// What takes so many times its budget is stopped.
const PATIENCE: u32 = 3;

pub fn run(args: &SmokeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let limit = budget(&outward.operator.config.budget.smoke)?;
    if args.main {
        return main_branch(session, &outward, limit);
    }
    let release = loaded.release(session, args.version.as_deref())?;
    let name = tag(&loaded, release);
    let clone = session.world.fresh_clone(&loaded.root, &name)?;
    let same = one_commit(session, &outward, release, &clone.path)?;
    let mut steps = Steps::new(session, &loaded, &clone.path, limit * PATIENCE)?;
    steps.pass(&format!("clone {name} into a fresh folder"), clone.took);
    let failed = outward
        .ledger
        .receipts()?
        .iter()
        .filter(|recorded| recorded.receipt.step == SMOKE_FAILED && recorded.receipt.tag == name)
        .count();
    if let Err(ended) = there_and_back(&outward, release, &mut steps) {
        if let Ended::Broken(Broken { step, why, .. }) = &ended {
            let first = why.lines().next().unwrap_or("");
            let outcome = format!("failed at `{step}`: {first}");
            let by = who(session, &loaded);
            let detail = json!({ "outcome": outcome, "attempt": failed + 1, "by": by, "steps": steps.timed() });
            if outward.record(SMOKE_FAILED, release, &detail).is_err() {
                session.say("no receipt could be written: note down yourself that it failed");
            }
        }
        return Err(broken(session, &outward, &name, &steps, ended));
    }
    let mut unseen = unseen(&outward, release);
    unseen.extend(steps.unseen.clone());
    for (what, why) in &unseen {
        session.say(&format!("not checked  {what}: {why}"));
    }
    let unseen: Vec<&str> = unseen.iter().map(|(what, _)| what.as_str()).collect();
    let total = steps.total();
    let seconds = rounded(total);
    outward.record(
        SMOKE,
        release,
        &json!({ "seconds": seconds, "failed_before": failed, "not_checked": unseen, "by": who(session, &loaded), "steps": steps.timed() }),
    )?;
    if form == Format::Json {
        let version = release.version.to_string();
        session.print(&printed(&SmokeTest {
            schema: SmokeTest::SCHEMA,
            version,
            tag: name,
            seconds,
            steps: steps.timed(),
            not_checked: unseen.iter().map(|what| (*what).to_owned()).collect(),
        }))?;
    } else {
        let before = match failed {
            0 => String::new(),
            failed => format!(", after {} that failed", count(failed, "test")),
        };
        let before = match unseen.is_empty() {
            true => before,
            false => format!(
                "{before}, with {} not checked",
                crate::diag::list(&unseen, "and")
            ),
        };
        session.print(&format!(
            "{name} passed its smoke test in {seconds:.1} s{before}: {same}\n"
        ))?;
    }
    if total > limit {
        let budget = &outward.operator.config.budget.smoke;
        session.say(&format!("that is more than the budget of {budget}: the install script does too much that belongs into the image"));
    }
    Ok(Exit::Done)
}

/// What is tried is what was reviewed and tagged: one commit in the fresh clone of `origin`, here, and in the receipt of the cut.
/// Gives what was equal, in words.
fn one_commit(
    session: &Session<'_>,
    outward: &Outward<'_>,
    release: &Release,
    clone: &Path,
) -> Result<String, Stop> {
    let name = tag(outward.loaded, release);
    let cloned = session.world.repository(clone).commit_of("HEAD")?;
    let cloned = cloned.unwrap_or_default();
    let receipts = outward.ledger.receipts()?;
    let mut receipts = receipts.iter().map(|recorded| &recorded.receipt);
    let cut = receipts.rfind(|receipt| receipt.is_of(CUT, &name) && !receipt.commit.is_empty());
    let here = release.tag.as_ref().map(|tag| tag.commit.as_str());
    let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
    for (other, place) in [
        (here, "here"),
        (
            cut.map(|cut| cut.commit.as_str()),
            "in the receipt of the cut",
        ),
    ] {
        if let Some(other) = other.filter(|other| *other != cloned) {
            let what = format!(
                "`{name}` is {} at `origin` and {} {place}",
                short(&cloned),
                short(other)
            );
            return Err(Finding::new(Code::GateTag, what)
                .help("a tag that moved is no release any more: find out who moved it, and make a new release")
                .into());
        }
    }
    let digest = release.pin.as_ref().map(|pin| pin.digest.to_string());
    Ok(format!(
        "clone and {} are at {}, `/version` and pin name {}",
        cut.map_or("tag", |_| "cut"),
        short(&cloned),
        digest
            .as_deref()
            .and_then(|digest| digest.get(..19))
            .unwrap_or("no digest")
    ))
}

/// Installed, asked, used; rolled back and forward again.
fn there_and_back(
    outward: &Outward<'_>,
    release: &Release,
    steps: &mut Steps<'_, '_>,
) -> Result<(), Ended> {
    let name = tag(outward.loaded, release);
    steps.install(&name)?;
    steps.confirm_pin(pin(release)?)?;
    steps.confirm_containers(pin(release)?)?;
    steps.operations(&outward.operator.config.staging.operation)?;
    let Some(target) = outward
        .loaded
        .bootstrap
        .history
        .rollback_target(&release.version)
    else {
        return Ok(());
    };
    for (to, at) in [(target, tag(outward.loaded, target)), (release, name)] {
        steps.check_out(&at)?;
        steps.install(&at)?;
        steps.confirm_pin(pin(to)?)?;
        steps.confirm_containers(pin(to)?)?;
    }
    Ok(())
}

/// What a test that passed says nothing about, and why.
fn unseen(outward: &Outward<'_>, release: &Release) -> Vec<(String, String)> {
    let operations = &outward.operator.config.staging.operation;
    let target = outward
        .loaded
        .bootstrap
        .history
        .rollback_target(&release.version);
    let named = "none is named: `[[staging.operation]]` in operator.toml";
    let none = "no earlier release can be installed: there is none to roll back to";
    [
        operations.is_empty().then_some(("operations", named)),
        target.is_none().then_some(("rollback", none)),
    ]
    .into_iter()
    .flatten()
    .map(|(what, why)| (what.to_owned(), why.to_owned()))
    .collect()
}

fn pin(release: &Release) -> Result<&Pin, Ended> {
    let none = || Broken {
        step: "read the pin".into(),
        why: format!("{} has none at its tag", release.version),
        output: String::new(),
    };
    release.pin.as_ref().ok_or_else(|| Ended::Broken(none()))
}

/// All that was seen goes where the report of an incident finds it.
fn broken(
    session: &Session<'_>,
    outward: &Outward<'_>,
    name: &str,
    steps: &Steps<'_, '_>,
    ended: Ended,
) -> Stop {
    let Broken { step, why, output } = match ended {
        Ended::Broken(broken) => broken,
        Ended::Stop(stop) => return stop,
    };
    let passed: String = steps
        .passed
        .iter()
        .map(|(step, took)| format!("{:>6.1} s  {step}\n", took.as_secs_f64()))
        .collect();
    let answer = steps.answer.as_deref().unwrap_or("nothing");
    let text = format!(
        "The smoke test of {name} failed on {}.\n\n{passed} failed   {step}\n\n{why}\n\n/version answered: {answer}\n\nWhat the step said:\n\n{output}\n",
        session.today()
    );
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let folder = outward
        .operator
        .root
        .join(&outward.operator.config.source.internal_docs);
    let path = folder.join(format!("smoke-{}-{safe}.txt", session.today()));
    let kept = outward
        .loaded
        .refuse_public(
            session,
            &path,
            "what was seen is not for customers",
            "set `[source] internal_docs`",
        )
        .is_ok()
        && session
            .world
            .perform(&Action::WritePrivate {
                path: path.clone(),
                text: crate::diag::plain(&text),
            })
            .is_ok();
    let kept = if kept {
        format!("; all that was seen is in `{}`", path.display())
    } else {
        String::new()
    };
    Finding::new(Code::SmokeFailed, format!("{step}: {why}"))
        .help(format!(
            "customers are not told; mend it and release the next patch: `tidings bump patch`; where staging was at fault, `tidings smoke` again{kept}"
        ))
        .into()
}

/// The last chance to see that something is wrong before it leaves the house.
fn main_branch(
    session: &Session<'_>,
    outward: &Outward<'_>,
    limit: Duration,
) -> Result<Exit, Stop> {
    let config = &outward.operator.config;
    let Some(install) = &config.staging.main_install else {
        let failure = Failure::new("nothing says how the latest build of main gets to staging");
        return Err(failure
            .help("write `[staging] main_install = \"./deploy-staging.sh\"` in operator.toml")
            .into());
    };
    let source = session.world.repository(&outward.operator.root);
    let branch = format!("refs/heads/{}", config.source.branch);
    let Some((_, commit)) = source
        .remote()?
        .into_iter()
        .find(|(name, _)| *name == branch)
    else {
        return Err(Failure::new(format!(
            "`origin` of the source repository has no branch `{}`",
            config.source.branch
        ))
        .into());
    };
    let mut steps = Steps::new(
        session,
        outward.loaded,
        &outward.operator.root,
        limit * PATIENCE,
    )?;
    let carried_out = (|| {
        let line = install
            .replace("{root}", &root(session, Some(outward.operator)))
            .replace("{commit}", &commit);
        steps.command("install the latest build of main", &line)?;
        steps.confirm(
            &commit[..12.min(commit.len())],
            [
                ("version", None),
                ("digest", None),
                ("revision", Some(&commit)),
            ],
        )?;
        steps.operations(&config.staging.operation)
    })();
    if let Err(ended) = carried_out {
        return Err(broken(session, outward, "main", &steps, ended));
    }
    let seconds = rounded(steps.total());
    let detail = json!({ "seconds": seconds, "steps": steps.timed() }).to_string();
    let none = String::new;
    let receipt = Receipt {
        step: SMOKE_MAIN.into(),
        version: none(),
        tag: config.source.branch.clone(),
        commit,
        digest: none(),
        detail,
    };
    outward.ledger.record(&receipt)?;
    session.print(&format!(
        "the latest build of {} passed in {seconds:.1} s\n",
        config.source.branch
    ))?;
    Ok(Exit::Done)
}
