//! `tidings email`

use clap::{Subcommand, ValueEnum};

use crate::commands::deliveries::{self, ResolveArgs, StatusArgs, SuppressArgs};
use crate::commands::load::{Loaded, load};
use crate::commands::send::{self, SendArgs};
use crate::commands::session::{Exit, Format, Session, Stop};
use crate::documents::{Addressee, Notice, Standpoint};
use crate::model::{NoticeKind, Release, Support};
use crate::notify::{Message, Sender, compose};
use crate::render::{Engine, json};
use crate::world::Failure;

#[derive(Debug, Subcommand)]
pub enum EmailCommand {
    /// Show what each recipient would get
    Preview {
        /// The release [default: the newest]
        version: Option<String>,
        /// Only this customer
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
        /// The kind of notice [default: what the release calls for]
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        /// Print the whole message as it would be sent
        #[arg(long)]
        eml: bool,
    },
    /// Tell every recipient once: test recipients first, then, once confirmed, all
    Send(SendArgs),
    /// Go on with what an earlier run queued or servers deferred
    Resume {
        /// The release [default: the newest]
        version: Option<String>,
        /// The kind of notice [default: what the release calls for]
        #[arg(long, value_enum)]
        kind: Option<Kind>,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Release,
    Security,
    Withdrawal,
    EndOfSupport,
}

impl From<Kind> for NoticeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Release => NoticeKind::Release,
            Kind::Security => NoticeKind::Security,
            Kind::Withdrawal => NoticeKind::Withdrawal,
            Kind::EndOfSupport => NoticeKind::EndOfSupport,
        }
    }
}

pub fn run(command: &EmailCommand, session: &Session<'_>) -> Result<Exit, Stop> {
    let (version, customer, kind, eml) = match command {
        EmailCommand::Preview { version, customer, kind, eml } => (version, customer, kind, eml),
        EmailCommand::Send(args) => return send::run(args, session, false),
        EmailCommand::Resume { version, kind } => return send::resume(version.clone(), *kind, session),
        EmailCommand::Due => return send::due(session),
        EmailCommand::Status(args) => return deliveries::status(args, session),
        EmailCommand::Resolve(args) => return deliveries::resolve(args, session),
        EmailCommand::Suppress(args) => return deliveries::suppress(args, session),
    };
    let form = session.form(&[Format::Txt, Format::Html, Format::Json])?;
    let loaded = load(session)?;
    let release = loaded.release(session, version.as_deref())?;
    loaded.gate(session, release)?;
    let kind = kind.map_or_else(|| Notice::kind_of(release), NoticeKind::from);
    // A release is told of as it stands at its own date, an end of support as it stands today.
    let support = match kind {
        NoticeKind::EndOfSupport => Support::on(&loaded.bootstrap.history, session.world.today()),
        _ => loaded.support_at(session, release),
    };
    let at = loaded.standpoint(&support);
    let notices = notices_of(&loaded, at, kind, release, customer.as_deref());
    if notices.is_empty() {
        return Err(nobody(&loaded, customer.as_deref(), kind));
    }
    let engine = loaded.engine(session)?;
    let text = match form {
        Format::Json => json(&notices),
        Format::Html => engine.render("mail/notice.html", &notices[0])?,
        _ if *eml => {
            let first = letter(&engine, &notices[0])?;
            String::from_utf8_lossy(&compose(&sender(&loaded)?, &first.message(&notices[0], support.day)).map_err(Failure::new)?)
                .into_owned()
        }
        _ => preview(&engine, &notices)?,
    };
    session.print(&text)?;
    Ok(Exit::Done)
}

/// A notice for each recipient whom it concerns and who wants this kind.
pub fn notices_of(loaded: &Loaded, at: Standpoint<'_>, kind: NoticeKind, release: &Release, customer: Option<&str>) -> Vec<Notice> {
    let chosen = |id: &str| customer.is_none_or(|wanted| wanted == id);
    loaded
        .customers
        .iter()
        .filter(|customer| chosen(&customer.id) && Notice::concerns(at, kind, customer.running.as_ref()))
        .flat_map(|customer| {
            customer.recipients.iter().filter(|recipient| Notice::reaches(recipient, kind)).map(move |recipient| (customer, recipient))
        })
        .map(|(customer, recipient)| Notice::of(at, kind, release, customer.running.as_ref(), Addressee::of(customer, recipient)))
        .collect()
}

fn nobody(loaded: &Loaded, customer: Option<&str>, kind: NoticeKind) -> Stop {
    let help = match (&loaded.operator, customer) {
        (None, _) => "run this in the source repository: customers are named in `operator.toml`".to_owned(),
        (Some(operator), _) if operator.config.email.customers.is_none() => {
            "name the customers file: `[email] customers` in operator.toml".to_owned()
        }
        (Some(_), Some(id)) => match crate::diag::closest(id, loaded.customers.iter().map(|customer| customer.id.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("no customer `{id}` wants mail of kind {}", kind.as_str()),
        },
        (Some(_), None) => format!("no recipient wants mail of kind {}", kind.as_str()),
    };
    Failure::new("nobody is to be told").help(help).into()
}

/// Every recipient with the subject, then the first message whole.
fn preview(engine: &Engine, notices: &[Notice]) -> Result<String, Stop> {
    let mut out = String::new();
    for notice in notices {
        let subject = engine.render("mail/subject.txt", notice)?;
        let running = notice.to.running.as_deref().unwrap_or("-");
        out.push_str(&format!("{:<34} {running:<10} {}\n", notice.to.address, subject.trim()));
    }
    let first = letter(engine, &notices[0])?;
    out.push_str(&format!("\nTo: {}\nSubject: {}\n\n{}", notices[0].to.address, first.subject, first.text));
    Ok(crate::diag::plain(&out))
}

/// A notice, rendered.
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Letter {
    pub fn message<'m>(&'m self, notice: &'m Notice, date: chrono::NaiveDate) -> Message<'m> {
        let date = date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
        Message { notice, subject: &self.subject, text: self.text.clone(), html: self.html.clone(), occasion: "", date }
    }
}

pub fn letter(engine: &Engine, notice: &Notice) -> Result<Letter, crate::diag::Finding> {
    let context = Engine::context(notice)?;
    Ok(Letter {
        subject: engine.render_with("mail/subject.txt", &context)?.trim().to_owned(),
        text: engine.render_with("mail/notice.txt", &context)?,
        html: engine.render_with("mail/notice.html", &context)?,
    })
}

/// Whose name stands under the mail.
pub fn sender(loaded: &Loaded) -> Result<Sender, Stop> {
    let mail = loaded.operator.as_ref().map(|operator| &operator.config.email);
    let Some(from) = mail.and_then(|mail| mail.from.as_deref()) else {
        return Err(Failure::new("nobody is named as the sender of the mail")
            .help("add `from = \"Acme Releases <releases@acme.example>\"` to `[email]` in operator.toml")
            .into());
    };
    Sender::read(from, mail.and_then(|mail| mail.reply_to.as_deref()), mail.and_then(|mail| mail.unsubscribe.as_deref()))
        .map_err(|why| Failure::new(why).help("write `Name <address@domain>` in `[email]` of operator.toml").into())
}
