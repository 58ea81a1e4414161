//! `tidings schema`

use clap::Args;

use super::session::{Exit, Session, Stop};
use crate::documents::{schema, schema_names};
use crate::world::Failure;

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The document or file, such as `release-note` or `tidings.toml` [default: list them]
    name: Option<String>,
}

pub fn run(args: &SchemaArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let text = match &args.name {
        None => schema_names().map(|name| format!("{name}\n")).collect(),
        Some(name) => schema(name).ok_or_else(|| {
            let help = crate::diag::closest(name, schema_names()).map_or("`tidings schema` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
            Failure::new(format!("there is no schema `{name}`")).help(help)
        })?,
    };
    session.print(&text)?;
    Ok(Exit::Done)
}
