//! What the guide's script is given: releases, known issues, texts to search. Each file is a script that fills
//! `tidings.data`, since a page on a disk may not fetch.

use serde_json::{Value, json};

use crate::documents::{IssueRow, Standpoint, release_path, spoken_date};
use crate::guide::own;
use crate::model::{Digest, EMPTY_WORDS, Matcher, Release, SAME_WORDS, Status};
use crate::render::plain;
use crate::sources::content::OwnPage;

/// Releases in one file of search texts.
pub const SHARD: usize = 200;

/// A script that sets `tidings.data[name]`. No `<` is left in it, so that it can stand in a page.
pub fn script(name: &str, value: &Value) -> String {
    let json = value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("(window.tidings = window.tidings || {{ data: {{}} }}).data[{name:?}] = {json};\n")
}

/// Every release, newest first: version, start of its digest, status, the row a rollback goes to, its known issues, its
/// date, whether a rollback leaves something, whether there is an upgrade page.
pub fn releases(at: Standpoint<'_>, releases: &[&Release], has_upgrade: &dyn Fn(&Release) -> bool) -> Value {
    const WORDS: [Status; 4] = [Status::Supported, Status::Unsupported, Status::Withdrawn, Status::Unreleased];
    let row_of = |wanted: &Release| releases.binary_search_by(|release| wanted.version.cmp(&release.version)).ok();
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
                release.pin.as_ref().and_then(|pin| pin.digest.as_str().get(Digest::ALGORITHM.len()..Digest::ALGORITHM.len() + 16)),
                WORDS.iter().position(|word| *word == status),
                at.history.rollback_target(&release.version).and_then(row_of),
                issues,
                release.date.map(spoken_date),
                u8::from(release.notes.as_ref().is_some_and(|notes| notes.rollback.is_some())),
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
    let symptoms: Vec<Value> = matcher.symptoms().map(|(issue, text, words)| json!([index(&issue.id), text, words])).collect();
    json!({ "issues": issues, "symptoms": symptoms, "empty": EMPTY_WORDS.as_slice(), "same": SAME_WORDS })
}

/// What can be searched beside releases: the vendor's own pages and the known issues.
pub fn other_texts(pages: &[OwnPage], issues: &[IssueRow]) -> Value {
    let issues = issues.iter().map(|row| {
        let issue = &row.issue;
        let texts = issue.symptoms.iter().chain(&issue.workaround).chain(&issue.reason).map(|text| plain(text));
        json!([format!("{}: {}", issue.id, plain(&issue.title)), row.path, "", texts.collect::<Vec<_>>()])
    });
    let own = pages.iter().flat_map(|page| {
        let title = own::title(page);
        own::write(page).sections.into_iter().filter(|section| !(section.title.is_empty() && section.text.is_empty())).map(move |section| {
            let named =
                if section.title.is_empty() || section.title == title { title.clone() } else { format!("{title}: {}", section.title) };
            let path = if section.id.is_empty() { own::path(page) } else { format!("{}#{}", own::path(page), section.id) };
            json!([named, path, "", [section.text.trim()]])
        })
    });
    Value::Array(issues.chain(own).collect())
}

/// The texts of releases: summary, actions, changes.
pub fn release_texts(releases: &[&Release]) -> Value {
    let rows = releases.iter().map(|release| {
        let notes = release.notes.as_ref();
        let summary = notes.map(|notes| notes.summary.as_str()).filter(|summary| !summary.is_empty());
        let actions = notes.iter().flat_map(|notes| notes.actions.all()).map(|action| action.text.as_str());
        let changes = notes.iter().flat_map(|notes| &notes.changes).map(|change| change.text.as_str());
        let texts: Vec<String> = summary.into_iter().chain(actions).chain(changes).map(plain).collect();
        json!([release.version.as_str(), release_path(release), release.date.map(spoken_date), texts])
    });
    Value::Array(rows.collect())
}
