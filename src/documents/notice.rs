//! A notice: what one recipient is told about a release. It points at the page and never repeats the note.

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::count;
use crate::documents::matrix::{dated_end, regained_words, status_words};
use crate::documents::parts::{
    ContactPart, IssuePart, ProductPart, Standpoint, duration, spoken_date,
};
use crate::model::{
    AffectedRange, Customer, InstallWindow, KnownIssue, NoticeKind, Recipient, Release,
    SectionKind, Status, Version,
};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Notice {
    pub schema: &'static str,
    /// `release`, `security`, `withdrawal`, `end-of-support`, `pre-announcement`, `known-issue`.
    pub kind: String,
    pub product: ProductPart,
    pub version: String,
    pub tag: String,
    pub to: Addressee,
    /// `business-hours` or `maintenance-window`, for this customer.
    pub install_window: String,
    /// The same in a sentence.
    pub install_words: String,
    pub action_count: usize,
    /// What the customer's own version means: one or two sentences.
    pub situation: Vec<String>,
    pub release_page: String,
    /// Where the customer's own actions stand, if there are any.
    pub upgrade_page: Option<String>,
    /// The line whose support ends, for that kind of notice.
    pub line: Option<String>,
    pub ends: Option<String>,
    /// That day is over.
    pub ended: bool,
    /// The day of the maintenance window that is announced.
    pub window: Option<String>,
    /// The known issue that is told of.
    pub issue: Option<IssuePart>,
    pub contact: ContactPart,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Addressee {
    pub customer: String,
    pub customer_name: String,
    pub name: Option<String>,
    pub address: String,
    pub running: Option<String>,
}

/// A notice to one recipient. What it says is shared by all who run the same version; `to` in it is one of them.
#[derive(Clone, Debug)]
pub struct Addressed {
    pub says: Arc<Notice>,
    pub to: Addressee,
}

impl Addressed {
    /// One notice to somebody who stands at several customers: the gravest, with the situation of each.
    pub fn together(all: &[&Addressed]) -> Option<Addressed> {
        let gravest = all.iter().max_by_key(|notice| {
            let says = &notice.says;
            (
                says.install_window == "maintenance-window",
                says.action_count,
            )
        });
        let (gravest, first) = (gravest?, all.first()?);
        let each = |part: fn(&Addressed) -> String| {
            let parts: Vec<String> = all.iter().map(|notice| part(notice)).collect();
            parts.join(", ")
        };
        let mut says = (*gravest.says).clone();
        says.situation = all
            .iter()
            .flat_map(|notice| {
                let name = &notice.to.customer_name;
                let mut sentences = notice.says.situation.iter();
                let first = sentences.next().map(|first| format!("At {name}: {first}"));
                first.into_iter().chain(sentences.cloned())
            })
            .collect();
        let to = Addressee {
            customer: each(|notice| notice.to.customer.clone()),
            customer_name: each(|notice| notice.to.customer_name.clone()),
            name: first.to.name.clone(),
            address: first.to.address.clone(),
            running: Some(each(|notice| {
                let running = notice.to.running.as_deref().unwrap_or("not known");
                format!("{running} at {}", notice.to.customer_name)
            })),
        };
        says.to = to.clone();
        Some(Addressed {
            says: Arc::new(says),
            to,
        })
    }

    /// The document, as it is printed and as templates see it.
    pub fn whole(&self) -> Notice {
        Notice {
            to: self.to.clone(),
            ..(*self.says).clone()
        }
    }
}

impl From<Notice> for Addressed {
    fn from(notice: Notice) -> Self {
        Addressed {
            to: notice.to.clone(),
            says: Arc::new(notice),
        }
    }
}

impl Addressee {
    pub fn of(customer: &Customer, recipient: &Recipient) -> Self {
        Addressee {
            customer: customer.id.clone(),
            customer_name: customer.name.clone(),
            name: recipient.name.clone(),
            address: recipient.address.clone(),
            running: recipient.running.as_ref().map(Version::to_string),
        }
    }
}

/// What notices are about.
#[derive(Clone, Copy)]
pub struct About<'r> {
    pub kind: NoticeKind,
    pub release: &'r Release,
    /// The day of the maintenance window that is announced; of the kind `pre-announcement` only.
    pub window: Option<NaiveDate>,
    /// The known issue that is told of; of the kind `known-issue` only. The release is the newest that has it.
    pub issue: Option<&'r KnownIssue>,
}

