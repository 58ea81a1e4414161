//! `tidings generate`: the main job.

use std::path::{Component, Path, PathBuf};

use clap::Args;
use rayon::prelude::*;

use crate::cli::customers::email::{eml, sender};
use crate::diag::{Finding, count};
use crate::documents::{About, Addressee, Context, EndOfLife, Notice, Standpoint, UpgradeGuide};
use crate::model::{Release, Upgrades, Version};
use crate::notify::Letters;
use crate::ports::{Action, Files, Plan};
use crate::project::load::{Loaded, load};
use crate::project::ready::{Draft, Saying};
use crate::project::session::{Exit, Session, Stop};
use crate::render::{Engine, csv, json, support_calendar};

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The release [default: the newest]
    version: Option<String>,
    /// The folder to write; it is replaced whole
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
    /// Go on where `check` finds errors, and mark every file as a draft; mails are left out
    #[arg(long)]
    draft: bool,
}

impl GenerateArgs {
    /// The newest release, into this folder.
    pub fn into_folder(out: &str) -> Self {
        GenerateArgs {
            version: None,
            out: out.into(),
            dry_run: false,
            draft: false,
        }
    }
}

pub fn run(args: &GenerateArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let release = loaded.release(session, args.version.as_deref())?;
    let draft = loaded.ready(session, release, Saying::Customers, args.draft)?;
    let out = session.at(&args.out);
    if !loaded.customers.is_empty() {
        loaded.refuse_public(
            session,
            &out,
            "the mails name your customers",
            "give a folder elsewhere with `--out`",
        )?;
    }
    let files = files(&loaded, session, release, draft)?;
    let plan = Plan::one(Action::ReplaceFolder {
        path: out.clone(),
        files,
    });
    if args.dry_run {
        session.print(&plan.show())?;
        return Ok(Exit::Done);
    }
    for action in &plan.actions {
        session.world.perform(action)?;
    }
    session.say(&summary(release, &plan, &out));
    Ok(Exit::Done)
}

fn summary(release: &Release, plan: &Plan, out: &Path) -> String {
    let Some(Action::ReplaceFolder { files, .. }) = plan.actions.first() else {
        return String::new();
    };
    let below = |folder: &str| files.keys().filter(|name| name.starts_with(folder)).count();
    format!(
        "{}: wrote {} to {} ({}, {})",
        release.version,
        count(files.len(), "file"),
        tidy(out).display(),
        count(below("mail/"), "mail"),
        count(below("upgrade/") / 2, "upgrade guide")
    )
}

/// A path without `.` and `name/..`, for people.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidy.file_name().is_some() => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// Every file of the release.
fn files(
    loaded: &Loaded,
    session: &Session<'_>,
    release: &Release,
    draft: Draft,
) -> Result<Files, Stop> {
    let engine = loaded.engine(session)?;
    let support = loaded.support_at(session, release);
    let at = loaded.standpoint(&support);
    let context = Context::of(at, release);
    let mut files = Files::new();
    let mut put = |name: &str, text: String| files.insert(name.to_owned(), text.into_bytes());
    let note = Engine::context(&context.note)?;
    let matrix = Engine::context(&context.matrix)?;
    for form in ["md", "html", "txt"] {
        put(
            &format!("release-note.{form}"),
            engine.render_with(&format!("release-note.{form}"), &note)?,
        );
        put(
            &format!("support-matrix.{form}"),
            engine.render_with(&format!("support-matrix.{form}"), &matrix)?,
        );
    }
    put("release-note.json", json(&context.note));
    put("support-matrix.json", json(&EndOfLife::of(at)));
    put("support-matrix.csv", csv(&context.matrix));
    put("support-matrix.ics", support_calendar(&context.matrix));
    put("known-issues.json", json(&context.known_issues));
    put("context.json", json(&context));
    files.extend(guides(&engine, at, release)?);
    if draft.is_draft() {
        // A mail that is a draft could be sent all the same.
        return Ok(files
            .into_iter()
            .map(|(name, bytes)| {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let marked = draft.mark_file(&name, text).into_bytes();
                (name, marked)
            })
            .collect());
    }
    files.extend(mails(&engine, loaded, session, at, release)?);
    Ok(files)
}

/// An upgrade guide from each installable version below, or out of a withdrawn release.
fn guides(engine: &Engine, at: Standpoint<'_>, release: &Release) -> Result<Files, Stop> {
    let from: Vec<&Version> = Context::upgrades_from(at, release).collect();
    let upgrades = Upgrades::to(at.history, &release.version, None);
    let guide = |from: &Version| match upgrades.from(from).filter(|_| !release.withdrawn) {
        Some(path) => Some(UpgradeGuide::of(at, &path, release)),
        None => UpgradeGuide::leaving(at, at.history.release(from)?),
    };
    let pages: Result<Vec<_>, Finding> = from
        .par_iter()
        .filter_map(|from| Some((from, guide(from)?)))
        .map(|(from, guide)| {
            let guide = Engine::context(&guide)?;
            let page = |form: &str| {
                Ok::<_, Finding>((
                    format!("upgrade/{from}.{form}"),
                    engine
                        .render_with(&format!("upgrade.{form}"), &guide)?
                        .into_bytes(),
                ))
            };
            Ok([page("md")?, page("html")?])
        })
        .collect();
    Ok(pages?.into_iter().flatten().collect())
}

/// A message for each recipient who wants this kind.
fn mails(
    engine: &Engine,
    loaded: &Loaded,
    session: &Session<'_>,
    at: Standpoint<'_>,
    release: &Release,
) -> Result<Files, Stop> {
    let kind = Notice::kind_of(release);
    let about = About {
        kind,
        release,
        window: None,
        issue: None,
    };
    let recipients: Vec<_> = loaded
        .customers
        .iter()
        .flat_map(|customer| {
            customer
                .recipients
                .iter()
                .filter(|recipient| Notice::reaches(recipient, kind))
                .enumerate()
                .map(move |(number, recipient)| (customer, number + 1, recipient))
        })
        .collect();
    if recipients.is_empty() {
        return Ok(Files::new());
    }
    let sender = sender(loaded, session)?;
    let letters = Letters::new(engine);
    let made: Result<Vec<_>, Stop> = recipients
        .par_iter()
        .map(|(customer, number, recipient)| {
            let notice = Notice::of(
                at,
                about,
                recipient.running.as_ref(),
                Addressee::of(customer, recipient),
            )
            .into();
            let bytes = eml(&sender, &notice, letters.of(&notice)?.as_ref(), at.day())?;
            Ok((format!("mail/{}-{number}.eml", customer.id), bytes))
        })
        .collect();
    Ok(made?.into_iter().collect())
}
