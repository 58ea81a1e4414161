//! `tidings cut`: tag, pipeline, review, merge, tag. Each step looks first whether it is done.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::release_day::rehearsal::rehearsal;
use crate::cli::release_day::review::examine;
use crate::diag::{Code, Finding, clipped, plain};
use crate::documents::{Announcement, Checklist, Standpoint};
use crate::model::{Changelog, History, Release, Support, Version};
use crate::ports::hosting::{Hosting, Merged, Pipeline, Pull, State};
use crate::ports::ledger::{CUT, CUT_BEGUN, PREFLIGHT};
use crate::ports::{Failure, Receipt, Repository, Unit};
use crate::project::install_steps::budget;
use crate::project::load::{Loaded, load};
use crate::project::operator::{Outward, Patience};
use crate::project::proposal::{Introduced, branch, introduced, main_branch, pin_at};
use crate::project::session::{Exit, Session, Stop};
use crate::project::version_source::{canonical, tag_of, written};
use crate::release_day::{accepted_rows, known_cause};
use crate::sources::changelog;

#[derive(Debug, Args)]
pub struct CutArgs {
    /// Print what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before what cannot be undone
    #[arg(long)]
    yes: bool,
    /// Run what failed of the pipeline again
    #[arg(long)]
    rerun: bool,
}

/// A pipeline that has not begun by then does not begin.
const BEGINS: Duration = Duration::from_secs(120);
const RERUN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(500);
const LONGEST_LOOK: Duration = Duration::from_secs(10);

struct Cut<'c, 'w> {
    session: &'c Session<'w>,
    outward: &'c Outward<'c>,
    version: Version,
    tag: String,
    message: String,
    expected: Duration,
    args: &'c CutArgs,
    /// How long machines were waited for.
    waited: Cell<Duration>,
}

pub fn run(args: &CutArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let version = canonical(session, outward.operator)?.place.version;
    let written = written(session, &outward)?;
    let tag = tag_of(&outward, &version);
    let message = message(&written.changelog, &version)?;
    let expected = budget(&outward.operator.config.budget.cut)?;
    let cut = Cut {
        session,
        outward: &outward,
        version,
        tag,
        message,
        expected,
        args,
        waited: Cell::default(),
    };
    if !args.yes && !args.dry_run {
        announce(session, &loaded, &written.changelog, &cut.version);
    }
    let _alone = outward.ledger.alone()?;
    let source = session.world.repository(&outward.operator.root);
    let commit = cut.source_commit(source.as_ref())?;
    if args.dry_run {
        let plan = [
            format!(
                "tag {} of the source repository as {}: {}",
                &commit[..12.min(commit.len())],
                cut.tag,
                cut.message
            ),
            "watch its pipeline".to_owned(),
            format!(
                "review and merge `{}` of the bootstrap repository",
                branch(&outward, &cut.version)
            ),
            format!("tag the bootstrap repository as {}", cut.tag),
        ];
        return session
            .print(&(plan.join("\n") + "\n"))
            .map(|()| Exit::Done);
    }
    cut.tag_source(source.as_ref(), &commit)?;
    cut.pipeline(&commit)?;
    let bootstrap = session.world.repository(&loaded.root);
    let merged = cut.merge(bootstrap.as_ref())?;
    let digest = cut.tag_bootstrap(bootstrap.as_ref(), &merged)?;
    let detail = json!({ "waited": cut.waited.get().as_secs() }).to_string();
    outward.ledger.record(&Receipt {
        detail,
        ..cut.receipt(CUT, &merged, &digest)
    })?;
    if bootstrap
        .bring_up(&main_branch(bootstrap.as_ref())?.0)
        .is_err()
    {
        session.say("the bootstrap checkout here is not brought up to date: `git pull` there");
    }
    session.print(&format!(
        "{} is released; nobody has been told. Next: `tidings smoke`\n",
        cut.tag
    ))?;
    Ok(Exit::Done)
}

