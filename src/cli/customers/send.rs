//! `tidings email send` and `resume`

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use crate::cli::customers::email::{Asked, Kind, notices_of, sender};
use crate::cli::customers::gate::{held, overridden};
use crate::cli::customers::told::{Known, Suppressed, Told, once, refreshed};
use crate::diag::count;
use crate::documents::{About, Addressed, Announcement, Notice, slug};
use crate::model::{
    Delivery, DeliveryBatch, DeliveryState, NewDelivery, NoticeKind, Version, folded, wire,
};
use crate::notify::{Letters, Message, Post, Run, Sender, compose};
use crate::ports::ledger::{NOTIFIED, OVERRIDDEN};
use crate::ports::{Envelope, Failure, Ledger, OwnName};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Session, Stop};
use crate::project::transport::{pace, transport};

#[derive(Debug, Args)]
pub struct SendArgs {
    #[command(flatten)]
    asked: Asked,
    /// Print who would be told
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before the first real message
    #[arg(long)]
    yes: bool,
    /// Go past the gate; the reason is kept in the ledger
    #[arg(long, value_name = "REASON")]
    override_gate: Option<String>,
    /// This ledger is new on purpose: nobody was told from another one
    #[arg(long)]
    new_ledger: bool,
}

/// The occasion of a message to a test recipient, and whom it is to.
const TEST: &str = "test";

/// Another machine that sends the test messages is looked after so often.
const MOST_LOOKS: u32 = 300;
const LOOK: Duration = Duration::from_millis(200);

pub fn run(args: &SendArgs, session: &Session<'_>, only_known: bool) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let about = args.asked.about(&loaded, session, false)?;
    let About { kind, release, .. } = about;
    let support = args.asked.support(&loaded, session, about);
    let at = loaded.standpoint(&support);
    let mut notices: Vec<(Addressed, String)> = Vec::with_capacity(loaded.recipients());
    notices.extend(
        notices_of(&loaded, at, about, None)
            .into_iter()
            .filter_map(|notice| {
                let running = notice
                    .to
                    .running
                    .as_deref()
                    .filter(|_| kind == NoticeKind::EndOfSupport)
                    .and_then(Version::read);
                Notice::occasion(at, about, running.as_ref()).map(|occasion| (notice, occasion))
            }),
    );
    if notices.is_empty() && args.dry_run {
        return session.print("nobody\n").map(|()| Exit::Done);
    } else if notices.is_empty() {
        let why = format!(
            "no recipient wants mail of kind {}, or it is not time for it yet",
            kind.as_str()
        );
        return Err(Failure::new("nobody is to be told").help(why).into());
    }
    let held = held(&outward, session, release, kind, args.new_ledger)?;
    if !held.is_empty() {
        let given = args
            .override_gate
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty());
        let before = || overridden(&outward, release).map(|before| before.filter(|_| only_known));
        let Some(reason) = given
            .map(str::to_owned)
            .map_or_else(before, |given| Ok(Some(given)))?
        else {
            return Err(Stop::Findings(held));
        };
        session.show_findings(&held);
        session.say(&format!("GOING PAST THE GATE: {reason}"));
        if !args.dry_run {
            let gates: Vec<_> = held
                .iter()
                .map(|finding| format!("{}: {}", finding.code.as_str(), finding.message))
                .collect();
            outward.record(
                OVERRIDDEN,
                release,
                &json!({ "reason": reason, "held": gates }),
            )?;
        }
    }
    let engine = loaded.engine(session)?;
    let sender = sender(&loaded, session)?;
    let ledger = &outward.ledger;
    let (_joined, own) = match args.dry_run {
        true => (None, ledger.own_name()?.unwrap_or_default()),
        false => {
            transport(&outward, session)?;
            (Some(ledger.join()?), ledger.begin()?)
        }
    };
    let notices = notices
        .into_iter()
        .map(|(notice, occasion)| Told::of(&own, notice, occasion));
    let notices = once(notices.collect());
    let writer = Writer {
        letters: Letters::new(&engine),
        sender,
        folder: format!("{}-{}", release.version, kind.as_str()),
        places: notices
            .iter()
            .enumerate()
            .map(|(place, told)| (told.id.as_str(), place))
            .collect(),
        by_address: match own.former {
            0 => HashMap::new(),
            _ => notices
                .iter()
                .enumerate()
                .map(|(place, told)| (folded(&told.notice.to.address), place))
                .collect(),
        },
        notices: &notices,
    };
    let batch = Batch {
        own,
        session,
        outward: &outward,
        about,
        announcement: Announcement::of(at, release).text(),
        writer,
    };
    if args.dry_run {
        batch.show()
    } else {
        batch.carry_out(args.yes, only_known)
    }
}

