//! `tidings upgrade`

use clap::Args;

use crate::documents::UpgradeGuide;
use crate::ports::Failure;
use crate::project::load::load;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct UpgradeArgs {
    /// The version that runs now
    from: String,
    /// The version to go to [default: the newest]
    to: Option<String>,
}

pub fn run(args: &UpgradeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Md, Format::Html, Format::Json])?;
    let loaded = load(session)?;
    let from = loaded.release(session, Some(&args.from))?;
    let to = loaded.release(session, args.to.as_deref())?;
    let Some(path) = loaded
        .bootstrap
        .history
        .upgrade_path(&from.version, &to.version)
    else {
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
    let support = loaded.support_at(session, to);
    let guide = UpgradeGuide::of(loaded.standpoint(&support), &path, to);
    let text = match form {
        Format::Json => json(&guide),
        Format::Html => loaded.engine(session)?.render("upgrade.html", &guide)?,
        Format::Md => loaded.engine(session)?.render("upgrade.md", &guide)?,
        _ => loaded.engine(session)?.render("upgrade.txt", &guide)?,
    };
    session.print(&text)?;
    Ok(Exit::Done)
}
