//! `tidings completions` and `tidings man`, from the definition that the command line is read by.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::ports::{Action, Failure};
use crate::project::load::refuse_to_replace;
use crate::project::session::{Exit, Session, Stop};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Where to: a page for each command [default: print the first one]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
    /// Replace files that tidings did not make, or that git tracks
    #[arg(long)]
    force: bool,
}

pub fn completions(
    args: &CompletionsArgs,
    mut definition: Command,
    session: &Session<'_>,
) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition, "tidings", &mut script);
    session.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub fn man(args: &ManArgs, definition: Command, session: &Session<'_>) -> Result<Exit, Stop> {
    let mut pages = Vec::new();
    walk(definition, "tidings", &mut pages)?;
    let Some(out) = &args.out else {
        session.print(&String::from_utf8_lossy(&pages[0].1))?;
        return Ok(Exit::Done);
    };
    for (name, bytes) in pages {
        let action = Action::WriteFile {
            path: session.at(out).join(format!("{name}.1")),
            bytes,
        };
        if let Action::WriteFile { path, .. } = &action
            && !args.force
        {
            refuse_to_replace(session, path, ".TH ")?;
        }
        if args.dry_run {
            session.print(&format!("{}\n", action.show()))?;
        } else {
            session.world.perform(&action)?;
        }
    }
    Ok(Exit::Done)
}

/// A page for a command, then those of the commands below it: `tidings-email-send`.
fn walk(command: Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let below: Vec<Command> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        .cloned()
        .collect();
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(
        command
            .display_name(name.to_owned())
            .bin_name(name.replace('-', " ")),
    )
    .render(&mut page);
    written.map_err(|error| {
        Failure::new(format!("cannot make the manual page of `{name}`: {error}"))
    })?;
    pages.push((name.to_owned(), page));
    below.into_iter().try_for_each(|sub| {
        let name = format!("{name}-{}", sub.get_name());
        walk(sub, &name, pages)
    })
}
