//! `tidings check`

use clap::Args;

use crate::diag::{annotations, report, summary_line};
use crate::documents::Announcement;
use crate::lint::fold;
use crate::project::load::{SHOWN, load};
use crate::project::session::{Exit, Format, Session, Stop};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The release at hand [default: the newest]
    version: Option<String>,
    /// Ask the web addresses of the entry at hand whether they answer
    #[arg(long)]
    online: bool,
    /// Warnings fail too
    #[arg(long)]
    strict: bool,
}

pub fn run(args: &CheckArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json, Format::Github])?;
    let loaded = load(session)?;
    let version = loaded
        .release(session, args.version.as_deref())
        .map(|release| release.version.clone());
    let findings = match &version {
        Ok(version) => loaded.check(session, Some(version), args.online)?,
        Err(Stop::Findings(findings)) => findings.clone(),
        Err(_) => Vec::new(),
    };
    let findings = fold(
        findings,
        if session.globals.verbose {
            usize::MAX
        } else {
            SHOWN
        },
    );
    let about = version
        .as_ref()
        .map(|version| version.to_string())
        .unwrap_or_default();
    match form {
        Format::Json => session.print_findings(&findings)?,
        Format::Github => session.print(&annotations(&findings))?,
        _ => {
            session.print(&report(&findings, session.coloured()))?;
            if let Ok(version) = &version
                && let Some(release) = loaded.bootstrap.history.release(version)
            {
                let support = loaded.support_at(session, release);
                session.print(&Announcement::of(loaded.standpoint(&support), release).text())?;
            }
            let summary = summary_line(&findings).unwrap_or_else(|| "nothing to mend".to_owned());
            session.say(&format!("{about}: {summary}"));
        }
    }
    let failed = findings
        .iter()
        .any(|finding| finding.is_error() || args.strict);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}
