//! `tidings support`

use clap::Args;
use serde::Serialize;

use crate::diag::Finding;
use crate::documents::SupportAnswer;
use crate::model::{Support, Version};
use crate::project::load::{configured, load};
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::{Engine, json};
use crate::sources::config::BootstrapConfig;

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

/// What the shell snippet is made from.
#[derive(Serialize)]
struct Snippet {
    product: Name,
    tag_prefix: String,
    warn_beyond: usize,
    supported: usize,
    line_parts: usize,
    /// An awk expression: a number that orders lines.
    line_key: String,
}

#[derive(Serialize)]
struct Name {
    name: String,
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

fn shell(session: &Session<'_>) -> Result<Exit, Stop> {
    let configured = configured(session)?;
    let engine = Engine::new(crate::project::load::templates(
        session,
        &configured.root.join("templates"),
    )?)
    .map_err(Stop::Findings)?;
    session.print(&snippet(&engine, &configured.bootstrap)?)?;
    Ok(Exit::Done)
}

/// The warning for an install script.
pub fn snippet(engine: &Engine, config: &BootstrapConfig) -> Result<String, Finding> {
    let line_parts = config.policy.scheme.line_parts();
    let snippet = Snippet {
        product: Name {
            name: config.product.name.replace(['"', '$', '`', '\\', '\n'], ""),
        },
        tag_prefix: config.product.bootstrap.tag_prefix.clone(),
        warn_beyond: config.policy.warn_beyond_minors,
        supported: config.policy.supported_minors,
        line_parts,
        line_key: (1..=line_parts)
            .map(|part| {
                format!(
                    "parts[{part}] * {}",
                    1_000_u64.pow((line_parts - part) as u32 * 2)
                )
            })
            .collect::<Vec<_>>()
            .join(" + ")
            + " + 1",
    };
    engine.render("install-warning.sh", &snippet)
}
