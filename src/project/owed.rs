//! What customers are owed after the release day: a known issue that was found later and nobody was told of.

use std::collections::HashSet;

use crate::documents::{About, Notice, OwedPart};
use crate::model::{KnownIssue, NoticeKind, Release, Support};
use crate::ports::Recorded;
use crate::ports::ledger::PUBLISHED;
use crate::project::operator::{Outward, tag};
use crate::project::session::{Session, Stop};

/// Everything that is owed, in the order to do it.
pub fn owed(
    session: &Session<'_>,
    outward: &Outward<'_>,
    receipts: &[Recorded],
) -> Result<Vec<OwedPart>, Stop> {
    let history = &outward.loaded.bootstrap.history;
    let mut owed = Vec::new();
    for issue in &history.issues {
        let Some(release) = history.newest_with(issue, session.world.today()) else {
            continue;
        };
        if !found_later(session, outward, issue, release)? {
            continue;
        }
        let untold = untold(session, outward, issue, release)?;
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
            what: format!(
                "{} not told of {} yet",
                match untold {
                    1 => "1 recipient is".to_owned(),
                    more => format!("{more} recipients are"),
                },
                issue.id
            ),
            command: format!("tidings email send --kind known-issue --issue {}", issue.id),
        });
    }
    Ok(owed)
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
    issue: &KnownIssue,
    release: &Release,
) -> Result<usize, Stop> {
    let about = About {
        kind: NoticeKind::KnownIssue,
        release,
        window: None,
        issue: Some(issue),
    };
    let support = Support::on(&outward.loaded.bootstrap.history, session.world.today());
    let at = outward.loaded.standpoint(&support);
    let batch = format!("{}/{}", issue.id, about.kind.as_str());
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
