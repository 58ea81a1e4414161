//! Which blocks head a release: by what they say and by what the rest of the file does, never by their level alone.

use std::collections::HashMap;

use pulldown_cmark::{Event, Parser};

use crate::diag::Span;
use crate::model::Entry;
use crate::sources::changelog::heading::{Named, Strength, judge};
use crate::sources::changelog::structure::{Block, DIALECT, Kind};

/// The blocks chosen as heads of entries, in the order of the file.
pub struct Heads {
    pub chosen: Vec<Head>,
}

pub struct Head {
    /// Index of the block.
    pub block: usize,
    pub level: u8,
    /// The line that was judged.
    pub line: Span,
    pub entry: Entry,
}

struct Candidate {
    block: usize,
    level: u8,
    line: Span,
    named: Named,
}

/// Levels of blocks that are no headings.
const PARAGRAPH: u8 = 7;
const ITEM: u8 = 8;

pub fn heads(body: &str, blocks: &[Block], package: Option<&str>) -> Heads {
    let mut candidates = candidates(body, blocks, |kind| matches!(kind, Kind::Heading(_) | Kind::Html));
    if !candidates.iter().any(|c| c.named.version.is_some() && c.named.strength >= Strength::Followed) {
        let mut others = candidates_plain(body, blocks, Kind::Paragraph);
        if others.len() < 2 {
            let items = candidates_plain(body, blocks, Kind::Item);
            if items.len() > others.len() {
                others = items;
            }
        }
        if !others.is_empty() {
            candidates.retain(|c| c.named.version.is_none());
            candidates.extend(others);
            candidates.sort_by_key(|c| c.block);
        }
    }
    let chosen = choose(candidates)
        .into_iter()
        .filter(|c| match (&c.named.package, package) {
            (Some(named), Some(wanted)) => named.as_ref() == wanted || named.rsplit('/').next() == Some(wanted),
            _ => true,
        })
        .map(|c| Head { block: c.block, level: c.level, line: c.line, entry: entry(&c, blocks) })
        .collect();
    Heads { chosen }
}

fn entry(candidate: &Candidate, blocks: &[Block]) -> Entry {
    let named = &candidate.named;
    let heading = if candidate.level >= PARAGRAPH { candidate.line } else { blocks[candidate.block].span };
    Entry {
        version: named.version.clone(),
        package: named.package.clone(),
        date: named.date.map(|(_, date)| date),
        yanked: named.yanked,
        unreleased: named.unreleased,
        heading,
        version_span: named.version_span,
        date_span: named.date.map_or(Span::default(), |(span, _)| span),
        ..Entry::default()
    }
}

fn candidates(body: &str, blocks: &[Block], wanted: impl Fn(Kind) -> bool) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| wanted(block.kind)) {
        let (level, line) = match block.kind {
            Kind::Heading(level) => (level, block.span),
            Kind::Html => match html_heading(&body[block.span.range()]) {
                Some((level, inner)) => (level, inner.shifted(block.span.start)),
                None => continue,
            },
            Kind::Item => (ITEM, first_line(body, block.span)),
            _ => (PARAGRAPH, first_line(body, block.span)),
        };
        let raw = &body[line.range()];
        if worth_judging(raw) {
            candidates.extend(judged(raw, line).into_iter().map(|named| Candidate { block: index, level, line, named }));
        }
    }
    candidates
}

/// Paragraphs or list items whose first line is a version and nothing else.
fn candidates_plain(body: &str, blocks: &[Block], kind: Kind) -> Vec<Candidate> {
    let mut found = candidates(body, blocks, |k| k == kind);
    found.retain(|c| c.named.version.is_some() && c.named.strength == Strength::Plain && c.named.package.is_none());
    found
}

fn first_line(body: &str, span: Span) -> Span {
    let line = body[span.range()].lines().next().unwrap_or("");
    Span::new(span.start, span.start + line.len())
}

/// `<h2 id="v1.2.3">1.2.3</h2>`: the level and the part that holds the words.
fn html_heading(html: &str) -> Option<(u8, Span)> {
    let rest = html.trim_start().strip_prefix("<h").or_else(|| html.trim_start().strip_prefix("<H"))?;
    let level = rest.bytes().next().filter(u8::is_ascii_digit)? - b'0';
    let open = html.find('>')? + 1;
    let close = html[open..].find("</h").or_else(|| html[open..].find("</H"))? + open;
    Some((level, Span::new(open, close)))
}

