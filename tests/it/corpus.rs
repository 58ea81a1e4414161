//! Real changelogs of different shapes, each with what is to be read from it. `tests/corpus/README.md` says where they
//! come from; `.ci/run` measures hundreds more against their registries.

use std::fs;
use std::path::PathBuf;

use tidings::diag::Text;
use tidings::sources::changelog::read;

use crate::fixture::same_file;

#[test]
fn real_changelogs_are_read_as_approved() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files");
    let mut count = 0;
    for entry in fs::read_dir(root).unwrap().flatten().filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "md")
    }) {
        let path = entry.path();
        let bytes = fs::read(&path).unwrap();
        let text = Text::new(
            entry.file_name().to_string_lossy().into_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
        let log = read(text, None);
        let rows: String = log
            .entries
            .iter()
            .map(|entry| {
                let version = entry
                    .version
                    .as_ref()
                    .map_or("Unreleased", |version| version.as_str());
                let date = entry.date.map_or("-".to_owned(), |date| date.to_string());
                let items: usize = entry
                    .sections
                    .iter()
                    .map(|section| section.items.len())
                    .sum();
                format!(
                    "{} {version} {date} {items}{}\n",
                    log.text.place(entry.heading.start).line,
                    if entry.yanked { " yanked" } else { "" }
                )
            })
            .collect();
        same_file(&path.with_extension("txt"), &rows);
        count += 1;
    }
    assert!(count >= 30, "{count} files");
}
