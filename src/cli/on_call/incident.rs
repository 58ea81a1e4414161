//! `tidings incident`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::documents::{Incident, slug};
use crate::model::{Support, Version};
use crate::ports::{Action, Failure, shown};
use crate::project::load::load;
use crate::project::observed::{Asked, observed};
use crate::project::past::past;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct IncidentArgs {
    /// What `/version` answered: an address to ask, a file, or `-` for standard input [default: the version_url of tidings.toml]
    #[arg(long, value_name = "URL|FILE")]
    answer: Option<String>,
    /// The version that ran, where there is no answer
    #[arg(long, conflicts_with = "answer")]
    version: Option<String>,
    /// What was observed: a text, or a file with a log
    #[arg(long, value_name = "TEXT|FILE")]
    observed: Option<String>,
    /// The root-cause hypothesis
    #[arg(long)]
    hypothesis: Option<String>,
    /// Write the report into the source repository's internal docs
    #[arg(long)]
    write: bool,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &IncidentArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Md, Format::Json])?;
    let loaded = load(session)?;
    let asked = match &args.version {
        Some(version) => Asked::Version(version.clone()),
        None => Asked::of(
            args.answer.as_deref(),
            &loaded.bootstrap.config.product.bootstrap,
        ),
    };
    let (observed, unanswered) = observed(session, asked, args.observed.as_deref())?;
    let given = args
        .version
        .as_deref()
        .and_then(|version| Version::read(version.trim_start_matches('v')));
    let unanswered = unanswered.map(|failure| failure.what);
    let past = past(session, &loaded, &observed, given.as_ref(), unanswered)?;
    let support = Support::on(&loaded.bootstrap.history, session.today());
    let incident = Incident::of(
        loaded.standpoint(&support),
        observed,
        past,
        args.hypothesis.clone(),
    );
    let report = loaded
        .engine(session)?
        .render("incident-report.md", &incident)?;
    if !args.write {
        session.print(&if form == Format::Json {
            json(&incident)
        } else {
            report
        })?;
        return Ok(Exit::Done);
    }
    let Some(operator) = &loaded.operator else {
        return Err(Failure::new(
            "a report is written in the source repository only, never where customers read",
        )
        .help("run this where `operator.toml` lies, or leave `--write` out")
        .into());
    };
    let folder = operator.root.join(&operator.config.source.internal_docs);
    loaded.refuse_public(
        session,
        &folder,
        "a report is not for customers",
        "set `[source] internal_docs` in operator.toml to a folder of the source repository",
    )?;
    let version = incident
        .deployed
        .version
        .as_deref()
        .map(slug)
        .unwrap_or_else(|| "unknown".into());
    let path = free(
        session,
        &folder,
        &format!("incident-{}-{version}", incident.date),
    );
    let action = Action::WritePrivate {
        path: path.clone(),
        text: report,
    };
    if args.dry_run {
        session.print(&format!("{}\n", action.show()))?;
    } else {
        session.world.perform(&action)?;
        session.print(&format!("wrote {}\n", shown(&path)))?;
    }
    Ok(Exit::Done)
}

/// A name that is not taken: an earlier report is never overwritten.
fn free(session: &Session<'_>, folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2..).map(|number| folder.join(format!("{stem}-{number}.md")));
    std::iter::once(folder.join(format!("{stem}.md")))
        .chain(numbered)
        .find(|path| !session.world.exists(path))
        .unwrap_or_else(|| folder.join(stem))
}
