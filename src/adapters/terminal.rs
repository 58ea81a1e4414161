//! The operator at the terminal: bars, questions, Ctrl-C.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::ports::Unit;

pub fn progress(what: &str, of: u64, unit: Unit) -> Box<dyn Fn(u64) + Sync> {
    let template = match unit {
        Unit::Bytes => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        Unit::Seconds => "{msg} {bar:30} {pos} of {len} s",
        Unit::Messages => "{msg} {bar:30} {pos}/{len} {per_sec} {eta}",
    };
    let bar = indicatif::ProgressBar::new(of).with_message(crate::diag::plain(what));
    if let Ok(style) = indicatif::ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    Box::new(move |done| {
        bar.set_position(done);
        if done >= of {
            bar.finish_and_clear();
        }
    })
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
