//! `tidings email`

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::customers::deliveries;
use crate::cli::customers::deliveries::{ResolveArgs, StatusArgs, SuppressArgs};
use crate::cli::customers::send;
use crate::cli::customers::send::SendArgs;
use crate::documents::{About, Addressed, Addressee, Notice, Standpoint};
use crate::model::{NoticeKind, Support, Version, folded};
use crate::notify::{Letter, Letters, Message, Sender, Signature, compose, identity};
use crate::ports::Failure;
use crate::project::load::{Loaded, load};
use crate::project::ready::{Draft, Saying};
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Subcommand)]
pub enum EmailCommand {
    /// Show what each recipient would get
    Preview {
        #[command(flatten)]
        asked: Asked,
        /// Only this customer
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
        /// Print the whole message as it would be sent
        #[arg(long)]
        eml: bool,
        /// Go on where `check` finds errors, and mark the text as a draft
        #[arg(long, conflicts_with = "eml")]
        draft: bool,
    },
    /// Tell every recipient once: test recipients first, then, once confirmed, all
    Send(SendArgs),
    /// Go on with what an earlier run queued or servers deferred
    Resume {
        #[command(flatten)]
        asked: Asked,
    },
    /// Whose support ends in the next 90 days, and whether they were told
    Due,
    /// Who got what, when, and what the server said
    Status(StatusArgs),
    /// Settle messages that may or may not have arrived
    Resolve(ResolveArgs),
    /// Addresses that are never written to
    Suppress(SuppressArgs),
}

/// What a mail is about, as asked for.
#[derive(Clone, Debug, Default, Args)]
pub struct Asked {
    /// The release [default: the newest]
    pub version: Option<String>,
    /// The kind of notice [default: what the release calls for]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Of a pre-announcement: the day of the maintenance window, such as 2026-12-05
    #[arg(long, value_name = "DAY")]
    pub window: Option<NaiveDate>,
    /// Of a known issue: which one, such as KI-13; the release is the newest that has it
    #[arg(long, value_name = "ID")]
    pub issue: Option<String>,
}

impl Asked {
    /// # Errors
    /// There is no such release, it has errors, or the day of a maintenance window is missing or over.
    pub fn about<'l>(
        &self,
        loaded: &'l Loaded,
        session: &Session<'_>,
        draft: bool,
    ) -> Result<About<'l>, Stop> {
        if self.issue.is_some() || matches!(self.kind, Some(Kind::KnownIssue)) {
            return self.known_issue(loaded, session);
        }
        let release = loaded.release(session, self.version.as_deref())?;
        let kind = self
            .kind
            .map_or_else(|| Notice::kind_of(release), NoticeKind::from);
        let today = session.today();
        match (kind, self.window) {
            (NoticeKind::PreAnnouncement, None) => {
                let failure = Failure::new("a pre-announcement is of a day, and none is given");
                return Err(failure
                    .help("name the day of the maintenance window: `--window 2026-12-05`")
                    .into());
            }
            (NoticeKind::PreAnnouncement, Some(day)) if day < today => {
                return Err(
                    Failure::new(format!("{day} is over: it cannot be announced"))
                        .help("name a day to come with `--window`")
                        .into(),
                );
            }
            (NoticeKind::PreAnnouncement, _) => {}
            (_, Some(_)) => {
                let failure = Failure::new(format!(
                    "mail of kind {} announces no maintenance window",
                    kind.as_str()
                ));
                return Err(failure
                    .help("leave `--window` out, or add `--kind pre-announcement`")
                    .into());
            }
            _ => loaded
                .ready(session, release, Saying::Customers, draft)
                .map(drop)?,
        }
        Ok(About {
            kind,
            release,
            window: self.window,
            issue: None,
        })
    }

    /// What a notice of a known issue is about.
    fn known_issue<'l>(
        &self,
        loaded: &'l Loaded,
        session: &Session<'_>,
    ) -> Result<About<'l>, Stop> {
        let history = &loaded.bootstrap.history;
        let Some(id) = &self.issue else {
            let failure = Failure::new("a notice of a known issue is of one, and none is named");
            return Err(failure.help("name it: `--issue KI-13`").into());
        };
        if self.window.is_some() || !matches!(self.kind, None | Some(Kind::KnownIssue)) {
            let failure = Failure::new("a notice of a known issue is of no other kind");
            return Err(failure
                .help("leave `--window` out, and `--kind` or write `--kind known-issue`")
                .into());
        }
        let Some(issue) = history.issues.iter().find(|issue| issue.id == *id) else {
            let near = crate::diag::closest(id, history.issues.iter().map(|i| i.id.as_str()));
            let help = near.map_or_else(
                || "`tidings known-issue add` writes one down".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let id = crate::diag::clipped(id, 40);
            return Err(Failure::new(format!("there is no known issue `{id}`"))
                .help(help)
                .into());
        };
        loaded.sound(Saying::Customers)?;
        let release = match &self.version {
            Some(version) => Some(loaded.release(session, Some(version))?),
            None => history.newest_with(issue, session.today()),
        };
        let release = release.filter(|release| issue.affected.contains(&release.version));
        let release = release.ok_or_else(|| {
            Failure::new(format!("no release has {id}, so nobody is to be told"))
                .help("mend `introduced` and `fixed` in the file of known issues")
        })?;
        Ok(About {
            kind: NoticeKind::KnownIssue,
            release,
            window: None,
            issue: Some(issue),
        })
    }

    /// A release is told of as it stands at its own date, what goes by the calendar as it stands today.
    pub fn support<'l>(
        &self,
        loaded: &'l Loaded,
        session: &Session<'_>,
        about: About<'_>,
    ) -> Support<'l> {
        match about.kind {
            NoticeKind::EndOfSupport | NoticeKind::PreAnnouncement | NoticeKind::KnownIssue => {
                Support::on(&loaded.bootstrap.history, session.today())
            }
            _ => loaded.support_at(session, about.release),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Release,
    Security,
    Withdrawal,
    EndOfSupport,
    /// A maintenance window ahead; it names no release
    PreAnnouncement,
    /// A known issue that was found after the release, to those who run it
    KnownIssue,
}

