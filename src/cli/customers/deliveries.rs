//! `tidings email status`, `resolve` and `suppress`

use std::time::Duration;

use clap::Args;

use crate::diag::{Code, Finding, clipped, count, plain};
use crate::documents;
use crate::model::{Delivery, DeliveryState, folded};
use crate::notify::maillog;
use crate::ports::{Attempts, Change, Failure};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::{deliveries_csv, json};

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only this release
    version: Option<String>,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// Settle by the log of the mail server: what it has was taken, what it has not was never given to it
    #[arg(long, value_name = "MAILLOG", conflicts_with_all = ["assume_sent", "resend"], required_unless_present_any = ["assume_sent", "resend"])]
    from_log: Option<String>,
    /// Take them as sent
    #[arg(long, conflicts_with = "resend")]
    assume_sent: bool,
    /// Send them again: whoever got one already gets a second. Named ones that a server refused for good, too
    #[arg(long)]
    resend: bool,
    /// With --resend: all that a server refused for good, too
    #[arg(long, requires = "resend")]
    failed: bool,
    /// With --failed: only where the server's words hold this
    #[arg(long, requires = "failed", value_name = "WORDS")]
    reason: Option<String>,
    /// Only these messages, by identifier or address [default: all unknown]
    #[arg(value_name = "ID|ADDRESS")]
    which: Vec<String>,
}

#[derive(Debug, Args)]
pub struct SuppressArgs {
    /// The address that is not to be written to [default: list them]
    address: Option<String>,
    /// Why
    #[arg(long, default_value = "by the operator")]
    reason: String,
    /// Write to it again
    #[arg(long, requires = "address")]
    remove: bool,
}

/// Exit 1 where something is open, failed or unknown.
pub fn status(args: &StatusArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json, Format::Csv])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let version = args
        .version
        .as_deref()
        .map(|named| loaded.release(session, Some(named)))
        .transpose()?;
    let ledger = &outward.ledger;
    let mut all = ledger.deliveries(None)?;
    all.retain(|delivery| {
        version.is_none_or(|release| release.version.as_str() == delivery.version)
    });
    let document = documents::Deliveries::of(&all, ledger.suppressed()?);
    session.print(&match form {
        Format::Json => json(&document),
        Format::Csv => deliveries_csv(&document),
        _ => plain(&table(&all, &document)),
    })?;
    let good = all
        .iter()
        .all(|delivery| matches!(delivery.state, DeliveryState::Sent | DeliveryState::Written));
    Ok(if good { Exit::Done } else { Exit::Findings })
}

fn table(all: &[Delivery], document: &documents::Deliveries) -> String {
    let mut out = String::new();
    for delivery in all {
        out.push_str(&format!(
            "{:<8} {:<34} {:<24} {}  {}\n",
            delivery.state.as_str(),
            delivery.address,
            delivery.batch,
            delivery.changed_at,
            clipped(&delivery.answer, 100)
        ));
    }
    for (address, reason) in &document.suppressed {
        out.push_str(&format!(
            "never    {address:<34} {}\n",
            clipped(reason, 100)
        ));
    }
    if out.is_empty() {
        "no mail yet\n".to_owned()
    } else {
        out
    }
}

