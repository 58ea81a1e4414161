//! What stands below the heading of a release: its date, its summary, and sections that own everything below them.

use chrono::NaiveDate;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::diag::{Span, Text};
use crate::model::{Entry, Item, Section, SectionKind, words_of};
use crate::sources::changelog::DIALECT;
use crate::sources::changelog::dates::date_in;
use crate::sources::changelog::html::{FOLDED, closes, html_title, without_tags};
use crate::sources::changelog::structure::{Block, Kind};
use crate::sources::changelog::unwrap::{comments, unwrapped};

/// The entry that is filled, and the section that owns what comes next.
pub struct Contents<'c> {
    text: &'c Text,
    entry: &'c mut Entry,
    names: &'c [(String, SectionKind)],
    /// The section that is known by its name, and the level of its heading: what stands deeper belongs to it.
    owner: Option<(SectionKind, u8)>,
    /// Below a heading such as *Dependencies* the names of sections speak of something else.
    foreign: Option<u8>,
    /// Blocks of the summary follow each other.
    summary_open: bool,
}

/// A paragraph that is a sub-heading stands below every heading.
const PARAGRAPH: u8 = 7;

impl<'c> Contents<'c> {
    pub fn of(text: &'c Text, entry: &'c mut Entry, names: &'c [(String, SectionKind)]) -> Self {
        Contents {
            text,
            entry,
            names,
            owner: None,
            foreign: None,
            summary_open: false,
        }
    }

    /// What stands in a paragraph below the line that names the version is the beginning of the summary.
    pub fn behind(self, rest: Span, kind: Kind) -> Self {
        let raw = self.text.slice(rest);
        let words = raw.trim();
        if kind == Kind::Paragraph && !words.is_empty() {
            let start = rest.start + (raw.len() - raw.trim_start().len());
            self.entry.summary = Some(Span::new(start, start + words.len()));
        }
        self
    }

    pub fn all(mut self, blocks: &[Block]) {
        let mut blocks = blocks;
        if self.entry.date.is_none()
            && let Some((first, rest)) = blocks.split_first()
            && let Some((span, date)) = date_alone(self.text, first)
        {
            (self.entry.date, self.entry.date_span) = (Some(date), span);
            blocks = rest;
        }
        if let Some((first, rest)) = blocks.split_first()
            && first.kind == Kind::Paragraph
            && words_of(self.text.slice(first.span)) == "unreleased"
        {
            self.entry.unreleased = true;
            blocks = rest;
        }
        if let Some((first, rest)) = blocks.split_first()
            && withdrawn_alone(self.text.slice(first.span))
        {
            self.entry.yanked = true;
            blocks = rest;
        }
        for block in blocks {
            self.take(block);
        }
    }

    fn take(&mut self, block: &Block) {
        match block.kind {
            Kind::Heading(level) => self.heading(block, level),
            Kind::Paragraph => match section_paragraph(self.text.slice(block.span), self.names) {
                Some(kind) => self.open(block.span, kind, PARAGRAPH),
                None => self.add(block),
            },
            Kind::Html => self.html(block),
            Kind::Item => match self.section_item(block.span) {
                Some(kind) => self.items_of(block.span, kind),
                None => self.add(block),
            },
            Kind::Quote | Kind::Other => self.add(block),
        }
    }

    /// A heading may be written in HTML: `<h3>Required action</h3>`, or the summary of `<details>`.
    fn html(&mut self, block: &Block) {
        let html = self.text.slice(block.span);
        if let Some(title) = html_title(html) {
            let heading = Block {
                kind: Kind::Heading(title.level),
                span: Span::new(
                    block.span.start + title.words.start,
                    block.span.start + title.words.end,
                ),
                words: Default::default(),
                section: SectionKind::read_with(&html[title.words.clone()], self.names),
            };
            self.heading(&heading, title.level);
            let rest = Span::new(block.span.start + title.end, block.span.end);
            let says = unwrapped(self.text.slice(rest)).text;
            if !without_tags(&says).trim().is_empty() {
                self.add(&Block {
                    span: rest,
                    ..*block
                });
            }
            return;
        }
        self.entry.comments += comments(html).count();
        let folded = |(_, level): (SectionKind, u8)| level == FOLDED;
        if self.owner.is_some_and(folded) && closes(html) {
            self.open(
                Span::new(block.span.end, block.span.end),
                SectionKind::Other,
                PARAGRAPH,
            );
        }
        // Tags alone say nothing.
        let says = unwrapped(html).text;
        let seen = ["<img", "<picture", "<video"]
            .iter()
            .any(|tag| says.contains(tag));
        if seen || !without_tags(&says).trim().is_empty() {
            self.add(block);
        }
    }