/// Shows what customers will be told, from the changelog of the source repository: the bootstrap repository has it only later.
fn announce(session: &Session<'_>, loaded: &Loaded, log: &Changelog, version: &Version) {
    let Some(entry) = log.entry(version) else {
        return;
    };
    let (notes, _) = changelog::notes(log, entry);
    let known = &loaded.bootstrap.history;
    let mut releases: Vec<Release> = vec![Release {
        version: version.clone(),
        date: entry.date,
        withdrawn: false,
        notes: Some(notes),
        heading: entry.heading,
        pin: None,
        tag: None,
        unpinned: false,
    }];
    releases.extend(known.releases().iter().cloned());
    let history = History::new(known.policy.clone(), known.issues.clone(), releases);
    let day = entry.date.unwrap_or_else(|| session.today());
    let support = Support::on(&history, day);
    let at = Standpoint::new(&loaded.bootstrap.config.product, &history, &support);
    if let Some(release) = history.release(version) {
        session.say(Announcement::of(at, release).text().trim_end());
    }
}

impl Cut<'_, '_> {
    fn receipt(&self, step: &str, commit: &str, digest: &str) -> Receipt {
        Receipt {
            step: step.to_owned(),
            version: self.version.to_string(),
            tag: self.tag.clone(),
            commit: commit.to_owned(),
            digest: digest.to_owned(),
            detail: json!({}).to_string(),
        }
    }

    fn confirmed(&self, question: &str) -> Result<(), Stop> {
        if self.args.yes {
            return Ok(());
        }
        self.session.agreed(
            question,
            "stopped here; what was done stays, and `tidings cut` goes on from there",
        )
    }

