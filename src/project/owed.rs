//! What is owed after the release day: what is left of a withdrawal, a known issue that nobody was told of.

use std::collections::HashSet;

use crate::documents::{About, Notice, OwedPart};
use crate::model::{INSTALL_NOTES, KnownIssue, NoticeKind, Release, Support};
use crate::ports::Recorded;
use crate::ports::ledger::{PUBLISHED, REINSTATED, WITHDRAWN};
use crate::ports::shown;
use crate::project::install_part::{notes_of, pinned};
use crate::project::operator::{Outward, tag};
use crate::project::session::{Session, Stop};

/// Everything that is owed, in the order to do it.
pub fn owed(
    session: &Session<'_>,
    outward: &Outward<'_>,
    receipts: &[Recorded],
    readme_is_stale: &dyn Fn() -> Result<bool, Stop>,
) -> Result<Vec<OwedPart>, Stop> {
    let history = &outward.loaded.bootstrap.history;
    let mut owed = Vec::new();
    for issue in &history.issues {
        let Some(release) = history.newest_with(issue, session.today()) else {
            continue;
        };
        if !found_later(session, outward, issue, release)? {
            continue;
        }
        let about = About {
            kind: NoticeKind::KnownIssue,
            release,
            window: None,
            issue: Some(issue),
        };
        let untold = untold(session, outward, about, &issue.id)?;
        if untold == 0 {
            continue;
        }
        if !said_on_page(receipts, &tag(outward.loaded, release), issue) {
            owed.push(OwedPart {
                what: format!(
                    "the page of {} does not say {} yet",
                    release.version, issue.id
                ),
                command: format!("tidings publish {}", release.version),
            });
        }
        owed.push(OwedPart {
            what: format!("{} not told of {} yet", recipients_are(untold), issue.id),
            command: format!("tidings email send --kind known-issue --issue {}", issue.id),
        });
    }
    for release in history.releases() {
        owed.extend(withdrawal(
            session,
            outward,
            receipts,
            release,
            readme_is_stale,
        )?);
    }
    Ok(owed)
}

/// What is left of a withdrawal, or of its end: the changelog at `origin`, the README, the mail.
fn withdrawal(
    session: &Session<'_>,
    outward: &Outward<'_>,
    receipts: &[Recorded],
    release: &Release,
    readme_is_stale: &dyn Fn() -> Result<bool, Stop>,
) -> Result<Vec<OwedPart>, Stop> {
    let (loaded, name) = (outward.loaded, tag(outward.loaded, release));
    let steps = [WITHDRAWN, REINSTATED];
    let last = receipts.iter().rev().find(|recorded| {
        recorded.receipt.tag == name && steps.contains(&recorded.receipt.step.as_str())
    });
    let Some(last) = last else {
        return Ok(Vec::new());
    };
    let gone = last.receipt.step == WITHDRAWN;
    let word = if gone { "withdrawn" } else { "taken back" };
    let mut owed = Vec::new();
    let config = &loaded.bootstrap.config;
    if readme_is_stale()? {
        owed.push(OwedPart {
            what: format!("{} does not say what is supported now", config.readme_file),
            command: "tidings readme --write".to_owned(),
        });
    }
    // Clones read what was found out later from the notes at the newest commit.
    let notes = loaded.facts.text(session, &loaded.root, INSTALL_NOTES)?;
    if let (Some(notes), Some(pinned)) = (notes, pinned(loaded))
        && *notes.body != *notes_of(loaded, session, pinned)
    {
        owed.push(OwedPart {
            what: format!("{INSTALL_NOTES} does not say it to those who install"),
            command: "tidings install-notes --write".to_owned(),
        });
    }
    let repository = session.world.repository(&loaded.root);
    let tree = repository.tree()?;
    let files = [
        config.changelog_file.as_str(),
        config.readme_file.as_str(),
        INSTALL_NOTES,
    ];
    let changed: Vec<&str> = files
        .into_iter()
        .filter(|file| tree.changed.iter().any(|path| path == file))
        .collect();
    if !changed.is_empty() {
        let (root, files) = (shown(&loaded.root), changed.join(" "));
        owed.push(OwedPart {
            what: format!("that {} is {word} is not committed", release.version),
            command: format!(
                "git -C {root} commit -m \"{} is {word}\" {files} && git -C {root} push; tidings guide build",
                release.version
            ),
        });
    }
    let there = match &tree.branch {
        Some(branch) => repository.commit_of(&format!("refs/remotes/origin/{branch}"))?,
        None => None,
    };
    if let Some(there) = there
        && changed.is_empty()
        && !repository.contains(&there, &tree.commit)?
    {
        owed.push(OwedPart {
            what: format!("that {} is {word} is not pushed", release.version),
            command: format!("git -C {} push; tidings guide build", shown(&loaded.root)),
        });
    }
    let about = About {
        kind: NoticeKind::Withdrawal,
        release,
        window: None,
        issue: None,
    };
    let untold = untold(session, outward, about, release.version.as_str())?;
    if gone && untold > 0 {
        let are = recipients_are(untold);
        owed.push(OwedPart {
            what: format!("{are} not told that {} is withdrawn", release.version),
            command: format!("tidings email send {} --kind withdrawal", release.version),
        });
    }
    Ok(owed)
}