/// What a release means to somebody on a version. The same for everybody on that version.
struct Situation {
    window: InstallWindow,
    actions: usize,
    sentences: Vec<String>,
    upgrade_page: Option<String>,
}

impl Notice {
    pub const SCHEMA: &'static str = "tidings/notice/1";

    /// The kind that a release calls for by itself.
    pub fn kind_of(release: &Release) -> NoticeKind {
        let secures = release
            .notes
            .as_ref()
            .is_some_and(|notes| notes.of_kind(SectionKind::Security).next().is_some());
        match (release.withdrawn, secures) {
            (true, _) => NoticeKind::Withdrawal,
            (_, true) => NoticeKind::Security,
            _ => NoticeKind::Release,
        }
    }

    /// Whether a recipient gets a notice of this kind: one who wants releases gets security releases and known
    /// issues too.
    pub fn reaches(recipient: &Recipient, kind: NoticeKind) -> bool {
        recipient.wants(kind)
            || (matches!(kind, NoticeKind::Security | NoticeKind::KnownIssue)
                && recipient.wants(NoticeKind::Release))
    }

    /// Whether there is something to tell a customer: an end of support only where it has a date, a known issue where
    /// the version that runs has it or is not known.
    pub fn concerns(at: Standpoint<'_>, about: About<'_>, running: Option<&Version>) -> bool {
        match (about.kind, about.issue) {
            (NoticeKind::EndOfSupport, _) => {
                running.is_some_and(|version| dated_end(at, version).is_some())
            }
            (NoticeKind::KnownIssue, Some(issue)) => {
                running.is_none_or(|version| issue.affected.contains(version))
            }
            _ => true,
        }
    }

    /// What sets a notice apart from the same one at another time: an end of support is told of 90 days before, 14 days before and
    /// once it is there; a maintenance window has its day. `None` where it is not time yet; empty for every other kind.
    pub fn occasion(
        at: Standpoint<'_>,
        about: About<'_>,
        running: Option<&Version>,
    ) -> Option<String> {
        if about.kind != NoticeKind::EndOfSupport {
            return Some(about.window.map(spoken_date).unwrap_or_default());
        }
        let when = match (dated_end(at, running?)? - at.day()).num_days() {
            91.. => return None,
            15..=90 => "90-days",
            1..=14 => "14-days",
            _ => "ended",
        };
        Some(when.to_owned())
    }

    pub fn of(
        at: Standpoint<'_>,
        about: About<'_>,
        running: Option<&Version>,
        to: Addressee,
    ) -> Self {
        let About {
            kind,
            release,
            window,
            issue,
        } = about;
        let tag = at.tag(release);
        let situation = match kind {
            NoticeKind::Withdrawal => withdrawn(at, release, running),
            NoticeKind::EndOfSupport => ending(at, release, running),
            NoticeKind::PreAnnouncement => ahead(at, running),
            NoticeKind::KnownIssue => found(at, issue, running),
            _ => situation(at, release, running),
        };
        let line = running
            .filter(|_| kind == NoticeKind::EndOfSupport)
            .map(|version| crate::model::Line::of(version, &at.history.policy.scheme));
        Notice {
            schema: Self::SCHEMA,
            kind: kind.as_str().to_owned(),
            product: ProductPart::of(at.product),
            version: release.version.to_string(),
            to,
            install_window: situation.window.as_str().to_owned(),
            install_words: situation.window.words().to_owned(),
            action_count: situation.actions,
            situation: situation.sentences,
            release_page: match kind {
                NoticeKind::PreAnnouncement => at.product.bootstrap.releases_page(),
                _ => at.product.bootstrap.release_page(&tag),
            },
            upgrade_page: situation.upgrade_page,
            ends: running
                .filter(|_| line.is_some())
                .and_then(|version| status_words(at, version).1),
            ended: line.is_some()
                && running.is_some_and(|version| {
                    at.support.status(at.history, version) == Status::Unsupported
                }),
            line: line.map(|line| line.to_string()),
            window: window.map(spoken_date),
            issue: issue.map(IssuePart::of),
            contact: ContactPart::of(at.product),
            tag,
        }
    }
}

