//! What the pages say of a release before and after one of them is withdrawn or taken back: its own, and those that led to it.

use crate::documents::{ReleaseNote, Standpoint};
use crate::model::{Digest, GuidePage, Leave, Release, Support, Version};
use crate::ports::Recorded;
use crate::ports::forge::Page;
use crate::ports::ledger::{PUBLISHED, REINSTATED, REVISED, WITHDRAWN};
use crate::project::load::Loaded;
use crate::project::session::{Session, Stop};
use crate::publish::{bare, body, has_banner, with_banner, with_issues};
use crate::render::Engine;

/// A change of state of one release.
pub struct Standing<'l, 's> {
    loaded: &'l Loaded,
    session: &'l Session<'s>,
    engine: Engine,
    changed: &'l Version,
    /// It is withdrawn by the change; taken back otherwise.
    withdrawn: bool,
    receipts: &'l [Recorded],
}

/// A page as it should be after the change.
pub struct Revised {
    pub body: String,
    pub html: String,
    /// Its text is ours, and was not changed by hand.
    pub own: bool,
}

impl<'l, 's> Standing<'l, 's> {
    /// # Errors
    /// A template is broken.
    pub fn new(
        loaded: &'l Loaded,
        session: &'l Session<'s>,
        changed: &'l Version,
        withdrawn: bool,
        receipts: &'l [Recorded],
    ) -> Result<Self, Stop> {
        Ok(Standing {
            engine: loaded.engine(session)?,
            loaded,
            session,
            changed,
            withdrawn,
            receipts,
        })
    }

    fn note(&self, release: &Release, after: bool) -> ReleaseNote {
        let history = &self.loaded.bootstrap.history;
        let history = history.as_if(self.changed, self.withdrawn == after);
        let release = history.release(&release.version).unwrap_or(release);
        let today = self.session.today();
        let day = match release.withdrawn {
            true => history.last_day(today),
            false => release.date.unwrap_or(today),
        };
        let support = Support::on(&history, day);
        let at = Standpoint::new(&self.loaded.bootstrap.config.product, &history, &support);
        ReleaseNote::of(at, release)
    }

    /// The note as a page has it, without a banner of its own.
    fn said(&self, note: &ReleaseNote) -> Result<String, Stop> {
        let text = body(&self.engine.render("release-note.md", note)?, "");
        Ok(bare(&text).trim_end().to_owned())
    }

    /// The page of a release after the change. One that was changed by hand keeps its text below what stands above it.
    ///
    /// # Errors
    /// A template is broken.
    pub fn page(
        &self,
        page: &Page,
        release: &Release,
        reason: Option<&str>,
    ) -> Result<Revised, Stop> {
        let after = self.note(release, true);
        let (was, says) = (self.said(&self.note(release, false))?, self.said(&after)?);
        let there = bare(&page.body);
        // What it said may follow from other changes since; the receipts know whether the text is ours all the same.
        let rest = there
            .strip_prefix(was.as_str())
            .or_else(|| there.strip_prefix(says.as_str()))
            .or_else(|| self.is_ours(page).then(|| behind(there, &says)));
        let text = rest.map_or_else(|| there.to_owned(), |rest| format!("{says}{rest}"));
        let bootstrap = &self.loaded.bootstrap;
        let all = bootstrap.config.product.guide_page(GuidePage::KnownIssues);
        let text = with_issues(
            &text,
            bootstrap.history.issues_of(&release.version),
            all.as_deref(),
        );
        let instead = after
            .instead
            .as_ref()
            .map(|instead| instead.version.as_str());
        Ok(Revised {
            own: rest.is_some(),
            body: match reason {
                Some(reason) => with_banner(&text, reason, instead),
                None => text,
            },
            html: self.engine.render("release-note.html", &after)?,
        })
    }

    /// The last receipt that says what is on the page says this.
    fn is_ours(&self, page: &Page) -> bool {
        let steps = [PUBLISHED, WITHDRAWN, REINSTATED, REVISED];
        let last = self.receipts.iter().rev().find_map(|recorded| {
            let receipt = &recorded.receipt;
            (receipt.tag == page.tag && steps.contains(&receipt.step.as_str())).then_some(())?;
            let detail: serde_json::Value = serde_json::from_str(&receipt.detail).ok()?;
            detail["text"].as_str().map(str::to_owned)
        });
        last.is_some_and(|text| text == text_digest(&page.body))
    }

    /// Other releases whose page leads somewhere else after the change.
    pub fn neighbours(&self) -> Vec<&'l Release> {
        let history = &self.loaded.bootstrap.history;
        let (before, after) = (
            history.as_if(self.changed, !self.withdrawn),
            history.as_if(self.changed, self.withdrawn),
        );
        let today = self.session.today();
        let ways = |history: &crate::model::History, release: &Release| {
            let out = history.leave(&release.version, today).map(Leave::release);
            let back = history.rollback_target(&release.version);
            let out = out.filter(|_| release.withdrawn);
            [out, back].map(|to| to.map(|to| to.version.clone()))
        };
        let support = |release: &Release, after: bool| self.note(release, after).support_effect;
        let others = history.releases().iter();
        others
            .filter(|release| release.tag.is_some() && release.version != *self.changed)
            .filter(|release| {
                ways(&before, release) != ways(&after, release)
                    || support(release, false) != support(release, true)
            })
            .collect()
    }
}

/// What a page says, as receipts have it: without banner and known issues.
pub fn text_digest(body: &str) -> String {
    Digest::of(bare(body).trim().as_bytes()).to_string()
}

/// What stands behind the note on a page that is ours, found by the end of the note: it names the digest, which never changes.
fn behind<'p>(there: &'p str, says: &str) -> &'p str {
    let lines = says.trim_end().rsplit('\n').take(5).count();
    let from = says
        .trim_end()
        .rmatch_indices('\n')
        .nth(lines.saturating_sub(1))
        .map_or(0, |(at, _)| at);
    let tail = says[from..].trim();
    there.find(tail).map_or("", |at| &there[at + tail.len()..])
}

/// Why a release was withdrawn, where its page says that it was.
pub fn reason_of(receipts: &[Recorded], page: &Page) -> Option<String> {
    has_banner(&page.body).then(|| {
        let last = receipts.iter().rev().find(|recorded| {
            recorded.receipt.tag == page.tag && recorded.receipt.step == WITHDRAWN
        });
        last.and_then(|recorded| {
            let detail: serde_json::Value = serde_json::from_str(&recorded.receipt.detail).ok()?;
            detail["reason"].as_str().map(str::to_owned)
        })
        .unwrap_or_default()
    })
}
