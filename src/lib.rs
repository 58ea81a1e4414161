//! `tidings`: from a changelog, a pin file and a versioning policy to everything that has to be said about a release.
//!
//! Data flows one way: `sources` read text into the `model`; `lint` judges it; `documents` say what it means to whom;
//! `render` writes them; `world` is the only door to the outside; `commands` wire the rooms together.

pub mod cli;
pub mod commands;
pub mod diag;
pub mod documents;
pub mod example;
pub mod guide;
pub mod lint;
pub mod model;
pub mod notify;
pub mod publish;
pub mod release;
pub mod render;
pub mod sources;
pub mod world;
