//! `tidings known-issue`

use clap::{Args, Subcommand};

use crate::diag::{Finding, Text, count};
use crate::model::{Affected, KnownIssue, Release, RollbackAdvice, Version};
use crate::ports::{Action, Failure, shown};
use crate::project::load::{Loaded, load, optional};
use crate::project::ready::Saying;
use crate::project::session::{Exit, Session, Stop};
use crate::sources::issues;

#[derive(Debug, Subcommand)]
pub enum KnownIssueCommand {
    /// Write down what was found after a release, and say who is to be told
    Add(AddArgs),
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name, such as KI-13
    id: String,
    /// What goes wrong, in one line for customers
    #[arg(long)]
    title: String,
    /// What is seen of it, as it stands in a log; can be repeated
    #[arg(long = "symptom", value_name = "TEXT")]
    symptoms: Vec<String>,
    /// The first release that has it
    #[arg(long, value_name = "VERSION")]
    introduced: String,
    /// The release that has it no longer
    #[arg(long, value_name = "VERSION")]
    fixed: Option<String>,
    /// What helps until then
    #[arg(long)]
    workaround: Option<String>,
    /// Whether going back helps: `yes`, `no: why` or `ask: why`
    #[arg(long, default_value = "yes")]
    rollback: String,
    /// Do it; without this, what would be done is printed
    #[arg(long)]
    yes: bool,
}

pub fn run(command: &KnownIssueCommand, session: &Session<'_>) -> Result<Exit, Stop> {
    let KnownIssueCommand::Add(args) = command;
    add(args, session)
}

fn add(args: &AddArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    loaded.facts.writable(&loaded.root)?;
    loaded.sound(Saying::Customers)?;
    let issue = asked(args, &loaded, session)?;
    let with = having(&loaded, session, &issue);
    if with.is_empty() {
        let failure = Failure::new(format!("no release has {}, as it is given here", issue.id));
        return Err(failure
            .help("mend `--introduced` and `--fixed`: the release that fixes it is above the one that brought it")
            .into());
    }
    let name = &loaded.bootstrap.config.known_issues_file;
    let path = loaded.root.join(name);
    let old = optional(session, &path)?.map_or_else(String::new, |text| text.body.to_string());
    let new = Text::new(shown(&path), issues::appended(&old, &issue));
    let (_, findings) = issues::read(&new);
    if findings.iter().any(Finding::is_error) {
        return Err(Stop::Findings(findings));
    }
    let versions: Vec<&str> = with.iter().map(|r| r.version.as_str()).collect();
    let plan = format!(
        "write {} into {name}: {} {} it ({})\n{}",
        issue.id,
        count(with.len(), "release"),
        if with.len() == 1 { "has" } else { "have" },
        crate::diag::list(&versions, "and"),
        next(&loaded, &issue, name, &with)
    );
    if !args.yes {
        session.print(&format!("{plan}nothing was done; add `--yes` to do it\n"))?;
        return Ok(Exit::Done);
    }
    session.world.perform(&Action::WriteFile {
        path,
        bytes: new.body.as_bytes().to_vec(),
    })?;
    session.print(&plan)?;
    Ok(Exit::Done)
}

/// The issue as it was asked for.
fn asked(args: &AddArgs, loaded: &Loaded, session: &Session<'_>) -> Result<KnownIssue, Stop> {
    let history = &loaded.bootstrap.history;
    let plain = !args.id.is_empty()
        && args
            .id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !plain {
        let id = crate::diag::clipped(&args.id, 40);
        return Err(Failure::new(format!("`{id}` is no name of an issue"))
            .help("use letters, digits and `-`, such as `KI-13`")
            .into());
    }
    if history.issues.iter().any(|known| known.id == args.id) {
        return Err(Failure::new(format!("{} is known already", args.id))
            .help(format!(
                "change it in {}, or give this one another name",
                loaded.bootstrap.config.known_issues_file
            ))
            .into());
    }
    let fixed = args.fixed.as_deref().map(|text| {
        Version::read(text).ok_or_else(|| {
            Failure::new(format!(
                "`{}` is no version",
                crate::diag::clipped(text, 40)
            ))
            .help("write `--fixed 2.1.1`")
        })
    });
    let (rollback, reason) = RollbackAdvice::read(&args.rollback).ok_or_else(|| {
        Failure::new("that is no advice on rolling back")
            .help("write `--rollback yes`, `--rollback \"no: why\"` or `--rollback \"ask: why\"`")
    })?;
    let introduced = loaded.release(session, Some(&args.introduced))?;
    Ok(KnownIssue {
        id: args.id.clone(),
        title: args.title.clone(),
        symptoms: args.symptoms.clone(),
        affected: Affected::since(
            Some(introduced.version.clone()),
            fixed.transpose()?.into_iter().collect(),
        ),
        workaround: args.workaround.clone(),
        rollback,
        reason,
    })
}

/// The releases that have an issue, and are out.
fn having<'l>(loaded: &'l Loaded, session: &Session<'_>, issue: &KnownIssue) -> Vec<&'l Release> {
    let today = session.today();
    let all = loaded.bootstrap.history.releases().iter();
    all.filter(|r| r.released_by(today) && issue.affected.contains(&r.version))
        .collect()
}

/// What is left to do, one command a line.
fn next(loaded: &Loaded, issue: &KnownIssue, file: &str, with: &[&Release]) -> String {
    let mut lines = vec![format!("commit and push {file}")];
    if loaded.operator.is_some() {
        let tagged = with.iter().filter(|release| release.tag.is_some());
        lines.extend(tagged.map(|release| format!("tidings publish {}", release.version)));
    }
    lines.push("tidings guide build".to_owned());
    if loaded.operator.is_some() {
        lines.push(format!(
            "tidings email send --kind known-issue --issue {}",
            issue.id
        ));
    }
    lines.iter().map(|line| format!("then: {line}\n")).collect()
}