/// What going to the release means from `running`; from the release below where the version is not known.
fn situation(at: Standpoint<'_>, release: &Release, running: Option<&Version>) -> Situation {
    let known = running.filter(|version| at.history.release(version).is_some());
    if let Some(version) = known.filter(|version| **version >= release.version) {
        if at.withdrawn(version) {
            return leaving(at, version);
        }
        let same = *version == release.version;
        let sentence = if same {
            format!("You already run {version}. There is nothing to do.")
        } else {
            format!("You run {version}, which is newer. There is nothing to do.")
        };
        return Situation {
            window: InstallWindow::BusinessHours,
            actions: 0,
            sentences: vec![sentence],
            upgrade_page: None,
        };
    }
    let from = known.cloned().or_else(|| {
        at.history
            .previous(&release.version)
            .map(|previous| previous.version.clone())
    });
    let Some(path) = from
        .as_ref()
        .and_then(|from| at.history.upgrade_path(from, &release.version))
    else {
        let sentences = vec!["This is the first release.".to_owned()];
        return Situation {
            window: InstallWindow::BusinessHours,
            actions: 0,
            sentences,
            upgrade_page: None,
        };
    };
    let actions = path.action_count;
    let down = if path.downtime > 0 {
        format!(", {} of downtime", duration(path.downtime))
    } else {
        String::new()
    };
    let mut sentences = Vec::new();
    match known {
        Some(version) => {
            let asked = if actions == 0 {
                "nothing to do on the way but to install".to_owned()
            } else {
                format!("{} on the way{down}", count(actions, "required action"))
            };
            sentences.push(format!("You run {version}: {asked}."));
            sentences.extend(support_sentence(at, version));
        }
        None => {
            let asked = if actions == 0 {
                "there is nothing to do but to install".to_owned()
            } else {
                format!(
                    "there {} {}{down}",
                    if actions == 1 { "is" } else { "are" },
                    count(actions, "required action")
                )
            };
            sentences.push(format!(
                "Coming from {}, {asked}. Tell us which version you run, and this mail will say what it means to you.",
                path.from
            ));
        }
    }
    let upgrade_page = (actions > 0)
        .then(|| at.upgrade_page(&path.from, release))
        .flatten();
    Situation {
        window: path.window,
        actions,
        sentences,
        upgrade_page,
    }
}

/// `Support of 1.5 ended on 2026-11-20.` Nothing where the version is simply supported.
fn support_sentence(at: Standpoint<'_>, version: &Version) -> Option<String> {
    if at.withdrawn(version) {
        return Some(format!(
            "{version} was withdrawn: please {}.",
            at.away(version)
        ));
    }
    let line = crate::model::Line::of(version, &at.history.policy.scheme);
    let status = at.support.status(at.history, version);
    let dated = dated_end(at, version).map(spoken_date);
    match (status, dated) {
        (Status::Unsupported, Some(date)) => Some(format!("Support of {line} ended on {date}.")),
        (Status::Unsupported, None) => Some(format!("{line} is no longer supported.")),
        (Status::Supported, Some(date)) => Some(format!("Support of {line} ends on {date}.")),
        _ => None,
    }
}

/// Somebody on a withdrawn release that is newer than what the mail is about.
fn leaving(at: Standpoint<'_>, version: &Version) -> Situation {
    Situation {
        window: InstallWindow::BusinessHours,
        actions: 1,
        sentences: vec![left(at, version)],
        upgrade_page: at
            .leave(version)
            .and_then(|leave| at.upgrade_page(version, leave.release())),
    }
}

fn left(at: Standpoint<'_>, version: &Version) -> String {
    format!(
        "You run {version}, which was withdrawn: please {}.",
        at.away(version)
    )
}

