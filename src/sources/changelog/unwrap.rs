//! A list item or paragraph taken out of its place: no bullet, no indentation, no comments, and where each character stood.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use crate::sources::changelog::DIALECT;

/// A text made of pieces of another one.
#[derive(Clone, Debug, Default)]
pub struct Mapped {
    pub text: String,
    /// Where each piece starts in `text`, and where it stood.
    pieces: Vec<(usize, usize)>,
}

impl Mapped {
    fn push(&mut self, piece: &str, stood: usize) {
        self.pieces.push((self.text.len(), stood));
        self.text.push_str(piece);
    }

    /// Where a character stood.
    #[must_use]
    pub fn place(&self, offset: usize) -> usize {
        match self
            .pieces
            .partition_point(|(at, _)| *at <= offset)
            .checked_sub(1)
        {
            Some(index) => self.pieces[index].1 + (offset - self.pieces[index].0),
            None => offset,
        }
    }

    /// The same without some of it. `ranges` are in order and apart.
    fn without(&self, ranges: &[Range<usize>]) -> Mapped {
        let mut left = Mapped::default();
        let mut at = 0;
        let mut keep = |from: usize, to: usize| {
            // A piece is cut where it begins anew, so that places stay true.
            let inner = self
                .pieces
                .iter()
                .map(|(start, _)| *start)
                .filter(|start| *start > from && *start < to);
            let starts: Vec<usize> = [from].into_iter().chain(inner).chain([to]).collect();
            for pair in starts.windows(2).filter(|pair| pair[0] < pair[1]) {
                left.push(&self.text[pair[0]..pair[1]], self.place(pair[0]));
            }
        };
        for range in ranges {
            keep(at, range.start.max(at));
            at = range.end.max(at);
        }
        keep(at, self.text.len());
        left
    }
}

/// Takes a list item's bullet and task mark, the indentation of its further lines and every comment off.
#[must_use]
pub fn unwrapped(raw: &str) -> Mapped {
    let raw = raw.trim_end();
    let first = raw.lines().next().unwrap_or("");
    let width =
        bullet(first).map_or_else(|| indentation(first), |width| width + task(&first[width..]));
    let lines = dedented(raw, width);
    if lines.text.contains("<!") || lines.text.contains("<?") {
        without_comments(&lines)
    } else {
        lines
    }
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

/// The width of `[ ] ` or `[x] `: a mark of GitHub's, no text.
fn task(rest: &str) -> usize {
    let marked = ["[ ] ", "[x] ", "[X] "]
        .iter()
        .any(|mark| rest.starts_with(mark));
    if marked { 4 } else { 0 }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Every line without up to `width` leading blanks (the first: bytes); CRLF becomes LF.
fn dedented(raw: &str, width: usize) -> Mapped {
    let mut out = Mapped::default();
    let mut at = 0;
    for (number, whole) in raw.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\n', '\r']);
        let cut = match number {
            0 => width.min(line.len()),
            // What belongs to the item is indented by the width of its bullet.
            _ => line
                .bytes()
                .take(width)
                .take_while(|b| matches!(b, b' ' | b'\t'))
                .count(),
        };
        if number > 0 {
            out.text.push('\n');
        }
        out.push(line.get(cut..).unwrap_or("").trim_end(), at + cut);
        at += whole.len();
    }
    out
}

/// What no viewer of Markdown shows: comments, processing instructions, declarations.
fn without_comments(text: &Mapped) -> Mapped {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(&text.text, DIALECT).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => {
                hidden.extend(
                    comments(&text.text[range.clone()])
                        .map(|inner| range.start + inner.start..range.start + inner.end),
                );
            }
            Event::InlineHtml(html) if html.starts_with("<!") || html.starts_with("<?") => {
                hidden.push(range);
            }
            _ => {}
        }
    }
    let whole: Vec<Range<usize>> = hidden
        .into_iter()
        .map(|range| with_blanks(&text.text, range))
        .collect();
    text.without(&whole)
}

/// The comments of a block of HTML. One that does not end goes on to the end of the block.
pub fn comments(html: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at
            + html[at..]
                .find("<!")
                .into_iter()
                .chain(html[at..].find("<?"))
                .min()?;
        let end = match &html[start..] {
            rest if rest.starts_with("<!--") => rest[4..].find("-->").map(|end| 4 + end + 3),
            rest if rest.starts_with("<?") => rest.find("?>").map(|end| end + 2),
            rest => rest.find('>').map(|end| end + 1),
        };
        let end = end.map_or(html.len(), |end| start + end);
        at = end;
        Some(start..end)
    })
}

/// A comment with the line that holds nothing else, or with the blanks that it would leave behind.
fn with_blanks(text: &str, range: Range<usize>) -> Range<usize> {
    let before = &text[..range.start];
    let after = &text[range.end..];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let feed = after.find('\n');
    let rest = &after[..feed.unwrap_or(after.len())];
    if before[line..].trim().is_empty() && rest.trim().is_empty() {
        let end = range.end + feed.map_or(after.len(), |feed| feed + 1);
        // The last line: the line feed before it goes, too.
        let start = if feed.is_none() {
            line.saturating_sub(1)
        } else {
            line
        };
        return start..end;
    }
    if rest.trim().is_empty() {
        return before.trim_end_matches([' ', '\t']).len()..range.end;
    }
    if before.ends_with([' ', '\t']) && rest.starts_with([' ', '\t']) {
        return range.start..range.end + 1;
    }
    range
}
