//! `tidings init`: a bootstrap repository that customers can clone and install, and the vendor's own settings beside the source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::cli::documents::readme;
use crate::diag::Text;
use crate::documents::slug;
use crate::ports::{Action, Failure, shown};
use crate::project::assumed::{Assumed, assumed, needed};
use crate::project::install_part::snippet;
use crate::project::session::{Exit, Globals, Session, Stop};
use crate::render::Engine;
use crate::sources::config::read_bootstrap;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where the bootstrap repository is made [default: beside this folder, by the product's name]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What it is called, such as `Acme Agent`
    #[arg(long)]
    product: Option<String>,
    /// Who ships it, such as `Acme GmbH`
    #[arg(long)]
    vendor: Option<String>,
    /// Where customers will clone it from, such as `https://github.com/acme/agent-bootstrap`
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Where customers ask for help: an address
    #[arg(long, value_name = "ADDRESS")]
    contact: Option<String>,
    /// How soon they get an answer
    #[arg(long, default_value = "within one business day")]
    response: String,
    /// Where the agent answers
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
}

/// What the templates see.
#[derive(Serialize)]
struct Facts<'f> {
    product: &'f str,
    vendor: &'f str,
    repository: &'f str,
    contact: &'f str,
    response: &'f str,
    port: u16,
    slug: String,
    /// Of environment variables.
    prefix: String,
    domain: &'f str,
    bootstrap: String,
    warning: String,
}

/// The template and where it goes; those of the bootstrap repository, then those of the source repository.
const BOOTSTRAP: [(&str, &str); 8] = [
    ("init/gitattributes", ".gitattributes"),
    ("init/tidings.toml", "tidings.toml"),
    ("init/CHANGELOG.md", "CHANGELOG.md"),
    ("init/README.md", "README.md"),
    ("init/install.sh", "install.sh"),
    ("init/content/what-to-send.md", "content/what-to-send.md"),
    ("init/workflows/check.yml", ".github/workflows/check.yml"),
    ("init/workflows/guide.yml", ".github/workflows/guide.yml"),
];
const SOURCE: [(&str, &str); 3] = [
    ("init/operator.toml", "operator.toml"),
    ("init/customers.csv", "docs-internal/customers.csv"),
    ("init/CHANGELOG.md", "CHANGELOG.md"),
];
const GIT: Duration = Duration::from_secs(30);