fn withdrawn(at: Standpoint<'_>, release: &Release, running: Option<&Version>) -> Situation {
    let away = at.away(&release.version);
    let sentence = match running {
        Some(version) if *version == release.version => {
            format!("You run {version}: please {away}.")
        }
        Some(version) => format!(
            "You run {version}, so there is nothing to do. Please do not install {}.",
            release.version
        ),
        None => format!(
            "If you run {}, please {away}. If not, do not install it.",
            release.version
        ),
    };
    let own = running.map(|version| crate::model::Line::of(version, &at.history.policy.scheme));
    let mut sentences = vec![sentence];
    sentences.extend(regained_words(at, &release.version, own.as_ref()));
    let affected = running.is_none_or(|version| *version == release.version);
    Situation {
        window: InstallWindow::BusinessHours,
        actions: usize::from(affected),
        sentences,
        upgrade_page: None,
    }
}

/// What a known issue means to somebody on a version that has it: where it is fixed, what helps, whether to go back.
fn found(at: Standpoint<'_>, issue: Option<&KnownIssue>, running: Option<&Version>) -> Situation {
    let Some(issue) = issue else {
        return ahead(at, running);
    };
    let mut sentences = vec![match running {
        Some(version) => format!("You run {version}, which has it."),
        None => format!("It is in {}. If you run one of them:", versions_of(issue)),
    }];
    let fix = match running {
        Some(version) => issue.affected.fixed_for(version),
        None => issue.affected.fixed().last(),
    };
    let fixed = fix.filter(|fixed| {
        at.history
            .release(fixed)
            .is_some_and(|release| release.released_by(at.day()) && !release.withdrawn)
    });
    match (&issue.workaround, fixed) {
        (_, Some(fixed)) => sentences.push(format!("It is fixed in {fixed}: please install that.")),
        (Some(_), None) => {}
        (None, None) => sentences.push("There is no fix yet; we will tell you.".to_owned()),
    }
    let upgrade_page = fixed
        .and(running)
        .and_then(|version| at.history.release(version))
        .and_then(|from| {
            let to = at.history.upgrade_target(from, at.day())?;
            at.upgrade_page(&from.version, to)
        });
    Situation {
        window: InstallWindow::BusinessHours,
        actions: usize::from(issue.workaround.is_some() || fixed.is_some()),
        sentences,
        upgrade_page,
    }
}

/// `2.0.0 up to 2.0.1`: the versions that have an issue, as a range.
fn versions_of(issue: &KnownIssue) -> String {
    let range = |range: &AffectedRange| match (&range.introduced, &range.fixed) {
        (Some(from), Some(fixed)) => format!("the versions from {from} up to {fixed}"),
        (Some(from), None) => format!("{from} and later versions"),
        (None, Some(fixed)) => format!("the versions below {fixed}"),
        (None, None) => "all versions".to_owned(),
    };
    let all: Vec<String> = issue.affected.ranges.iter().map(range).collect();
    match all.is_empty() {
        true => "all versions".to_owned(),
        false => crate::diag::list(&all, "and"),
    }
}

/// Nothing is claimed about a release that is not there.
fn ahead(at: Standpoint<'_>, running: Option<&Version>) -> Situation {
    let mut sentences = vec!["Please keep time free on that day. A second mail will say what changes and what you need to do.".to_owned()];
    if let Some(version) = running {
        let said = if at.withdrawn(version) {
            Some(left(at, version))
        } else {
            support_sentence(at, version).map(|sentence| format!("You run {version}. {sentence}"))
        };
        sentences.extend(said);
    }
    Situation {
        window: InstallWindow::MaintenanceWindow,
        actions: 0,
        sentences,
        upgrade_page: None,
    }
}

fn ending(at: Standpoint<'_>, release: &Release, running: Option<&Version>) -> Situation {
    let mut situation = situation(at, release, running);
    if let Some(version) = running
        && let Some(sentence) = support_sentence(at, version)
    {
        situation.sentences.retain(|other| *other != sentence);
        situation.sentences.insert(0, sentence);
    }
    situation
}
