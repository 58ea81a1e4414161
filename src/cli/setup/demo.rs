//! `tidings demo`: the example, written out with its history, and every document of its newest release.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::adapters::demo_agent as agent;
use crate::cli::documents::readme::{blocks, filled};
use crate::demo as example;
use crate::demo::{Commit, Stream};
use crate::diag::Text;
use crate::documents::{Standpoint, install_notes};
use crate::model::{Support, Version};
use crate::ports::{Action, Failure, Tagged};
use crate::project::install_part::snippet;
use crate::project::session::{Exit, Globals, Session, Stop};
use crate::render::{Engine, plain};
use crate::sources;
use crate::sources::Input;
use crate::sources::config::{BootstrapConfig, read_bootstrap};

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to write it; must be empty or absent
    #[arg(default_value = "tidings-demo")]
    folder: PathBuf,
    /// Stop what of the example runs
    #[arg(long)]
    stop: bool,
    /// The port on loopback for the example's agent; its registry takes the next one
    #[arg(long, env = "TIDINGS_DEMO_PORT", default_value_t = example::PORT, value_parser = clap::value_parser!(u16).range(1..65_535))]
    port: u16,
}

#[derive(Debug, Args)]
pub struct AgentArgs {
    #[command(subcommand)]
    does: AgentCommand,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Serve until stopped
    Run {
        #[arg(long)]
        state: PathBuf,
        #[arg(long)]
        port: u16,
        #[arg(long)]
        release: String,
        #[arg(long)]
        digest: String,
        #[arg(long)]
        revision: String,
    },
    /// Print what the running agent answers
    Ask {
        #[arg(long)]
        port: u16,
        #[arg(long, default_value = "/version")]
        path: String,
        /// Seconds to wait for it
        #[arg(long, default_value_t = 0)]
        wait: u64,
    },
    /// Make an image, and print its digest
    Push {
        #[arg(long)]
        state: PathBuf,
        tag: String,
    },
    /// Serve what was pushed until stopped
    Registry {
        #[arg(long)]
        state: PathBuf,
        #[arg(long)]
        port: u16,
    },
    /// Stop the running agent or registry
    Stop {
        #[arg(long)]
        state: PathBuf,
    },
}

pub fn run(args: &DemoArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let folder = session.at(&args.folder);
    if args.stop {
        agent::stop(&folder.join("registry"))?;
        let stopped = agent::stop(&folder.join("agent"))?;
        session.say(if stopped {
            "the agent is stopped"
        } else {
            "no agent runs"
        });
        return Ok(Exit::Done);
    }
    if session.world.read(&folder).is_ok_and(|file| file.is_some())
        || !session.world.list(&folder).is_empty()
    {
        return Err(
            Failure::new(format!("`{}` is there already", folder.display()))
                .help("name another folder: `tidings demo DIR`")
                .into(),
        );
    }
    write(session, &folder, args.port)?;
    generate(session, &folder)?;
    session.print(&tour(&args.folder))?;
    Ok(Exit::Done)
}

/// Both repositories, and this program where the install script finds it.
fn write(session: &Session<'_>, folder: &Path, port: u16) -> Result<(), Stop> {
    let source = folder.join("source");
    let make = |name: &str, commits: Vec<Commit>| Action::MakeRepository {
        path: folder.join(name),
        remote: folder.join(format!("{name}.git")),
        stream: Stream::of(&example::on_port(commits, port)),
    };
    session.world.perform(&make("source", example::source()))?;
    let revisions: HashMap<String, String> = session
        .world
        .tags(&source, "Cargo.toml")?
        .into_iter()
        .map(|(tag, _)| (tag.name, tag.commit))
        .collect();
    let engine = Engine::new(Vec::new()).map_err(Stop::Findings)?;
    let config = example_config()?;
    let warning = snippet(&engine, &config)?;
    let revision = |version: &str| {
        revisions
            .get(&format!("v{version}"))
            .cloned()
            .unwrap_or_default()
    };
    let made = |text: &str, changelog: &str, pins: &[Tagged]| {
        made_as_of(text, changelog, pins, &engine, &config)
    };
    session.world.perform(&make(
        "bootstrap",
        example::bootstrap(&revision, &warning, &made),
    ))?;
    session.world.perform(&Action::LinkSelf {
        path: folder.join("tidings"),
    })?;
    Ok(())
}

