//! `tidings matrix`

use chrono::NaiveDate;
use clap::Args;

use crate::documents::{EndOfLife, Matrix};
use crate::model::Support;
use crate::project::load::load;
use crate::project::ready::Saying;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::{csv, json, support_calendar};

#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// The day it is for [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Go on where `check` finds errors, and mark the text as a draft
    #[arg(long)]
    draft: bool,
}

pub fn run(args: &MatrixArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[
        Format::Txt,
        Format::Md,
        Format::Html,
        Format::Csv,
        Format::Json,
        Format::Ics,
    ])?;
    let loaded = load(session)?;
    let day = args.as_of.unwrap_or_else(|| session.today());
    let draft = loaded.ready_all(session, day, Saying::Support, args.draft)?;
    let support = Support::on(&loaded.bootstrap.history, day);
    let at = loaded.standpoint(&support);
    let matrix = Matrix::of(at);
    let text = match form {
        Format::Json => json(&EndOfLife::of(at)),
        Format::Csv => csv(&matrix),
        Format::Ics => support_calendar(&matrix),
        Format::Html => loaded
            .engine(session)?
            .render("support-matrix.html", &matrix)?,
        Format::Md => loaded
            .engine(session)?
            .render("support-matrix.md", &matrix)?,
        _ => loaded
            .engine(session)?
            .render("support-matrix.txt", &matrix)?,
    };
    session.print(&draft.mark(form, text))?;
    Ok(Exit::Done)
}
