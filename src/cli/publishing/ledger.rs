//! `tidings ledger`

use serde_json::Value;

use crate::documents::{ReceiptPart, Receipts};
use crate::ports::{Receipt, Recorded};
use crate::project::load::load;
use crate::project::operator::Outward;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;

pub fn run(session: &Session<'_>) -> Result<Exit, Stop> {
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
