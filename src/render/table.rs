//! The matrix as CSV, and any document as JSON.

use serde::Serialize;

use crate::documents::Matrix;

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

/// Pretty-printed, with a final newline.
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}
