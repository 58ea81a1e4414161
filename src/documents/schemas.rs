//! The published JSON Schemas, made from the types.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

use super::{Context, EndOfLife, FindingsReport, Incident, Matrix, Notice, OsvIssue, PolicyStatement, Reading, ReleaseNote, SupportAnswer, UpgradeGuide};
use crate::sources::config::{BootstrapFile, OperatorConfig};

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
    ("incident", make::<Incident>),
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
    serde_json::to_string_pretty(&schema).ok().map(|text| text + "\n")
}
