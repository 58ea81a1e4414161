//! The text of a page: the note as the forge takes it.

use crate::model::KnownIssue;
use crate::sources::changelog::neutral;

/// Characters that GitHub takes.
pub const LARGEST: usize = 125_000;

const CUT: &str =
    "\n\n*The text was cut here. The whole of it is attached as `release-note.md`.*\n";
const BANNER: &str = "> **This release was withdrawn. Please do not install it.**";

/// The note without its first heading (the page has a title), with nobody mentioned and no issue referred to, and at most
/// as long as a forge takes.
pub fn body(note: &str, more: &str) -> String {
    let note = match note.trim_start().strip_prefix("# ") {
        Some(rest) => rest
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start(),
        None => note,
    };
    cut(neutral(format!("{}\n{more}", note.trim_end()).trim_end()) + "\n")
}

fn cut(whole: String) -> String {
    if whole.chars().count() <= LARGEST {
        return whole;
    }
    let room = LARGEST - CUT.chars().count();
    let end = whole
        .char_indices()
        .nth(room)
        .map_or(whole.len(), |(at, _)| at);
    let line = whole[..end].rfind('\n').unwrap_or(end);
    format!("{}{CUT}", &whole[..line])
}

/// The page of a withdrawn release: why stands above what stood there.
pub fn with_banner(body: &str, reason: &str, instead: Option<&str>) -> String {
    let instead = instead
        .map(|version| format!(" Install {version} in its place."))
        .unwrap_or_default();
    let reason = neutral(&reason.split_whitespace().collect::<Vec<_>>().join(" "));
    cut(format!(
        "{BANNER} {reason}{instead}\n\n{}",
        without_banner(body)
    ))
}

/// Known issues that a page lists; the guide has all of them.
const LISTED: usize = 8;
const ISSUE: &str = "> **Known issue ";

/// The page of a release with known issues: they stand above what stood there, below a banner.
pub fn with_issues<'i>(
    body: &str,
    issues: impl Iterator<Item = &'i KnownIssue>,
    all_of_them: Option<&str>,
) -> String {
    let all: Vec<&KnownIssue> = issues.collect();
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut block: Vec<String> = Vec::new();
    for issue in all.iter().take(LISTED) {
        let title = line(&issue.title);
        let mut said = format!("{ISSUE}{}: {}.**", issue.id, title.trim_end_matches('.'));
        if let Some(workaround) = &issue.workaround {
            said.push(' ');
            said.push_str(&line(workaround));
        }
        if let Some(fixed) = issue.affected.fixed_words() {
            said.push_str(&format!(" Fixed in {fixed}."));
        }
        block.push(neutral(&said));
    }
    if all.len() > LISTED {
        block.push(format!("> And {} more.", all.len() - LISTED));
    }
    if let Some(address) = all_of_them.filter(|_| !block.is_empty()) {
        block.push(format!("> [All known issues]({address})"));
    }
    let banner = &body[..body.len() - without_banner(body).len()];
    let rest = bare(body);
    if block.is_empty() {
        return format!("{banner}{rest}");
    }
    cut(format!("{banner}{}\n\n{rest}", block.join("\n>\n")))
}

/// What was published: the page without what was put above it later, a banner and known issues.
pub fn bare(body: &str) -> &str {
    let rest = without_banner(body);
    match rest.strip_prefix(ISSUE) {
        Some(rest) => rest.split_once("\n\n").map_or("", |(_, rest)| rest),
        None => rest,
    }
}

/// The page says that the release was withdrawn.
pub fn has_banner(body: &str) -> bool {
    body.starts_with(BANNER)
}

pub fn without_banner(body: &str) -> &str {
    match body.strip_prefix(BANNER) {
        Some(rest) => rest.split_once("\n\n").map_or("", |(_, rest)| rest),
        None => body,
    }
}