fn worth_judging(raw: &str) -> bool {
    raw.len() < 2048
        && (raw.bytes().any(|b| b.is_ascii_digit()) || {
            ["eleased", "NRELEASED", "pcoming", "ext", "HEAD", "evelop", "aster", "main", "Main", "WIP", "TBD", "rogress"]
                .iter()
                .any(|w| raw.contains(w))
        })
}

/// Takes the markup off a line and judges the rest; spans come back in the file's bytes.
fn judged(raw: &str, line: Span) -> Vec<Named> {
    let mut plain = String::with_capacity(raw.len());
    let mut map: Vec<(usize, usize)> = Vec::new();
    for (event, range) in Parser::new_ext(raw, DIALECT).into_offset_iter() {
        match event {
            Event::Text(text) | Event::Code(text) => {
                let start = range.start + raw[range.clone()].find(text.as_ref()).unwrap_or(0);
                map.push((plain.len(), start));
                plain.push_str(&text);
            }
            Event::Start(pulldown_cmark::Tag::Strikethrough) => plain.push_str("~~"),
            Event::SoftBreak | Event::HardBreak => plain.push(' '),
            _ => {}
        }
    }
    let back = |offset: usize| {
        let at = map.partition_point(|(from, _)| *from <= offset).saturating_sub(1);
        map.get(at).map_or(0, |(from, source)| offset.saturating_sub(*from) + source)
    };
    let outer = |span: Span| Span::new(back(span.start), back(span.end.saturating_sub(1)) + 1).shifted(line.start);
    judge(&plain)
        .into_iter()
        .map(|named| Named { version_span: outer(named.version_span), date: named.date.map(|(span, date)| (outer(span), date)), ..named })
        .collect()
}

/// Weighs each candidate against the others.
fn choose(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut sure: HashMap<u8, usize> = HashMap::new();
    let mut titles: HashMap<(u8, String), usize> = HashMap::new();
    for c in candidates.iter().filter(|c| c.named.version.is_some()) {
        match c.named.strength {
            Strength::Plain => *sure.entry(c.level).or_default() += 1,
            Strength::Followed => {}
            Strength::Titled => *titles.entry((c.level, c.named.title.clone())).or_default() += 1,
        }
    }
    let followed: HashMap<u8, usize> =
        candidates.iter().filter(|c| c.named.strength == Strength::Followed).fold(HashMap::new(), |mut all, c| {
            *all.entry(c.level).or_default() += 1;
            all
        });
    let shallowest = sure.keys().copied().min();
    let any_sure = !sure.is_empty();
    let titled = |c: &Candidate| titles.get(&(c.level, c.named.title.clone())).copied().unwrap_or(0);
    let keep = |c: &Candidate| match c.named.strength {
        Strength::Plain => true,
        Strength::Followed => {
            !any_sure || sure.contains_key(&c.level) || shallowest.is_some_and(|level| c.level <= level) || followed[&c.level] > 2
        }
        Strength::Titled => {
            let usual_level = sure.contains_key(&c.level) || followed.contains_key(&c.level);
            (usual_level && (c.named.date.is_some() || titled(c) > 1 || c.named.title.contains(['_', '-'])))
                || (!any_sure && (titled(c) > 1 || c.named.date.is_some() || candidates.len() == 1))
        }
    };
    let kept: Vec<bool> = candidates.iter().map(keep).collect();
    let kept: Vec<Candidate> = candidates.into_iter().zip(kept).filter(|(_, keep)| *keep).map(|(c, _)| c).collect();
    without_groups(kept)
}

/// `## 1.2` over `### 1.2.0` and `### 1.2.1` is a group and no release.
fn without_groups(kept: Vec<Candidate>) -> Vec<Candidate> {
    let is_group = |index: usize| {
        let c = &kept[index];
        let Some(version) = c.named.version.as_ref().filter(|v| v.parts() <= 2 && !v.is_prerelease() && c.named.date.is_none()) else {
            return false;
        };
        let mut inside = kept[index + 1..].iter().take_while(|next| next.level > c.level).peekable();
        inside.peek().is_some()
            && inside.all(|next| {
                next.named
                    .version
                    .as_ref()
                    .is_none_or(|v| v.parts() > version.parts() && (0..version.parts()).all(|part| v.part(part) == version.part(part)))
            })
    };
    let groups: Vec<bool> = (0..kept.len()).map(is_group).collect();
    kept.into_iter().zip(groups).filter(|(_, group)| !group).map(|(c, _)| c).collect()
}
