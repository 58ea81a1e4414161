//! Notices to messages, one for each recipient; and which of them a transport is given when.

mod deliver;
mod dkim;
mod give;
mod header;
mod letter;
pub mod maillog;
mod message;
mod refusal;
mod suspects;
mod throttle;

pub use deliver::{Pace, Post, Run};
pub use dkim::Signature;
pub use letter::{Letter, Letters};
pub use message::{Message, Sender, compose, former_identity, identity};
