//! `tidings support`

use clap::Args;

use crate::cli::documents::install_notes::shell;
use crate::documents::SupportAnswer;
use crate::model::{Support, Version};
use crate::project::load::load;
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct SupportArgs {
    /// The version asked about [default: the newest]
    version: Option<String>,
    /// Print the warning for install scripts: POSIX sh that works from the clone's tags, without tidings
    #[arg(long, conflicts_with = "version")]
    shell: bool,
    /// The day it is for [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<chrono::NaiveDate>,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
}

pub fn run(args: &SupportArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    if args.shell {
        return shell(session);
    }
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let day = args.as_of.unwrap_or_else(|| session.today());
    let draft = loaded.ready_all(session, day, Saying::Support, args.draft)?;
    let version = match &args.version {
        Some(named) => Version::read(
            named
                .strip_prefix(
                    loaded
                        .bootstrap
                        .config
                        .product
                        .bootstrap
                        .tag_prefix
                        .as_str(),
                )
                .unwrap_or(named),
        )
        .ok_or_else(|| loaded.unknown(named))?,
        None => loaded.release(session, None)?.version.clone(),
    };
    let support = Support::on(&loaded.bootstrap.history, day);
    let answer = SupportAnswer::of(loaded.standpoint(&support), &version);
    let text = match form {
        Format::Json => json(&answer),
        _ => sentence(&answer),
    };
    session.print(&draft.mark(form, text))?;
    Ok(Exit::Done)
}

fn sentence(answer: &SupportAnswer) -> String {
    let ends = match (answer.status.as_str(), &answer.ends) {
        ("supported", Some(ends)) if ends.starts_with("when") => format!("; support ends {ends}"),
        ("supported", Some(ends)) => format!("; support ends on {ends}"),
        ("unsupported", Some(ends)) => format!("; support ended on {ends}"),
        _ => String::new(),
    };
    let warning = answer
        .warning
        .as_ref()
        .map(|warning| format!("warning: {warning}\n"))
        .unwrap_or_default();
    format!(
        "{} {} is {}{ends}\n{warning}",
        answer.product.name, answer.version, answer.status
    )
}
