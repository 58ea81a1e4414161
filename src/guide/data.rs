//! What the guide's script is given: releases, known issues, texts to search. Each file is a script that fills
//! `tidings.data`, since a page on a disk may not fetch.

use serde_json::{Value, json};

use crate::documents::{IssueRow, Standpoint, spoken_date};
use crate::guide::own;
use crate::model::{EMPTY_WORDS, GuidePage, Matcher, Pin, Release, Role, SAME_WORDS, Status};
use crate::render::plain;
use crate::sources::content::OwnPage;

/// Releases in one file of search texts.
pub const SHARD: usize = 1_000;

/// A script that sets `tidings.data[name]` to the value.
pub fn script(name: &str, value: &Value) -> String {
    filling(name, &format!("JSON.parse({})", quoted(&value.to_string())))
}

/// A script that sets `tidings.data[name]` to the text.
pub fn text_script(name: &str, text: &str) -> String {
    filling(name, &quoted(text))
}

fn filling(name: &str, value: &str) -> String {
    format!("(window.tidings = window.tidings || {{ data: {{}} }}).data[{name:?}] = {value};\n")
}

/// A text as a script's literal, which engines read faster than an object of the same size. No `<` is left in it, so that
/// it can stand in a page.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '<' => out.push_str("\\u003c"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Every release, newest first: version, start of its digest, status, the row a rollback goes to, its known issues, its
/// date, whether a rollback leaves something, whether there is an upgrade page.
pub fn releases(
    at: Standpoint<'_>,
    releases: &[&Release],
    has_upgrade: &dyn Fn(&Release) -> bool,
) -> Value {
    const WORDS: [Status; 4] = [
        Status::Supported,
        Status::Unsupported,
        Status::Withdrawn,
        Status::Unreleased,
    ];
    let row_of = |wanted: &Release| {
        releases
            .binary_search_by(|release| wanted.version.cmp(&release.version))
            .ok()
    };
    let rows: Vec<Value> = releases
        .iter()
        .map(|release| {
            let status = at.support.status(at.history, &release.version);
            let issues: Vec<usize> = at
                .history
                .issues
                .iter()
                .enumerate()
                .filter(|(_, issue)| issue.affected.contains(&release.version))
                .map(|(at, _)| at)
                .collect();
            json!([
                release.version.as_str(),
                release.pin.as_ref().map(digests),
                WORDS.iter().position(|word| *word == status),
                at.history
                    .rollback_target(&release.version)
                    .and_then(row_of),
                issues,
                release.date.map(spoken_date),
                u8::from(
                    release
                        .notes
                        .as_ref()
                        .is_some_and(|notes| notes.rollback.is_some())
                ),
                u8::from(has_upgrade(release)),
            ])
        })
        .collect();
    json!({
        "prefix": at.product.bootstrap.tag_prefix,
        "install": at.product.bootstrap.install_line("@TAG@"),
        "latest": at.history.latest(at.day()).map(|release| release.version.as_str()),
        "status": WORDS.map(Status::as_str),
        "rows": rows,
    })
}

/// The beginnings of the digests of the vendor's images, the primary one's first.
fn digests(pin: &Pin) -> String {
    let images = pin.images();
    let own = images.iter().filter(|image| image.role == Role::Product);
    let short: Vec<&str> = own
        .filter_map(|image| image.digest.hex().get(..16))
        .collect();
    short.join(" ")
}

/// The known issues, and their symptoms as they are compared.
pub fn issues(at: Standpoint<'_>, rows: &[IssueRow]) -> Value {
    let said = |text: &Option<String>| text.as_deref().map(plain);
    let issues: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.issue.id, "title": plain(&row.issue.title), "path": row.path, "rollback": row.issue.rollback,
                "workaround": said(&row.issue.workaround), "reason": said(&row.issue.reason),
            })
        })
        .collect();
    let matcher = Matcher::new(&at.history.issues);
    let index = |id: &str| at.history.issues.iter().position(|issue| issue.id == id);
    let symptoms: Vec<Value> = matcher
        .symptoms()
        .map(|(issue, text, words)| json!([index(&issue.id), text, words]))
        .collect();
    json!({ "issues": issues, "symptoms": symptoms, "empty": EMPTY_WORDS.as_slice(), "same": SAME_WORDS })
}

/// What can be searched beside releases.
pub fn other_texts(pages: &[OwnPage], issues: &[IssueRow]) -> String {
    let mut all = String::new();
    for row in issues {
        let issue = &row.issue;
        let texts = issue
            .symptoms
            .iter()
            .chain(&issue.workaround)
            .chain(&issue.reason)
            .map(|text| plain(text));
        record(
            &mut all,
            &format!("{}: {}", issue.id, plain(&issue.title)),
            &row.path,
            "",
            texts,
        );
    }
    for page in pages {
        let title = own::title(page);
        for section in own::write(page)
            .sections
            .into_iter()
            .filter(|section| !(section.title.is_empty() && section.text.is_empty()))
        {
            let same = section.title.is_empty() || section.title == title;
            let named = if same {
                title.clone()
            } else {
                format!("{title}: {}", section.title)
            };
            let path = if section.id.is_empty() {
                own::path(page)
            } else {
                format!("{}#{}", own::path(page), section.id)
            };
            record(&mut all, &named, &path, "", std::iter::once(section.text));
        }
    }
    all
}

/// The texts of releases: summary, actions, changes.
pub fn release_texts(releases: &[&Release]) -> String {
    let mut all = String::new();
    for release in releases {
        let notes = release.notes.as_ref();
        let summary = notes
            .map(|notes| notes.summary.as_str())
            .filter(|summary| !summary.is_empty());
        let actions = notes
            .iter()
            .flat_map(|notes| notes.actions.all())
            .map(|action| action.text.as_str());
        let changes = notes
            .iter()
            .flat_map(|notes| &notes.changes)
            .map(|change| change.text.as_str());
        let date = release.date.map(spoken_date).unwrap_or_default();
        record(
            &mut all,
            release.version.as_str(),
            &GuidePage::Release(&release.version).path(),
            &date,
            summary.into_iter().chain(actions).chain(changes).map(plain),
        );
    }
    all
}

/// A line: name, path, date, then texts, with tabs between.
fn record(
    all: &mut String,
    name: &str,
    path: &str,
    date: &str,
    texts: impl Iterator<Item = String>,
) {
    let fields = [name, path, date]
        .map(str::to_owned)
        .into_iter()
        .chain(texts);
    for (index, field) in fields.enumerate() {
        all.push_str(if index > 0 { "\t" } else { "" });
        all.extend(
            field
                .trim()
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c }),
        );
    }
    all.push('\n');
}
