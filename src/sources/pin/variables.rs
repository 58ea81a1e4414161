//! Variables in a Compose file, as its specification fills them in (*Interpolation*).

/// Nesting of defaults in defaults beyond this is refused.
const DEEPEST: usize = 16;

/// The text with every variable filled in.
///
/// # Errors
/// The name of a variable that has neither a value nor a default.
pub(super) fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    filled(text, value, 0)
}

fn filled(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('{') {
            let end = closing(inner).ok_or_else(|| crate::diag::clipped(inner, 40))?;
            out.push_str(&braced(&inner[..end], value, depth)?);
            rest = &inner[end + 1..];
        } else {
            let end = name_length(rest);
            if end == 0 {
                out.push('$');
            } else {
                out.push_str(&value(&rest[..end]).ok_or_else(|| rest[..end].to_owned())?);
                rest = &rest[end..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len())
}

/// `NAME`, `NAME:-default`, `NAME-default`, `NAME:?error`, `NAME?error`, `NAME:+other`, `NAME+other`.
fn braced(
    inner: &str,
    value: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, String> {
    let (name, rest) = inner.split_at(name_length(inner));
    if name.is_empty() || depth > DEEPEST {
        return Err(crate::diag::clipped(inner, 40));
    }
    let (empty_counts, rest) = match rest.strip_prefix(':') {
        Some(rest) => (false, rest),
        None => (true, rest),
    };
    let known = value(name).filter(|known| empty_counts || !known.is_empty());
    match (rest.chars().next(), known) {
        (None | Some('?'), Some(known)) | (Some('-'), Some(known)) => Ok(known),
        (Some('-'), None) => filled(&rest[1..], value, depth + 1),
        (Some('+'), Some(_)) => filled(&rest[1..], value, depth + 1),
        (Some('+'), None) => Ok(String::new()),
        _ => Err(name.to_owned()),
    }
}
