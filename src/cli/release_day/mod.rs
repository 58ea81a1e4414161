//! Commands of the release day.

pub mod bump;
pub mod cut;
pub mod preflight;
pub mod rehearsal;
pub mod review;
pub mod smoke;
pub mod status;
