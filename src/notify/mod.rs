//! Notices to messages, one for each recipient; and which of them a transport is given when.

mod deliver;
mod dkim;
mod letter;
pub mod maillog;
mod message;

pub use deliver::{Pace, Post, Run};
pub use dkim::Signature;
pub use letter::{Letter, Letters};
pub use message::{Message, Sender, compose, identity, wire};
