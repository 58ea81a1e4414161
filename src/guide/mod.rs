//! The guide: which pages there are, what each is called, and its bytes. Touches nothing: `world` writes what changed.

mod contents;
mod data;
mod frame;
mod inside;
mod logo;
mod machine;
mod own;
mod paged;
mod shell;
mod single;
mod site;

pub use own::{OwnFile, OwnPages};
pub use single::single_file;
pub use site::{Site, served};
