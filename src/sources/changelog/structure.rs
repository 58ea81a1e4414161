//! One walk over the events of the CommonMark parser: the blocks of the file, and from them the entries.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::diag::{Span, Text};
use crate::model::{Changelog, Entry, References, SectionKind};
use crate::sources::changelog::choose::Candidate;
use crate::sources::changelog::contents::Contents;
use crate::sources::changelog::plain::{Cut, Plain};
use crate::sources::changelog::skeleton::Skeleton;
use crate::sources::changelog::{choose, join};

/// The dialect: CommonMark with GitHub's tables, strike-through and footnotes.
pub const DIALECT: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES);

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
    Quote,
    Other,
}

/// How a vendor writes its changelog, where that is said.
#[derive(Clone, Debug, Default)]
pub struct Dialect {
    /// Where headings name packages: the one that is kept.
    pub package: Option<String>,
    /// Further names of sections: in lower case, words apart by one blank.
    pub names: Vec<(String, SectionKind)>,
}

/// Reads any text as a changelog. `package` keeps, where headings name packages, those of one.
pub fn read(text: Text, package: Option<&str>) -> Changelog {
    let dialect = Dialect {
        package: package.map(str::to_owned),
        names: Vec::new(),
    };
    read_as(text, &dialect)
}

/// The same in a vendor's own dialect.
pub fn read_as(text: Text, dialect: &Dialect) -> Changelog {
    let scan = scan(&text.body, &dialect.names);
    let heads = choose::heads(&text.body, &scan);
    let mut entries = entries(&text, &scan.blocks, heads, &dialect.names);
    // First the file is cut at every release, then the entries of other packages are left out: nothing crosses a heading.
    if let Some(wanted) = dialect.package.as_deref() {
        let is_wanted = |named: &str| named == wanted || named.rsplit('/').next() == Some(wanted);
        entries.retain(|entry| entry.package.as_deref().is_none_or(is_wanted));
    }
    Changelog {
        entries: join::joined(entries),
        references: scan.references,
        text,
    }
}

/// The blocks of a file, the words of its headings, and what its references lead to.
pub struct Scan {
    pub blocks: Vec<Block>,
    pub plain: Plain,
    pub references: References,
}

/// The length of what stands before the Markdown: a byte order mark, YAML front matter.
fn front(body: &str) -> usize {
    let bom = if body.starts_with(BOM) { BOM.len() } else { 0 };
    let text = &body[bom..];
    let mut lines = text.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return bom;
    }
    let mut length = 4 + usize::from(text.starts_with("---\r"));
    for (number, line) in lines.enumerate() {
        length += line.len();
        let words = line.trim_end();
        match words {
            "---" | "..." if number > 0 => return bom + length.min(text.len()),
            _ if words.is_empty() && number == 0 => return bom,
            _ if number == 0 && !words.contains(':') && !words.starts_with('#') => return bom,
            _ => {}
        }
    }
    bom
}

/// The hot loop: one walk over the events, most of which are passed by.
fn scan(body: &str, names: &[(String, SectionKind)]) -> Scan {
    let skip = front(body);
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
    let parser = Parser::new_ext(skeleton.text(), DIALECT);
    let mut references = References::default();
    for (label, definition) in parser.reference_definitions().iter() {
        let title = definition.title.as_deref().unwrap_or("");
        references.define(label, &definition.dest, title);
    }
    for (event, range) in parser.into_offset_iter() {
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
                // Of a heading that begins with a version no name of a section is expected.
                if !words.starts_with(|c: char| c.is_ascii_digit() || c == '[') {
                    heading.section = SectionKind::read_with(words, names);
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
                    blocks.push(block(Kind::Quote, range));
                }
                quotes += 1;
            }
            Event::Start(Tag::FootnoteDefinition(label)) => {
                let text = &body[skeleton.source(range).shifted(skip).range()];
                let said = text.split_once("]:").map_or("", |(_, said)| said);
                let words: Vec<&str> = said.split_whitespace().collect();
                references.define_note(&label, &words.join(" "));
                quotes += 1;
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition) => quotes -= 1,
            Event::Start(tag) if lists + quotes == 0 => match tag {
                Tag::Paragraph => blocks.push(block(Kind::Paragraph, range)),
                Tag::HtmlBlock => blocks.push(block(Kind::Html, range)),
                Tag::CodeBlock(_) | Tag::Table(_) => blocks.push(block(Kind::Other, range)),
                _ => {}
            },
            _ => {}
        }
    }
    Scan {
        blocks,
        plain,
        references,
    }
}

/// Cuts the file at the chosen heads. Several versions in one heading each get what stands below it.
fn entries(
    text: &Text,
    blocks: &[Block],
    heads: Vec<Candidate>,
    names: &[(String, SectionKind)],
) -> Vec<Entry> {
    let starts: Vec<usize> = heads.iter().map(|head| head.block).collect();
    let mut entries = Vec::with_capacity(heads.len());
    for head in heads {
        let next = starts[starts.partition_point(|start| *start <= head.block)..]
            .first()
            .copied()
            .unwrap_or(blocks.len());
        if head.ends_only() {
            continue;
        }
        let (own, line, level) = (&blocks[head.block], head.line, head.level);
        let inside = &blocks[(head.block + 1).min(next)..next];
        let mut entry = head.entry(blocks);
        let end = blocks
            .get(next)
            .map_or(text.body.len(), |block| block.span.start);
        match own.kind {
            Kind::Item => {
                entry.body = Span::new(line.end, own.span.end.max(line.end));
                Contents::of(text, &mut entry, names).release_item(own.span);
            }
            _ => {
                let inside = within(inside, level);
                let end = inside
                    .last()
                    .map_or(entry.heading.end, |block| block.span.end)
                    .min(end)
                    .max(entry.heading.end);
                entry.body = Span::new(line.end.min(end), end);
                Contents::of(text, &mut entry, names)
                    .behind(
                        Span::new(line.end.min(own.span.end), own.span.end),
                        own.kind,
                    )
                    .all(inside);
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
