//! `tidings guide`

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use rayon::prelude::*;

use crate::diag::{Finding, Findings, count};
use crate::guide::{OwnFile, OwnPages, Site, single_file};
use crate::lint::fold;
use crate::model::Support;
use crate::ports::{Action, Files, NotRefreshed, Pages, Refreshed, shown, size};
use crate::project::load::{
    BOOTSTRAP_FILE, Configured, Loaded, SHOWN, bytes_inside, configured, inside, load,
    refuse_to_replace,
};
use crate::project::ready::{Draft, Marked, Saying};
use crate::project::session::{Exit, Session, Stop};
use crate::sources::content;

#[derive(Debug, Subcommand)]
pub enum GuideCommand {
    /// Write the site, or bring it up to date
    Build(BuildArgs),
    /// Show the site in a browser on this machine, and again after every change
    Serve(ServeArgs),
}

/// The end of the single file says who made it, whatever its template is.
const MADE: &str = "<!-- made by `tidings guide build --single-file` -->\n";

/// The vendor's own pages and files, in the bootstrap repository.
const CONTENT: &str = "content";

#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The folder to write; with `--single-file` the file [default: guide, guide.html]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// One HTML file that holds every page and needs nothing else
    #[arg(long)]
    single_file: bool,
    /// The day it is for [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
    /// With `--single-file`: replace a file that tidings did not make, or that git tracks
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The port on the loopback address; 0 takes a free one
    #[arg(long, default_value_t = 4000)]
    port: u16,
}

pub fn run(command: &GuideCommand, session: &Session<'_>) -> Result<Exit, Stop> {
    match command {
        GuideCommand::Build(args) => build(args, session),
        GuideCommand::Serve(args) => serve(args, session),
    }
}

fn build(args: &BuildArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let day = args.as_of.unwrap_or_else(|| session.today());
    let draft = loaded.ready_all(session, day, Saying::Release, args.draft)?;
    let engine = loaded.engine(session)?;
    let support = Support::on(&loaded.bootstrap.history, day);
    let (site, findings) = Site::new(
        loaded.standpoint(&support),
        &engine,
        own_pages(&loaded, session)?,
        &loaded.bootstrap.changelog.text,
    )?;
    stop_at_errors(session, findings)?;
    let usual = if args.single_file {
        "guide.html"
    } else {
        "guide"
    };
    let out = session.at(args.out.as_deref().unwrap_or(usual.as_ref()));
    if args.single_file {
        let bytes = (draft.mark_file("guide.html", single_file(&site)?) + MADE).into_bytes();
        if !args.force {
            refuse_to_replace(session, &out, MADE.trim())?;
        }
        let said = format!("wrote {} ({})", shown(&out), size(bytes.len()));
        session
            .world
            .perform(&Action::WriteFile { path: out, bytes })?;
        session.say(&said);
        return Ok(Exit::Done);
    }
    let marked = Marked {
        pages: &site,
        draft,
    };
    let done = session.world.refresh(&out, &marked)?;
    let large = fold(site.large(), SHOWN);
    if !large.is_empty() {
        session.show_findings(&large);
    }
    session.say(&format!("{}: {}", shown(&out), summary(&done)));
    Ok(Exit::Done)
}

fn summary(done: &Refreshed) -> String {
    let removed = if done.removed > 0 {
        format!(", {} removed", done.removed)
    } else {
        String::new()
    };
    match done.written {
        0 if done.removed == 0 => format!("nothing changed in {}", count(done.kept, "file")),
        written => format!(
            "{} written, {} unchanged{removed}",
            count(written, "file"),
            done.kept
        ),
    }
}

fn stop_at_errors(session: &Session<'_>, findings: Findings) -> Result<(), Stop> {
    if findings.iter().any(Finding::is_error) {
        return Err(Stop::Findings(findings));
    }
    if !findings.is_empty() {
        session.show_findings(&findings);
    }
    Ok(())
}

