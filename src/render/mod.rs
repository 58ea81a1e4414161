//! Documents to text. The only home of tera and comrak; does no I/O.

mod calendar;
mod draft;
mod engine;
mod filters;
mod markdown;
mod table;
mod timeline;
mod words;

pub use calendar::support_calendar;
pub use draft::drafted;
pub use engine::{Engine, TEMPLATES, escaped, single_link};
pub use markdown::{Leads, Written, block, inline, plain, written};
pub use table::{csv, deliveries_csv, json};
pub use tera::Context as TemplateContext;
pub use words::wrapped;
