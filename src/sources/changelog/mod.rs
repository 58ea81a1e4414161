//! The changelog reader: CommonMark block structure in, entries with spans out. Never fails, never panics.
//!
//! `structure` walks pulldown-cmark's events once and notes every block that may head a release; `heading` judges
//! what such a line says, with `versions` and `dates`; `choose` decides which of them are releases, by content and not by level; `notes` reads
//! what an entry asks of a customer.

mod choose;
mod contents;
mod dates;
mod explain;
mod heading;
mod html;
mod inline;
mod join;
mod labels;
mod marks;
mod notes;
mod plain;
mod skeleton;
mod structure;
mod unread;
mod unwrap;
mod versions;
mod visible;

pub use dates::{date_in, no_day_in};
pub use explain::{Explained, explained};
pub use inline::{
    code_in, links_in, marked_withdrawn, neutral, unmarked_withdrawn, with_absolute_links,
};
pub use notes::{minutes, notes, without_reason};
pub use skeleton::Skeleton;
pub use structure::{DIALECT, Dialect, heading_words, read, read_as};
pub use unread::unread;
pub use visible::markdown;
