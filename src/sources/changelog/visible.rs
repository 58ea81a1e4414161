//! The Markdown of an item as its reader sees it: links by reference lead where they lead, footnotes stand where they are
//! called, definitions and task marks are gone.

use std::ops::Range;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::model::References;
use crate::sources::changelog::DIALECT;
use crate::sources::changelog::unwrap::unwrapped;

/// Inside one item a footnote is called, never defined.
const ITEM: Options = DIALECT
    .difference(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_TASKLISTS);

/// What a footnote leads to until its text stands in its place.
const FOOTNOTE: &str = "footnote:";

/// The Markdown of an item or paragraph as it stands in the file.
#[must_use]
pub fn markdown(raw: &str, references: &References) -> String {
    visible(&unwrapped(raw).text, references)
}

/// The same for a text that has been taken out of its list.
pub fn visible(text: &str, references: &References) -> String {
    if !text.contains('[') {
        return text.to_owned();
    }
    let mut edits = edits(text, references);
    if edits.is_empty() {
        return text.to_owned();
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (range, with) in edits {
        if range.start < at {
            continue;
        }
        out.push_str(&text[at..range.start]);
        out.push_str(&with);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out.trim_end().to_owned()
}

/// A link whose text is being walked over.
struct Open {
    range: Range<usize>,
    /// Where what stands in its brackets ends.
    inner: usize,
    target: Option<(String, String)>,
}

fn edits(text: &str, references: &References) -> Vec<(Range<usize>, String)> {
    let resolve = |link: BrokenLink<'_>| {
        let label = link.reference.as_ref();
        match label.strip_prefix('^') {
            Some(note) if references.note(note).is_some() => {
                Some((CowStr::from(format!("{FOOTNOTE}{note}")), CowStr::from("")))
            }
            _ => references.link(label).map(|(target, title)| {
                (
                    CowStr::from(target.to_owned()),
                    CowStr::from(title.to_owned()),
                )
            }),
        }
    };
    let parser = Parser::new_with_broken_link_callback(text, ITEM, Some(resolve));
    let mut edits: Vec<(Range<usize>, String)> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| (definition.span.clone(), String::new()))
        .collect();
    let mut open: Vec<Open> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let closes = matches!(event, Event::End(TagEnd::Link | TagEnd::Image));
        if let Some(link) = open.last_mut().filter(|_| !closes) {
            link.inner = link.inner.max(range.end.min(link.range.end));
        }
        match event {
            Event::Start(
                Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    ..
                }
                | Tag::Image {
                    link_type,
                    dest_url,
                    title,
                    ..
                },
            ) => {
                let by_reference = !matches!(
                    link_type,
                    LinkType::Inline | LinkType::Autolink | LinkType::Email
                );
                let mark = if text[range.start..].starts_with('!') {
                    2
                } else {
                    1
                };
                open.push(Open {
                    inner: range.start + mark,
                    target: by_reference.then(|| (dest_url.into_string(), title.into_string())),
                    range,
                });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let Some(mut link) = open.pop() else { continue };
                // The parser leaves the empty brackets of a label that is defined elsewhere to the text.
                if link.target.is_some() && text[link.range.end..].starts_with("[]") {
                    link.range.end += 2;
                }
                if let Some((target, title)) = link.target {
                    edits.push(rewritten(
                        link.range.clone(),
                        link.inner,
                        &target,
                        &title,
                        references,
                    ));
                }
                if let Some(outer) = open.last_mut() {
                    outer.inner = outer.inner.max(link.range.end);
                }
            }
            Event::TaskListMarker(_) => {
                let blank = usize::from(text[range.end..].starts_with(' '));
                edits.push((range.start..range.end + blank, String::new()));
            }
            _ => {}
        }
    }
    edits
}

/// What stands behind the words of a link by reference: its address. A footnote stands as its text in brackets.
fn rewritten(
    range: Range<usize>,
    inner: usize,
    target: &str,
    title: &str,
    references: &References,
) -> (Range<usize>, String) {
    if let Some(text) = target
        .strip_prefix(FOOTNOTE)
        .and_then(|note| references.note(note))
    {
        return (range, format!(" ({})", text.trim_end_matches('.')));
    }
    let plain = !target.is_empty() && !target.contains([' ', '(', ')', '<', '>', '\\']);
    let address = if plain {
        target.to_owned()
    } else {
        format!("<{}>", target.replace(['<', '>', '\n'], ""))
    };
    let title = if title.is_empty() {
        String::new()
    } else {
        format!(
            " \"{}\"",
            title
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', " ")
        )
    };
    (inner..range.end, format!("]({address}{title})"))
}
