//! Links and code of a piece of Markdown, with their places in it.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::diag::Text;
use crate::model::Entry;
use crate::sources::changelog::DIALECT;

/// Every link and image: its place and where it leads.
pub fn links_in(markdown: &str) -> Vec<(Range<usize>, String)> {
    Parser::new_ext(markdown, DIALECT)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((range, dest_url.into_string()))
            }
            _ => None,
        })
        .collect()
}

/// Every code span.
pub fn code_in(markdown: &str) -> Vec<Range<usize>> {
    Parser::new_ext(markdown, DIALECT)
        .into_offset_iter()
        .filter_map(|(event, range)| matches!(event, Event::Code(_)).then_some(range))
        .collect()
}

/// The same Markdown with relative links leading below `base`.
pub fn with_absolute_links(markdown: String, base: &str) -> String {
    if !markdown.contains("](") {
        return markdown;
    }
    let mut out = String::with_capacity(markdown.len() + 64);
    let mut at = 0;
    for (range, link) in links_in(&markdown) {
        let relative = !link.is_empty()
            && !link.contains(':')
            && !link.starts_with("//")
            && !link.starts_with('#');
        let target = markdown[range.clone()]
            .rfind("](")
            .map(|found| range.start + found + 2);
        let Some(target) = target.filter(|target| {
            relative && *target >= at && markdown[*target..].starts_with(link.as_str())
        }) else {
            continue;
        };
        out.push_str(&markdown[at..target]);
        out.push_str(base);
        at = target + (link.len() - link.trim_start_matches("./").trim_start_matches('/').len());
    }
    out.push_str(&markdown[at..]);
    out
}

/// The same Markdown with nobody mentioned and no issue referred to: a forge would notify people, and link to issues of its
/// own repository. Code and links stay as they are.
pub fn neutral(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() + 16);
    let (mut at, mut kept) = (0, 0usize);
    for (event, range) in Parser::new_ext(markdown, DIALECT).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => kept += 1,
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => {
                kept = kept.saturating_sub(1)
            }
            Event::Text(_) if kept == 0 => {
                for sign in signs(markdown, range) {
                    out.push_str(&markdown[at..=sign]);
                    // A word joiner: nothing to see, and no mention.
                    out.push('\u{2060}');
                    at = sign + 1;
                }
            }
            _ => {}
        }
    }
    out.push_str(&markdown[at..]);
    out
}

/// Where `@name`, `#123` and `GH-123` would be taken for more than words: their `@`, `#` and `-`.
fn signs(text: &str, range: Range<usize>) -> Vec<usize> {
    let bytes = text.as_bytes();
    let word = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    range
        .filter(|at| match bytes[*at] {
            b'@' => !word(at.checked_sub(1)) && word(Some(at + 1)),
            b'#' => digit(at + 1),
            b'-' => {
                digit(at + 1)
                    && at.checked_sub(2).is_some_and(|start| {
                        bytes[start..*at].eq_ignore_ascii_case(b"GH") && !word(start.checked_sub(1))
                    })
            }
            _ => false,
        })
        .collect()
}

const MARK: &str = " [YANKED]";

/// The changelog with an entry marked as withdrawn.
pub fn marked_withdrawn(text: &Text, entry: &Entry) -> Option<String> {
    if entry.yanked {
        return Some(text.body.to_string());
    }
    let line = text
        .slice(entry.heading)
        .lines()
        .next()?
        .trim_end()
        .trim_end_matches('#')
        .trim_end();
    let at = entry.heading.start + line.len();
    Some(format!("{}{MARK}{}", &text.body[..at], &text.body[at..]))
}

/// The changelog without that mark; `None` where the withdrawal is said in another way.
pub fn unmarked_withdrawn(text: &Text, entry: &Entry) -> Option<String> {
    if !entry.yanked {
        return Some(text.body.to_string());
    }
    let line = text.slice(entry.heading).lines().next()?;
    let at = entry.heading.start + line.to_ascii_uppercase().find(MARK)?;
    Some(format!(
        "{}{}",
        &text.body[..at],
        &text.body[at + MARK.len()..]
    ))
}
