//! The forges, a file each.

mod folder;
mod github;
mod hosting;
mod open;

pub use folder::sha256;
pub use open::{hosting, open};
