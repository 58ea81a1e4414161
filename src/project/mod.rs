//! The open project: what a command is given, and what it loads before it asks its one rule.

pub mod assumed;
pub mod beside;
pub mod bills;
pub mod facts;
pub mod install_part;
pub mod install_steps;
pub mod load;
pub mod observed;
pub mod operator;
pub mod owed;
pub mod past;
pub mod proposal;
pub mod ready;
pub mod release_page;
pub mod session;

pub mod shipped;
pub mod standing;
pub mod transport;
pub mod version_source;