    /// A heading that names a section opens it; one that names none belongs to the section above it, if it stands deeper.
    fn heading(&mut self, block: &Block, level: u8) {
        if self.foreign.is_some_and(|above| level <= above) {
            self.foreign = None;
        }
        let deeper = self.owner.filter(|(_, above)| level > *above);
        let kind = match (deeper, block.section) {
            (Some((above, _)), named) if keeps(above, named) => None,
            (_, SectionKind::Other) => deeper
                .map(|(above, _)| above)
                .map_or(Some(SectionKind::Other), |_| None),
            (_, named) if self.foreign.is_some() && !named.is_weighty() => Some(SectionKind::Other),
            (_, named) => Some(named),
        };
        match kind {
            Some(kind) => {
                if kind == SectionKind::Other && is_foreign(self.text.slice(block.span)) {
                    self.foreign = Some(level);
                }
                self.open(block.span, kind, level);
            }
            None => self.push(
                block.span,
                deeper.map_or(SectionKind::Other, |(above, _)| above),
                true,
            ),
        }
    }

    fn open(&mut self, title: Span, kind: SectionKind, level: u8) {
        self.owner = (kind != SectionKind::Other).then_some((kind, level));
        self.push(title, kind, false);
    }

    fn push(&mut self, title: Span, kind: SectionKind, inherited: bool) {
        self.summary_open = false;
        self.entry.sections.push(Section {
            kind,
            title,
            inherited,
            body: Span::new(title.end, title.end),
            items: Vec::new(),
        });
    }

