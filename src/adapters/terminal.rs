//! The operator at the terminal: bars, questions, Ctrl-C.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::ports::Unit;
use crate::ports::mail::MailProgress;

/// Between two lines that say why mail goes slowly, where there is no bar.
const BETWEEN_NOTES: Duration = Duration::from_secs(10);

pub fn progress(what: &str, of: u64, unit: Unit) -> Box<dyn Fn(u64) + Sync> {
    let bar = bar(what, of, unit);
    Box::new(move |done| {
        bar.set_position(done);
        if done >= of {
            bar.finish_and_clear();
        }
    })
}

pub fn mail_progress(of: u64) -> MailProgress {
    const WHAT: &str = "mail";
    let bar = bar(WHAT, of, Unit::Messages);
    let shown: Mutex<(String, Option<Instant>)> = Mutex::default();
    Box::new(move |done, why| {
        bar.set_position(done);
        let why = crate::diag::plain(why.unwrap_or_default());
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.0 != why {
            bar.set_message(match why.as_str() {
                "" => WHAT.to_owned(),
                why => format!("{WHAT}, slowly: {}", crate::diag::clipped(why, 100)),
            });
            let due = shown.1.is_none_or(|last| last.elapsed() > BETWEEN_NOTES);
            if bar.is_hidden() && due && !why.is_empty() {
                shown.1 = Some(Instant::now());
                let _ = writeln!(std::io::stderr(), "note: mail goes slowly: {why}");
            }
            shown.0 = why;
        }
        if done >= of {
            bar.finish_and_clear();
        }
    })
}

fn bar(what: &str, of: u64, unit: Unit) -> indicatif::ProgressBar {
    let template = match unit {
        Unit::Bytes => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        Unit::Seconds => "{msg} {bar:30} {pos} of {len} s",
        Unit::Messages => "{msg} {bar:30} {pos}/{len} {per_sec} {eta}",
    };
    let bar = indicatif::ProgressBar::new(of).with_message(crate::diag::plain(what));
    if let Ok(style) = indicatif::ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// The first Ctrl-C sets it; a second one ends the program as always.
pub fn asked_to_end() -> Arc<AtomicBool> {
    static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let asked = ASKED.get_or_init(|| {
        let asked = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&asked);
        let _ = ctrlc::set_handler(move || {
            if set.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            let _ = writeln!(
                std::io::stderr(),
                "\nfinishing what is in flight; once more to end at once"
            );
        });
        asked
    });
    Arc::clone(asked)
}

pub fn confirm(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}
