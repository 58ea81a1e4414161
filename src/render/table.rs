//! The matrix as CSV, and any document as JSON.

use serde::Serialize;

use crate::documents::{Deliveries, Matrix};

/// RFC 4180, with a header row.
pub fn csv(matrix: &Matrix) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["line", "latest", "released", "opened", "status", "ends", "ends_on", "digest", "release_page"];
    let written = writer.write_record(header).and_then(|()| {
        matrix.rows.iter().try_for_each(|row| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            writer.write_record([
                &row.line,
                &row.latest,
                &text(&row.released),
                &row.opened,
                &row.status,
                &row.ends,
                &text(&row.ends_on),
                &text(&row.digest),
                &row.release_page,
            ])
        })
    });
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The same of deliveries, for the auditor.
pub fn deliveries_csv(deliveries: &Deliveries) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["version", "kind", "customer", "address", "state", "attempts", "queued_at", "changed_at", "message_id", "answer"];
    let written = writer.write_record(header).and_then(|()| {
        deliveries.deliveries.iter().try_for_each(|row| {
            let attempts = row.attempts.to_string();
            let columns = [&row.version, &row.kind, &row.customer, &row.address].map(String::as_str);
            writer.write_record(columns.into_iter().chain([row.state, &attempts, &row.queued_at, &row.changed_at, &row.id, &row.answer]))
        })
    });
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Pretty-printed, with a final newline.
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}
