//! `tidings install-notes`: what an install asks, for the install script.

use clap::Args;

use crate::diag::{Code, Finding};
use crate::model::INSTALL_NOTES;
use crate::ports::Action;
use crate::project::install_part::{notes_of, pinned, snippet};
use crate::project::load::{configured, load, templates};
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::Engine;

#[derive(Debug, Args)]
pub struct InstallNotesArgs {
    /// The release that is installed [default: that of the pin in the working tree, else the newest]
    version: Option<String>,
    /// Write `install-notes.tsv` beside the pin
    #[arg(long, conflicts_with_all = ["check", "shell"])]
    write: bool,
    /// Exit 1 where `install-notes.tsv` is not what would be written
    #[arg(long, conflicts_with = "shell")]
    check: bool,
    /// Print the part for install scripts: POSIX sh that reads the notes from the clone, without tidings
    #[arg(long, conflicts_with = "version")]
    shell: bool,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
}

pub fn run(args: &InstallNotesArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    session.form(&[Format::Txt])?;
    if args.shell {
        return shell(session);
    }
    let loaded = load(session)?;
    let release = match (&args.version, pinned(&loaded)) {
        (None, Some(release)) => release,
        (named, _) => loaded.release(session, named.as_deref())?,
    };
    let draft = loaded.ready(session, release, Saying::Release, args.draft)?;
    let wanted = notes_of(&loaded, session, release);
    if !args.write && !args.check {
        session.print(&draft.mark(Format::Txt, wanted))?;
        return Ok(Exit::Done);
    }
    let there = loaded.facts.text(session, &loaded.root, INSTALL_NOTES)?;
    let same = there.as_ref().is_some_and(|text| *text.body == *wanted);
    if args.check {
        if same {
            return Ok(Exit::Done);
        }
        let what = format!(
            "`{INSTALL_NOTES}` does not say what {} asks",
            release.version
        );
        return Err(Finding::new(Code::InstallNotesDrift, what)
            .help("`tidings install-notes --write` writes it")
            .into());
    }
    if draft.is_draft() {
        return Err(crate::ports::Failure::new("a draft is not written beside the pin").into());
    }
    loaded.facts.writable(&loaded.root)?;
    if !same {
        session.world.perform(&Action::WriteFile {
            path: loaded.root.join(INSTALL_NOTES),
            bytes: wanted.into_bytes(),
        })?;
        session.say(&format!("wrote `{INSTALL_NOTES}` of {}", release.version));
    }
    Ok(Exit::Done)
}

/// The part for install scripts.
pub fn shell(session: &Session<'_>) -> Result<Exit, Stop> {
    let configured = configured(session)?;
    let engine = Engine::new(templates(session, &configured.root.join("templates"))?)
        .map_err(Stop::Findings)?;
    session.print(&snippet(&engine, &configured.bootstrap)?)?;
    Ok(Exit::Done)
}
