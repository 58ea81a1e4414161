//! The words of headings without their markup, all in one text, and where each piece of it stands in the file.

use pulldown_cmark::{Event, Parser, Tag};

use crate::diag::Span;
use crate::sources::changelog::DIALECT;

#[derive(Default)]
pub struct Plain {
    words: String,
    pieces: Vec<Piece>,
}

/// Words that stand together in the file.
#[derive(Clone, Copy)]
struct Piece {
    /// Where they start in `words`.
    from: usize,
    /// Where they stand in the file.
    source: Span,
    /// The same characters stand there: the parser wrote no other ones (for an entity, a NUL).
    same: bool,
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
        Plain {
            words: String::with_capacity(bytes),
            pieces: Vec::with_capacity(bytes / 16),
        }
    }

    /// The words of `raw`, which starts at `offset` of the file.
    pub fn of(raw: &str, offset: usize) -> (Plain, Cut) {
        let mut plain = Plain::default();
        let cut = plain.open();
        plain.take_all(raw, offset);
        let cut = plain.close(cut);
        (plain, cut)
    }

    pub fn open(&self) -> Cut {
        Cut {
            words: Span::new(self.words.len(), self.words.len()),
            first_piece: self.pieces.len(),
        }
    }

    pub fn close(&self, cut: Cut) -> Cut {
        Cut {
            words: Span::new(cut.words.start, self.words.len()),
            ..cut
        }
    }

    /// Takes the words of `raw`, which starts at `offset` of the file.
    pub fn take_all(&mut self, raw: &str, offset: usize) {
        for (event, range) in Parser::new_ext(raw, DIALECT).into_offset_iter() {
            self.take(
                &event,
                &raw[range.clone()],
                Span::from(range).shifted(offset),
            );
        }
    }

    /// Takes what an event says, which is written as `raw` at `place` of the file.
    pub fn take(&mut self, event: &Event<'_>, raw: &str, place: Span) {
        match event {
            Event::Text(text) | Event::Code(text) => {
                let found = if raw == text.as_ref() {
                    Some(0)
                } else {
                    raw.find(text.as_ref())
                };
                let source = found.map_or(place, |at| {
                    Span::new(place.start + at, place.start + at + text.len())
                });
                self.pieces.push(Piece {
                    from: self.words.len(),
                    source,
                    same: found.is_some(),
                });
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
        let inner = span.shifted(cut.words.start);
        let piece_at = |offset: usize| {
            pieces.get(
                pieces
                    .partition_point(|piece| piece.from <= offset)
                    .saturating_sub(1),
            )
        };
        let start = piece_at(inner.start).map_or(0, |piece| match piece.same {
            true => {
                (piece.source.start + inner.start.saturating_sub(piece.from)).min(piece.source.end)
            }
            false => piece.source.start,
        });
        let last = inner.end.saturating_sub(1).max(inner.start);
        let end = piece_at(last).map_or(start, |piece| match piece.same {
            true => {
                (piece.source.start + last.saturating_sub(piece.from) + 1).min(piece.source.end)
            }
            false => piece.source.end,
        });
        Span::new(start, end)
    }
}
