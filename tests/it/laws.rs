//! Two laws of the reader. Nothing that a viewer of Markdown shows of an entry is lost, as a reader that others wrote sees it;
//! and rewritings that change nothing for a person change no fact.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use tidings::diag::Text;
use tidings::model::{Changelog, Notes, SectionKind};
use tidings::sources::changelog::{notes, read};

/// The words that comrak shows of a text, headings apart.
fn words(markdown: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.tasklist = true;
    options.extension.alerts = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options);
    let (mut body, mut heads) = (String::new(), String::new());
    fn walk<'a>(node: &'a AstNode<'a>, in_heading: bool, body: &mut String, heads: &mut String) {
        let out = if in_heading { &mut *heads } else { &mut *body };
        match &node.data().value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::CodeBlock(code) => {
                out.push('\n');
                out.push_str(&code.literal);
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => out.push(' '),
            NodeValue::Paragraph
            | NodeValue::Item(_)
            | NodeValue::Heading(_)
            | NodeValue::TableCell => out.push('\n'),
            _ => {}
        }
        let in_heading = in_heading || matches!(&node.data().value, NodeValue::Heading(_));
        for child in node.children() {
            walk(child, in_heading, body, heads);
        }
    }
    walk(root, false, &mut body, &mut heads);
    let split = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    (split(&body), split(&heads))
}

/// Everything that documents are made of.
fn said(notes: &Notes) -> String {
    let mut all = vec![notes.summary.clone()];
    all.extend(
        notes
            .changes
            .iter()
            .flat_map(|change| [change.heading.clone(), change.text.clone()]),
    );
    for action in notes.actions.all() {
        all.push(action.text.clone());
        let labels = [
            &action.applies_to,
            &action.change,
            &action.check,
            &action.replaces,
        ];
        all.extend(labels.into_iter().flatten().cloned());
        all.extend(action.downtime.map(|minutes| minutes.to_string()));
    }
    for issue in &notes.known_issues {
        all.extend([issue.id.clone(), issue.title.clone()]);
        all.extend(issue.symptoms.iter().cloned());
        all.extend(issue.workaround.iter().cloned());
        all.extend(issue.reason.iter().cloned());
    }
    all.extend(notes.rollback.iter().cloned());
    all.join("\n\n")
}

/// What the file says outside of its entries' words: labels, `Nothing`, the line of a date.
const USUAL: &[&str] = &[
    "nothing",
    "none",
    "check",
    "change",
    "applies",
    "to",
    "downtime",
    "window",
    "released",
    "release",
    "date",
    "on",
    "unreleased",
    "symptom",
    "workaround",
    "fixed",
    "in",
    "rollback",
    "breaking",
    "action",
    "required",
    "minutes",
    "yes",
    "maintenance",
    "business",
    "hours",
];

fn lost(log: &Changelog) -> Vec<String> {
    let mut lost = Vec::new();
    let definitions: String = log
        .text
        .body
        .lines()
        .filter(|line| line.starts_with('[') && line.contains("]:"))
        .map(|line| format!("{line}\n"))
        .collect();
    for entry in &log.entries {
        if entry
            .sections
            .iter()
            .any(|section| section.kind == SectionKind::Internal)
        {
            continue;
        }
        let (notes, _) = notes(log, entry);
        let whole = said(&notes);
        let (kept, heads) = words(&whole);
        let body = format!("{}\n\n{definitions}", log.text.slice(entry.body));
        let (shown, _) = words(&body);
        let known: BTreeSet<String> = kept.union(&heads).cloned().collect();
        let dates: Vec<String> = entry.date.map(|day| day.to_string()).into_iter().collect();
        for word in shown.difference(&known) {
            let of_date = word.bytes().all(|b| b.is_ascii_digit())
                && dates.iter().any(|day| day.contains(word.as_str()));
            if !USUAL.contains(&word.as_str()) && !of_date {
                lost.push(format!(
                    "{}: `{word}`",
                    entry.version.as_ref().map_or("-", |v| v.as_str())
                ));
            }
        }
    }
    lost
}

#[test]
fn nothing_that_is_shown_of_an_entry_is_lost() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("tests/corpus/files"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    files.push(root.join("examples/acme/bootstrap/CHANGELOG.md"));
    files.push(root.join("CHANGELOG.md"));
    let mut all = Vec::new();
    for path in files.iter().filter(|path| path.exists()) {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let log = read(Text::new(name.clone(), text), None);
        all.extend(lost(&log).into_iter().map(|word| format!("{name} {word}")));
    }
    assert!(
        all.is_empty(),
        "{} words are lost: {:#?}",
        all.len(),
        &all[..all.len().min(40)]
    );
}

