//! The transports, a file each.

mod folder;
mod open;
mod sendmail;
mod smtp;

pub use open::open;