/// As `run`, for what is in the ledger already.
pub fn resume(asked: Asked, session: &Session<'_>) -> Result<Exit, Stop> {
    let args = SendArgs {
        asked,
        dry_run: false,
        yes: true,
        override_gate: None,
        new_ledger: true,
    };
    run(&args, session, true)
}

/// Whose support ends, and who was not told of it yet.
pub fn due(session: &Session<'_>) -> Result<Exit, Stop> {
    let asked = Asked {
        kind: Some(Kind::EndOfSupport),
        ..Asked::default()
    };
    let args = SendArgs {
        asked,
        dry_run: true,
        yes: false,
        override_gate: None,
        new_ledger: false,
    };
    run(&args, session, false)
}

/// What is sent together.
struct Batch<'b, 's> {
    own: OwnName,
    session: &'b Session<'s>,
    outward: &'b Outward<'b>,
    about: About<'b>,
    /// What customers will be told, in one table.
    announcement: String,
    writer: Writer<'b>,
}

/// Makes messages, on any thread.
struct Writer<'b> {
    letters: Letters<'b>,
    sender: Sender,
    /// Where `.eml` files go.
    folder: String,
    notices: &'b [Told],
    /// Of a notice, by the identifier of its message.
    places: HashMap<&'b str, usize>,
    /// The same by folded address, for deliveries with a former identifier.
    by_address: HashMap<String, usize>,
}

impl Writer<'_> {
    fn envelope(&self, delivery: &Delivery) -> Result<Envelope, String> {
        let test;
        let place = self
            .places
            .get(delivery.id.as_str())
            .or_else(|| self.by_address.get(&folded(&delivery.address)));
        let notice = match place {
            Some(place) => &self.notices[*place].notice,
            None if delivery.batch.ends_with("/test") => {
                test = test_notice(&self.notices[0].notice, &delivery.address);
                &test
            }
            None => {
                return Err(
                    "the customers file no longer has this recipient for this kind".to_owned(),
                );
            }
        };
        let letter = self.letters.of(notice).map_err(|finding| finding.message)?;
        let date = DateTime::parse_from_rfc3339(&delivery.queued_at)
            .map_or(DateTime::UNIX_EPOCH, |date| date.with_timezone(&Utc));
        Ok(Envelope {
            name: format!(
                "{}/{}-{}.eml",
                self.folder,
                slug(&delivery.customer),
                delivery.id.get(..12).unwrap_or(&delivery.id)
            ),
            from: self.sender.from.address.clone(),
            to: wire(&delivery.address),
            message: compose(
                &self.sender,
                &Message {
                    notice,
                    letter: &letter,
                    id: &delivery.id,
                    date,
                },
            )?,
        })
    }
}

impl Batch<'_, '_> {
    /// The release, the day of the window, or the known issue.
    fn what(&self) -> String {
        match (self.about.window, self.about.issue) {
            (Some(day), _) => day.to_string(),
            (None, Some(issue)) => issue.id.clone(),
            (None, None) => self.about.release.version.to_string(),
        }
    }

    fn name(&self, of: &str) -> String {
        format!("{}/{}{of}", self.what(), self.about.kind.as_str())
    }

    fn batch(&self, of: &str) -> DeliveryBatch {
        let (version, kind) = (
            self.about.release.version.to_string(),
            self.about.kind.as_str().to_owned(),
        );
        DeliveryBatch {
            name: self.name(of),
            version,
            kind,
        }
    }

    fn show(&self) -> Result<Exit, Stop> {
        let all = self.outward.ledger.deliveries(None)?;
        let batch = self.name("");
        let known = Known::of(&self.own, &all, &batch);
        let lines: String = self
            .writer
            .notices
            .iter()
            .map(|told| {
                let notice = &told.notice;
                let state = known
                    .delivery(told)
                    .map_or("new", |known| known.state.as_str());
                let says = &notice.says;
                let ends = says
                    .line
                    .as_ref()
                    .zip(says.ends.as_ref())
                    .map_or(String::new(), |(line, ends)| format!("{line} until {ends}"));
                let line = format!(
                    "{state:<10} {:<34} {:<20} {ends}",
                    notice.to.address, notice.to.customer
                );
                format!("{}\n", line.trim_end())
            })
            .collect();
        self.session.print(&crate::diag::plain(&lines))?;
        Ok(Exit::Done)
    }

