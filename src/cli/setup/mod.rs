//! Commands that set up, configure and describe.

pub mod completions;
pub mod config;
pub mod demo;
pub mod init;
pub mod pin;
pub mod render;
pub mod schema;
pub mod templates;
