//! The rules of the release day: what must be so before a cut, where the version stands, what a proposed pin must say, where the day stands.
//! No I/O.

mod accepted;
pub mod containers;
mod known_failures;
mod phases;
mod pin_facts;
mod proposal_text;
mod review;
mod shipped;
mod unreleased;
mod version_file;

pub use accepted::{Acceptance, accept, accepted_rows, private};
pub use known_failures::known_cause;
pub use phases::{Phase, Phases};
pub use pin_facts::{other_changes, other_changes_with};
pub use proposal_text::{older_entries, readme_text};
pub use review::{Proposed, Registered, review};
pub use shipped::{LivedWith, Shipped, TagFault, digests_row, tag_faults, tags_row};
pub use unreleased::{Refused, cut as cut_changelog, lowest_level};
pub use version_file::{Place, VersionFile, mentions};