    fn carry_out(&self, yes: bool, only_known: bool) -> Result<Exit, Stop> {
        let (world, mail) = (self.session.world, &self.outward.operator.config.email);
        let kind = transport(self.outward, self.session)?;
        let pace = pace(self.outward, &kind)?;
        let (transport, reactor) = (world.transport(&kind)?, world.reactor());
        let ledger = self.outward.ledger.as_ref();
        let lost = ledger.settle_interrupted()?;
        if lost > 0 {
            self.session.say(&format!(
                "{} of an earlier run may or may not have arrived; `tidings email status` lists them, `tidings email resolve` settles them",
                count(lost, "message")
            ));
        }
        let read = || ledger.suppressed().map(Suppressed::of);
        let suppressed = read()?;
        let fresh = RwLock::new(read()?);
        let (end, writer) = (world.asked_to_end(), &self.writer);
        let go = |batch: &str, waiting: usize| {
            let bar = world.mail_progress(waiting as u64);
            let progress = |done: usize, why: Option<&str>| bar(done as u64, why);
            let compose = |delivery: &Delivery| {
                let fresh = fresh.read().unwrap_or_else(PoisonError::into_inner);
                if let Some(reason) = fresh.reason(&delivery.address) {
                    return Err(format!("not written to any more: {reason}"));
                }
                drop(fresh);
                writer.envelope(delivery)
            };
            let (transport, reactor) = (transport.as_ref(), reactor.as_ref());
            let post = Post {
                ledger,
                transport,
                reactor,
                pace,
                compose: &compose,
                progress: &progress,
                end: &end,
            };
            refreshed(&fresh, ledger, || post.deliver(batch, waiting))
        };
        let batch = self.name("");
        if !only_known {
            self.tests(ledger, &mail.test_recipients, &go)?;
        }
        // An end of support is known by its line, not by the release that was the newest then.
        let all = self.own.former > 0 || self.about.kind == NoticeKind::EndOfSupport && !only_known;
        let rows = ledger.deliveries((!all).then_some(batch.as_str()))?;
        let open = |known: &&Delivery| known.batch == batch && known.state.is_open();
        let mut waiting = rows.iter().filter(open).count();
        if !only_known {
            let known = Known::of(&self.own, &rows, &batch);
            let is_new = |told: &&Told| {
                known.delivery(told).is_none()
                    && suppressed.reason(&told.notice.to.address).is_none()
            };
            let new: Vec<NewDelivery<'_>> = self
                .writer
                .notices
                .iter()
                .filter(is_new)
                .map(Told::to_queue)
                .collect();
            if !new.is_empty() && !yes {
                let recipients = count(new.len(), "recipient");
                let question = format!(
                    "Tell {recipients} of {} ({})?",
                    self.what(),
                    self.about.kind.as_str()
                );
                self.session.say(self.announcement.trim_end());
                self.session.agreed(&question, "nobody was told")?;
            }
            ledger.queue(&self.batch(""), &new)?;
            // Whom another machine queued meanwhile waits, too.
            waiting += new.len();
        }
        let run = match waiting {
            0 => {
                self.session.say("nobody is left to be told");
                None
            }
            _ => Some(go(&batch, waiting)?),
        };
        let suppressed = read()?;
        let left_alone = self
            .writer
            .notices
            .iter()
            .filter(|told| suppressed.reason(&told.notice.to.address).is_some());
        self.report(ledger, run.and_then(|run| run.stopped), left_alone.count())
    }

    /// The operator's own people first.
    fn tests(
        &self,
        ledger: &dyn Ledger,
        recipients: &[String],
        go: &dyn Fn(&str, usize) -> Result<Run, Failure>,
    ) -> Result<(), Stop> {
        let first = &self.writer.notices[0].notice;
        let batch = self.name("/test");
        let notices: Vec<Told> = recipients
            .iter()
            .map(|address| Told::of(&self.own, test_notice(first, address), TEST.to_owned()))
            .collect();
        if notices.is_empty() {
            return Ok(());
        }
        let known = ledger.deliveries(Some(&batch))?;
        let known = Known::of(&self.own, &known, &batch);
        let new = notices.iter().filter(|told| known.delivery(told).is_none());
        ledger.queue(
            &self.batch("/test"),
            &new.map(Told::to_queue).collect::<Vec<_>>(),
        )?;
        let wanted: Vec<String> = recipients.iter().map(|address| folded(address)).collect();
        let rows = || -> Result<Vec<Delivery>, Failure> {
            let mut rows = ledger.deliveries(Some(&batch))?;
            rows.retain(|row| wanted.contains(&folded(&row.address)));
            Ok(rows)
        };
        let told =
            |row: &Delivery| matches!(row.state, DeliveryState::Sent | DeliveryState::Written);
        if rows()?.iter().all(told) {
            return Ok(());
        }
        let end = self.session.world.asked_to_end();
        for look in 0..MOST_LOOKS {
            let rows = rows()?;
            let any = |states: &[DeliveryState]| rows.iter().any(|row| states.contains(&row.state));
            // Who asked to wait is asked once: customers are not kept waiting for it.
            let due = any(&[DeliveryState::Queued]) || look == 0 && any(&[DeliveryState::Deferred]);
            if end.load(Ordering::SeqCst)
                || !due && !any(&[DeliveryState::Claimed, DeliveryState::Sending])
            {
                break;
            }
            let run = if due {
                go(&batch, rows.len())?
            } else {
                Run::default()
            };
            if let Some(why) = run.stopped {
                return Err(
                    Failure::new(format!("the test messages could not be sent: {why}")).into(),
                );
            } else if run.done == 0 {
                // Another machine has them in hand.
                self.session.world.pause(LOOK);
            }
        }
        if let Some(row) = rows()?.into_iter().find(|row| !told(row)) {
            let failure = Failure::new(format!(
                "the test message to {} is {}: {}",
                row.address,
                row.state.as_str(),
                row.answer
            ));
            return Err(failure
                .help(match row.state {
                    DeliveryState::Failed | DeliveryState::Unknown => {
                        "customers were not told; mend it, `tidings email resolve --resend` with that address, then run this again"
                    }
                    _ => "customers were not told; run this again in a quarter of an hour",
                })
                .into());
        }
        self.session
            .say(&format!("told {}", count(notices.len(), "test recipient")));
        Ok(())
    }