    fn add(&mut self, block: &Block) {
        let span = trimmed(self.text, block.span);
        self.entry.comments += hidden_in(self.text.slice(span));
        if block.kind == Kind::Paragraph && self.is_summary() {
            if unwrapped(self.text.slice(span)).text.trim().is_empty() {
                return;
            }
            let start = self
                .entry
                .summary
                .map_or(span.start, |summary| summary.start);
            self.entry.summary = Some(Span::new(start, span.end));
            self.summary_open = true;
            return;
        }
        self.summary_open = false;
        if self.entry.sections.is_empty() {
            self.push(Span::new(span.start, span.start), SectionKind::Other, false);
        }
        let Some(section) = self.entry.sections.last_mut() else {
            return;
        };
        section.body.end = block.span.end.max(section.body.end);
        match block.kind {
            Kind::Item => section.items.push(Item {
                span,
                paragraph: false,
            }),
            Kind::Paragraph => section.items.push(Item {
                span,
                paragraph: true,
            }),
            Kind::Quote => section.items.push(Item {
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

    /// The summary is the first paragraph that is text, with those that follow it: before every sub-heading and list.
    fn is_summary(&self) -> bool {
        match self.entry.summary {
            Some(_) => {
                self.summary_open
                    && self
                        .entry
                        .sections
                        .iter()
                        .all(|section| section.title.is_empty())
            }
            None => self.entry.sections.iter().all(|section| {
                section.title.is_empty() && section.items.iter().all(|item| item.paragraph)
            }),
        }
    }

    /// `* BREAKING` over a list of its own is a sub-heading.
    fn section_item(&self, span: Span) -> Option<SectionKind> {
        let raw = self.text.slice(span);
        let first = raw.lines().next()?;
        let words = unwrapped(first).text;
        let words = words.trim();
        if raw.len() == first.len() || words.len() > 48 || words.is_empty() {
            return None;
        }
        let rest = raw[first.len()..].trim_start();
        let listed = rest.starts_with(['-', '*', '+']);
        Some(SectionKind::read_with(
            words.trim_end_matches(':'),
            self.names,
        ))
        .filter(|kind| listed && *kind != SectionKind::Other)
    }

    /// The items below such an item.
    fn items_of(&mut self, span: Span, kind: SectionKind) {
        let raw = self.text.slice(span);
        let first = raw.lines().next().map_or(0, str::len);
        self.open(
            Span::new(span.start, span.start + first),
            kind,
            PARAGRAPH + 1,
        );
        self.nested(span);
        self.owner = None;
    }

    /// The items of the list inside an item.
    fn nested(&mut self, span: Span) {
        let raw = self.text.slice(span);
        let mut depth = 0;
        for (event, range) in Parser::new_ext(raw, DIALECT).into_offset_iter() {
            match event {
                Event::Start(Tag::Item) => {
                    depth += 1;
                    if depth == 2 {
                        let block = Block {
                            kind: Kind::Item,
                            span: Span::from(range).shifted(span.start),
                            words: Default::default(),
                            section: SectionKind::Other,
                        };
                        self.add(&block);
                    }
                }
                Event::End(TagEnd::Item) => depth -= 1,
                _ => {}
            }
        }
    }

    /// The words behind version and date in the first line of such an item: `- 1.2.0 (2026-01-02): Faster start.`
    fn words_behind(&self, span: Span) -> Option<Span> {
        let raw = self.text.slice(span);
        let end = span.start + raw.lines().next().map_or(0, str::len);
        let from = self.entry.version_span.end.max(self.entry.date_span.end);
        let rest = self.text.body.get(from..end)?;
        let words =
            rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | '<'));
        let words = words
            .strip_prefix("](")
            .and_then(|link| link.split_once(')'))
            .map_or(words, |(_, rest)| rest);
        let usual = words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .count()
            < 2;
        let start = end - words.len();
        (!usual).then(|| Span::new(start, start + words.trim_end().len()))
    }

    /// A release that is an item of a list: what stands in the item below its first line.
    pub fn release_item(mut self, span: Span) {
        let raw = self.text.slice(span);
        let (mut depth, mut first) = (0, true);
        self.entry.summary = self.words_behind(span);
        let mut blocks: Vec<(Kind, std::ops::Range<usize>)> = Vec::new();
        for (event, range) in Parser::new_ext(raw, DIALECT).into_offset_iter() {
            match event {
                Event::Start(Tag::Item) => {
                    depth += 1;
                    if depth == 2 {
                        blocks.push((Kind::Item, range));
                    }
                }
                Event::End(TagEnd::Item) => depth -= 1,
                // The first paragraph is the line that names the version.
                Event::Start(Tag::Paragraph) if depth == 1 && std::mem::take(&mut first) => {}
                Event::Start(Tag::Paragraph) if depth == 1 => blocks.push((Kind::Paragraph, range)),
                Event::Start(Tag::CodeBlock(_) | Tag::Table(_) | Tag::BlockQuote(_))
                    if depth == 1 =>
                {
                    blocks.push((Kind::Other, range));
                }
                _ => {}
            }
        }
        for (kind, range) in blocks {
            let block = Block {
                kind,
                span: Span::from(range).shifted(span.start),
                words: Default::default(),
                section: SectionKind::Other,
            };
            // `- date: 2026-04-07` says the day of the release.
            if self.entry.date.is_none()
                && let Some((span, date)) = date_alone(self.text, &block)
            {
                (self.entry.date, self.entry.date_span) = (Some(date), span);
                continue;
            }
            self.take(&block);
        }
    }
}

/// `**YANKED**` or `This release was withdrawn.` by itself, before anything else is said.
fn withdrawn_alone(markdown: &str) -> bool {
    const WORDS: [&str; 6] = [
        "yanked",
        "withdrawn",
        "retracted",
        "recalled",
        "pulled",
        "unpublished",
    ];
    let words = words_of(markdown.trim().trim_start_matches('>'));
    let end = words.rsplit(' ').next().unwrap_or("");
    let before = words[..words.len() - end.len()].trim_end();
    let said = matches!(
        before,
        "" | "this release was"
            | "this version was"
            | "this release is"
            | "this version is"
            | "this release has been"
            | "this version has been"
    );
    said && WORDS.contains(&end)
}

/// Whether a section keeps what stands below a deeper heading of this kind.
fn keeps(above: SectionKind, named: SectionKind) -> bool {
    match above {
        SectionKind::RequiredAction | SectionKind::Internal => !matches!(
            named,
            SectionKind::KnownIssues | SectionKind::Rollback | SectionKind::RequiredAction
        ),
        SectionKind::KnownIssues | SectionKind::Rollback | SectionKind::Breaking => {
            !named.is_weighty()
        }
        _ => false,
    }
}

/// Headings below which *Added* and *Removed* speak of something else than the product.
fn is_foreign(title: &str) -> bool {
    matches!(
        words_of(title).as_str(),
        "dependencies" | "dependency changes" | "dependency updates"
    )
}

fn hidden_in(markdown: &str) -> usize {
    markdown.matches("<!--").count()
}

fn trimmed(text: &Text, span: Span) -> Span {
    Span::new(span.start, span.start + text.slice(span).trim_end().len())
}

/// `**Fixed**`, `Fixed:` or `SECURITY:` alone in a paragraph is a sub-heading when it is the name of a section.
fn section_paragraph(paragraph: &str, names: &[(String, SectionKind)]) -> Option<SectionKind> {
    let line = paragraph.trim();
    let marked = (line.starts_with("**") && line.trim_end_matches(':').ends_with("**"))
        || (line.starts_with("__") && line.trim_end_matches(':').ends_with("__"))
        || line.ends_with(':');
    if line.len() > 60 || line.contains('\n') || !marked {
        return None;
    }
    Some(SectionKind::read_with(line.trim_end_matches(':'), names))
        .filter(|kind| *kind != SectionKind::Other)
}

/// `_Released 2020-01-02_` under a heading without a date, in a quote or not.
fn date_alone(text: &Text, block: &Block) -> Option<(Span, NaiveDate)> {
    let raw = text.slice(block.span);
    let marks: &[char] = if block.kind == Kind::Item {
        &['-', '*', '+', ' ']
    } else {
        &['>', ' ']
    };
    let line = raw.trim_start_matches(marks).trim_end();
    let start = block.span.start + raw.len() - raw.trim_start_matches(marks).len();
    if !matches!(block.kind, Kind::Paragraph | Kind::Quote | Kind::Item)
        || line.len() > 64
        || line.contains('\n')
    {
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
    fits.then(|| (span.shifted(start), date))
}
