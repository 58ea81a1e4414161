//! `tidings ledger`

use serde_json::{Value, json};

use crate::commands::load::load;
use crate::commands::outward::Outward;
use crate::commands::session::{Exit, Format, Session, Stop};
use crate::render::json as printed;

pub fn run(session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(&loaded)?;
    let receipts = session.world.receipts(&outward.ledger)?;
    if form == Format::Json {
        let rows: Vec<Value> = receipts
            .iter()
            .map(|row| {
                let receipt = &row.receipt;
                let detail: Value = serde_json::from_str(&receipt.detail).unwrap_or(Value::Null);
                json!({ "number": row.number, "at": row.at, "step": receipt.step, "version": receipt.version, "tag": receipt.tag,
                        "commit": receipt.commit, "digest": receipt.digest, "detail": detail })
            })
            .collect();
        session.print(&printed(&json!({ "schema": "tidings/ledger/1", "receipts": rows })))?;
        return Ok(Exit::Done);
    }
    let rows: String = receipts
        .iter()
        .map(|row| {
            let receipt = &row.receipt;
            let short = |text: &str, most: usize| text.get(..most).unwrap_or(text).to_owned();
            format!(
                "{:>4}  {}  {:<10}  {:<12}  {}  {}\n",
                row.number,
                row.at,
                receipt.step,
                receipt.tag,
                short(&receipt.commit, 12),
                short(&receipt.digest, 19)
            )
        })
        .collect();
    session.print(if rows.is_empty() { "no receipts yet\n" } else { &rows })?;
    Ok(Exit::Done)
}
