//! Help, book, schemas and behaviour are one text.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use tidings::cli::setup::schema::{schema, schema_names};
use tidings::diag::DOCUMENTED;

use crate::fixture::{same_file, tidings};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_page_of_finding_codes_is_the_table_of_codes() {
    let mut page = String::from(
        "# Finding codes\n\nWhat `tidings check` says, by code. An error stops a release; a warning does not, unless `--strict` is given. Defects of\nreleases other than the one at hand only warn.\n",
    );
    for documented in DOCUMENTED {
        page.push_str(&format!(
            "\n## {}\n\n*Usually: {}.* {}\n",
            documented.name,
            documented.severity.word(),
            documented.meaning
        ));
    }
    same_file(&root().join("book/src/reference/findings.md"), &page);
}

#[test]
fn the_reference_of_commands_is_their_help() {
    fn walk(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
        all.push(path.to_vec());
        for sub in command
            .get_subcommands()
            .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        {
            walk(sub, &[path, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut commands = Vec::new();
    walk(&tidings::cli::Cli::command(), &[], &mut commands);
    let mut page =
        String::from("# Commands\n\nEvery command takes the options that stand under `tidings`.\n");
    for command in &commands {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = tidings(Path::new("/"), &[&command, &["--help"][..]].concat())
            .ok()
            .out;
        let shown: String = help
            .lines()
            .take_while(|line| command.is_empty() || !line.trim_start().starts_with("-C <DIR>"))
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect();
        page.push_str(&format!(
            "\n## {}\n\n```text\n{}\n```\n",
            [&["tidings"], &command[..]].concat().join(" "),
            shown.trim_end().trim_end_matches("Options:").trim_end()
        ));
    }
    same_file(&root().join("book/src/reference/commands.md"), &page);
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for name in schema_names() {
        same_file(
            &root().join(format!("schema/{name}.json")),
            &schema(name).unwrap(),
        );
    }
    let files = std::fs::read_dir(root().join("schema")).unwrap().count();
    assert_eq!(files, schema_names().count(), "a schema of nothing");
}

#[test]
fn the_page_of_schemas_names_each() {
    let page = std::fs::read_to_string(root().join("book/src/reference/schemas.md")).unwrap();
    for name in schema_names() {
        assert!(page.contains(&format!("`{name}`")), "no `{name}`");
    }
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let source = root().join("book/src");
    let summary = std::fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    for (folder, prefix) in [
        (source.clone(), ""),
        (source.join("how-to"), "how-to/"),
        (source.join("reference"), "reference/"),
    ] {
        for entry in std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .filter(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "md")
            })
        {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            assert!(
                name == "SUMMARY.md" || summary.contains(&format!("({name})")),
                "{name} is not in the summary"
            );
        }
    }
}

#[test]
fn our_own_changelog_is_in_our_own_dialect() {
    let read = tidings(&root(), &["changelog", "CHANGELOG.md", "--format", "json"])
        .ok()
        .out;
    let read: serde_json::Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read["releases"][0]["unreleased"], true);
    assert!(
        read["releases"][0]["sections"]
            .as_array()
            .is_some_and(|sections| !sections.is_empty())
    );
}

#[test]
fn every_finding_code_can_be_said() {
    fn texts(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                texts(&entry.path(), all);
            } else if !entry.path().ends_with("diag/code.rs") {
                all.push_str(&std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    let mut all = String::new();
    texts(&root().join("src"), &mut all);
    for documented in DOCUMENTED {
        assert!(
            all.contains(&format!("Code::{:?}", documented.code)),
            "nothing says `{}`",
            documented.name
        );
    }
}

#[test]
fn every_key_of_the_configuration_is_explained() {
    fn keys(value: &serde_json::Value, all: &mut Vec<String>) {
        if let Some(properties) = value["properties"].as_object() {
            all.extend(properties.keys().cloned());
        }
        match value {
            serde_json::Value::Object(map) => map.values().for_each(|value| keys(value, all)),
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, all)),
            _ => {}
        }
    }
    let page = std::fs::read_to_string(root().join("book/src/reference/configuration.md")).unwrap();
    for name in ["tidings.toml", "operator.toml"] {
        let mut all = Vec::new();
        keys(
            &serde_json::from_str(&schema(name).unwrap()).unwrap(),
            &mut all,
        );
        assert!(all.len() > 20, "{name}");
        for key in all {
            assert!(
                page.contains(&key),
                "the reference does not explain `{key}` of {name}"
            );
        }
    }
}
