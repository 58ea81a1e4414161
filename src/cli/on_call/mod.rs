//! Commands for the night it goes wrong.

pub mod identify;
pub mod incident;
pub mod rollback;
pub mod support;
