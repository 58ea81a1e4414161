//! What of a text decides where its blocks start and end: of most lines, their beginning.
//!
//! A block is known by the signs before the first letter of a line; what follows is words, and parsing them (code spans,
//! emphasis, links) is most of a CommonMark parser's work. The skeleton leaves them out and remembers where each line stood.
//! Lines are kept whole where the rest of them may matter: headings with `#`, HTML and what may end it, fences, tables and
//! link reference definitions. That the blocks are the same with and without is held by a property test over real files.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3};

use crate::diag::Span;

/// A shortened text, and where its lines stand in the source.
pub struct Skeleton<'a> {
    text: Cow<'a, str>,
    lines: Vec<Line>,
}

/// A line after one that was shortened: where it starts in the skeleton and in the source.
#[derive(Clone, Copy)]
struct Line {
    at: usize,
    source: usize,
}

impl<'a> Skeleton<'a> {
    pub fn of(source: &'a str) -> Skeleton<'a> {
        let bytes = source.as_bytes();
        // To CommonMark a lone CR ends a line. Such files are rare: they are taken as they are.
        if memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n')) {
            return Skeleton {
                text: Cow::Borrowed(source),
                lines: Vec::new(),
            };
        }
        let mut text = String::with_capacity(source.len() / 2);
        let mut lines = Vec::with_capacity(source.len() / 64);
        let (mut start, mut copied) = (0, 0);
        let mut in_definition = false;
        while start < bytes.len() {
            let (end, kept) = line(bytes, start, &mut in_definition);
            if let Some(kept) = kept {
                text.push_str(&source[copied..kept]);
                copied = end;
                lines.push(Line {
                    at: text.len(),
                    source: end,
                });
            }
            start = end + 1;
        }
        text.push_str(&source[copied..]);
        Skeleton {
            text: Cow::Owned(text),
            lines,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// A range of bytes of the skeleton, as one of the source.
    pub fn source(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.place(range.start), self.place(range.end))
    }

    fn place(&self, offset: usize) -> usize {
        match self
            .lines
            .partition_point(|line| line.at <= offset)
            .checked_sub(1)
            .map(|index| self.lines[index])
        {
            Some(line) => line.source + (offset - line.at),
            None => offset,
        }
    }
}

/// Where the line that starts at `start` ends (at its line feed), and how far it is kept where it is shortened.
fn line(bytes: &[u8], start: usize, in_definition: &mut bool) -> (usize, Option<usize>) {
    let feed =
        |from: usize| memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |length| from + length);
    let (mut at, mut whole, mut label) = (start, false, None);
    let letter = loop {
        match bytes.get(at) {
            None | Some(b'\n') => break None,
            Some(byte) if byte.is_ascii_alphabetic() || *byte >= 0x80 => break Some(at),
            Some(b'#' | b'<') if label.is_none() => whole = true,
            Some(b'`') => whole |= bytes[at..].starts_with(b"```"),
            Some(b'[') => label = label.or(Some(at)),
            Some(_) => {}
        }
        at += 1;
    };
    let end = match letter {
        None => at,
        Some(at) if whole || *in_definition => feed(at),
        Some(at) => {
            memchr3(b'\n', b'|', b'>', &bytes[at..]).map_or(bytes.len(), |length| at + length)
        }
    };
    // A definition goes on until a blank line: its label, address and title may each stand on lines of their own.
    *in_definition |= label.is_some_and(|label| may_define(&bytes[label..end]));
    let Some(letter) = letter else {
        *in_definition &= bytes[start..end]
            .iter()
            .any(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        return (end, None);
    };
    if whole || *in_definition || bytes.get(end).is_some_and(|byte| *byte != b'\n') {
        return (feed(end), None);
    }
    // One letter is enough; of a label, its end and what shows that it defines nothing.
    let last = label
        .and_then(|label| memchr(b']', &bytes[label..end]).map(|length| label + length + 1))
        .unwrap_or(letter)
        .max(letter);
    let kept = (last
        + 1
        + bytes[(last + 1).min(end)..end]
            .iter()
            .take_while(|byte| **byte & 0xC0 == 0x80)
            .count())
    .min(end);
    (end, (kept < end).then_some(kept))
}

/// `[label]: …`, or a label that goes on in the next line.
fn may_define(label: &[u8]) -> bool {
    let mut ends = memchr_iter(b']', label)
        .map(|end| label.get(end + 1))
        .peekable();
    ends.peek().is_none() || ends.any(|next| next == Some(&b':')) || memchr(b'\\', label).is_some()
}
