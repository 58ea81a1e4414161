//! `tidings upgrade`

use clap::Args;

use crate::documents::{Standpoint, UpgradeGuide};
use crate::model::Release;
use crate::ports::Failure;
use crate::project::load::load;
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct UpgradeArgs {
    /// The version that runs now
    from: String,
    /// The version to go to [default: the newest that is not withdrawn]
    to: Option<String>,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
}

pub fn run(args: &UpgradeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Md, Format::Html, Format::Json])?;
    let loaded = load(session)?;
    let from = loaded.release(session, Some(&args.from))?;
    let to = loaded.release(session, args.to.as_deref())?;
    let support = loaded.support_at(session, if from.withdrawn { from } else { to });
    let at = loaded.standpoint(&support);
    if to.withdrawn {
        return Err(withdrawn(at, to));
    }
    let draft = loaded.ready(session, to, Saying::Release, args.draft)?;
    let way_out = || {
        (args.to.is_none() && from.withdrawn)
            .then(|| UpgradeGuide::leaving(at, from))
            .flatten()
    };
    let Some(guide) = UpgradeGuide::between(at, from, to).or_else(way_out) else {
        let line = loaded
            .bootstrap
            .config
            .product
            .bootstrap
            .install_line(&loaded.bootstrap.config.product.bootstrap.tag(&to.version));
        return Err(
            Failure::new(format!("`{}` is not above `{}`", to.version, from.version))
                .help(format!("to go back: `{line}`"))
                .into(),
        );
    };
    let text = match form {
        Format::Json => json(&guide),
        Format::Html => loaded.engine(session)?.render("upgrade.html", &guide)?,
        Format::Md => loaded.engine(session)?.render("upgrade.md", &guide)?,
        _ => loaded.engine(session)?.render("upgrade.txt", &guide)?,
    };
    session.print(&draft.mark(form, text))?;
    Ok(Exit::Done)
}

/// Nobody is led to a withdrawn release.
fn withdrawn(at: Standpoint<'_>, to: &Release) -> Stop {
    let help = match at.leave(&to.version) {
        Some(leave) => format!("`{}` takes its place", leave.release().version),
        None => "there is no release to take its place".to_owned(),
    };
    Failure::new(format!(
        "`{}` was withdrawn: nobody should install it",
        to.version
    ))
    .help(help)
    .into()
}
