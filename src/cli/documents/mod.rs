//! Commands that write documents.

pub mod changelog;
pub mod check;
pub mod generate;
pub mod guide;
pub mod install_notes;
pub mod matrix;
pub mod notes;
pub mod readme;
pub mod upgrade;