impl From<Kind> for NoticeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Release => NoticeKind::Release,
            Kind::Security => NoticeKind::Security,
            Kind::Withdrawal => NoticeKind::Withdrawal,
            Kind::EndOfSupport => NoticeKind::EndOfSupport,
            Kind::PreAnnouncement => NoticeKind::PreAnnouncement,
            Kind::KnownIssue => NoticeKind::KnownIssue,
        }
    }
}

pub fn run(command: &EmailCommand, session: &Session<'_>) -> Result<Exit, Stop> {
    let (asked, customer, eml, draft) = match command {
        EmailCommand::Preview {
            asked,
            customer,
            eml,
            draft,
        } => (asked, customer, eml, *draft),
        EmailCommand::Send(args) => return send::run(args, session, false),
        EmailCommand::Resume { asked } => return send::resume(asked.clone(), session),
        EmailCommand::Due => return send::due(session),
        EmailCommand::Status(args) => return deliveries::status(args, session),
        EmailCommand::Resolve(args) => return deliveries::resolve(args, session),
        EmailCommand::Suppress(args) => return deliveries::suppress(args, session),
    };
    let form = session.form(&[Format::Txt, Format::Html, Format::Json])?;
    let loaded = load(session)?;
    let about = asked.about(&loaded, session, draft)?;
    let support = asked.support(&loaded, session, about);
    let at = loaded.standpoint(&support);
    let notices = notices_of(&loaded, at, about, customer.as_deref());
    if notices.is_empty() {
        return Err(nobody(&loaded, customer.as_deref(), about.kind));
    }
    let engine = loaded.engine(session)?;
    let letters = Letters::new(&engine);
    let first = letters.of(&notices[0])?;
    let text = match form {
        Format::Json => json(&notices.iter().map(Addressed::whole).collect::<Vec<_>>()),
        Format::Html => first.html.clone(),
        _ if *eml => {
            let sender = sender(&loaded, session)?;
            String::from_utf8_lossy(&self::eml(&sender, &notices[0], &first, support.day)?)
                .into_owned()
        }
        _ => preview(&letters, &notices)?,
    };
    session.print(&Draft::asked(draft).mark(form, text))?;
    Ok(Exit::Done)
}

/// A notice for each recipient whom it concerns and who wants this kind. Who stands at several customers is told once, of each.
pub fn notices_of(
    loaded: &Loaded,
    at: Standpoint<'_>,
    about: About<'_>,
    customer: Option<&str>,
) -> Vec<Addressed> {
    let chosen = |id: &str| customer.is_none_or(|wanted| wanted == id);
    // What it says follows from the version that is run.
    let mut known: HashMap<Option<&Version>, Arc<Notice>> = HashMap::new();
    let mut notices: Vec<Addressed> = Vec::with_capacity(loaded.recipients());
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for customer in loaded
        .customers
        .iter()
        .filter(|customer| chosen(&customer.id))
    {
        for recipient in customer
            .recipients
            .iter()
            .filter(|recipient| Notice::reaches(recipient, about.kind))
        {
            let running = recipient.running.as_ref();
            if !Notice::concerns(at, about, running) {
                continue;
            }
            let to = Addressee::of(customer, recipient);
            if recipient.elsewhere {
                let at = places.entry(folded(&to.address)).or_default();
                at.push(notices.len());
            }
            let says = known
                .entry(running)
                .or_insert_with(|| Arc::new(Notice::of(at, about, running, to.clone())));
            notices.push(Addressed {
                says: Arc::clone(says),
                to,
            });
        }
    }
    // The end of support of two lines is two things to be told.
    match about.kind {
        NoticeKind::EndOfSupport => notices,
        _ => together(notices, &places),
    }
}

