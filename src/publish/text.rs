//! The text of a page: the note as the forge takes it.

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

pub fn without_banner(body: &str) -> &str {
    match body.strip_prefix(BANNER) {
        Some(rest) => rest.split_once("\n\n").map_or("", |(_, rest)| rest),
        None => body,
    }
}
