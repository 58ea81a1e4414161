//! The matrix and deliveries as CSV, and any document as JSON.

use serde::Serialize;

use crate::documents::{Deliveries, Matrix};

/// A spreadsheet takes what begins like this for a formula, and runs it.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Text that stays text in a spreadsheet.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn cell(text: String) -> String {
    if text.trim_start_matches(' ').starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text
    }
}

/// RFC 4180, with a header row.
fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = rows;
    let written = writer
        .write_record(header)
        .and_then(|()| rows.try_for_each(|row| writer.write_record(row.map(cell))));
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    writer
        .into_inner()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

pub fn csv(matrix: &Matrix) -> String {
    let header = [
        "line",
        "latest",
        "released",
        "opened",
        "status",
        "ends",
        "ends_on",
        "digest",
        "release_page",
    ];
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = matrix.rows.iter().cloned().map(|row| {
        let (released, ends_on, digest) =
            (text(&row.released), text(&row.ends_on), text(&row.digest));
        [
            row.line,
            row.latest,
            released,
            row.opened,
            row.status,
            row.ends,
            ends_on,
            digest,
            row.release_page,
        ]
    });
    table(header, rows)
}

/// Of deliveries, for the auditor.
pub fn deliveries_csv(deliveries: &Deliveries) -> String {
    let header = [
        "version",
        "kind",
        "customer",
        "address",
        "state",
        "attempts",
        "queued_at",
        "changed_at",
        "message_id",
        "answer",
    ];
    let rows = deliveries.deliveries.iter().cloned().map(|row| {
        let (state, attempts) = (row.state.to_string(), row.attempts.to_string());
        [
            row.version,
            row.kind,
            row.customer,
            row.address,
            state,
            attempts,
            row.queued_at,
            row.changed_at,
            row.id,
            row.answer,
        ]
    });
    table(header, rows)
}

/// Pretty-printed, with a final newline.
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document)
        .map(|text| text + "\n")
        .unwrap_or_default()
}
