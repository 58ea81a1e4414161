//! The forges, a file each.

mod folder;
mod github;
mod github_hosting;
mod open;

pub use folder::sha256;
pub use open::{hosting, open};
