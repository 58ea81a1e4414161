//! The release page: what it should say, what is missing of it, and what stands in the way. Asks nobody.

mod diff;
mod gate;
mod next;
mod sbom;
mod text;

pub use diff::differing;
pub use gate::{Facts, gate};
pub use next::{Next, next};
pub use sbom::sbom_section;
pub use text::{LARGEST, bare, body, has_banner, with_banner, with_issues, without_banner};
