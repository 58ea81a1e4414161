//! `tidings identify`

use clap::Args;

use crate::documents::Identification;
use crate::model::Support;
use crate::ports::Failure;
use crate::project::load::{Loaded, load};
use crate::project::observed::{Asked, observed};
use crate::project::past::checked_out;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct IdentifyArgs {
    /// What `/version` answered: an address to ask, a file, or `-` for standard input [default: the version_url of tidings.toml]
    #[arg(value_name = "URL|FILE")]
    answer: Option<String>,
    /// The version that runs, where there is no answer
    #[arg(long, conflicts_with = "answer")]
    version: Option<String>,
    /// What was observed: a text, or a file with a log
    #[arg(long, value_name = "TEXT|FILE")]
    observed: Option<String>,
}

/// Exit 1 where what runs is no release, or version and digest disagree.
pub fn run(args: &IdentifyArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let asked = match &args.version {
        Some(version) => Asked::Version(version.clone()),
        None => Asked::of(
            args.answer.as_deref(),
            &loaded.bootstrap.config.product.bootstrap,
        ),
    };
    let (observed, unanswered) = observed(session, asked, args.observed.as_deref())?;
    if let Some(failure) = unanswered {
        return Err(silent(session, &loaded, failure)?);
    }
    let support = Support::on(&loaded.bootstrap.history, session.today());
    let identification = Identification::of(loaded.standpoint(&support), observed);
    session.print(&match form {
        Format::Json => json(&identification),
        _ => loaded
            .engine(session)?
            .render("identification.txt", &identification)?,
    })?;
    let sure = identification.version.is_some() && identification.disagreements.is_empty();
    Ok(if sure { Exit::Done } else { Exit::Findings })
}

/// How to find out what runs where the agent does not answer.
fn silent(session: &Session<'_>, loaded: &Loaded, failure: Failure) -> Result<Stop, Stop> {
    let engine = "`docker ps --all --no-trunc` (or podman) shows the image and digest of what runs, or ran, and since when it does not";
    let here = checked_out(session, loaded)?.map(|release| {
        let tag = crate::project::operator::tag(loaded, release);
        let version = &release.version;
        format!("; this clone stands at {tag}: if that was installed, `tidings identify --version {version}`")
    });
    let saved = "; a saved answer does too: give its file, or `-`";
    Ok(failure
        .help(format!("{engine}{}{saved}", here.unwrap_or_default()))
        .into())
}