fn recipients_are(count: usize) -> String {
    match count {
        1 => "1 recipient is".to_owned(),
        more => format!("{more} recipients are"),
    }
}

/// Whether the release was out before the issue was known: what its tag holds does not name it.
fn found_later(
    session: &Session<'_>,
    outward: &Outward<'_>,
    issue: &KnownIssue,
    release: &Release,
) -> Result<bool, Stop> {
    let Some(tag) = &release.tag else {
        return Ok(false);
    };
    let config = &outward.loaded.bootstrap.config;
    for (file, words) in [
        (&config.known_issues_file, &issue.id),
        (&config.changelog_file, &issue.title),
    ] {
        let at_tag = session
            .world
            .file_at(&outward.loaded.root, &tag.commit, file)?;
        let text = at_tag.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if text.is_some_and(|text| text.contains(words.as_str())) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many recipients it concerns who have no message of it.
fn untold(
    session: &Session<'_>,
    outward: &Outward<'_>,
    about: About<'_>,
    batch: &str,
) -> Result<usize, Stop> {
    let support = Support::on(&outward.loaded.bootstrap.history, session.today());
    let at = outward.loaded.standpoint(&support);
    let batch = format!("{batch}/{}", about.kind.as_str());
    let deliveries = outward.ledger.deliveries(Some(&batch))?;
    let told: HashSet<String> = deliveries
        .iter()
        .filter(|delivery| !delivery.state.is_open())
        .map(|delivery| delivery.address.to_lowercase())
        .collect();
    let never: HashSet<String> = outward
        .ledger
        .suppressed()?
        .into_iter()
        .map(|(address, _)| address.to_lowercase())
        .collect();
    let concerned = outward
        .loaded
        .customers
        .iter()
        .filter(|customer| Notice::concerns(at, about, customer.running.as_ref()));
    let recipients = concerned
        .flat_map(|customer| &customer.recipients)
        .filter(|recipient| Notice::reaches(recipient, about.kind))
        .map(|recipient| recipient.address.to_lowercase());
    Ok(recipients
        .filter(|address| !told.contains(address) && !never.contains(address))
        .count())
}

/// The last publishing of the page said the issue.
fn said_on_page(receipts: &[Recorded], tag: &str, issue: &KnownIssue) -> bool {
    let last = receipts
        .iter()
        .rev()
        .find(|recorded| recorded.receipt.step == PUBLISHED && recorded.receipt.tag == tag);
    last.and_then(|recorded| {
        let detail: serde_json::Value = serde_json::from_str(&recorded.receipt.detail).ok()?;
        let said = detail["issues"].as_array()?.iter();
        Some(said.flat_map(|id| id.as_str()).any(|id| id == issue.id))
    })
    .unwrap_or(false)
}
