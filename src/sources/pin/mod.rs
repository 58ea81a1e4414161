//! The pin, whatever its format, and every image that it names.
//!
//! `read` reads the files; `compose` and `blocks` find the images in them, `choose` the primary one among those; `release` and
//! `signers` read the facts where `facts` says that they may stand.

mod blocks;
mod choose;
mod compose;
mod facts;
mod read;
mod release;
mod signers;
mod variables;
mod written;

pub use compose::Beside;
pub use facts::fact_names;
pub use read::{Fields, Listed, Rules, alone, list, read};
pub use written::Room;
