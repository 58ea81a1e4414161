//! The blocks of a text and those of its skeleton are the same, for real files and for heaps of signs.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};
use tidings::sources::changelog::{DIALECT, Skeleton};

/// Blocks with where they stand, the space around them aside. What blocks hold is not looked at.
fn blocks(
    text: &str,
    source: &str,
    place: impl Fn(std::ops::Range<usize>) -> std::ops::Range<usize>,
) -> Vec<String> {
    let named = |tag: &Tag<'_>| {
        Some(match tag {
            Tag::Heading { level, .. } => format!("{level}"),
            Tag::Paragraph => "p".to_owned(),
            Tag::BlockQuote(_) => "quote".to_owned(),
            Tag::CodeBlock(_) => "code".to_owned(),
            Tag::HtmlBlock => "html".to_owned(),
            Tag::List(_) => "list".to_owned(),
            Tag::Item => "item".to_owned(),
            Tag::Table(_) => "table".to_owned(),
            _ => return None,
        })
    };
    Parser::new_ext(text, DIALECT)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(tag) => named(&tag).map(|name| (name, place(range))),
            _ => None,
        })
        .map(|(name, range)| {
            format!(
                "{name} {} {:?}",
                range.start,
                source[range.clone()].trim_end()
            )
        })
        .collect()
}

fn differing(source: &str) -> Option<(String, String)> {
    let skeleton = Skeleton::of(source);
    let whole = blocks(source, source, |range| range);
    let short = blocks(skeleton.text(), source, |range| {
        skeleton.source(range).range()
    });
    let at =
        (0..whole.len().max(short.len())).find(|index| whole.get(*index) != short.get(*index))?;
    let shown = |all: &[String]| all.get(at).cloned().unwrap_or_default();
    Some((shown(&whole), shown(&short)))
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), all)
        } else {
            all.push(entry.path())
        }
    }
}

/// `TIDINGS_CORPUS` names a folder made by `tests/corpus/collect.py`, for many more.
#[test]
fn skeletons_of_real_files_have_their_blocks() {
    let mut all = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files"),
        &mut all,
    );
    if let Some(more) = std::env::var_os("TIDINGS_CORPUS") {
        files(Path::new(&more), &mut all);
    }
    let (mut kept, mut of) = (0, 0);
    for path in all {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let text = text.trim_start_matches('\u{feff}');
        assert_eq!(differing(text), None, "{}", path.display());
        kept += Skeleton::of(text).text().len();
        of += text.len();
    }
    assert!(kept * 2 < of, "{kept} of {of} bytes kept");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn skeletons_have_the_blocks(lines in proptest::collection::vec(line(), 0..12), end in "\n|\r\n|") {
        let source = lines.join(if end == "\r\n" { "\r\n" } else { "\n" }) + &end;
        prop_assert_eq!(differing(&source), None, "{:?}", source);
    }
}

/// Lines that start with any signs, go on with words, and hold more signs.
fn line() -> impl Strategy<Value = String> {
    let start = "( {0,5}|\t)([-*+>#] {0,4}|[0-9]{1,2}[.)] |#{1,4} |```|~~~|\\[|<!--|<div|</div>|\\||:|=+|-+|\\*\\*|_|){0,2}";
    let middle = "([a-zé1 ]{0,6}[-*_`~<>|\\[\\]()#:!&'\"\\\\]{0,3}){0,4}";
    (
        start,
        middle,
        prop_oneof![
            Just(""),
            Just("-->"),
            Just("]: x"),
            Just("  "),
            Just("<br>"),
            Just("```")
        ],
    )
        .prop_map(|(a, b, c)| format!("{a}{b}{c}"))
}
