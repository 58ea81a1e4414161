//! Links and code of a piece of Markdown, with their places in it.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use crate::sources::changelog::DIALECT;

/// Every link and image: its place and where it leads.
pub fn links_in(markdown: &str) -> Vec<(Range<usize>, String)> {
    Parser::new_ext(markdown, DIALECT)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some((range, dest_url.into_string())),
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
        let relative = !link.is_empty() && !link.contains(':') && !link.starts_with("//") && !link.starts_with('#');
        let target = markdown[range.clone()].rfind("](").map(|found| range.start + found + 2);
        let Some(target) = target.filter(|target| relative && *target >= at && markdown[*target..].starts_with(link.as_str())) else {
            continue;
        };
        out.push_str(&markdown[at..target]);
        out.push_str(base);
        at = target + (link.len() - link.trim_start_matches("./").trim_start_matches('/').len());
    }
    out.push_str(&markdown[at..]);
    out
}
