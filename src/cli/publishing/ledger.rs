//! `tidings ledger`

use clap::Subcommand;
use serde_json::Value;

use crate::diag::count;
use crate::documents::{ReceiptPart, Receipts};
use crate::ports::{Receipt, Recorded};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Write a whole copy of the ledger into one file
    Backup {
        /// A file that is not there yet
        file: String,
    },
    /// Whether the ledger is whole, and the newest that was seen here
    Check {
        /// Take an older copy as it is: what was open in it becomes `unknown`
        #[arg(long)]
        accept: bool,
    },
}

pub fn run(command: Option<&LedgerCommand>, session: &Session<'_>) -> Result<Exit, Stop> {
    match command {
        None => receipts(session),
        Some(LedgerCommand::Backup { file }) => {
            let loaded = load(session)?;
            let outward = Outward::of(session, &loaded)?;
            outward.ledger.backup(&session.at(file))?;
            session.say(&format!("wrote {file}"));
            Ok(Exit::Done)
        }
        Some(LedgerCommand::Check { accept }) => check(*accept, session),
    }
}

fn check(accept: bool, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let ledger = &outward.ledger;
    if ledger.own_name()?.is_none() {
        session.print("there is no ledger yet\n")?;
        return Ok(Exit::Done);
    }
    if accept {
        let _alone = ledger.alone()?;
        let unknown = count(ledger.accept()?, "message");
        session.print(&format!(
            "taken as it is; {unknown} that may have been sent since: `tidings email resolve`\n"
        ))?;
        return Ok(Exit::Done);
    }
    let wrong = ledger.examine()?;
    if wrong.is_empty() {
        session.print("the ledger is whole, and the newest that was seen here\n")?;
        return Ok(Exit::Done);
    }
    session.print(&crate::diag::plain(&format!("{}\n", wrong.join("\n"))))?;
    Ok(Exit::Findings)
}

fn receipts(session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let receipts = outward.ledger.receipts()?;
    if form == Format::Json {
        let part = |row: Recorded| {
            let Receipt {
                step,
                version,
                tag,
                commit,
                digest,
                detail,
            } = row.receipt;
            let detail = serde_json::from_str(&detail).unwrap_or(Value::Null);
            ReceiptPart {
                number: row.number,
                at: row.at,
                step,
                version,
                tag,
                commit,
                digest,
                detail,
            }
        };
        let receipts = receipts.into_iter().map(part).collect();
        session.print(&json(&Receipts {
            schema: Receipts::SCHEMA,
            receipts,
        }))?;
        return Ok(Exit::Done);
    }
    let rows: String = receipts
        .iter()
        .map(|row| {
            let receipt = &row.receipt;
            let short = |text: &str, most: usize| text.get(..most).unwrap_or(text).to_owned();
            format!(
                "{:>4}  {}  {:<13}  {:<12}  {}  {}\n",
                row.number,
                row.at,
                receipt.step,
                receipt.tag,
                short(&receipt.commit, 12),
                short(&receipt.digest, 19)
            )
        })
        .collect();
    session.print(if rows.is_empty() {
        "no receipts yet\n"
    } else {
        &rows
    })?;
    Ok(Exit::Done)
}