/// One notice for those that go to one person.
fn together(notices: Vec<Addressed>, places: &HashMap<String, Vec<usize>>) -> Vec<Addressed> {
    let mut merged: HashMap<usize, Addressed> = HashMap::new();
    let mut gone: HashSet<usize> = HashSet::new();
    for several in places.values().filter(|several| several.len() > 1) {
        let all: Vec<&Addressed> = several.iter().map(|place| &notices[*place]).collect();
        if let Some(one) = Addressed::together(&all) {
            gone.extend(&several[1..]);
            merged.insert(several[0], one);
        }
    }
    notices
        .into_iter()
        .enumerate()
        .filter(|(place, _)| !gone.contains(place))
        .map(|(place, notice)| merged.remove(&place).unwrap_or(notice))
        .collect()
}

fn nobody(loaded: &Loaded, customer: Option<&str>, kind: NoticeKind) -> Stop {
    let help = match (&loaded.operator, customer) {
        (None, _) => {
            "run this in the source repository: customers are named in `operator.toml`".to_owned()
        }
        (Some(operator), _) if operator.config.email.customers.is_none() => {
            "name the customers file: `[email] customers` in operator.toml".to_owned()
        }
        (Some(_), Some(id)) if loaded.customers.iter().any(|known| known.id == id) => format!(
            "nobody at `{id}` is concerned by mail of kind {}, or wants it",
            kind.as_str()
        ),
        (Some(_), Some(id)) => match crate::diag::closest(
            id,
            loaded.customers.iter().map(|customer| customer.id.as_str()),
        ) {
            Some(near) => format!("there is no customer `{id}`: did you mean `{near}`?"),
            None => format!("there is no customer `{id}` in the customers file"),
        },
        (Some(_), None) => format!("no recipient wants mail of kind {}", kind.as_str()),
    };
    Failure::new("nobody is to be told").help(help).into()
}

/// Every recipient with the subject, then the first message whole.
fn preview(letters: &Letters<'_>, notices: &[Addressed]) -> Result<String, Stop> {
    let mut out = String::new();
    for notice in notices {
        let running = notice.to.running.as_deref().unwrap_or("-");
        out.push_str(&format!(
            "{:<34} {running:<10} {}\n",
            notice.to.address,
            letters.of(notice)?.subject
        ));
    }
    let first = letters.of(&notices[0])?;
    out.push_str(&format!(
        "\nTo: {}\nSubject: {}\n\n{}",
        notices[0].to.address, first.subject, first.text
    ));
    Ok(crate::diag::plain(&out))
}

/// The message as it would be sent on a day.
pub fn eml(
    sender: &Sender,
    notice: &Addressed,
    letter: &Letter,
    day: NaiveDate,
) -> Result<Vec<u8>, Failure> {
    let date = day.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    let made = compose(
        sender,
        &Message {
            notice,
            letter,
            id: &identity("", notice, ""),
            date,
        },
    );
    made.map_err(|why| {
        Failure::new(format!(
            "the mail to {} cannot be made: {why}",
            notice.to.address
        ))
    })
}

/// Whose name stands under the mail, and whose signature.
pub fn sender(loaded: &Loaded, session: &Session<'_>) -> Result<Sender, Stop> {
    let mail = loaded
        .operator
        .as_ref()
        .map(|operator| &operator.config.email);
    let Some((mail, from)) = mail.and_then(|mail| Some((mail, mail.from.as_deref()?))) else {
        return Err(Failure::new("nobody is named as the sender of the mail")
            .help("add `from = \"Acme Releases <releases@acme.example>\"` to `[email]` in operator.toml")
            .into());
    };
    let sender = Sender::read(from, mail.reply_to.as_deref(), mail.unsubscribe.as_deref())
        .map_err(|why| {
            Failure::new(why).help("write `Name <address@domain>` in `[email]` of operator.toml; a name with a comma or another sign that means something there is quoted: `'\"Acme, Inc.\" <releases@acme.example>'`")
        })?;
    let Some(dkim) = &mail.dkim else {
        return Ok(sender);
    };
    let key = session.world.variable(&dkim.key_env).filter(|key| !key.trim().is_empty()).ok_or_else(|| {
        Failure::new(format!("there is no key for DKIM: the environment has no `{}`", dkim.key_env))
            .help("put the private key into that variable, or name another: `[email.dkim] key_env` in operator.toml")
    })?;
    let signature = Signature::new(&dkim.domain, &dkim.selector, &key).map_err(|why| {
        Failure::new(why)
            .help("mend `[email.dkim]` in operator.toml, or the variable that `key_env` names")
    })?;
    Ok(Sender {
        signature: Some(signature),
        ..sender
    })
}
