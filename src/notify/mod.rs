//! Notices to messages: one for each recipient. Composes only; nothing is sent here.

mod message;

pub use message::{Message, Sender, compose};