    /// The commit that is released: the tag's, where it is at the remote already.
    fn source_commit(&self, source: &dyn Repository) -> Result<String, Stop> {
        let name = format!("refs/tags/{}", self.tag);
        let remote = source
            .remote()?
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, commit)| commit);
        let here = source.commit_of(&name)?;
        let tree = source.tree()?;
        match (remote, here) {
            (Some(remote), Some(here)) if remote != here => Err(Failure::new(format!(
                "`{}` leads to another commit at `origin` than here",
                self.tag
            ))
            .help("a tag that moved is no release: find out who moved it, and `tidings bump patch`")
            .into()),
            (Some(remote), _) => Ok(remote),
            (None, Some(here)) if here != tree.commit => Err(Failure::new(format!(
                "there is a tag `{}` here that leads elsewhere, and `origin` has none",
                self.tag
            ))
            .help(format!(
                "if nobody else has it: `git tag -d {}`, then run this again",
                self.tag
            ))
            .into()),
            (None, _) => {
                let passed = self.outward.ledger.receipts()?.iter().any(|r| {
                    r.receipt.step == PREFLIGHT
                        && r.receipt.tag == self.tag
                        && r.receipt.commit == tree.commit
                });
                if !passed {
                    let finding = Finding::new(
                        Code::GatePreflight,
                        format!(
                            "the checklist has not passed for {} at {}",
                            self.tag,
                            &tree.commit[..12.min(tree.commit.len())]
                        ),
                    );
                    return Err(finding.help("`tidings preflight`").into());
                }
                Ok(tree.commit)
            }
        }
    }

    fn tag_source(&self, source: &dyn Repository, commit: &str) -> Result<(), Stop> {
        let name = format!("refs/tags/{}", self.tag);
        if source.remote()?.iter().any(|(known, _)| *known == name) {
            self.session.say(&format!(
                "{} is at `origin` of the source repository",
                self.tag
            ));
            return Ok(());
        }
        // What would stop the release after its tag is public is looked at before.
        let rows = rehearsal(self.session, self.outward)?;
        let rows = accepted_rows(rows, &self.outward.acceptances(), self.session.today());
        let list = Checklist::new("rehearsal", self.version.to_string(), rows);
        if !list.passed {
            self.session.print(&plain(&list.text()))?;
            let finding = Finding::new(
                Code::GatePreflight,
                format!("{} could not be finished; nothing was tagged", self.tag),
            );
            return Err(finding
                .help("mend what the list says, then run this again")
                .into());
        }
        self.confirmed(&format!(
            "Tag the source repository as {} and start the release pipeline?",
            self.tag
        ))?;
        self.outward
            .ledger
            .record(&self.receipt(CUT_BEGUN, commit, ""))?;
        if source.commit_of(&name)?.is_none() {
            source.tag(&self.tag, commit, &self.message)?;
        }
        source.push(&format!("{name}:{name}"))?;
        self.session
            .say(&format!("tagged and pushed {}: {}", self.tag, self.message));
        Ok(())
    }

    /// Waits for every pipeline that the tag started.
    fn pipeline(&self, commit: &str) -> Result<(), Stop> {
        let Some(hosting) = self.outward.source_hosting(self.session)? else {
            self.session
                .say("no pipeline is watched: `[source] repository` in operator.toml names none");
            return Ok(());
        };
        let mut rerun = self.args.rerun;
        let mut settled = Duration::ZERO;
        self.wait("pipeline", |waited| {
            let runs = Patience::new(self.session).read(|| hosting.pipelines(&self.tag, commit))?;
            if let Some(failed) = runs.iter().find(|run| run.state == State::Failed) {
                if !std::mem::take(&mut rerun) {
                    return if waited < settled { Ok(None) } else { Err(self.broken(hosting.as_ref(), failed)?) };
                }
                self.session.say("mind: a run that a person starts may be signed with another identity; the review compares it");
                self.confirmed("Run what failed again?")?;
                Patience::new(self.session).read(|| hosting.rerun(failed))?;
                // The forge goes on saying that it failed for a moment.
                settled = waited + RERUN;
                return Ok(None);
            }
            if runs.is_empty() && waited >= BEGINS.min(self.expected) {
                return Err(Failure::new(format!("the pipeline of {} does not begin", self.tag))
                    .help("does a workflow run `on: push: tags`? Look at the forge; then `tidings cut` goes on")
                    .into());
            }
            Ok((!runs.is_empty() && runs.iter().all(|run| run.state == State::Passed)).then_some(()))
        })?;
        self.session.say("the pipeline passed");
        Ok(())
    }

    fn broken(&self, hosting: &dyn Hosting, failed: &Pipeline) -> Result<Stop, Stop> {
        let step = Patience::new(self.session).read(|| hosting.failed_step(failed))?;
        let (place, log) = step.map_or_else(
            || (failed.name.clone(), String::new()),
            |step| (format!("{}, step `{}`", step.job, step.step), step.log),
        );
        let cause = known_cause(&log).unwrap_or("look at the log");
        let finding = Finding::new(
            Code::PipelineFailed,
            format!("{place} failed: {}\n{}", failed.url, plain(&log)),
        );
        Ok(finding
            .help(format!("{cause}; `tidings cut --rerun` runs it again"))
            .into())
    }

    /// Looks again and again until there is an answer, or it took twice the time that is expected.
    fn wait<T>(
        &self,
        what: &str,
        mut look: impl FnMut(Duration) -> Result<Option<T>, Stop>,
    ) -> Result<T, Stop> {
        let bar = self
            .session
            .world
            .progress(what, self.expected.as_secs(), Unit::Seconds);
        let (mut waited, mut pause) = (Duration::ZERO, LOOK);
        loop {
            if let Some(found) = look(waited)? {
                bar(self.expected.as_secs());
                return Ok(found);
            }
            if waited >= self.expected * 2 {
                return Err(Failure::new(format!(
                    "{what}: not there after {} s, twice the time of `[budget] cut`",
                    waited.as_secs()
                ))
                .help("look at the forge; then `tidings cut` goes on from here")
                .into());
            }
            self.session.world.pause(pause);
            self.waited.set(self.waited.get() + pause);
            waited += pause;
            pause = (pause * 2).min(LONGEST_LOOK);
            bar(waited
                .as_secs()
                .min(self.expected.as_secs().saturating_sub(1)));
        }
    }

    /// Finds the proposed pin, reviews it and merges it. Gives the commit of the main branch that holds it.
    fn merge(&self, bootstrap: &dyn Repository) -> Result<String, Stop> {
        let hosting = self.outward.bootstrap_hosting(self.session)?;
        let name = branch(self.outward, &self.version);
        if let Some(merged) = self.merged(bootstrap)? {
            self.session.say("the pin is on the main branch");
            return self.judged(merged);
        }
        let (pull, head) = self.wait("proposed pin", |_| {
            self.proposal(bootstrap, hosting.as_deref(), &name)
        })?;
        bootstrap.fetch()?;
        let (_, main) = main_branch(bootstrap)?;
        let list = examine(
            self.session,
            self.outward,
            &self.version,
            &head,
            Some(&main),
        )?;
        self.session.print(&plain(&list.text()))?;
        if !list.passed {
            let finding = Finding::new(Code::ReviewFailed, format!("`{name}` may not be merged"));
            return Err(finding
                .help("mend what the list says at the pipeline, and cut the next patch release; or close the proposal")
                .into());
        }
        self.confirmed(&format!("Merge `{name}` and release {}?", self.tag))?;
        match (&hosting, &pull) {
            (Some(hosting), Some(pull)) => {
                self.proposal_passes(hosting.as_ref(), pull)?;
                self.said_merged(
                    &name,
                    pull,
                    &Patience::new(self.session).read(|| hosting.merge(pull))?,
                );
            }
            _ => {
                let (main, commit) = main_branch(bootstrap)?;
                let new = if bootstrap.contains(&head, &commit)? {
                    head
                } else {
                    bootstrap.merged(&commit, &head, &format!("Release {}", self.tag))?
                };
                bootstrap.push(&format!("{new}:{main}"))?;
                self.session.say(&format!("merged `{name}`"));
            }
        }
        let merged = self.wait("merged pin", |_| self.merged(bootstrap))?;
        self.judged(merged)
    }

    /// The proposal's own checks: waited for, and a red one holds.
    fn proposal_passes(&self, hosting: &dyn Hosting, pull: &Pull) -> Result<(), Stop> {
        let mut said = false;
        self.wait("checks of the proposal", |_| {
            let checks = Patience::new(self.session).read(|| hosting.checks(&pull.head))?;
            if let Some(failed) = checks.iter().find(|check| check.state == State::Failed) {
                let what = format!(
                    "the check `{}` of #{} failed: {}",
                    failed.name, pull.number, failed.url
                );
                return Err(Finding::new(Code::ReviewFailed, what)
                    .help("mend it in the proposal, and `tidings cut` goes on")
                    .into());
            }
            let running: Vec<&str> = checks
                .iter()
                .filter(|check| check.state == State::Running)
                .map(|check| check.name.as_str())
                .collect();
            if !running.is_empty() && !std::mem::replace(&mut said, true) {
                let line = format!(
                    "waiting for the checks of #{}: {}",
                    pull.number,
                    clipped(&running.join(", "), 120)
                );
                self.session.say(&line);
            }
            Ok(running.is_empty().then_some(()))
        })
    }

    fn said_merged(&self, name: &str, pull: &Pull, merged: &Merged) {
        self.session.say(&match merged {
            Merged::Now(way) if way == "merge" => format!("merged `{name}`"),
            Merged::Now(way) => {
                format!("merged `{name}` by {way}: the repository allows no merge commits")
            }
            Merged::Queued { by_hand: false } => {
                format!("put #{} into the merge queue; waiting for it", pull.number)
            }
            Merged::Queued { by_hand: true } => format!(
                "the repository wants its merge queue: put #{} into it ({}); waiting for that",
                pull.number, pull.url
            ),
        });
    }

    /// What is on the main branch is judged as a proposal is, whoever merged it: the commit that passes is the one that is tagged.
    fn judged(&self, merged: Introduced) -> Result<String, Stop> {
        let list = examine(
            self.session,
            self.outward,
            &self.version,
            &merged.commit,
            merged.before.as_deref(),
        )?;
        if list.passed {
            return Ok(merged.commit);
        }
        self.session.print(&plain(&list.text()))?;
        let finding = Finding::new(
            Code::ReviewFailed,
            format!(
                "the main branch holds {} since {}, and that commit does not pass the review",
                self.version,
                &merged.commit[..12.min(merged.commit.len())]
            ),
        );
        Err(finding
            .help("nothing was tagged: revert that commit, find out who merged it, and cut the next patch release")
            .into())
    }

    /// The commit of the main branch that brought the pin of this version.
    fn merged(&self, bootstrap: &dyn Repository) -> Result<Option<Introduced>, Stop> {
        bootstrap.fetch()?;
        introduced(self.outward, bootstrap, &self.version)
    }

    /// The one open proposal: a pull request, or the branch where nobody hosts any.
    fn proposal(
        &self,
        bootstrap: &dyn Repository,
        hosting: Option<&dyn Hosting>,
        name: &str,
    ) -> Result<Option<(Option<Pull>, String)>, Stop> {
        let Some(hosting) = hosting else {
            let wanted = format!("refs/heads/{name}");
            return Ok(bootstrap
                .remote()?
                .into_iter()
                .find(|(known, _)| *known == wanted)
                .map(|(_, commit)| (None, commit)));
        };
        let mut open: Vec<Pull> = Patience::new(self.session)
            .read(|| hosting.pulls(name))?
            .into_iter()
            .filter(|pull| !pull.merged)
            .collect();
        if open.len() > 1 {
            let numbers: Vec<String> = open
                .iter()
                .map(|pull| format!("#{} {}", pull.number, clipped(&pull.title, 60)))
                .collect();
            return Err(Failure::new(format!(
                "{} proposals from `{name}`: {}",
                open.len(),
                numbers.join(", ")
            ))
            .help("close all but one")
            .into());
        }
        Ok(open.pop().map(|pull| (Some(pull.clone()), pull.head)))
    }

    /// Tags the commit that holds the pin, unless it is tagged. Gives the digest.
    fn tag_bootstrap(&self, bootstrap: &dyn Repository, commit: &str) -> Result<String, Stop> {
        let name = format!("refs/tags/{}", self.tag);
        let there = bootstrap
            .remote()?
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, commit)| commit);
        let at = there.as_deref().unwrap_or(commit);
        let pin = pin_at(self.outward, bootstrap, at)?.filter(|pin| pin.version == self.version);
        let Some(pin) = pin else {
            return Err(Failure::new(format!(
                "`{}` of the bootstrap repository holds no pin of {}",
                self.tag, self.version
            ))
            .help("a published tag never moves: `tidings bump patch`, and cut that")
            .into());
        };
        if there.is_none() {
            match bootstrap.commit_of(&name)? {
                None => bootstrap.tag(&self.tag, commit, &self.message)?,
                Some(here) if here == commit => {}
                Some(_) => {
                    let failure = Failure::new(format!(
                        "the bootstrap checkout has a tag `{}` that leads elsewhere",
                        self.tag
                    ));
                    return Err(failure
                        .help(format!(
                            "if nobody else has it: `git tag -d {}` there, then run this again",
                            self.tag
                        ))
                        .into());
                }
            }
            bootstrap.push(&format!("{name}:{name}"))?;
            self.session
                .say(&format!("tagged the bootstrap repository as {}", self.tag));
        }
        Ok(pin.digest.to_string())
    }
}

/// The first sentence of the entry's summary.
fn message(changelog: &Changelog, version: &Version) -> Result<String, Stop> {
    let entry = changelog.entry(version);
    let summary = entry
        .and_then(|entry| entry.summary)
        .map(|span| changelog.text.slice(span));
    let Some(summary) = summary else {
        let finding = Finding::new(
            Code::EntryMissing,
            format!("the changelog has no summary for {version}"),
        );
        return Err(finding
            .help("write one or two sentences under its heading: `tidings bump` makes the entry")
            .into());
    };
    let words = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(words
        .split_once(". ")
        .map_or(words.clone(), |(first, _)| format!("{first}.")))
}
