//! The forges, a file each.

mod folder;
mod github;
mod open;

pub use folder::sha256;
pub use open::open;
