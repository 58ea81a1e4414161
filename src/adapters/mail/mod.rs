//! The transports, a file each.

mod folder;
mod open;
mod reactor;
mod sendmail;
mod smtp;

pub use open::open;
pub use reactor::reactor;
