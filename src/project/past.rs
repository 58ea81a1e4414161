//! What is known of the past without asking an agent: receipts of the ledger and of the clone, the clone itself, the container engine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::documents::{DonePart, Observed, Past, WentBack};
use crate::model::{Release, Version};
use crate::ports::ledger::{CUT, PUBLISHED, ROLLBACK_FAILED, ROLLED_BACK, SMOKE, SMOKE_FAILED};
use crate::ports::{Ledger, LedgerKind, Receipt, Recorded};
use crate::project::load::{Loaded, inside};
use crate::project::operator::{Outward, tag};
use crate::project::session::{Session, Stop};
use crate::sources::pin;

/// Steps that say what ran somewhere of the vendor's.
const RAN: [&str; 6] = [
    CUT,
    SMOKE,
    SMOKE_FAILED,
    PUBLISHED,
    ROLLED_BACK,
    ROLLBACK_FAILED,
];
/// Steps at whose end the agent had answered.
const ANSWERED: [&str; 2] = [SMOKE, ROLLED_BACK];

/// The engine is given so long.
const ENGINE: Duration = Duration::from_secs(10);
const FORMAT: &str = "ps --all --no-trunc --format '{{.ID}}|{{.Image}}|{{.Status}}'";
/// Where nothing names the engine: the one that is here.
const LOOKED_FOR: &str =
    "for engine in docker podman; do command -v $engine >/dev/null 2>&1 || continue; exec $engine";

/// How a rollback went.
pub struct Attempt<'a> {
    pub from: &'a Release,
    pub to: &'a Release,
    pub steps: Value,
    /// The step that failed, and why.
    pub broken: Option<(&'a str, &'a str)>,
}

/// Who is at work: as git knows them, else the account.
pub fn who(session: &Session<'_>, loaded: &Loaded) -> Option<String> {
    let folder = loaded
        .operator
        .as_ref()
        .map_or(&loaded.root, |operator| &operator.root);
    session
        .world
        .repository(folder)
        .who()
        .or_else(|| session.world.variable("USER"))
        .or_else(|| session.world.variable("LOGNAME"))
}

/// The ledger of a clone that has no operator, in git's own folder.
fn clone_ledger(session: &Session<'_>, loaded: &Loaded, make: bool) -> Option<Box<dyn Ledger>> {
    let folder = session.world.repository(&loaded.root).own_folder().ok()?;
    let path = folder.join("tidings").join("ledger.db");
    (make || session.world.exists(&path))
        .then(|| session.world.ledger(&LedgerKind::File(path)).ok())
        .flatten()
}

