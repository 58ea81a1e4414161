//! Documents to text. The only home of tera and comrak; does no I/O.

mod calendar;
mod engine;
mod markdown;
mod table;
mod words;

pub use calendar::support_calendar;
pub use engine::{Engine, TEMPLATES};
pub use markdown::{block, inline, plain};
pub use table::{csv, json};
pub use words::wrapped;
