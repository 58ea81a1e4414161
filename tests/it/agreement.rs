//! One library reads Markdown and another writes it: on real changelogs both see the same headings and links.

use std::fs;
use std::path::PathBuf;

use pulldown_cmark::{Event, Parser, Tag};
use tidings::render::block;
use tidings::sources::changelog::{DIALECT, links_in};

#[test]
fn reader_and_writer_agree_on_headings_and_links() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files");
    for entry in fs::read_dir(root).unwrap().flatten().filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "md")
    }) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).replace("\r\n", "\n");
        let text = text.trim_start_matches('\u{feff}');
        let html = block(text);
        let read = Parser::new_ext(text, DIALECT)
            .filter(|event| matches!(event, Event::Start(Tag::Heading { .. })))
            .count();
        let written: usize = (1..=6)
            .map(|level| html.matches(&format!("<h{level}>")).count())
            .sum();
        assert_eq!(read, written, "headings of {name}");
        for (_, link) in links_in(text).into_iter().filter(|(_, link)| {
            link.starts_with("http")
                && link.is_ascii()
                && !link.contains(['&', '"', '\\', '[', ']', '%', '\''])
        }) {
            assert!(html.contains(&format!("\"{link}\"")), "{link} of {name}");
        }
    }
}