/// Writes down that it was rolled back, or tried: in the operator's ledger, else in the clone's own.
///
/// # Errors
/// Neither can be written.
pub fn record_rollback(
    session: &Session<'_>,
    loaded: &Loaded,
    attempt: &Attempt<'_>,
) -> Result<(), Stop> {
    let (to, from) = (attempt.to, attempt.from.version.to_string());
    let step = attempt.broken.map_or(ROLLED_BACK, |_| ROLLBACK_FAILED);
    let none = || crate::ports::Failure::new("the clone has no place for receipts");
    let ledger = match &loaded.operator {
        Some(_) => Outward::of(session, loaded)?.ledger,
        None => clone_ledger(session, loaded, true).ok_or_else(none)?,
    };
    let name = tag(loaded, to);
    // A receipt that repeats the one before it is not written; this one happened again.
    let before = ledger
        .receipts()?
        .into_iter()
        .map(|recorded| recorded.receipt);
    let before = before.filter(|receipt| receipt.step == step && receipt.tag == name);
    let detail = json!({
        "from": from,
        "to": to.version.to_string(),
        "by": who(session, loaded),
        "attempt": before.count() + 1,
        "outcome": attempt.broken.map_or_else(
            || "`/version` confirmed it".to_owned(),
            |(step, why)| format!("failed at `{step}`: {}", first_line(why)),
        ),
        "steps": attempt.steps,
    });
    Ok(ledger.record(&Receipt {
        step: step.to_owned(),
        version: to.version.to_string(),
        tag: name,
        commit: to
            .tag
            .as_ref()
            .map(|tag| tag.commit.clone())
            .unwrap_or_default(),
        digest: to
            .pin
            .as_ref()
            .map(|pin| pin.digest.to_string())
            .unwrap_or_default(),
        detail: detail.to_string(),
    })?)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

/// The receipts of the operator's ledger and of the clone's own, by time. A report is written without them too.
fn receipts(session: &Session<'_>, loaded: &Loaded) -> Vec<Recorded> {
    let mut all = Vec::new();
    if loaded.operator.is_some() {
        match Outward::of(session, loaded).and_then(|outward| Ok(outward.ledger.receipts()?)) {
            Ok(receipts) => all.extend(receipts),
            Err(_) => session.say("the ledger cannot be read; the report says nothing of it"),
        }
    }
    let own = clone_ledger(session, loaded, false).and_then(|ledger| ledger.receipts().ok());
    all.extend(own.into_iter().flatten());
    all.sort_by(|a, b| a.at.cmp(&b.at));
    all
}

fn detail(recorded: &Recorded) -> Value {
    serde_json::from_str(&recorded.receipt.detail).unwrap_or(Value::Null)
}

fn version_in(detail: &Value, key: &str) -> Option<Version> {
    detail[key].as_str().and_then(Version::read)
}

fn went_back(recorded: &Recorded) -> Option<(Version, WentBack)> {
    let said = detail(recorded);
    let words = |key: &str| said[key].as_str().map(str::to_owned);
    let from = version_in(&said, "from")?;
    let to = Version::read(&recorded.receipt.version)?;
    // The same command goes forward again, too.
    (recorded.receipt.step == ROLLED_BACK && to < from).then_some(())?;
    Some((
        from,
        WentBack {
            to,
            at: recorded.at.clone(),
            by: words("by"),
            outcome: words("outcome").unwrap_or_else(|| "`/version` confirmed it".to_owned()),
        },
    ))
}

/// What an incident is about, and what was done about it. `given` is a version that the operator named.
///
/// # Errors
/// A pin file that cannot be read.
pub fn past(
    session: &Session<'_>,
    loaded: &Loaded,
    observed: &Observed,
    given: Option<&Version>,
    unanswered: Option<String>,
) -> Result<Past, Stop> {
    let all = receipts(session, loaded);
    let engine = if unanswered.is_some() {
        engine(session, loaded)
    } else {
        Engine::default()
    };
    let newest = all
        .iter()
        .rev()
        .find(|recorded| RAN.contains(&recorded.receipt.step.as_str()));
    let runs = match &unanswered {
        Some(_) => engine.version.clone(),
        None => observed.version.as_deref().and_then(Version::read),
    };
    let mut past = Past {
        last_answered: all
            .iter()
            .rev()
            .find(|recorded| ANSWERED.contains(&recorded.receipt.step.as_str()))
            .filter(|_| unanswered.is_some())
            .map(|recorded| {
                format!(
                    "{} ({} of {})",
                    recorded.at, recorded.receipt.step, recorded.receipt.version
                )
            }),
        engine: engine.said,
        ..Past::default()
    };
    let back = match given {
        Some(given) => all
            .iter()
            .rev()
            .find_map(|recorded| went_back(recorded).filter(|(from, _)| from == given)),
        None => newest
            .and_then(went_back)
            .filter(|(_, back)| runs.as_ref().is_none_or(|runs| *runs == back.to)),
    };
    let failed = newest.filter(|recorded| {
        given.is_none() && [SMOKE_FAILED, ROLLBACK_FAILED].contains(&recorded.receipt.step.as_str())
    });
    if let Some((from, back)) = back {
        past.known_from = Some(format!("the receipt of the rollback of {}", back.at));
        (past.deployed, past.went_back) = (Some(from), Some(back));
    } else if let Some((version, step)) =
        failed.and_then(|failed| failure(failed, runs.as_ref(), loaded))
    {
        past.deployed = Some(version);
        past.known_from = Some(step);
    } else if unanswered.is_some() {
        if engine.version.is_some() {
            past.deployed = engine.version;
            past.known_from = Some("the container engine".to_owned());
        } else if let Some(newest) =
            newest.filter(|newest| newest.receipt.step != PUBLISHED && newest.receipt.step != CUT)
        {
            past.deployed = Version::read(&newest.receipt.version);
            past.known_from = Some(format!(
                "the receipt {} of {}",
                newest.receipt.step, newest.at
            ));
        } else if let Some(here) = checked_out(session, loaded)? {
            past.deployed = Some(here.version.clone());
            past.known_from = Some(format!(
                "what is checked out in the clone, {}; nothing confirms that it ran",
                tag(loaded, here)
            ));
        }
    }
    let about = past.deployed.clone().or_else(|| given.cloned()).or(runs);
    past.done = about.map(|about| done(&all, &about)).unwrap_or_default();
    past.unanswered = unanswered;
    Ok(past)
}

/// What failed last, if what runs now does not contradict that it is what this is about.
fn failure(
    recorded: &Recorded,
    runs: Option<&Version>,
    loaded: &Loaded,
) -> Option<(Version, String)> {
    let said = detail(recorded);
    let receipt = &recorded.receipt;
    let smoke = receipt.step == SMOKE_FAILED;
    let about = if smoke {
        Version::read(&receipt.version)?
    } else {
        version_in(&said, "from")?
    };
    let history = &loaded.bootstrap.history;
    let target = history.rollback_target(&about);
    let fits = runs
        .is_none_or(|runs| *runs == about || target.is_some_and(|target| target.version == *runs));
    let what = if smoke { "smoke test" } else { "rollback" };
    let outcome = said["outcome"].as_str().unwrap_or("it failed");
    fits.then(|| {
        (
            about,
            format!("the {what} of {}, which {outcome}", recorded.at),
        )
    })
}

/// The receipts about a release, with what they say in words.
fn done(all: &[Recorded], about: &Version) -> Vec<DonePart> {
    all.iter()
        .filter_map(|recorded| {
            let said = detail(recorded);
            let rollback = [ROLLED_BACK, ROLLBACK_FAILED].contains(&recorded.receipt.step.as_str());
            let of_it = if rollback {
                version_in(&said, "from").as_ref() == Some(about)
            } else {
                recorded.receipt.version == about.as_str()
            };
            let words =
                |key: &str, before: &str| said[key].as_str().map(|word| format!("{before}{word}"));
            let to = rollback.then(|| format!("to {}", recorded.receipt.version));
            let notes: Vec<String> = [to, words("by", "by "), words("outcome", "")]
                .into_iter()
                .flatten()
                .collect();
            of_it.then(|| DonePart {
                at: recorded.at.clone(),
                step: recorded.receipt.step.clone(),
                note: (!notes.is_empty()).then(|| notes.join(", ")),
            })
        })
        .collect()
}

/// The release of the pin that lies in the clone: what the install script installed last.
///
/// # Errors
/// The pin file cannot be read.
pub fn checked_out<'l>(
    session: &Session<'_>,
    loaded: &'l Loaded,
) -> Result<Option<&'l Release>, Stop> {
    let config = &loaded.bootstrap.config;
    let text = inside(session, &loaded.root, &config.pin.file)?;
    let beside = |path: &str| inside(session, &loaded.root, path).ok()?;
    Ok(text
        .and_then(|text| pin::read(&text, &config.pin, None, &beside).0)
        .and_then(|pin| loaded.bootstrap.history.release(&pin.version)))
}