/// What a customer is told, in words: marks aside.
fn facts(text: &str) -> Vec<String> {
    let log = read(Text::new("CHANGELOG.md", text), None);
    let plain = |markdown: &str| {
        let arena = Arena::new();
        let mut options = Options::default();
        options.extension.table = true;
        let root = parse_document(&arena, markdown, &options);
        let mut html = String::new();
        comrak::format_html(root, &options, &mut html).unwrap();
        html.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut facts = Vec::new();
    for entry in &log.entries {
        let (notes, _) = notes(&log, entry);
        facts.push(format!(
            "{:?} {:?} {} {}",
            entry.version.as_ref().map(ToString::to_string),
            entry.date,
            entry.yanked,
            entry.unreleased
        ));
        facts.push(plain(&notes.summary));
        facts.extend(notes.changes.iter().map(|change| {
            format!(
                "{:?} {} {} {}",
                change.kind,
                change.heading,
                change.breaking,
                plain(&change.text)
            )
        }));
        facts.push(format!(
            "{}",
            matches!(notes.actions, tidings::model::Actions::Nothing)
        ));
        facts.extend(notes.actions.all().iter().map(|action| {
            let label = |label: &Option<String>| label.as_deref().map(plain);
            format!(
                "action {} {:?} {:?} {:?} {:?} {:?}",
                plain(&action.text),
                label(&action.applies_to),
                label(&action.change),
                label(&action.check),
                action.downtime,
                action.window
            )
        }));
        facts.extend(notes.known_issues.iter().map(|issue| {
            format!(
                "issue {} {} {:?} {:?}",
                issue.id,
                plain(&issue.title),
                issue.symptoms,
                issue.workaround.as_deref().map(plain)
            )
        }));
        facts.push(notes.rollback.as_deref().map(plain).unwrap_or_default());
    }
    facts
}

/// Lines, each with whether it stands outside of code.
fn lines(text: &str) -> Vec<(String, bool)> {
    let mut fence = false;
    text.lines()
        .map(|line| {
            let marks = line.trim_start().starts_with("```");
            let outside = !fence && !marks;
            fence ^= marks;
            (line.to_owned(), outside)
        })
        .collect()
}

fn each(text: &str, change: impl Fn(&str) -> String) -> String {
    lines(text)
        .into_iter()
        .map(|(line, outside)| if outside { change(&line) } else { line })
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

/// A way to write the same.
type Rewriting = (&'static str, fn(&str) -> String);

/// All of them.
const REWRITINGS: &[Rewriting] = &[
    ("line ends of Windows", |text| text.replace('\n', "\r\n")),
    ("a byte order mark", |text| format!("\u{feff}{text}")),
    ("front matter", |text| {
        format!("---\ntitle: Changelog\nversion: 0.0.1\n---\n\n{text}")
    }),
    ("other bullets", |text| {
        each(text, |line| match line.strip_prefix("- ") {
            Some(rest) => format!("* {rest}"),
            None => line.to_owned(),
        })
    }),
    ("closed headings", |text| {
        each(text, |line| {
            if line.starts_with("##") {
                format!("{line} ##")
            } else {
                line.to_owned()
            }
        })
    }),
    ("underlined headings", |text| {
        each(text, |line| match line.strip_prefix("## ") {
            Some(title) => format!("{title}\n-------------"),
            None => line.to_owned(),
        })
    }),
    ("deeper headings", |text| {
        each(text, |line| {
            if line.starts_with("##") {
                format!("#{line}")
            } else {
                line.to_owned()
            }
        })
    }),
    ("more blank lines", |text| {
        each(text, |line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                line.to_owned()
            }
        })
    }),
    ("comments between blocks", |text| {
        each(text, |line| {
            if line.starts_with("###") {
                format!("<!-- hidden -->\n\n{line}")
            } else {
                line.to_owned()
            }
        })
    }),
    ("comments of several lines", |text| {
        each(text, |line| {
            if line.starts_with("###") {
                format!("<!--\n- hidden\n\n## 9.9.9 - 2020-01-01\n-->\n\n{line}")
            } else {
                line.to_owned()
            }
        })
    }),
    ("comments in items", |text| {
        each(text, |line| {
            if line.starts_with("- ") {
                format!("{line} <!-- hidden -->")
            } else {
                line.to_owned()
            }
        })
    }),
    ("a blank at the end", |text| {
        each(text, |line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{line} ")
            }
        })
    }),
    ("labels in bold", |text| {
        each(text, |line| {
            let mut line = line.to_owned();
            for label in [
                "Change:",
                "Check:",
                "Downtime:",
                "Applies to:",
                "Workaround:",
                "Symptom:",
            ] {
                line = line.replace(&format!("  {label} "), &format!("  **{label}** "));
            }
            line
        })
    }),
    ("labels in capitals", |text| {
        each(text, |line| {
            line.replace("  Change: ", "  CHANGE: ")
                .replace("  Check: ", "  check: ")
        })
    }),
    ("links by reference", by_reference),
    ("escapes", |text| {
        each(text, |line| {
            if line.starts_with("- ") {
                line.replace('!', "\\!").replace("'", "\\'")
            } else {
                line.to_owned()
            }
        })
    }),
    ("emphasis with the other mark", |text| {
        each(text, |line| {
            line.replace(" **", " __")
                .replace("** ", "__ ")
                .replace("**:", "__:")
        })
    }),
    ("task marks", |text| {
        each(text, |line| match line.strip_prefix("- ") {
            Some(rest) => format!("- [x] {rest}"),
            None => line.to_owned(),
        })
    }),
    ("definitions of nobody", |text| {
        format!("{text}\n[nobody]: https://example.com/nobody\n")
    }),
];

