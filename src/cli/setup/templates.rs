//! `tidings templates`

use std::path::PathBuf;

use clap::Subcommand;

use crate::ports::{Action, Failure, shown};
use crate::project::session::{Exit, Session, Stop};
use crate::render::TEMPLATES;

#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// List them
    List,
    /// Write them out, to be changed: a file in `templates/` stands in for the embedded one of that name
    Eject {
        /// Only these [default: all]
        names: Vec<String>,
        /// Where to
        #[arg(long, value_name = "DIR", default_value = "templates")]
        out: PathBuf,
        /// Print what would be written
        #[arg(long)]
        dry_run: bool,
    },
}

pub fn run(command: &TemplatesCommand, session: &Session<'_>) -> Result<Exit, Stop> {
    match command {
        TemplatesCommand::List => session.print(
            &TEMPLATES
                .iter()
                .map(|(name, _)| format!("{name}\n"))
                .collect::<String>(),
        )?,
        TemplatesCommand::Eject {
            names,
            out,
            dry_run,
        } => eject(names, &session.at(out), *dry_run, session)?,
    }
    Ok(Exit::Done)
}

fn eject(
    names: &[String],
    out: &std::path::Path,
    dry_run: bool,
    session: &Session<'_>,
) -> Result<(), Stop> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !TEMPLATES.iter().any(|(known, _)| known == name))
    {
        let near = crate::diag::closest(unknown, TEMPLATES.iter().map(|(name, _)| *name));
        let help = near.map_or("`tidings templates list` shows them".to_owned(), |near| {
            format!("did you mean `{near}`?")
        });
        return Err(Failure::new(format!("there is no template `{unknown}`"))
            .help(help)
            .into());
    }
    let chosen: Vec<_> = TEMPLATES
        .iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name))
        .collect();
    if let Some((name, _)) = chosen.iter().find(|(name, body)| {
        session
            .world
            .read(&out.join(name))
            .is_ok_and(|old| old.is_some_and(|old| old != body.as_bytes()))
    }) {
        return Err(Failure::new(format!(
            "`{}` is there already, with changes of yours",
            out.join(name).display()
        ))
        .help("move it away, or name the templates that you want")
        .into());
    }
    for (name, body) in chosen {
        let action = Action::WriteFile {
            path: out.join(name),
            bytes: body.as_bytes().to_vec(),
        };
        if dry_run {
            session.print(&format!("{}\n", action.show()))?;
        } else {
            session.world.perform(&action)?;
            session.say(&format!("wrote {}", shown(&out.join(name))));
        }
    }
    Ok(())
}
