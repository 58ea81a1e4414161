//! Which blocks head a release: by what they say and by what the rest of the file does, never by their level alone.

use std::collections::HashMap;

use crate::diag::Span;
use crate::model::{Entry, SectionKind};
use crate::sources::changelog::heading::{Named, Strength, judge, speaks_of_unreleased};
use crate::sources::changelog::html::{FOLDED, html_title};
use crate::sources::changelog::plain::{Cut, Plain};
use crate::sources::changelog::structure::{Block, Kind, Scan};

/// A block that may head an entry.
pub struct Candidate {
    /// Its index.
    pub block: usize,
    pub level: u8,
    /// The line that was judged.
    pub line: Span,
    named: Named,
}

/// Levels of headings from 1 to 6 (HTML allows a digit more), then of blocks that are none.
const PARAGRAPH: u8 = 7;
const ITEM: u8 = 8;
const LEVELS: usize = 10;

/// The blocks that head entries, in the order of the file.
pub fn heads(body: &str, scan: &Scan) -> Vec<Candidate> {
    let mut candidates = candidates(body, scan, |kind| {
        matches!(kind, Kind::Heading(_) | Kind::Html)
    });
    if !candidates
        .iter()
        .any(|c| c.named.version.is_some() && c.named.strength >= Strength::Followed)
    {
        let mut others = candidates_plain(body, scan, Kind::Paragraph);
        if others.len() < 2 {
            let items = items(body, scan, &candidates);
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
    choose(candidates)
}

impl Candidate {
    /// It heads no entry, and the one above it ends here: `1.4 and earlier`.
    pub fn ends_only(&self) -> bool {
        self.named.version.is_none() && !self.named.unreleased
    }

    /// The entry that it heads, still without its contents.
    pub fn entry(self, blocks: &[Block]) -> Entry {
        let Candidate {
            block,
            level,
            line,
            named,
        } = self;
        Entry {
            version: named.version,
            package: named.package,
            date: named.date.map(|(_, date)| date),
            yanked: named.yanked,
            unreleased: named.unreleased,
            heading: if level >= PARAGRAPH {
                line
            } else {
                blocks[block].span
            },
            version_span: named.version_span,
            date_span: named.date.map_or(Span::default(), |(span, _)| span),
            ..Entry::default()
        }
    }
}

fn candidates(body: &str, scan: &Scan, wanted: impl Fn(Kind) -> bool) -> Vec<Candidate> {
    let many = scan
        .blocks
        .iter()
        .filter(|block| wanted(block.kind) && block.section == SectionKind::Other)
        .count();
    let mut candidates = Vec::with_capacity(many);
    for (index, block) in scan
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| wanted(block.kind))
    {
        let (level, line) = match block.kind {
            Kind::Heading(level) => (level, block.span),
            Kind::Html => match html_title(&body[block.span.range()]) {
                Some(title) if title.level < FOLDED => (
                    title.level,
                    Span::from(title.words).shifted(block.span.start),
                ),
                _ => continue,
            },
            Kind::Item => (ITEM, behind_task(body, first_line(body, block.span))),
            _ => (PARAGRAPH, first_line(body, block.span)),
        };
        let mut push = |named: Named| {
            candidates.push(Candidate {
                block: index,
                level,
                line,
                named,
            })
        };
        match block.kind {
            Kind::Heading(_)
                if block.section == SectionKind::Other
                    && worth_judging(scan.plain.line(block.words)) =>
            {
                judged(&scan.plain, block.words, &mut push);
            }
            Kind::Heading(_) => {}
            _ if worth_judging(&body[line.range()]) => {
                let (plain, cut) = Plain::of(&body[line.range()], line.start);
                judged(&plain, cut, &mut push);
            }
            _ => {}
        }
    }
    candidates
}

/// Paragraphs or list items whose first line is a version and nothing else.
fn candidates_plain(body: &str, scan: &Scan, kind: Kind) -> Vec<Candidate> {
    let mut found = candidates(body, scan, |k| k == kind);
    found.retain(|c| {
        c.named.version.is_some()
            && c.named.strength == Strength::Plain
            && c.named.package.is_none()
    });
    found
}

/// Items of a list that are releases. Those that only lead to a heading are a table of contents; those with words behind the
/// version are releases where most items begin with one.
fn items(body: &str, scan: &Scan, headings: &[Candidate]) -> Vec<Candidate> {
    let mut found = candidates(body, scan, |kind| kind == Kind::Item);
    let titled = headings
        .iter()
        .filter(|c| c.named.version.is_some())
        .count();
    found.retain(|c| {
        let raw = &body[scan.blocks[c.block].span.range()];
        let leads_on =
            raw.contains("](#") && raw.trim_end().lines().all(|line| line.contains("](#"));
        c.named.version.is_some() && c.named.package.is_none() && !(leads_on && titled > 0)
    });
    let all = scan
        .blocks
        .iter()
        .filter(|block| block.kind == Kind::Item)
        .count();
    let plain = found
        .iter()
        .filter(|c| c.named.strength == Strength::Plain)
        .count();
    let first: Vec<&Candidate> = found
        .iter()
        .filter(|c| c.named.strength >= Strength::Followed)
        .collect();
    let falling = first
        .windows(2)
        .filter(|pair| pair[0].named.version > pair[1].named.version)
        .count();
    let most =
        first.len() >= 3 && first.len() * 3 >= all * 2 && falling * 4 >= (first.len() - 1) * 3;
    if most {
        found.retain(|c| c.named.strength >= Strength::Followed);
    } else if plain > 0 {
        found.retain(|c| c.named.strength == Strength::Plain);
    } else {
        found.clear();
    }
    found
}

/// `- [x] 1.2.0`: behind the mark of a task.
fn behind_task(body: &str, line: Span) -> Span {
    let raw = &body[line.range()];
    let inner = raw.trim_start_matches(['-', '*', '+', ' ']);
    match ["[ ] ", "[x] ", "[X] "]
        .iter()
        .find_map(|mark| inner.strip_prefix(mark))
    {
        Some(rest) => Span::new(line.end - rest.len(), line.end),
        None => line,
    }
}

fn first_line(body: &str, span: Span) -> Span {
    let line = body[span.range()].lines().next().unwrap_or("");
    Span::new(span.start, span.start + line.len())
}

/// A line that names a version has a digit; one that heads what is not released, a word for it.
fn worth_judging(line: &str) -> bool {
    line.len() < 2048
        && (line.bytes().any(|b| b.is_ascii_digit())
            || (line.len() < 80 && speaks_of_unreleased(line)))
}

/// Judges a line; spans come back in the file's bytes.
fn judged(plain: &Plain, cut: Cut, push: &mut impl FnMut(Named)) {
    judge(plain.line(cut), |mut named| {
        named.version_span = plain.place(cut, named.version_span);
        if let Some((span, _)) = &mut named.date {
            *span = plain.place(cut, *span);
        }
        push(named);
    });
}

/// Weighs each candidate against the others.
fn choose(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut sure = [0usize; LEVELS];
    let mut followed = [0usize; LEVELS];
    let mut titles: HashMap<(u8, String), usize> = HashMap::new();
    for c in candidates.iter().filter(|c| c.named.version.is_some()) {
        match c.named.strength {
            Strength::Plain => sure[usize::from(c.level)] += 1,
            Strength::Followed => followed[usize::from(c.level)] += 1,
            Strength::Titled => *titles.entry((c.level, c.named.title.clone())).or_default() += 1,
        }
    }
    let shallowest = sure.iter().position(|count| *count > 0);
    let any_sure = shallowest.is_some();
    let at = |c: &Candidate| usize::from(c.level);
    let titled = |c: &Candidate| {
        titles
            .get(&(c.level, c.named.title.clone()))
            .copied()
            .unwrap_or(0)
    };
    let keep = |c: &Candidate| match c.named.strength {
        // What only ends an entry stands at the level of the releases, or above.
        _ if c.ends_only() => shallowest.is_some_and(|level| at(c) <= level),
        Strength::Plain => true,
        Strength::Followed => {
            !any_sure
                || sure[at(c)] > 0
                || shallowest.is_some_and(|level| at(c) <= level)
                || followed[at(c)] > 2
        }
        Strength::Titled => {
            let usual_level = sure[at(c)] > 0 || followed[at(c)] > 0;
            (usual_level
                && (c.named.date.is_some() || titled(c) > 1 || c.named.title.contains(['_', '-'])))
                || (!any_sure && (titled(c) > 1 || c.named.date.is_some() || candidates.len() == 1))
        }
    };
    let kept: Vec<bool> = candidates.iter().map(keep).collect();
    without_lines(without_groups(only(candidates, &kept)))
}

/// The candidates that are marked, left where they are.
fn only(mut candidates: Vec<Candidate>, marks: &[bool]) -> Vec<Candidate> {
    let mut marks = marks.iter();
    candidates.retain(|_| marks.next() == Some(&true));
    candidates
}

/// `### 2.0` inside `## 2.0.0` is no release: it speaks of the line.
fn without_lines(kept: Vec<Candidate>) -> Vec<Candidate> {
    let is_line = |index: usize| {
        let c = &kept[index];
        let Some(version) = c.named.version.as_ref().filter(|_| c.named.date.is_none()) else {
            return false;
        };
        let above = kept[..index]
            .iter()
            .rev()
            .find(|above| above.level < c.level);
        above
            .and_then(|above| above.named.version.as_ref())
            .is_some_and(|above| {
                version.parts() < above.parts()
                    && (0..version.parts()).all(|part| version.part(part) == above.part(part))
            })
    };
    let lasting: Vec<bool> = (0..kept.len()).map(|index| !is_line(index)).collect();
    only(kept, &lasting)
}

/// `## 1.2` over `### 1.2.0` and `### 1.2.1` is a group and no release.
fn without_groups(kept: Vec<Candidate>) -> Vec<Candidate> {
    let is_group = |index: usize| {
        let c = &kept[index];
        let Some(version) = c
            .named
            .version
            .as_ref()
            .filter(|v| v.parts() <= 2 && !v.is_prerelease() && c.named.date.is_none())
        else {
            return false;
        };
        let mut inside = kept[index + 1..]
            .iter()
            .take_while(|next| next.level > c.level)
            .peekable();
        inside.peek().is_some()
            && inside.all(|next| {
                next.named.version.as_ref().is_none_or(|v| {
                    v.parts() > version.parts()
                        && (0..version.parts()).all(|part| v.part(part) == version.part(part))
                })
            })
    };
    let lasting: Vec<bool> = (0..kept.len()).map(|index| !is_group(index)).collect();
    only(kept, &lasting)
}
