//! Bytes to text.

use crate::diag::{Code, Finding, Findings, Text};

/// A sheet as spreadsheets export it: UTF-16 where it says so in front, else UTF-8.
pub fn sheet_text(name: &str, bytes: Vec<u8>) -> (Text, Findings) {
    let read: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        _ => return text(name, bytes),
    };
    let units = bytes[2..].chunks(2).map(|unit| match unit {
        [one, other] => read([*one, *other]),
        _ => u16::from(b'?'),
    });
    let body: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    (Text::new(name, body), Findings::new())
}

/// Reads bytes as UTF-8. What is not is replaced, and the first such byte is named.
pub fn text(name: &str, bytes: Vec<u8>) -> (Text, Findings) {
    match String::from_utf8(bytes) {
        Ok(body) => (Text::new(name, body), Findings::new()),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = Text::new(name, String::from_utf8_lossy(error.as_bytes()).into_owned());
            let finding = Finding::new(
                Code::NotUtf8,
                format!("`{name}` is not UTF-8 from byte {} on", at + 1),
            )
            .at(&text, at..at + '\u{fffd}'.len_utf8())
            .help("save the file as UTF-8; it may be Latin-1 or UTF-16 now");
            (text, vec![finding])
        }
    }
}
