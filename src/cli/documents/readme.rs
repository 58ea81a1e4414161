//! `tidings readme`

use clap::Args;

use crate::diag::{Code, Finding, Span, Text};
use crate::documents::{Matrix, PolicyStatement, Standpoint};
use crate::model::Support;
use crate::ports::{Action, Failure};
use crate::project::load::{Loaded, load};
use crate::project::ready::Saying;
use crate::project::session::{Exit, Session, Stop};
use crate::render::Engine;

#[derive(Debug, Args)]
pub struct ReadmeArgs {
    /// Write the blocks into the README
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Compare the README with what would be written; exit 1 where they differ
    #[arg(long)]
    check: bool,
    /// The day the matrix is for [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<chrono::NaiveDate>,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
}

/// Writes the blocks.
pub fn write(session: &Session<'_>) -> Result<Exit, Stop> {
    run(
        &ReadmeArgs {
            write: true,
            check: false,
            as_of: None,
            dry_run: false,
        },
        session,
    )
}

pub fn run(args: &ReadmeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let day = args.as_of.unwrap_or_else(|| session.today());
    loaded.ready_all(session, day, Saying::Support, false)?;
    let support = Support::on(&loaded.bootstrap.history, day);
    let at = loaded.standpoint(&support);
    let engine = loaded.engine(session)?;
    let blocks = blocks(&engine, at)?;
    if !args.write && !args.check {
        session.print(
            &blocks
                .iter()
                .map(|(name, body)| block(name, body))
                .collect::<Vec<_>>()
                .join("\n"),
        )?;
        return Ok(Exit::Done);
    }
    if args.write {
        loaded.facts.writable(&loaded.root)?;
    }
    let path = loaded.root.join(&loaded.bootstrap.config.readme_file);
    let Some(readme) =
        loaded
            .facts
            .text(session, &loaded.root, &loaded.bootstrap.config.readme_file)?
    else {
        return Err(Failure::new(format!("there is no `{}`", path.display()))
            .help("write it, or name another: `[readme] file` in tidings.toml")
            .into());
    };
    let mut new = readme.body.to_string();
    let mut drift = Vec::new();
    for (name, body) in &blocks {
        let span = place(&readme, &new, name)?;
        let wanted = block(name, body);
        if !same(&new[span.range()], &wanted) {
            let at = place(&readme, &readme.body, name)?;
            drift.push(
                Finding::new(
                    Code::ReadmeDrift,
                    format!("the {name} in `{}` is not today's", readme.name),
                )
                .at(&readme, at)
                .help("`tidings readme --write` writes it"),
            );
            new.replace_range(span.range(), wanted.trim_end());
        }
    }
    if args.check {
        return if drift.is_empty() {
            Ok(Exit::Done)
        } else {
            Err(Stop::Findings(drift))
        };
    }
    let action = Action::WriteFile {
        path,
        bytes: new.into_bytes(),
    };
    if args.dry_run {
        session.print(&format!(
            "{}\n",
            if drift.is_empty() {
                "nothing to write".to_owned()
            } else {
                action.show()
            }
        ))?;
    } else if !drift.is_empty() {
        session.world.perform(&action)?;
        session.say(&format!(
            "wrote {} into `{}`",
            crate::diag::count(drift.len(), "block"),
            readme.name
        ));
    } else {
        session.say(&format!("`{}` is up to date", readme.name));
    }
    Ok(Exit::Done)
}

/// Whether a block of the README is not today's. One without blocks has nothing to be stale.
pub fn is_stale(session: &Session<'_>, loaded: &Loaded) -> Result<bool, Stop> {
    let file = &loaded.bootstrap.config.readme_file;
    let Some(readme) = loaded.facts.text(session, &loaded.root, file)? else {
        return Ok(false);
    };
    let support = Support::on(&loaded.bootstrap.history, session.today());
    let blocks = blocks(&loaded.engine(session)?, loaded.standpoint(&support))?;
    let stale = blocks.iter().any(|(name, body)| {
        place(&readme, &readme.body, name)
            .is_ok_and(|span| !same(&readme.body[span.range()], &block(name, body)))
    });
    Ok(stale)
}

/// A README with its blocks filled: for the example's history.
pub fn filled(readme: &str, blocks: &[(&str, String)]) -> String {
    let text = Text::new("README.md", readme);
    let mut new = readme.to_owned();
    for (name, body) in blocks {
        if let Ok(span) = place(&text, &new, name) {
            new.replace_range(span.range(), block(name, body).trim_end());
        }
    }
    new
}

/// The two generated blocks.
pub fn blocks(engine: &Engine, at: Standpoint<'_>) -> Result<[(&'static str, String); 2], Finding> {
    Ok([
        (
            "policy",
            engine.render("policy.md", &PolicyStatement::of(at))?,
        ),
        (
            "matrix",
            engine.render("support-matrix.md", &Matrix::of(at))?,
        ),
    ])
}

fn block(name: &str, body: &str) -> String {
    format!(
        "<!-- tidings:{name} -->\n{}\n<!-- /tidings:{name} -->\n",
        body.trim_end()
    )
}

/// The date alone makes no drift: a matrix that says the same on another day is the same.
fn same(old: &str, new: &str) -> bool {
    let dateless = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("As of "))
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    dateless(old.trim()) == dateless(new.trim())
}

/// From the opening marker to the end of the closing one.
fn place(readme: &Text, body: &str, name: &str) -> Result<Span, Stop> {
    let (open, close) = (
        format!("<!-- tidings:{name} -->"),
        format!("<!-- /tidings:{name} -->"),
    );
    let start = body.find(&open);
    let end = start.and_then(|start| {
        body[start..]
            .find(&close)
            .map(|end| start + end + close.len())
    });
    match (start, end) {
        (Some(start), Some(end)) => Ok(Span::new(start, end)),
        (Some(start), None) => Err(Finding::new(
            Code::ReadmeMarker,
            format!("`{open}` is never closed"),
        )
        .at(readme, start..start + open.len())
        .help(format!("write `{close}` after it"))
        .into()),
        _ => Err(Finding::new(
            Code::ReadmeMarker,
            format!("`{}` has no place for the {name}", readme.name),
        )
        .at(readme, readme.first_line())
        .help(format!(
            "write `{open}` and `{close}` where it should stand, each on a line of its own"
        ))
        .into()),
    }
}
