//! One walk over the events of the CommonMark parser: the blocks of the file, and from them the entries.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::diag::{Span, Text};
use crate::model::{Changelog, Entry, Item, Section, SectionKind};
use crate::sources::changelog::choose;
use crate::sources::changelog::choose::Candidate;
use crate::sources::changelog::dates::date_in;
use crate::sources::changelog::plain::{Cut, Plain};
use crate::sources::changelog::skeleton::Skeleton;

/// The dialect: CommonMark with GitHub's tables and strike-through.
pub const DIALECT: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

const BOM: &str = "\u{feff}";

/// A block that matters to the reader: of the top level, or an item of a top-level list.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub kind: Kind,
    pub span: Span,
    /// Of a heading: its words, and the section it names.
    pub words: Cut,
    pub section: SectionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Heading(u8),
    Paragraph,
    Item,
    Html,
    Other,
}

/// Reads any text as a changelog. `package` keeps, where headings name packages, those of one.
pub fn read(text: Text, package: Option<&str>) -> Changelog {
    let scan = scan(&text.body);
    let heads = choose::heads(&text.body, &scan, package);
    let entries = entries(&text, &scan.blocks, heads);
    Changelog { text, entries }
}

/// The blocks of a file, and the words of its headings.
pub struct Scan {
    pub blocks: Vec<Block>,
    pub plain: Plain,
}

/// The hot loop: one walk over the events, most of which are passed by.
fn scan(body: &str) -> Scan {
    let skip = if body.starts_with(BOM) { BOM.len() } else { 0 };
    let skeleton = Skeleton::of(&body[skip..]);
    let mut blocks: Vec<Block> = Vec::with_capacity(body.len() / 200);
    let mut plain = Plain::with_room(body.len() / 64);
    let (mut lists, mut quotes) = (0u32, 0u32);
    let (mut in_heading, mut underlined) = (false, false);
    let block = |kind: Kind, range: Range<usize>| Block {
        kind,
        span: skeleton.source(range).shifted(skip),
        words: Cut::default(),
        section: SectionKind::Other,
    };
    for (event, range) in Parser::new_ext(skeleton.text(), DIALECT).into_offset_iter() {
        if in_heading {
            if let (Event::End(TagEnd::Heading(_)), Some(heading)) = (&event, blocks.last_mut()) {
                if underlined {
                    let lines = &body[heading.span.range()];
                    plain.take_all(
                        lines
                            .trim_end()
                            .rsplit_once('\n')
                            .map_or(lines, |(words, _)| words),
                        heading.span.start,
                    );
                }
                heading.words = plain.close(heading.words);
                let words = plain.line(heading.words);
                // A name of a section has no digit; most headings that have none are one.
                if !words.bytes().any(|b| b.is_ascii_digit()) {
                    heading.section = SectionKind::read(words);
                }
                in_heading = false;
            } else if !underlined {
                let place = skeleton.source(range.clone()).shifted(skip);
                plain.take(&event, &skeleton.text()[range], place);
            }
            continue;
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) if quotes == 0 => {
                // The skeleton holds the words of a heading with `#`, and those of an underlined one no longer.
                underlined = !skeleton.text()[range.start..].starts_with('#');
                blocks.push(Block {
                    words: plain.open(),
                    ..block(Kind::Heading(level as u8), range)
                });
                in_heading = true;
            }
            Event::Start(Tag::Item) if lists == 1 && quotes == 0 => {
                blocks.push(block(Kind::Item, range))
            }
            Event::Start(Tag::List(_)) => lists += 1,
            Event::End(TagEnd::List(_)) => lists -= 1,
            Event::Start(Tag::BlockQuote(_)) => {
                if lists + quotes == 0 {
                    blocks.push(block(Kind::Other, range));
                }
                quotes += 1;
            }
            Event::End(TagEnd::BlockQuote(_)) => quotes -= 1,
            Event::Start(tag) if lists + quotes == 0 => match tag {
                Tag::Paragraph => blocks.push(block(Kind::Paragraph, range)),
                Tag::HtmlBlock => blocks.push(block(Kind::Html, range)),
                Tag::CodeBlock(_) | Tag::Table(_) => blocks.push(block(Kind::Other, range)),
                _ => {}
            },
            _ => {}
        }
    }
    Scan { blocks, plain }
}

