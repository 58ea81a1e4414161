//! What a proposal changes beside the pin: the entries and the README that customers have read, files that go with the pin, the
//! install notes.

use crate::diag::Text;
use crate::documents::{Row, Standpoint, install_notes};
use crate::model::{Changelog, INSTALL_NOTES, Pin, Support, Tag, Version};
use crate::ports::Repository;
use crate::project::operator::Outward;
use crate::project::proposal::text;
use crate::project::session::{Session, Stop};
use crate::publish::differing;
use crate::release_day::{older_entries, other_changes_with, readme_text};
use crate::render::plain;
use crate::sources::{self, Input, changelog};

/// What customers have read already stays as it is.
pub fn told_before(
    outward: &Outward<'_>,
    repository: &dyn Repository,
    version: &Version,
    (before, after): (&str, &str),
) -> Result<[Row; 2], Stop> {
    let config = &outward.loaded.bootstrap.config;
    let read = |commit: &str, file: &str| -> Result<Text, Stop> {
        let bytes = repository.file(commit, file)?.unwrap_or_default();
        Ok(text(file, bytes))
    };
    let log = |commit: &str| -> Result<Changelog, Stop> {
        let text = read(commit, &config.changelog_file)?;
        Ok(changelog::read_as(text, &config.dialect))
    };
    let readme = |commit: &str| read(commit, &config.readme_file);
    Ok([
        older_entries(version, &log(before)?, &log(after)?),
        readme_text(version, &readme(before)?.body, &readme(after)?.body),
    ])
}

/// A file that changes with the pin changes in the pin's facts and in version numbers only.
pub fn also_row(
    repository: &dyn Repository,
    file: &str,
    (base, before): (&str, &Pin),
    (commit, pin): (&str, &Pin),
) -> Result<Row, Stop> {
    let read = |at: &str| -> Result<String, Stop> {
        Ok(text(file, repository.file(at, file)?.unwrap_or_default())
            .body
            .to_string())
    };
    let other = other_changes_with((&read(base)?, before), (&read(commit)?, pin));
    Ok(if other.is_empty() {
        Row::pass(
            file,
            "changes in facts of the pin and in version numbers only",
        )
    } else {
        let shown: Vec<String> = other
            .iter()
            .take(5)
            .map(|line| crate::diag::clipped(line, 100))
            .collect();
        Row::fail(
            file,
            shown.join("\n"),
            "what is no fact of this release comes in a change of its own, that says why",
        )
    })
}

/// The install notes of a proposal are what tidings makes of it; `None` where it has none.
pub fn notes_row(
    session: &Session<'_>,
    outward: &Outward<'_>,
    repository: &dyn Repository,
    version: &Version,
    commit: &str,
) -> Result<Option<Row>, Stop> {
    let Some(there) = repository.file(commit, INSTALL_NOTES)? else {
        return Ok(None);
    };
    let config = &outward.loaded.bootstrap.config;
    let file = |path: &str| -> Result<Option<Text>, Stop> {
        let bytes = repository.file(commit, path)?;
        Ok(bytes.map(|bytes| text(path, bytes)))
    };
    let empty = || Text::new(config.changelog_file.as_str(), "");
    let input = Input {
        config: config.clone(),
        changelog: file(&config.changelog_file)?.unwrap_or_else(empty),
        pin: file(&config.pin.file)?,
        issues: file(&config.known_issues_file)?,
        tags: session.world.tags(&outward.loaded.root, &config.pin.file)?,
    };
    let beside = |tag: Option<&Tag>, path: &str| {
        let at = tag.map_or(commit, |tag| tag.commit.as_str());
        Some(text(path, repository.file(at, path).ok()??))
    };
    let read = sources::read(input, &beside);
    let check = "install notes";
    let Some(release) = read.history.release(version) else {
        return Ok(Some(Row::fail(
            check,
            format!("there is no {version} to compare them with"),
            "the proposal needs its entry and its pin",
        )));
    };
    let support = Support::on(
        &read.history,
        release.date.unwrap_or_else(|| session.today()),
    );
    let at = Standpoint::new(&config.product, &read.history, &support);
    let wanted = install_notes(at, release, &|markdown| plain(markdown));
    let differing = differing(&String::from_utf8_lossy(&there), &wanted);
    Ok(Some(if differing.is_empty() {
        Row::pass(check, format!("say what the entries up to {version} ask"))
    } else {
        Row::fail(
            check,
            differing.join("\n"),
            "whoever installs would be told something else: `tidings install-notes --write` in the pipeline, beside `tidings readme --write`",
        )
    }))
}
