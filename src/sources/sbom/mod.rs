//! Bills of materials: CycloneDX 1.0 to 1.7 (JSON and XML), SPDX 2 (JSON and tag-value), SPDX 3 (JSON-LD) and syft's JSON, also inside an
//! in-toto statement. Only what a release page says of them is read. They are made from what others wrote: nothing in them is trusted.

mod component;
mod cyclonedx;
mod cyclonedx_xml;
mod json;
mod purl;
mod read;
mod spdx;
mod spdx3;
mod spdx_tags;
mod syft;

pub use component::{Component, Sbom};
pub use read::{is_named_like_one, read};