pub fn resolve(args: &ResolveArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let _alone = outward.ledger.alone()?;
    let ledger = &outward.ledger;
    ledger.settle_interrupted()?;
    let which: Vec<String> = args.which.iter().map(|which| folded(which)).collect();
    let named = |delivery: &Delivery| {
        which.contains(&delivery.id) || which.contains(&folded(&delivery.address))
    };
    let because = |delivery: &Delivery| {
        let reason = args.reason.as_deref().unwrap_or("");
        delivery.answer.contains(reason) && (which.is_empty() || named(delivery))
    };
    let chosen = |delivery: &Delivery| match delivery.state {
        DeliveryState::Unknown if args.failed => false,
        DeliveryState::Unknown => which.is_empty() || named(delivery),
        // The server's no was heard: it is asked again only on demand.
        DeliveryState::Failed if args.failed => because(delivery),
        DeliveryState::Failed => args.resend && named(delivery),
        _ => false,
    };
    let unknown: Vec<Delivery> = ledger
        .deliveries(None)?
        .into_iter()
        .filter(chosen)
        .collect();
    if unknown.is_empty() {
        session.say(match (args.failed, args.which.is_empty()) {
            (true, _) => "nothing has failed that way",
            (false, true) => "nothing is unknown",
            (false, false) => "nothing of that name is unknown",
        });
        return Ok(Exit::Done);
    }
    let log = match &args.from_log {
        None => None,
        Some(file) => {
            let bytes = session.world.read(&session.at(file))?;
            let bytes = bytes.ok_or_else(|| {
                Failure::new(format!("there is no `{file}`"))
                    .help("give the log of the mail server, such as /var/log/mail.log")
            })?;
            let found = maillog::read(&String::from_utf8_lossy(&bytes));
            if found.is_empty() {
                return Err(Failure::new(format!("`{file}` names no message at all"))
                    .help("a log without `message-id=<…>` proves nothing; is it the right file, and does it go back far enough?")
                    .into());
            }
            Some(found)
        }
    };
    let mut changes = Vec::new();
    for delivery in &unknown {
        let change = match &log {
            Some(log) => match log.get(&delivery.id) {
                Some(logged) if logged.taken => {
                    settled(delivery, DeliveryState::Sent, &logged.words)
                }
                Some(_) => settled(
                    delivery,
                    DeliveryState::Queued,
                    "the server's log has its beginning only: it was not taken",
                ),
                None => settled(
                    delivery,
                    DeliveryState::Queued,
                    "the server's log does not have it",
                ),
            },
            None if args.assume_sent => settled(
                delivery,
                DeliveryState::Sent,
                "taken as sent by the operator",
            ),
            None => settled(
                delivery,
                DeliveryState::Queued,
                "to be sent again, by the operator's word",
            ),
        };
        session.say(&format!(
            "{:<8} {}  {}",
            change.state.as_str(),
            delivery.address,
            clipped(&change.answer, 100)
        ));
        changes.push(change);
    }
    let again = changes
        .iter()
        .filter(|change| change.state == DeliveryState::Queued)
        .count();
    ledger.settle(changes)?;
    // A refusal that an earlier version took for that of the address.
    if args.failed {
        for (address, reason) in ledger.suppressed()? {
            let burnt =
                |row: &Delivery| folded(&row.address) == folded(&address) && row.answer == reason;
            if unknown.iter().any(burnt) {
                ledger.suppress(&address, None)?;
            }
        }
    }
    session.print(&format!(
        "{} settled: {} sent, {again} to be sent by `tidings email resume`\n",
        count(unknown.len(), "message"),
        unknown.len() - again
    ))?;
    Ok(Exit::Done)
}

fn settled(delivery: &Delivery, state: DeliveryState, words: &str) -> Change {
    Change {
        number: delivery.number,
        state,
        answer: words.to_owned(),
        after: Duration::ZERO,
        attempts: match state {
            DeliveryState::Queued => Attempts::None,
            _ => Attempts::Same,
        },
        suppress: None,
    }
}

pub fn suppress(args: &SuppressArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let ledger = &outward.ledger;
    let Some(address) = &args.address else {
        let lines: String = ledger
            .suppressed()?
            .iter()
            .map(|(address, reason)| format!("{address:<34} {}\n", clipped(reason, 100)))
            .collect();
        session.print(if lines.is_empty() { "nobody\n" } else { &lines })?;
        return Ok(Exit::Done);
    };
    if !address.contains('@') || address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Finding::new(
            Code::CustomerAddress,
            format!("`{}` is no e-mail address", clipped(address, 60)),
        )
        .into());
    }
    ledger.suppress(address, (!args.remove).then_some(args.reason.as_str()))?;
    Ok(Exit::Done)
}
