//! The release page: what it should say, what is missing of it, and what stands in the way. Asks nobody.

mod diff;
mod gate;
mod next;
mod sbom;
mod sbom_order;
mod sbom_subject;
mod text;

pub use diff::differing;
pub use gate::{Facts, gate};
pub use next::{Next, next};
pub use sbom::{Before, sbom_section};
pub use sbom_order::order;
pub use sbom_subject::{Platforms, of_another_image};
pub use text::{LARGEST, bare, body, has_banner, with_banner, with_issues, without_banner};
