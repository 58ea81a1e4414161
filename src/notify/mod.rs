//! Notices to messages: one for each recipient. Composes only; nothing is sent here.

mod deliver;
pub mod maillog;
mod message;

pub use deliver::{Pace, Post, Run};
pub use message::{Message, Sender, compose, identity, wire};
