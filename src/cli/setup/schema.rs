//! `tidings schema`: the published JSON Schemas, made from the types.

use clap::Args;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

use crate::documents::{
    Checklist, Context, Deliveries, EndOfLife, FindingsReport, Identification, Images, Incident,
    Matrix, Notice, OsvIssue, PolicyStatement, Reading, Receipts, ReleaseDay, ReleaseNote,
    SmokeTest, SupportAnswer, UpgradeGuide, Verification,
};
use crate::ports::Failure;
use crate::project::session::{Exit, Session, Stop};
use crate::sources::config::{BootstrapFile, OperatorConfig};

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The document or file, such as `release-note` or `tidings.toml` [default: list them]
    name: Option<String>,
}

pub fn run(args: &SchemaArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let text = match &args.name {
        None => schema_names().map(|name| format!("{name}\n")).collect(),
        Some(name) => schema(name).ok_or_else(|| {
            let help = crate::diag::closest(name, schema_names())
                .map_or("`tidings schema` lists them".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
            Failure::new(format!("there is no schema `{name}`")).help(help)
        })?,
    };
    session.print(&text)?;
    Ok(Exit::Done)
}

type Make = fn(&mut SchemaGenerator) -> Schema;

fn make<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.root_schema_for::<T>()
}

/// Name and maker, in the order of the book.
const ALL: &[(&str, Make)] = &[
    ("release-note", make::<ReleaseNote>),
    ("support-matrix", make::<Matrix>),
    ("upgrade-guide", make::<UpgradeGuide>),
    ("notice", make::<Notice>),
    ("policy", make::<PolicyStatement>),
    ("identification", make::<Identification>),
    ("incident", make::<Incident>),
    ("images", make::<Images>),
    ("verification", make::<Verification>),
    ("checklist", make::<Checklist>),
    ("day", make::<ReleaseDay>),
    ("smoke", make::<SmokeTest>),
    ("ledger", make::<Receipts>),
    ("deliveries", make::<Deliveries>),
    ("known-issues", make::<Vec<OsvIssue>>),
    ("support", make::<SupportAnswer>),
    ("changelog", make::<Reading>),
    ("findings", make::<FindingsReport>),
    ("endoflife", make::<EndOfLife>),
    ("context", make::<Context>),
    ("tidings.toml", make::<BootstrapFile>),
    ("operator.toml", make::<OperatorConfig>),
];

pub fn schema_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The schema of a document (JSON Schema 2020-12), pretty-printed.
pub fn schema(name: &str) -> Option<String> {
    let (_, make) = ALL.iter().find(|(known, _)| *known == name)?;
    let schema = make(&mut SchemaSettings::draft2020_12().into_generator());
    serde_json::to_string_pretty(&schema)
        .ok()
        .map(|text| text + "\n")
}