/// `[words](address)` becomes `[words][r1]`, defined at the end.
fn by_reference(text: &str) -> String {
    let mut definitions = String::new();
    let mut number = 0;
    let mut out = String::new();
    for (line, outside) in lines(text) {
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](http").filter(|_| outside) {
            let Some(end) = rest[at..].find(')') else {
                break;
            };
            number += 1;
            out.push_str(&rest[..at]);
            out.push_str(&format!("][R {number}]"));
            definitions.push_str(&format!("[r {number}]: {}\n", &rest[at + 2..at + end]));
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    format!("{out}\n{definitions}")
}

const RICH: &str = "# Changelog\n\n## [2.1.0] - 2026-11-17\n\nRestores show **how long** they take, see [the guide](https://example.com/guide).\n\n> [!CAUTION]\n> Keep a copy!\n\n### Required action\n\n- Move the folder, and don't forget its owner!\n  Applies to: 1.4.4, 1.4.5\n  Change: [the folder](https://example.com/folder)\n  Check: the page shows it\n  Downtime: 5 minutes\n- Run this:\n\n  ```sh\n  agent convert --check: daily\n  ```\n\n  Check: it says `done`\n\n### Known issues\n\n#### Restore\n\n- KI-7: Progress stays at 0 %.\n  Symptom: E1234\n  Workaround: Wait for it.\n\n### Fixed\n\n- One, with [a link](https://example.com/one) and [another](https://example.com/two).\n- **Breaking:** two.\n\n## [2.0.0] - 2026-06-01 [YANKED]\n\nFirst.\n\n### Rollback\n\nThe index stays.\n";

fn sources() -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let example =
        fs::read_to_string(root.join("examples/acme/bootstrap/CHANGELOG.md")).unwrap_or_default();
    [RICH.to_owned(), example]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect()
}

#[test]
fn each_rewriting_changes_no_fact() {
    for text in sources() {
        let before = facts(&text);
        for (name, rewrite) in REWRITINGS {
            let written = rewrite(&text);
            let after = facts(&written);
            let differs = before
                .iter()
                .zip(&after)
                .find(|(before, after)| before != after);
            assert!(
                before == after,
                "{name}: {differs:#?} ({} and {} facts)\n{written}",
                before.len(),
                after.len()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn several_rewritings_change_no_fact(chosen in proptest::collection::vec(0..REWRITINGS.len(), 1..5)) {
        // What wraps the file comes last: a byte order mark, front matter, line ends.
        let mut chosen: Vec<usize> = chosen.into_iter().collect::<BTreeSet<_>>().into_iter().rev().collect();
        chosen.retain(|index| *index > 2);
        for text in sources() {
            let mut written = text.clone();
            for index in &chosen {
                written = REWRITINGS[*index].1(&written);
            }
            prop_assert_eq!(facts(&text), facts(&written), "{}", written);
        }
    }
}
