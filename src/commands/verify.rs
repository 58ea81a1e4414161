//! `tidings verify`

use clap::Args;
use serde_json::{Value, json};

use crate::commands::load::load;
use crate::commands::outward::{Outward, Patience, sha256, tag};
use crate::commands::session::{Exit, Format, Session, Stop};
use crate::diag::{Code, Finding};
use crate::publish::without_banner;
use crate::render::json as printed;
use crate::world::ledger::PUBLISHED;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The release [default: the newest]
    version: Option<String>,
}

/// One thing that was published: as the receipt has it, and as it is.
struct Row {
    what: String,
    then: String,
    now: String,
}

pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(&loaded)?;
    let release = loaded.release(session, args.version.as_deref())?;
    let name = tag(&loaded, release);
    let receipts = session.world.receipts(&outward.ledger)?;
    let Some(recorded) = receipts.iter().rev().find(|row| row.receipt.step == PUBLISHED && row.receipt.tag == name) else {
        let finding = Finding::new(Code::PageMissing, format!("the ledger has no receipt that {name} was published"));
        return Err(finding.help(format!("`tidings publish {}` writes one", release.version)).into());
    };
    let receipt = &recorded.receipt;
    let detail: Value = serde_json::from_str(&receipt.detail).unwrap_or(Value::Null);
    let said = |key: &str| detail[key].as_str().unwrap_or("").to_owned();
    let mut rows = Vec::new();
    let mut row = |what: &str, then: String, now: Option<String>| {
        rows.push(Row { what: what.to_owned(), then, now: now.unwrap_or_else(|| "gone".to_owned()) });
    };
    let remote = session.world.remote_tag(&loaded.root, &name)?;
    row("tag: commit", receipt.commit.clone(), remote.as_ref().map(|remote| remote.commit.clone()));
    row("tag: object", said("tag_object"), remote.map(|remote| remote.object));
    row("pin: digest", receipt.digest.clone(), release.pin.as_ref().map(|pin| pin.digest.to_string()));
    let forge = outward.forge(session)?;
    let mut patience = Patience::new(session);
    let page = patience.read(|| forge.find(&name))?.filter(|page| !page.draft);
    row("page: title", said("title"), page.as_ref().map(|page| page.title.clone()));
    // A banner of our own is no drift: the ledger knows of it.
    row("page: text", said("text"), page.as_ref().map(|page| sha256(without_banner(&page.body).trim().as_bytes())));
    for file in detail["files"].as_array().into_iter().flatten() {
        let file_name = file["name"].as_str().unwrap_or("");
        let attached = page.as_ref().and_then(|page| page.assets.iter().find(|attached| attached.name == file_name && attached.complete));
        let now = match (&page, attached) {
            (Some(page), Some(attached)) => match &attached.digest {
                Some(digest) => Some(digest.clone()),
                None => Some(patience.read(|| forge.digest(page, attached))?),
            },
            _ => None,
        };
        row(&format!("file: {file_name}"), file["digest"].as_str().unwrap_or("").to_owned(), now);
    }
    let drifted = rows.iter().filter(|row| row.then != row.now).count();
    if form == Format::Json {
        let rows: Vec<Value> =
            rows.iter().map(|row| json!({ "what": row.what, "then": row.then, "now": row.now, "same": row.then == row.now })).collect();
        session.print(&printed(&json!({ "schema": "tidings/verify/1", "version": release.version.as_str(), "tag": name, "published": recorded.at, "drifted": drifted, "rows": rows })))?;
    } else {
        let line = |row: &Row| match row.then == row.now {
            true => format!("same     {}\n", row.what),
            false => format!("CHANGED  {}\n         then {}\n         now  {}\n", row.what, row.then, row.now),
        };
        let lines: String = rows.iter().map(line).collect();
        session.print(&format!("{name}, published {}\n{}", recorded.at, crate::diag::plain(&lines)))?;
    }
    Ok(if drifted == 0 { Exit::Done } else { Exit::Findings })
}
