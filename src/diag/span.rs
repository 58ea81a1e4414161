//! Places in a text, in bytes. Must not know what the text means.

use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in one text: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start,
            end: end.max(start),
        }
    }

    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub fn contains(self, offset: usize) -> bool {
        (self.start..self.end).contains(&offset)
    }

    /// The same range, counted from `by` bytes further on.
    pub fn shifted(self, by: usize) -> Self {
        Span {
            start: self.start + by,
            end: self.end + by,
        }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

/// A source text with the name it is shown under. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Text {
    pub name: Arc<str>,
    pub body: Arc<str>,
}

/// A line and column as an editor shows them: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Text {
    pub fn new(name: impl Into<Arc<str>>, body: impl Into<Arc<str>>) -> Self {
        Text {
            name: name.into(),
            body: body.into(),
        }
    }

    /// The bytes of `span`, cut to what the text holds and to whole characters.
    pub fn slice(&self, span: Span) -> &str {
        let start = self.body.floor_char_boundary(span.start);
        let end = self.body.floor_char_boundary(span.end).max(start);
        &self.body[start..end]
    }

    pub fn place(&self, offset: usize) -> Place {
        let offset = self.body.floor_char_boundary(offset);
        let before = &self.body[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Lines of many ascending offsets in one pass over the text.
    pub fn lines(&self, offsets: impl Iterator<Item = usize>) -> Vec<usize> {
        let (mut line, mut at) = (1, 0);
        let bytes = self.body.as_bytes();
        offsets
            .map(|offset| {
                let offset = offset.min(bytes.len());
                if offset < at {
                    (line, at) = (1, 0);
                }
                line += bytes[at..offset]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                at = offset;
                line
            })
            .collect()
    }

    /// The first line, without its end.
    pub fn first_line(&self) -> Span {
        Span::new(0, self.body.find('\n').unwrap_or(self.body.len()))
    }
}