/// Cuts the file at the chosen heads.
fn entries(text: &Text, blocks: &[Block], heads: Vec<Candidate>) -> Vec<Entry> {
    let ends: Vec<usize> = heads
        .iter()
        .skip(1)
        .map(|head| head.block)
        .chain([blocks.len()])
        .collect();
    let mut entries = Vec::with_capacity(heads.len());
    for (head, next) in heads.into_iter().zip(ends) {
        let (own, line, level) = (&blocks[head.block], head.line, head.level);
        let inside = &blocks[(head.block + 1).min(next)..next];
        let mut entry = head.entry(blocks);
        let end = blocks
            .get(next)
            .map_or(text.body.len(), |block| block.span.start);
        match own.kind {
            Kind::Item => entry.body = Span::new(line.end, own.span.end.max(line.end)),
            _ => {
                let inside = within(inside, level);
                let end = inside
                    .last()
                    .map_or(entry.heading.end, |block| block.span.end)
                    .min(end)
                    .max(entry.heading.end);
                entry.body = Span::new(line.end.min(end), end);
                contents(text, inside, &mut entry);
            }
        }
        entries.push(entry);
    }
    entries
}

/// The blocks of an entry end at a heading of its own level or above that names no section.
fn within(blocks: &[Block], level: u8) -> &[Block] {
    let ends = |block: &Block| matches!(block.kind, Kind::Heading(own) if own < level.max(2) && own <= level && block.section == SectionKind::Other);
    let end = blocks.iter().position(ends).unwrap_or(blocks.len());
    &blocks[..end]
}

/// A heading's text without its marks: enough to compare it with names.
pub fn heading_words(text: &Text, span: Span) -> &str {
    let line = text.slice(span).lines().next().unwrap_or("");
    line.trim()
        .trim_start_matches('#')
        .trim_end_matches('#')
        .trim()
}

fn contents(text: &Text, blocks: &[Block], entry: &mut Entry) {
    let mut blocks = blocks;
    if entry.date.is_none()
        && let Some((first, rest)) = blocks.split_first()
        && let Some((span, date)) = date_alone(text, first)
    {
        (entry.date, entry.date_span) = (Some(date), span);
        blocks = rest;
    }
    for block in blocks {
        let sub_heading = match block.kind {
            Kind::Heading(_) => Some(block.section),
            Kind::Paragraph => section_paragraph(text.slice(block.span)),
            _ => None,
        };
        match sub_heading {
            Some(kind) => entry.sections.push(Section {
                kind,
                title: block.span,
                body: Span::new(block.span.end, block.span.end),
                items: Vec::new(),
            }),
            None => add(text, block, entry),
        }
    }
}

fn add(text: &Text, block: &Block, entry: &mut Entry) {
    if entry.sections.is_empty() {
        if block.kind == Kind::Paragraph {
            let start = entry
                .summary
                .map_or(block.span.start, |summary| summary.start);
            entry.summary = Some(trimmed(text, Span::new(start, block.span.end)));
            return;
        }
        let at = Span::new(block.span.start, block.span.start);
        entry.sections.push(Section {
            kind: SectionKind::Other,
            title: at,
            body: at,
            items: Vec::new(),
        });
    }
    let Some(section) = entry.sections.last_mut() else {
        return;
    };
    section.body.end = block.span.end.max(section.body.end);
    let span = trimmed(text, block.span);
    match block.kind {
        Kind::Item => section.items.push(Item {
            span,
            paragraph: false,
        }),
        Kind::Paragraph => section.items.push(Item {
            span,
            paragraph: true,
        }),
        _ => match section.items.last_mut().filter(|item| item.paragraph) {
            Some(paragraph) => paragraph.span.end = span.end,
            None => section.items.push(Item {
                span,
                paragraph: true,
            }),
        },
    }
}

fn trimmed(text: &Text, span: Span) -> Span {
    Span::new(span.start, span.start + text.slice(span).trim_end().len())
}

/// `**Fixed**` or `Fixed:` alone in a paragraph is a sub-heading when it is the name of a section.
fn section_paragraph(paragraph: &str) -> Option<SectionKind> {
    let line = paragraph.trim();
    let marked = (line.starts_with("**") && line.trim_end_matches(':').ends_with("**"))
        || line.ends_with(':');
    if line.len() > 48 || line.contains('\n') || !marked {
        return None;
    }
    Some(SectionKind::read(line)).filter(|kind| *kind != SectionKind::Other)
}

/// `_Released 2020-01-02_` under a heading without a date.
fn date_alone(text: &Text, block: &Block) -> Option<(Span, chrono::NaiveDate)> {
    let line = text.slice(block.span).trim();
    if block.kind != Kind::Paragraph || line.len() > 64 || line.contains('\n') {
        return None;
    }
    let (span, date) = date_in(line)?;
    let rest = format!("{} {}", &line[..span.start], &line[span.end..]).to_ascii_lowercase();
    let usual = |word: &str| {
        matches!(
            word,
            "released"
                | "release"
                | "date"
                | "on"
                | "published"
                | "the"
                | "st"
                | "nd"
                | "rd"
                | "th"
                | "of"
        )
    };
    let fits = rest
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(usual);
    fits.then(|| (span.shifted(block.span.start), date))
}
