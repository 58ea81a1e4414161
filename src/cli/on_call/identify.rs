//! `tidings identify`

use clap::Args;

use crate::documents::Identification;
use crate::model::Support;
use crate::project::load::load;
use crate::project::observed::{Asked, observed};
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
    let observed = observed(session, asked, args.observed.as_deref())?;
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