fn example_config() -> Result<BootstrapConfig, Stop> {
    let (config, findings) = read_bootstrap(&Text::new(
        "tidings.toml",
        include_str!("../../../examples/acme/bootstrap/tidings.toml"),
    ));
    config.ok_or(Stop::Findings(findings))
}

/// The README and the install notes as they were at a release, from the changelog and pin of that day.
fn made_as_of(
    readme: &str,
    changelog: &str,
    pins: &[Tagged],
    engine: &Engine,
    config: &BootstrapConfig,
) -> (String, String) {
    let changelog = Text::new("CHANGELOG.md", changelog);
    let read = sources::read(
        Input {
            config: config.clone(),
            changelog,
            pin: None,
            issues: None,
            tags: pins.to_vec(),
        },
        &sources::alone,
    );
    let Some(day) = read
        .history
        .releases()
        .iter()
        .filter_map(|release| release.date)
        .max()
    else {
        return (readme.to_owned(), String::new());
    };
    let support = Support::on(&read.history, day);
    let at = Standpoint::new(&config.product, &read.history, &support);
    let readme =
        blocks(engine, at).map_or_else(|_| readme.to_owned(), |blocks| filled(readme, &blocks));
    let newest = pins.last().map(|(tag, _)| tag.name.trim_start_matches('v'));
    let newest = newest.and_then(|version| read.history.release(&Version::read(version)?));
    let notes = newest.map(|release| install_notes(at, release, &|text| plain(text)));
    (readme, notes.unwrap_or_default())
}

/// Every document of the newest release, as `tidings -C source generate --out ../out` makes them.
fn generate(session: &Session<'_>, folder: &Path) -> Result<(), Stop> {
    let inner = Session {
        zone: std::cell::OnceCell::new(),
        facts_said: std::cell::OnceCell::new(),
        assumed_said: std::cell::OnceCell::new(),
        world: session.world,
        globals: Globals {
            dir: folder.join("source"),
            ..session.globals.clone()
        },
    };
    crate::cli::documents::generate::run(
        &crate::cli::commands::GenerateArgs::into_folder("../out"),
        &inner,
    )
    .map(|_| ())
}

fn tour(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "
{folder}/ holds an example: Acme Agent, ten releases, six customers.

  bootstrap/   what customers clone: changelog, pin, install script
  source/      the vendor's own: operator.toml, customers
  out/         every document of the newest release

Look at
  {folder}/out/release-note.html      what changed, what to do, the way back
  {folder}/out/upgrade/1.4.0.html     what somebody on 1.4.0 must do
  {folder}/out/mail/initech-1.eml     what Initech, on 1.5.1, is told
  {folder}/out/support-matrix.txt     what is supported, and until when

Try
  cd {folder}
  ./tidings -C bootstrap check
  ./tidings -C bootstrap upgrade 1.5.1
  ./tidings -C source email preview
  ./tidings -C source guide serve     the site for two in the morning
  (cd bootstrap && ./install.sh)      starts the agent
  ./tidings -C source identify        what runs, and the way back
  ./tidings -C source smoke && ./tidings -C source publish
                                      try the release, then put it on its page
  ./tidings -C source incident --observed 'restore progress stays at 0 %'
  ./tidings demo --stop .             stops it

The next release is begun in source/CHANGELOG.md; the manual cuts it: book/src/first-release-day.md
"
    )
}

/// The agent's own commands: for the install script.
pub fn agent(args: &AgentArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    match &args.does {
        AgentCommand::Run {
            state,
            port,
            release,
            digest,
            revision,
        } => {
            agent::serve(
                state,
                *port,
                &serde_json::json!({ "version": release, "digest": digest, "revision": revision })
                    .to_string(),
            )?;
        }
        AgentCommand::Ask { port, path, wait } => {
            session.print(&(agent::ask(*port, path, Duration::from_secs(*wait))? + "\n"))?
        }
        AgentCommand::Push { state, tag } => session.print(&(agent::push(state, tag)? + "\n"))?,
        AgentCommand::Registry { state, port } => agent::registry(state, *port)?,
        AgentCommand::Stop { state } => {
            agent::stop(state)?;
        }
    }
    Ok(Exit::Done)
}
