//! What is in flight, beside the ledger: a line before each final dot and one after each answer, not synced. A process that is killed loses
//! its memory and not what it wrote to a file; a power cut may take it, and then the ledger's own synced step decides.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::adapters::ledger::stamp::private;
use crate::ports::{Failure, Journal};

/// What the journal says of a delivery that was in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It was given away, and no answer was written down.
    Given,
    /// The server took it, in its words.
    Sent(String),
    /// The server refused it.
    Refused,
}

/// A file that many write to: each line is one write at its end.
pub struct Lines(File);

/// The machine's boot: the journal of an earlier one was not synced, and says nothing.
fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn head(ledger: &str) -> Option<String> {
    boot().map(|boot| format!("tidings journal 1 {ledger} {boot}\n"))
}

/// Begins a new one. `None` where the machine does not tell its boots apart.
pub fn begin(path: &Path, ledger: &str) -> Result<Option<Lines>, Failure> {
    let fail = |error: &std::io::Error| Failure::file("write", path, error);
    let Some(head) = head(ledger) else {
        return Ok(None);
    };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fail(&error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    private(&mut options);
    let mut file = options.open(path).map_err(|error| fail(&error))?;
    file.write_all(head.as_bytes())
        .map_err(|error| fail(&error))?;
    Ok(Some(Lines(file)))
}

/// What it says, by the delivery's number; `None` where it cannot be relied on.
pub fn read(path: &Path, ledger: &str) -> Option<HashMap<i64, Noted>> {
    let text = std::fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.strip_prefix(&head(ledger)?)?;
    let mut noted = HashMap::new();
    for line in lines.split_inclusive('\n') {
        // A line that was not written to its end does not count, and neither does what it was to say.
        let line = line.strip_suffix('\n')?;
        let (kind, rest) = line.split_once(' ')?;
        let (number, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let what = match kind {
            "given" => Noted::Given,
            "sent" => Noted::Sent(words.to_owned()),
            "refused" => Noted::Refused,
            _ => return None,
        };
        noted.insert(number.parse().ok()?, what);
    }
    Some(noted)
}

pub fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

impl Journal for Lines {
    fn giving(&self, number: i64) -> Result<(), String> {
        (&self.0)
            .write_all(format!("given {number}\n").as_bytes())
            .map_err(|error| format!("cannot write down what is in flight: {error}"))
    }

    fn answered(&self, number: i64, sent: Option<&str>) {
        let line = match sent {
            Some(words) => format!("sent {number} {}\n", words.replace('\n', " ")),
            None => format!("refused {number}\n"),
        };
        let _ = (&self.0).write_all(line.as_bytes());
    }
}
