//! Headings that are written in HTML.

use std::ops::Range;

/// Below every heading, as a paragraph that is a sub-heading.
pub const FOLDED: u8 = 7;

/// A heading in HTML.
pub struct HtmlTitle {
    /// 1 to 6; `FOLDED` for what a summary folds away.
    pub level: u8,
    /// Where its words stand, and where what follows it begins.
    pub words: Range<usize>,
    pub end: usize,
}

/// `<h3 …>words</h3>` or `<details><summary>words</summary>` at the beginning of a block.
pub fn html_title(html: &str) -> Option<HtmlTitle> {
    let lower = html.to_ascii_lowercase();
    let start = lower.len() - lower.trim_start().len();
    let mut at = start;
    if let Some(rest) = lower[at..].strip_prefix("<details") {
        at += "<details".len() + rest.find('>')? + 1;
        at += lower[at..].len() - lower[at..].trim_start().len();
    }
    let rest = &lower[at..];
    let (level, close) = match rest.as_bytes() {
        [b'<', b'h', level @ b'1'..=b'6', b'>' | b' ', ..] => {
            (level - b'0', format!("</h{}>", level - b'0'))
        }
        _ if rest.starts_with("<summary") => (FOLDED, "</summary>".to_owned()),
        _ => return None,
    };
    let mut from = at + rest.find('>')? + 1;
    let length = lower[from..].find(&close)?;
    let end = from + length + close.len();
    let mut to = from + length;
    // `<summary><b>words</b></summary>`
    while lower[from..to].starts_with('<') {
        from += lower[from..to].find('>')? + 1;
    }
    while lower[from..to].ends_with('>') {
        to = from + lower[from..to].rfind('<')?;
    }
    let inner = &html[from..to];
    let (lead, trail) = (
        inner.len() - inner.trim_start().len(),
        inner.trim_end().len(),
    );
    let words = from + lead..from + trail.max(lead);
    (words.len() <= 200 && !words.is_empty()).then_some(HtmlTitle { level, words, end })
}

/// Whether a block ends what was folded away.
pub fn closes(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    lower.contains("</details") && !lower.contains("<details")
}

/// What is left of HTML without its tags.
pub fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}