#[derive(Default)]
struct Engine {
    /// Of the newest container that is one of ours.
    version: Option<Version>,
    said: Vec<String>,
}

/// What the container engine says of containers of our images, the newest first.
fn engine(session: &Session<'_>, loaded: &Loaded) -> Engine {
    let named = loaded
        .operator
        .as_ref()
        .and_then(|operator| operator.config.staging.engine.as_ref());
    let line = match named {
        Some(named) => format!("{named} {FORMAT}"),
        None => format!("{LOOKED_FOR} {FORMAT}; done; exit 3"),
    };
    let ran = session
        .world
        .run(&loaded.root, &line, &BTreeMap::new(), ENGINE);
    let output = match ran {
        Ok(ran) if ran.code == Some(0) => ran.output,
        Ok(ran) if ran.code == Some(3) => return Engine::default(),
        Ok(ran) => {
            return Engine {
                version: None,
                said: vec![format!(
                    "it could not be asked: {}",
                    first_line(ran.output.trim())
                )],
            };
        }
        Err(_) => return Engine::default(),
    };
    let releases = loaded.bootstrap.history.releases();
    let mut engine = Engine::default();
    for line in output.lines() {
        let mut parts = line.splitn(3, '|');
        let (Some(id), Some(image), Some(status)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let found = releases.iter().rev().find(|release| {
            release.pin.as_ref().is_some_and(|pin| {
                let name = pin.image.as_deref().unwrap_or("\n");
                let pinned = |known: &crate::model::Image| image.contains(known.digest.as_str());
                pin.images().iter().any(pinned)
                    || image == format!("{name}:{}", release.version)
                    || image == format!("{name}:{}", tag(loaded, release))
            })
        });
        if let Some(release) = found {
            engine.said.push(format!(
                "container {} of {}: {}",
                id.get(..12).unwrap_or(id),
                release.version,
                crate::diag::plain(status)
            ));
            engine
                .version
                .get_or_insert_with(|| release.version.clone());
        }
    }
    engine
}
