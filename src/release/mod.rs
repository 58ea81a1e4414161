//! The rules of the release day: what must be so before a cut, where the version stands, what a proposed pin must say, where the day stands.
//! No I/O.

mod accepted;
mod causes;
mod changelog;
mod day;
mod review;
mod version_file;

pub use accepted::{Acceptance, accept, private};
pub use causes::known_cause;
pub use changelog::{Refused, cut as cut_changelog};
pub use day::{Phase, Phases};
pub use review::{Proposed, review};
pub use version_file::{Place, VersionFile, mentions};
