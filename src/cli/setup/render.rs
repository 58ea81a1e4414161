//! `tidings render`

use std::path::PathBuf;

use clap::Args;

use crate::diag::{Code, Finding};
use crate::ports::Failure;
use crate::project::load::{optional, templates};
use crate::project::session::{Exit, Session, Stop};
use crate::render::Engine;

#[derive(Debug, Args)]
pub struct RenderArgs {
    /// A saved context: `context.json`, or any document printed with `--format json`
    #[arg(long, value_name = "FILE")]
    context: PathBuf,
    /// A template file, or the name of an embedded template
    template: PathBuf,
}

pub fn run(args: &RenderArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let read = |path: &PathBuf| optional(session, &session.at(path));
    let context = read(&args.context)?
        .ok_or_else(|| Failure::new(format!("there is no `{}`", args.context.display())))?;
    let document: serde_json::Value = serde_json::from_str(&context.body).map_err(|error| {
        let line_start = context
            .body
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        let at = line_start + error.column().saturating_sub(1);
        Finding::new(Code::ConfigSyntax, format!("`{}` is no JSON", context.name))
            .at(&context, at..at + 1)
            .help(
                "give a file that `--format json` printed, or `context.json` of `tidings generate`",
            )
    })?;
    let name = args.template.to_string_lossy().replace('\\', "/");
    let engine = Engine::new(templates(session, session.dir())?).map_err(Stop::Findings)?;
    let text = match read(&args.template)? {
        Some(template) => engine.render_text(&template, &document, name.ends_with(".html"))?,
        None if crate::render::TEMPLATES
            .iter()
            .any(|(known, _)| *known == name) =>
        {
            engine.render(&name, part(&document, &name))?
        }
        None => {
            return Err(Failure::new(format!("there is no template `{name}`"))
                .help("`tidings templates list` shows the embedded ones")
                .into());
        }
    };
    session.print(&text)?;
    Ok(Exit::Done)
}

/// The embedded templates take one document; `context.json` holds several.
fn part<'d>(document: &'d serde_json::Value, template: &str) -> &'d serde_json::Value {
    let key = match template.split('.').next().unwrap_or("") {
        "release-note" => "note",
        "support-matrix" => "matrix",
        "upgrade" => "upgrade",
        "policy" => "policy",
        _ => return document,
    };
    document
        .get(key)
        .filter(|part| part.is_object())
        .unwrap_or(document)
}
