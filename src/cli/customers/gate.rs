//! Why customers may not be told yet.

use crate::diag::{Code, Finding, Findings};
use crate::model::{GuidePage, NoticeKind, Release};
use crate::ports::ledger::{OVERRIDDEN, PUBLISH_BEGUN};
use crate::project::operator::{Outward, Patience, tag};
use crate::project::session::{Session, Stop};
use crate::publish::{Facts, bare, body, gate, with_issues, without_banner};

/// The reason with which an operator went past the gate of this release before.
pub fn overridden(outward: &Outward<'_>, release: &Release) -> Result<Option<String>, Stop> {
    let name = tag(outward.loaded, release);
    let receipts = outward.ledger.receipts()?;
    let last = receipts
        .iter()
        .rev()
        .find(|recorded| recorded.receipt.step == OVERRIDDEN && recorded.receipt.tag == name);
    Ok(last.and_then(|recorded| {
        let detail: serde_json::Value = serde_json::from_str(&recorded.receipt.detail).ok()?;
        detail["reason"].as_str().map(str::to_owned)
    }))
}

/// Why customers may not be told yet.
pub fn held(
    outward: &Outward<'_>,
    session: &Session<'_>,
    release: &Release,
    kind: NoticeKind,
    new_ledger: bool,
) -> Result<Findings, Stop> {
    if matches!(kind, NoticeKind::EndOfSupport | NoticeKind::PreAnnouncement) {
        // Whom it concerns, and whether it is time, is decided by the date.
        return Ok(Findings::new());
    }
    let name = tag(outward.loaded, release);
    let mut held = Findings::new();
    let receipts = outward.ledger.receipts()?;
    if !matches!(kind, NoticeKind::Withdrawal | NoticeKind::KnownIssue) {
        let remote = session.world.remote_tag(&outward.loaded.root, &name)?;
        let working = outward.loaded.bootstrap.working_pin.as_ref();
        held.extend(gate(&Facts {
            release,
            tag: &name,
            remote: remote.as_ref(),
            working,
            receipts: &receipts,
            public: true,
        }));
    }
    let forge = outward.forge(session)?;
    let page = Patience::new(session)
        .read(|| forge.find(&name))?
        .filter(|page| !page.draft);
    let Some(page) = page else {
        let finding = Finding::new(
            Code::GatePage,
            format!("{name} has no public page that a mail could point at"),
        );
        held.push(finding.help(format!("`tidings publish {}` first", release.version)));
        return Ok(held);
    };
    let said = without_banner(&page.body);
    if kind == NoticeKind::Withdrawal {
        if said == page.body {
            let finding = Finding::new(
                Code::GatePage,
                format!("the page of {name} does not say that it was withdrawn"),
            );
            held.push(finding.help(format!(
                "`tidings withdraw {} --reason …` first",
                release.version
            )));
        }
    } else if kind == NoticeKind::KnownIssue {
        let history = &outward.loaded.bootstrap.history;
        let product = &outward.loaded.bootstrap.config.product;
        let guide = product.guide_page(GuidePage::KnownIssues);
        let known = history.issues_of(&release.version);
        if with_issues(&page.body, known, guide.as_deref()) != page.body {
            let finding = Finding::new(
                Code::GatePage,
                format!("the page of {name} does not say what is known by now"),
            );
            held.push(finding.help(format!("`tidings publish {}` first", release.version)));
        }
    } else {
        let note = outward
            .loaded
            .engine(session)?
            .render("release-note.md", &outward.note(session, release))?;
        let ours = body(&note, "");
        if !bare(said).starts_with(ours.trim_end()) {
            let finding = Finding::new(
                Code::GatePage,
                format!("the page of {name} says something else than the note"),
            );
            held.push(finding.help("`tidings publish --dry-run` shows where they differ"));
        }
    }
    let known = receipts
        .iter()
        .any(|recorded| recorded.receipt.step == PUBLISH_BEGUN && recorded.receipt.tag == name);
    if !known && !new_ledger {
        let finding = Finding::new(
            Code::GateLedger,
            format!("{name} was public before this ledger was there"),
        );
        held.push(finding.help(
            "use the ledger that published it, so that nobody is told twice; with `--new-ledger` you say that nobody was told from another one",
        ));
    }
    Ok(held)
}
