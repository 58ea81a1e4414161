//! Commands of the release day.

pub mod bump;
pub mod cut;
pub mod preflight;
pub mod proposed_files;
pub mod proposed_images;
pub mod rehearsal;
pub mod review;
pub mod smoke;
pub mod status;
