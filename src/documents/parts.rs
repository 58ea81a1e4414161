//! Parts that several documents share.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::count;
use crate::model::{
    Action, GuidePage, History, KnownIssue, Leave, Minutes, Product, Release, Support, Version,
};

/// Where a document stands: whose product, what is known, on which day.
#[derive(Clone, Copy)]
pub struct Standpoint<'s> {
    pub product: &'s Product,
    pub history: &'s History,
    /// Support on the day, worked out once for all documents.
    pub support: &'s Support<'s>,
}

impl<'s> Standpoint<'s> {
    pub fn new(product: &'s Product, history: &'s History, support: &'s Support<'s>) -> Self {
        Standpoint {
            product,
            history,
            support,
        }
    }

    pub fn day(&self) -> NaiveDate {
        self.support.day
    }

    pub fn tag(&self, release: &Release) -> String {
        release.tag.as_ref().map_or_else(
            || self.product.bootstrap.tag(&release.version),
            |tag| tag.name.clone(),
        )
    }

    /// The page of the guide that leads from a version to a release, where there is one: it leads to the latest.
    pub fn upgrade_page(&self, from: &Version, to: &Release) -> Option<String> {
        let from = self.history.release(from)?;
        self.history
            .upgrade_target(from, self.day())
            .filter(|target| target.version == to.version)?;
        self.product.guide_page(GuidePage::Upgrade(&from.version))
    }

    pub fn withdrawn(&self, version: &Version) -> bool {
        self.history
            .release(version)
            .is_some_and(|release| release.withdrawn)
    }

    /// The way out of a withdrawn release; `None` where it is not withdrawn, or leads nowhere.
    pub fn leave(&self, version: &Version) -> Option<Leave<'s>> {
        self.withdrawn(version)
            .then(|| self.history.leave(version, self.day()))?
    }

    /// What somebody on a withdrawn release does: `go on to 1.5.1`, `go back to 1.4.2`, `call us`.
    pub fn away(&self, version: &Version) -> String {
        self.leave(version)
            .map_or_else(|| "call us".to_owned(), Leave::words)
    }

    /// How to get there.
    pub fn instead(&self, version: &Version) -> Option<RollbackPart> {
        self.leave(version)
            .map(|leave| self.part(leave.release(), None))
    }

    pub fn rollback(&self, release: &Release) -> Option<RollbackPart> {
        let target = self.history.rollback_target(&release.version)?;
        Some(
            self.part(
                target,
                release
                    .notes
                    .as_ref()
                    .and_then(|notes| notes.rollback.clone()),
            ),
        )
    }

    /// How to get to a release.
    pub fn part(&self, target: &Release, not_undone: Option<String>) -> RollbackPart {
        let tag = self.tag(target);
        RollbackPart {
            version: target.version.to_string(),
            command: self.product.bootstrap.install_line(&tag),
            tag,
            not_undone,
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProductPart {
    pub name: String,
    pub vendor: String,
    pub repository: String,
    pub guide: Option<String>,
}

impl ProductPart {
    pub fn of(product: &Product) -> Self {
        ProductPart {
            name: product.name.clone(),
            vendor: product.vendor.clone(),
            repository: product.bootstrap.repository.clone(),
            guide: product.guide_url.clone(),
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ContactPart {
    pub address: String,
    pub response: String,
    pub emergency: Option<String>,
    /// The address is one for mail.
    pub mail: bool,
}

impl ContactPart {
    pub fn of(product: &Product) -> Self {
        let contact = &product.contact;
        ContactPart {
            address: contact.address.clone(),
            response: contact.response.clone(),
            emergency: contact.emergency.clone(),
            mail: contact.address.contains('@') && !contact.address.contains([' ', '/']),
        }
    }
}

/// Something a customer must do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActionPart {
    /// Markdown.
    pub text: String,
    pub applies_to: Option<String>,
    /// A link to the exact change: Markdown.
    pub change: Option<String>,
    /// How to tell that it worked: Markdown.
    pub check: Option<String>,
    /// The action of an earlier release that this one stands for.
    pub replaces: Option<String>,
    pub downtime_minutes: Option<Minutes>,
    /// The same in words.
    pub downtime: Option<String>,
    pub window: Option<String>,
}

impl ActionPart {
    pub fn of(action: &Action) -> Self {
        ActionPart {
            text: action.text.clone(),
            applies_to: action.applies_to.clone(),
            change: action.change.clone(),
            check: action.check.clone(),
            replaces: action.replaces.clone(),
            downtime_minutes: action.downtime,
            downtime: action.downtime.filter(|minutes| *minutes > 0).map(duration),
            window: action.window.map(|window| window.as_str().to_owned()),
        }
    }
}

/// How to go to another release.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RollbackPart {
    pub version: String,
    pub tag: String,
    /// One line, run in the clone of the bootstrap repository.
    pub command: String,
    /// What going back does not undo: Markdown.
    pub not_undone: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IssuePart {
    pub id: String,
    pub title: String,
    pub symptoms: Vec<String>,
    pub introduced: Option<String>,
    /// Where it is fixed, in words: `1.5.3 and 2.0.2`.
    pub fixed: Option<String>,
    pub workaround: Option<String>,
    /// `yes`, `no` or `ask`.
    pub rollback: String,
    pub reason: Option<String>,
}

impl IssuePart {
    pub fn of(issue: &KnownIssue) -> Self {
        IssuePart {
            id: issue.id.clone(),
            title: issue.title.clone(),
            symptoms: issue.symptoms.clone(),
            introduced: issue.affected.introduced().map(Version::to_string),
            fixed: issue.affected.fixed_words(),
            workaround: issue.workaround.clone(),
            rollback: issue.rollback.as_str().to_owned(),
            reason: issue.reason.clone(),
        }
    }
}

/// `5 minutes`, `1 hour`, `1 hour 30 minutes`.
pub fn duration(minutes: Minutes) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => count(minutes as usize, "minute"),
        (hours, 0) => count(hours as usize, "hour"),
        (hours, minutes) => format!(
            "{} {}",
            count(hours as usize, "hour"),
            count(minutes as usize, "minute")
        ),
    }
}

/// ISO 8601: the one form that no reader mistakes.
pub fn spoken_date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}
