//! The transports, a file each.

mod folder;
mod login;
mod open;
mod reactor;
mod sendmail;
mod smtp;
mod wire;

pub use open::open;
pub use reactor::reactor;
