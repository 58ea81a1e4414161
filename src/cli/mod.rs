//! The command line: arguments in, exit code out.

pub mod commands;
pub mod customers;
pub mod documents;
pub mod on_call;
pub mod publishing;
pub mod release_day;
pub mod setup;

pub mod help;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::cli::commands::{Colour, Command, Exit, Format, Globals, Session, Stop};
use crate::diag::{annotations, plain};
use crate::ports::{Failure, World};

/// Release notes, customer e-mail, support matrix and guide, from one changelog, pin file and policy
#[derive(Debug, Parser)]
#[command(
    name = "tidings",
    version,
    propagate_version = false,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 findings or a closed gate, 2 failure or usage.\nFirst time here? `tidings demo` writes an example to play with."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    globals: Globals,
}

/// Runs the command line.
pub fn main(world: &dyn World) -> ExitCode {
    let definition = help::with_groups(Cli::command());
    let Cli { command, globals } = Cli::from_arg_matches(&definition.clone().get_matches())
        .unwrap_or_else(|error| error.exit());
    match globals.color {
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
        Colour::Auto => {}
    }
    let session = Session {
        world,
        globals,
        zone: std::cell::OnceCell::new(),
        facts_said: std::cell::OnceCell::new(),
        assumed_said: std::cell::OnceCell::new(),
    };
    match commands::run(command, definition, &session) {
        Ok(Exit::Done) | Err(Stop::Closed) => ExitCode::SUCCESS,
        Ok(Exit::Findings) => ExitCode::from(1),
        Err(Stop::Findings(findings)) => {
            let printed = match session.globals.format {
                Some(Format::Json) => session.print_findings(&findings),
                Some(Format::Github) => session.print(&annotations(&findings)),
                _ => {
                    session.show_findings(&findings);
                    Ok(())
                }
            };
            ExitCode::from(if printed.is_ok() { 1 } else { 2 })
        }
        Err(Stop::Failure(failure)) => {
            show_failure(world, &failure);
            ExitCode::from(2)
        }
    }
}

fn show_failure(world: &dyn World, failure: &Failure) {
    let mut err = anstream::stderr().lock();
    let bold = "\u{1b}[1m";
    let _ = writeln!(
        err,
        "{bold}\u{1b}[31merror\u{1b}[0m{bold}: {}\u{1b}[0m",
        plain(&world.struck(&failure.what))
    );
    if let Some(help) = &failure.help {
        let _ = writeln!(err, "  {bold}help\u{1b}[0m: {}", plain(&world.struck(help)));
    }
}
