//! The words of headings without their markup, all in one text, and where each piece of it stands in the file.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use crate::diag::Span;
use crate::sources::changelog::DIALECT;

#[derive(Default)]
pub struct Plain {
    words: String,
    /// Where a piece starts in `words`, and in the file.
    pieces: Vec<(usize, usize)>,
}

/// The words of one line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    words: Span,
    first_piece: usize,
}

impl Plain {
    /// For about so many bytes of words.
    pub fn with_room(bytes: usize) -> Plain {
        Plain { words: String::with_capacity(bytes), pieces: Vec::with_capacity(bytes / 16) }
    }

    /// The words of `raw`, which starts at `offset` of the file.
    pub fn of(raw: &str, offset: usize) -> (Plain, Cut) {
        let mut plain = Plain::default();
        let cut = plain.open();
        for (event, range) in Parser::new_ext(raw, DIALECT).into_offset_iter() {
            plain.take(&event, range, raw, offset);
        }
        let cut = plain.close(cut);
        (plain, cut)
    }

    pub fn open(&self) -> Cut {
        Cut { words: Span::new(self.words.len(), self.words.len()), first_piece: self.pieces.len() }
    }

    pub fn close(&self, cut: Cut) -> Cut {
        Cut { words: Span::new(cut.words.start, self.words.len()), ..cut }
    }

    /// Takes what an event says; `range` is its place in `source`, which starts at `offset` of the file.
    pub fn take(&mut self, event: &Event<'_>, range: Range<usize>, source: &str, offset: usize) {
        match event {
            Event::Text(text) | Event::Code(text) => {
                let within = if range.len() == text.len() { 0 } else { source[range.clone()].find(text.as_ref()).unwrap_or(0) };
                self.pieces.push((self.words.len(), offset + range.start + within));
                self.words.push_str(text);
            }
            Event::Start(Tag::Strikethrough) => self.words.push_str("~~"),
            Event::SoftBreak | Event::HardBreak => self.words.push(' '),
            _ => {}
        }
    }

    pub fn line(&self, cut: Cut) -> &str {
        &self.words[cut.words.range()]
    }

    /// A span of the line as one of the file.
    pub fn place(&self, cut: Cut, span: Span) -> Span {
        let pieces = &self.pieces[cut.first_piece..];
        let back = |offset: usize| {
            let at = pieces.partition_point(|(from, _)| *from <= offset).saturating_sub(1);
            pieces.get(at).map_or(0, |(from, source)| offset.saturating_sub(*from) + source)
        };
        let inner = span.shifted(cut.words.start);
        Span::new(back(inner.start), back(inner.end.saturating_sub(1)) + 1)
    }
}
