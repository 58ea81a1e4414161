//! The Markdown of one item or paragraph, taken out of its list: no bullet, no indentation.

/// Takes a list item's bullet and the indentation of its further lines off.
pub fn markdown(raw: &str) -> String {
    let raw = raw.trim_end();
    let first = raw.lines().next().unwrap_or("");
    let Some(width) = bullet(first) else {
        return dedented(raw, indentation(first));
    };
    dedented(raw, width)
}

/// The width of `- `, `* `, `+ `, `1. ` with the spaces about it.
fn bullet(line: &str) -> Option<usize> {
    let inner = line.trim_start_matches(' ');
    let indent = line.len() - inner.len();
    let marker = match inner.as_bytes().first()? {
        b'-' | b'*' | b'+' => 1,
        b'0'..=b'9' => {
            let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
            matches!(inner.as_bytes().get(digits), Some(b'.' | b')')).then_some(digits + 1)?
        }
        _ => return None,
    };
    let after = &inner[marker..];
    let space = after.len() - after.trim_start_matches([' ', '\t']).len();
    match space {
        0 if after.is_empty() => Some(indent + marker),
        0 => None,
        _ => Some(indent + marker + space),
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Every line without up to `width` leading blanks (the first: bytes); CRLF becomes LF.
fn dedented(raw: &str, width: usize) -> String {
    let mut out = String::with_capacity(raw.len());
    for (number, line) in raw.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        let cut = match number {
            0 => width.min(line.len()),
            _ => line
                .bytes()
                .take(width)
                .take_while(|b| matches!(b, b' ' | b'\t'))
                .count(),
        };
        if number > 0 {
            out.push('\n');
        }
        out.push_str(line.get(cut..).unwrap_or("").trim_end());
    }
    out
}
