//! What a new contributor is told is so: one oldest Rust everywhere, and files that the recipes name are there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn one_oldest_rust_everywhere() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let oldest = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \""))
        .unwrap()
        .trim_end_matches('"');
    for page in ["README.md", "book/src/install.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        assert!(
            text.contains(&format!("Rust ({oldest} or later)"))
                || text.contains(&format!("Rust {oldest} or later")),
            "{page} does not say Rust {oldest}"
        );
    }
}

/// Paths in backticks or links of a page, as far as they look like files of this repository.
fn paths(text: &str) -> Vec<String> {
    text.split(['`', '(', ')'])
        .filter(|part| {
            ["src/", "tests/", "book/", "templates/", "examples/", ".ci/"]
                .iter()
                .any(|folder| part.starts_with(folder))
                && !part.contains([' ', '…', '*', '<', '{'])
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn files_that_contributors_are_sent_to_are_there() {
    for page in ["CONTRIBUTING.md", "book/src/architecture.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for path in paths(&text) {
            assert!(
                root().join(Path::new(&path)).exists(),
                "{page} names `{path}`, which is not there"
            );
        }
    }
}
