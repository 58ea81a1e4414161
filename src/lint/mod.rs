//! What is wrong with a release before anybody is told of it. Pure: facts in, findings out.
//!
//! The release at hand fails closed; defects of old history warn, and are folded to one line a kind.

mod entry;
mod language;
mod links;
mod pins;
mod policy;
mod readme;
mod release;

pub use language::{Audience, imperative, language, sentences};
pub use readme::readme_versions;
pub use release::{Checked, Reach, check, fold};