pub fn run(args: &InitArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let given = [
        ("product", &args.product),
        ("vendor", &args.vendor),
        ("repository", &args.repository),
        ("contact", &args.contact),
    ];
    if given.iter().all(|(_, value)| value.is_none())
        && args.folder.is_none()
        && let Some(found) = assumed(session)?
    {
        return written_down(args, session, &found);
    }
    let [Some(product), Some(vendor), Some(repository), Some(contact)] =
        given.map(|(_, value)| value.as_deref())
    else {
        let there = given.map(|(name, value)| (name, value.is_some()));
        return Err(needed(&there).into());
    };
    for (name, value) in [
        ("product", product),
        ("vendor", vendor),
        ("repository", repository),
        ("contact", contact),
        ("response", &args.response),
    ] {
        if value.trim().is_empty()
            || value
                .chars()
                .any(|c| c.is_control() || matches!(c, '"' | '\\' | '`' | '$'))
        {
            return Err(Failure::new(format!(
                "`--{name}` cannot be `{}`",
                crate::diag::clipped(value, 60)
            ))
            .help("write plain words")
            .into());
        }
    }
    let name = slug(product);
    let prefix: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    let dir = args
        .folder
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("../{name}-bootstrap")));
    let mut facts = Facts {
        product,
        vendor,
        repository: repository.trim_end_matches('/'),
        contact,
        response: &args.response,
        port: args.port,
        slug: name,
        prefix: prefix
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .to_owned(),
        domain: contact
            .rsplit_once('@')
            .map_or("vendor.example", |(_, domain)| domain),
        bootstrap: dir.display().to_string(),
        warning: String::new(),
    };
    let engine = Engine::new(Vec::new()).map_err(Stop::Findings)?;
    let toml = engine.render("init/tidings.toml", &facts)?;
    let (config, findings) = read_bootstrap(&Text::new("tidings.toml", toml.as_str()));
    let Some(config) = config.filter(|_| !findings.iter().any(crate::diag::Finding::is_error))
    else {
        return Err(Stop::Findings(findings));
    };
    facts.warning = snippet(&engine, &config)?.trim_end().to_owned();
    let root = session.at(&dir);
    let places = BOOTSTRAP
        .iter()
        .map(|(template, name)| (*template, root.join(name)));
    let places: Vec<(&str, PathBuf)> = places
        .chain(
            SOURCE
                .iter()
                .map(|(template, name)| (*template, session.at(name))),
        )
        .collect();
    let mut made = 0;
    for (template, path) in &places {
        made += usize::from(write(
            session,
            &engine,
            &facts,
            template,
            path,
            args.dry_run,
        )?);
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if !session.world.exists(&root.join(".git")) {
        let ran = session.world.run(
            &root,
            "git init --quiet --initial-branch=main .",
            &BTreeMap::new(),
            GIT,
        )?;
        if ran.code != Some(0) {
            return Err(Failure::new(format!(
                "`git init` failed in `{}`: {}",
                shown(&root),
                ran.output.trim()
            ))
            .into());
        }
    }
    // The policy stands in the README from the first day.
    let globals = Globals {
        dir: root.clone(),
        quiet: true,
        ..session.globals.clone()
    };
    readme::write(&Session {
        zone: std::cell::OnceCell::new(),
        facts_said: std::cell::OnceCell::new(),
        assumed_said: std::cell::OnceCell::new(),
        world: session.world,
        globals,
    })?;
    let next =
        "write `[Unreleased]` in CHANGELOG.md, push both repositories, and `tidings preflight`";
    session.print(&format!(
        "{} made; {} is what customers clone\nnext: {next}\n",
        crate::diag::count(made, "file"),
        shown(&root)
    ))?;
    Ok(Exit::Done)
}

/// Writes what was found in a repository that has a changelog and tags; nothing that is there is changed.
fn written_down(args: &InitArgs, session: &Session<'_>, found: &Assumed) -> Result<Exit, Stop> {
    let path = found.path();
    if session.world.exists(&path) {
        session.say(&format!(
            "{} is there already and stays as it is",
            shown(&path)
        ));
        return Ok(Exit::Done);
    }
    let action = Action::WriteFile {
        path: path.clone(),
        bytes: found.text.clone().into_bytes(),
    };
    if args.dry_run {
        session.print(&format!("{}\n{}", action.show(), found.text))?;
        return Ok(Exit::Done);
    }
    session.world.perform(&action)?;
    for line in found.lines().iter().rev().skip(1).rev() {
        session.say(line);
    }
    session.print(&format!(
        "wrote {}\nnext: correct it, then `tidings check`\n",
        shown(&path)
    ))?;
    Ok(Exit::Done)
}

/// Whether it was written: what is there stays.
fn write(
    session: &Session<'_>,
    engine: &Engine,
    facts: &Facts<'_>,
    template: &str,
    path: &Path,
    dry_run: bool,
) -> Result<bool, Stop> {
    if session.world.exists(path) {
        session.say(&format!(
            "{} is there already and stays as it is",
            shown(path)
        ));
        return Ok(false);
    }
    let action = Action::WriteFile {
        path: path.to_path_buf(),
        bytes: engine.render(template, facts)?.into_bytes(),
    };
    if dry_run {
        session.print(&format!("{}\n", action.show()))?;
        return Ok(true);
    }
    session.world.perform(&action)?;
    if template.ends_with(".sh") {
        session.world.perform(&Action::MakeExecutable {
            path: path.to_path_buf(),
        })?;
    }
    Ok(true)
}
