//! `tidings notes`

use clap::Args;

use crate::documents::ReleaseNote;
use crate::project::load::load;
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Args)]
pub struct NotesArgs {
    /// The release [default: the newest]
    version: Option<String>,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
}

pub fn run(args: &NotesArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Md, Format::Html, Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let release = loaded.release(session, args.version.as_deref())?;
    let draft = loaded.ready(session, release, Saying::Release, args.draft)?;
    let support = loaded.support_at(session, release);
    let note = ReleaseNote::of(loaded.standpoint(&support), release);
    let text = match form {
        Format::Json => json(&note),
        Format::Html => loaded.engine(session)?.render("release-note.html", &note)?,
        Format::Txt => loaded.engine(session)?.render("release-note.txt", &note)?,
        _ => loaded.engine(session)?.render("release-note.md", &note)?,
    };
    session.print(&draft.mark(form, text))?;
    Ok(Exit::Done)
}
