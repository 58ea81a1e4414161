//! Labelled lines of an item: `Check: …` in its own text, never in code, quotes, tables or the text of a link.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::diag::Span;
use crate::model::References;
use crate::sources::changelog::DIALECT;
use crate::sources::changelog::unwrap::unwrapped;
use crate::sources::changelog::visible::visible;

/// A labelled line: its value as inline Markdown, and where it stands in the file.
pub struct Labelled {
    pub label: &'static str,
    pub value: String,
    pub span: Span,
}

/// A label that was seen, in the bytes of the item.
struct Seen {
    label: &'static str,
    line: usize,
    value: usize,
    end: usize,
}

/// Takes `Label: value` lines out of an item that starts at `start` of the file. A value runs on over the lines of its
/// paragraph that have no label of their own.
pub fn labelled(
    raw: &str,
    start: usize,
    labels: &[&'static str],
    references: &References,
) -> (String, Vec<Labelled>) {
    let item = unwrapped(raw);
    if !item.text.contains(':') {
        return (visible(&item.text, references), Vec::new());
    }
    let seen = seen(&item.text, labels);
    let mut rest = String::with_capacity(item.text.len());
    let mut at = 0;
    let mut found = Vec::with_capacity(seen.len());
    for Seen {
        label,
        line,
        value,
        end,
    } in seen
    {
        rest.push_str(&item.text[at.min(line)..line]);
        at = item.text[end..]
            .find('\n')
            .map_or(item.text.len(), |feed| end + feed + 1);
        let first = line + item.text[line..].len()
            - item.text[line..]
                .trim_start_matches(['-', '*', '+', ' ', '\t'])
                .len();
        found.push(Labelled {
            label,
            value: visible(&in_one_line(&item.text[value..end]), references),
            span: Span::new(
                start + item.place(first.min(value)),
                start + item.place(end.saturating_sub(1)) + 1,
            ),
        });
    }
    rest.push_str(&item.text[at.min(item.text.len())..]);
    (visible(rest.trim(), references), found)
}

/// The lines of a value as one; marks that were opened before the label and close behind the value are gone.
fn in_one_line(value: &str) -> String {
    let joined = value.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in ["**", "__"] {
        if joined.ends_with(mark) && joined.matches(mark).count() % 2 == 1 {
            return joined[..joined.len() - mark.len()].trim_end().to_owned();
        }
    }
    joined
}

fn seen(text: &str, labels: &[&'static str]) -> Vec<Seen> {
    let mut walk = Walk {
        text,
        labels,
        seen: Vec::new(),
        open: false,
        fresh: false,
        kept: 0,
        inline: 0,
    };
    for (event, range) in Parser::new_ext(text, DIALECT).into_offset_iter() {
        walk.step(&event, range);
    }
    walk.seen
}

struct Walk<'t> {
    text: &'t str,
    labels: &'t [&'static str],
    seen: Vec<Seen>,
    /// The value of the last label goes on.
    open: bool,
    /// At the beginning of a line of the item's own text.
    fresh: bool,
    /// How many quotes, tables, pieces of code stand around.
    kept: usize,
    /// How many links stand around.
    inline: usize,
}

impl Walk<'_> {
    fn step(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(
                Tag::BlockQuote(_)
                | Tag::CodeBlock(_)
                | Tag::Table(_)
                | Tag::HtmlBlock
                | Tag::Heading { .. }
                | Tag::FootnoteDefinition(_),
            ) => {
                self.kept += 1;
                self.open = false;
            }
            Event::End(
                TagEnd::BlockQuote(_)
                | TagEnd::CodeBlock
                | TagEnd::Table
                | TagEnd::HtmlBlock
                | TagEnd::Heading(_)
                | TagEnd::FootnoteDefinition,
            ) => self.kept = self.kept.saturating_sub(1),
            Event::Start(Tag::Paragraph | Tag::Item | Tag::List(_)) => {
                (self.open, self.fresh) = (false, true)
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::List(_)) => {
                (self.open, self.fresh) = (false, false)
            }
            Event::SoftBreak | Event::HardBreak => self.fresh = self.inline == 0,
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                self.inline += 1;
                self.go_on(&range);
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                self.inline = self.inline.saturating_sub(1);
                self.go_on(&range);
            }
            Event::Start(Tag::Strong | Tag::Emphasis) | Event::Text(_) => {
                if !self.begins(range.start) {
                    self.go_on(&range);
                }
                self.fresh = false;
                self.go_on(&range);
            }
            _ => self.go_on(&range),
        }
    }

    fn go_on(&mut self, range: &Range<usize>) {
        self.fresh = false;
        if let Some(last) = self.seen.last_mut().filter(|_| self.open) {
            last.end = last.end.max(range.end);
        }
    }

    /// Whether a label begins here.
    fn begins(&mut self, at: usize) -> bool {
        if !self.fresh || self.kept + self.inline > 0 {
            return false;
        }
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |feed| at + feed);
        let line = &self.text[at..end];
        let Some((label, value)) = self
            .labels
            .iter()
            .find_map(|label| Some((*label, value_of(line, label)?)))
        else {
            return false;
        };
        let value = at + value;
        self.seen.push(Seen {
            label,
            line: self.text[..at].rfind('\n').map_or(0, |feed| feed + 1),
            value,
            end: value,
        });
        self.open = true;
        true
    }
}

/// Where the value of `Label: value` begins: in any case, the label in bold or not.
fn value_of(line: &str, label: &str) -> Option<usize> {
    let inner = line.trim_start_matches(['*', '_']);
    let head = inner
        .get(..label.len())
        .filter(|head| head.eq_ignore_ascii_case(label))?;
    let after = inner[head.len()..].trim_start_matches(['*', '_']);
    let value = after.strip_prefix(':')?;
    let closed = value.trim_start_matches(['*', '_']);
    let value = if closed.starts_with([' ', '\t']) {
        closed
    } else {
        value
    };
    let words = value.trim_start();
    (value.starts_with([' ', '\t']) && !words.is_empty()).then(|| line.len() - words.len())
}
