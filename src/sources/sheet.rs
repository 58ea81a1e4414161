//! The customers file as spreadsheets and contact programs export it: whatever separates the cells, however the columns are called.

use crate::diag::{Span, Text};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Customer,
    Name,
    Email,
    Running,
    Kinds,
}

const NAMES: [(Column, &str, &[&str]); 5] = [
    (
        Column::Customer,
        "customer",
        &[
            "customerid",
            "company",
            "account",
            "organization",
            "organisation",
            "firma",
            "kunde",
        ],
    ),
    (
        Column::Name,
        "name",
        &["contact", "contactname", "fullname", "person", "recipient"],
    ),
    (
        Column::Email,
        "email",
        &[
            "mail",
            "emailaddress",
            "mailaddress",
            "address",
            "emailadresse",
        ],
    ),
    (
        Column::Running,
        "running",
        &[
            "version",
            "runningversion",
            "installedversion",
            "installed",
            "runs",
        ],
    ),
    (Column::Kinds, "kinds", &["kind", "notices", "wants"]),
];

/// What a heading says, however it is written: `E-Mail`, `Email Address`, `customer_id`.
pub fn column(heading: &str) -> Option<Column> {
    let plain: String = heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    NAMES
        .into_iter()
        .find(|(_, name, others)| *name == plain || others.contains(&plain.as_str()))
        .map(|(column, ..)| column)
}

/// What the columns are called here.
pub fn canonical() -> [&'static str; 5] {
    NAMES.map(|(_, name, _)| name)
}

/// Where the cells begin, and what separates them.
pub struct Layout {
    pub start: usize,
    pub delimiter: u8,
}

/// `sep=;` says it; else it is what makes the first line name the columns.
pub fn layout(text: &Text) -> Layout {
    let body: &str = &text.body;
    let mut start = if body.starts_with('\u{feff}') { 3 } else { 0 };
    let mut said = None;
    let line = body[start..].split_inclusive('\n').next().unwrap_or("");
    let plain = line.trim().trim_matches('"').to_ascii_lowercase();
    if let Some(delimiter) = plain.strip_prefix("sep=") {
        // A tab was trimmed away.
        said = delimiter.bytes().next().or(Some(b'\t'));
        start += line.len();
    }
    // Empty lines in front of the headings, and lines of separators only.
    while let Some(line) = body[start..].split_inclusive('\n').next()
        && line
            .trim_matches([',', ';', '\t', '|', ' ', '\r', '\n', '"'])
            .is_empty()
    {
        start += line.len();
    }
    let first = body[start..].split_inclusive('\n').next().unwrap_or("");
    let known = |delimiter: &u8| {
        first
            .split(char::from(*delimiter))
            .filter(|cell| column(cell).is_some())
            .count()
    };
    let delimiter = said.unwrap_or_else(|| {
        [b'|', b'\t', b';', b',']
            .into_iter()
            .max_by_key(known)
            .unwrap_or(b',')
    });
    Layout { start, delimiter }
}

/// `Ada Example <ada@globex.example>`: the name, and the address with its place.
pub fn named_address(cell: &str, span: Span) -> (Option<&str>, (&str, Span)) {
    let parts = cell
        .trim()
        .strip_suffix('>')
        .and_then(|cell| cell.split_once('<'));
    match parts {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"').trim();
            (
                Some(name).filter(|name| !name.is_empty()),
                (address.trim(), span),
            )
        }
        None => (None, (cell, span)),
    }
}