/// The pages and files of `content/`, and those that every guide has unless the vendor has one of that name.
fn own_pages(loaded: &Loaded, session: &Session<'_>) -> Result<OwnPages, Stop> {
    let folder = loaded.root.join(CONTENT);
    let (mut pages, mut files, mut findings) = (Vec::new(), Vec::new(), Findings::new());
    for path in session.world.list(&folder) {
        let name = path.to_string_lossy().replace('\\', "/");
        if name.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        if name.ends_with(".md") {
            let Some(text) = inside(session, &loaded.root, Path::new(CONTENT).join(&path))? else {
                continue;
            };
            let (page, found) = content::read(&name, &text);
            pages.push(page);
            findings.extend(found);
        } else if let Some(bytes) =
            bytes_inside(session, &loaded.root, Path::new(CONTENT).join(&path))?
        {
            files.push(OwnFile { path: name, bytes });
        }
    }
    if !findings.is_empty() {
        return Err(Stop::Findings(findings));
    }
    for (name, body) in content::EMBEDDED {
        if !pages.iter().any(|page| page.file == *name) {
            pages.push(content::read(name, &crate::diag::Text::new(*name, *body)).0);
        }
    }
    Ok(OwnPages::new(pages, files))
}

fn serve(args: &ServeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let Configured {
        bootstrap,
        root,
        operator,
        ..
    } = configured(session)?;
    let own = [
        ".git/refs/tags",
        ".git/packed-refs",
        CONTENT,
        "templates",
        BOOTSTRAP_FILE,
    ];
    let named = [
        &bootstrap.changelog_file,
        &bootstrap.pin.file,
        &bootstrap.known_issues_file,
    ];
    let mut watched: Vec<PathBuf> = own
        .into_iter()
        .chain(named.map(String::as_str))
        .map(|name| root.join(name))
        .collect();
    watched.extend(operator.map(|operator| operator.root.join("templates")));
    let mut build = || {
        let made = site(session);
        match made {
            Ok(files) => {
                session.say(&format!("made {}", count(files.len(), "file")));
                Some(files)
            }
            Err(Stop::Findings(findings)) => {
                session.show_findings(&findings);
                None
            }
            Err(Stop::Failure(failure)) => {
                session.say(&format!("error: {}", failure.what));
                None
            }
            Err(Stop::Closed) => None,
        }
    };
    let below = crate::guide::served(bootstrap.product.guide_url.as_deref());
    session
        .world
        .serve(args.port, &below, &watched, &mut build, &mut |address| {
            // Whoever started us may read the address from a pipe.
            let _ = session.print(&format!("{address}\n"));
        })?;
    Ok(Exit::Done)
}

/// Every file of the site, in memory. Where `check` finds errors every page says that it is a draft: it is looked at by its author.
fn site(session: &Session<'_>) -> Result<Files, Stop> {
    let loaded = load(session)?;
    loaded.sound(Saying::Release)?;
    let draft = match loaded.bootstrap.history.latest(session.today()) {
        Some(latest) => match loaded.ready(session, latest, Saying::Release, false) {
            Err(Stop::Findings(findings)) => {
                session.show_findings(&findings);
                Draft::asked(true)
            }
            ready => ready?,
        },
        None => Draft::asked(false),
    };
    let engine = loaded.engine(session)?;
    let support = Support::on(&loaded.bootstrap.history, session.today());
    let (site, findings) = Site::new(
        loaded.standpoint(&support),
        &engine,
        own_pages(&loaded, session)?,
        &loaded.bootstrap.changelog.text,
    )?;
    stop_at_errors(session, findings)?;
    let made: Result<Files, Finding> = site
        .names()
        .par_iter()
        .enumerate()
        .map(|(at, name)| {
            let bytes = site.bytes(at)?;
            let page = draft.is_draft() && name.ends_with(".html");
            let bytes = match (page, String::from_utf8(bytes)) {
                (true, Ok(text)) => draft.mark_file(name, text).into_bytes(),
                (_, Ok(text)) => text.into_bytes(),
                (_, Err(other)) => other.into_bytes(),
            };
            Ok((name.clone(), bytes))
        })
        .collect();
    Ok(made?)
}

impl From<NotRefreshed> for Stop {
    fn from(why: NotRefreshed) -> Self {
        match why {
            NotRefreshed::Findings(findings) => Stop::Findings(findings),
            NotRefreshed::Failure(failure) => Stop::Failure(failure),
        }
    }
}
