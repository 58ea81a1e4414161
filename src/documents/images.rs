//! The images that a pin names, as they stand in its files.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Images {
    pub schema: &'static str,
    pub images: Vec<ListedImage>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ListedImage {
    /// Its service, container or key.
    pub name: String,
    /// `product` or `third-party`.
    pub role: &'static str,
    /// `repository:tag@digest`, of what there is.
    pub reference: String,
    /// None where it is by tag.
    pub digest: Option<String>,
    /// The file that names it, from the folder of `tidings.toml`.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl Images {
    pub const SCHEMA: &'static str = "tidings/images/1";

    pub fn of(images: Vec<ListedImage>) -> Self {
        Images {
            schema: Self::SCHEMA,
            images,
        }
    }
}