    fn report(
        &self,
        ledger: &dyn Ledger,
        stopped: Option<String>,
        suppressed: usize,
    ) -> Result<Exit, Stop> {
        let counts = ledger.counts(&self.name(""))?;
        let of = |wanted: DeliveryState| {
            counts
                .iter()
                .find(|(state, _)| *state == wanted)
                .map_or(0, |(_, count)| *count)
        };
        let states: Vec<String> = DeliveryState::ALL
            .into_iter()
            .filter(|state| of(*state) > 0)
            .map(|state| format!("{} {}", of(state), state.as_str()))
            .chain((suppressed > 0).then(|| format!("{suppressed} suppressed")))
            .collect();
        self.session.print(&format!(
            "{} {}: {}\n",
            self.what(),
            self.about.kind.as_str(),
            states.join(", ")
        ))?;
        if let Some(why) = stopped {
            let failure = Failure::new(format!("the server takes no mail: {why}"));
            return Err(failure
                .help("nothing is lost, and nobody was refused for it: mend what the server says, then `tidings email resume`")
                .into());
        }
        let open: usize = counts
            .iter()
            .filter(|(state, _)| state.is_open())
            .map(|(_, count)| count)
            .sum();
        if of(DeliveryState::Deferred) > 0 {
            self.session
                .say("some servers asked to wait: `tidings email resume` in a quarter of an hour");
        } else if of(DeliveryState::Sending) + of(DeliveryState::Claimed) == open && open > 0 {
            self.session.say(&format!(
                "another machine is still sending {}",
                count(open, "message")
            ));
        } else if open > 0 {
            self.session.say("not done: `tidings email resume` goes on");
        }
        if open == 0 {
            let counts: serde_json::Map<_, _> = DeliveryState::ALL
                .into_iter()
                .map(|state| (state.as_str().to_owned(), json!(of(state))))
                .collect();
            self.outward.record(
                NOTIFIED,
                self.about.release,
                &json!({ "kind": self.about.kind.as_str(), "issue": self.about.issue.map(|issue| &issue.id), "states": counts }),
            )?;
        }
        if of(DeliveryState::Failed) > 0 {
            self.failed(ledger)?;
        }
        let settled =
            open == 0 && of(DeliveryState::Unknown) == 0 && of(DeliveryState::Failed) == 0;
        Ok(if settled { Exit::Done } else { Exit::Findings })
    }
}

impl Batch<'_, '_> {
    /// Why some were refused, and what can be done about it.
    fn failed(&self, ledger: &dyn Ledger) -> Result<(), Stop> {
        const MOST: usize = 5;
        let reasons = reasons(&ledger.deliveries(Some(&self.name("")))?);
        for (words, times) in reasons.iter().take(MOST) {
            let words = crate::diag::clipped(words, 160);
            self.session.say(&format!("{times} failed: {words}"));
        }
        if reasons.len() > MOST {
            let more = count(reasons.len() - MOST, "more reason");
            self.session.say(&format!("{more}: `tidings email status`"));
        }
        self.session.say(
            "where the fault was yours, mend it, then `tidings email resolve --resend --failed` and `tidings email resume`",
        );
        Ok(())
    }
}

/// The words of refusals, each once, with how often they were said.
fn reasons(rows: &[Delivery]) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for row in rows.iter().filter(|row| row.state == DeliveryState::Failed) {
        let words = row.answer.replace(&row.address, "…");
        match reasons.iter_mut().find(|(known, _)| *known == words) {
            Some((_, times)) => *times += 1,
            None => reasons.push((words, 1)),
        }
    }
    reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    reasons
}

fn test_notice(notice: &Addressed, address: &str) -> Addressed {
    let mut notice = notice.clone();
    notice.to.address = address.to_owned();
    notice.to.customer = TEST.to_owned();
    notice.to.name = None;
    notice
}
