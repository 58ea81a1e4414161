//! `tidings check`

use clap::Args;

use crate::diag::{Findings, annotations, clipped, plain, report, summary_line};
use crate::documents::Announcement;
use crate::lint::fold;
use crate::model::Version;
use crate::project::load::{Loaded, SHOWN, load};
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::sources::changelog::explained;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The release at hand [default: the newest]
    version: Option<String>,
    /// Ask the web addresses of the entry at hand whether they answer
    #[arg(long)]
    online: bool,
    /// Show, line by line of the entry at hand, what each block was read as
    #[arg(long)]
    explain: bool,
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
    let findings = match &version {
        Ok(version) => [findings, loaded.readme_versions(session, version)].concat(),
        Err(_) => findings,
    };
    let findings = match (args.online, &version) {
        (true, Ok(version)) => [findings, released(session, &loaded, version)?].concat(),
        _ => findings,
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
            if args.explain
                && let Ok(version) = &version
            {
                session.print(&explanation(&loaded, version))?;
            }
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

/// The entry, a line of the file beside what it was read as.
fn explanation(loaded: &Loaded, version: &Version) -> String {
    let log = &loaded.bootstrap.changelog;
    let Some(entry) = log.entry(version) else {
        return String::new();
    };
    let mut text = format!("How {} was read:\n\n", log.text.name);
    for row in explained(log, entry) {
        let line = plain(&clipped(&row.text, 56));
        text.push_str(&format!("{:>6}  {line:<56}  {}\n", row.line, row.read_as));
    }
    text.push('\n');
    text
}

/// Whether what was released is still where it was.
fn released(session: &Session<'_>, loaded: &Loaded, at_hand: &Version) -> Result<Findings, Stop> {
    let receipts = match &loaded.operator {
        Some(_) => Outward::of(session, loaded)?.ledger.receipts()?,
        None => Vec::new(),
    };
    let (findings, unseen) = match Everywhere::of(session, loaded, receipts) {
        Ok(everywhere) => everywhere.findings(loaded, Some(at_hand)),
        Err(Stop::Failure(failure)) => (
            Findings::new(),
            vec![format!("older tags: {}", failure.what)],
        ),
        Err(stop) => return Err(stop),
    };
    for what in unseen {
        session.say(&format!("not checked: {what}"));
    }
    Ok(findings)
}
