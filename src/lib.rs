//! `tidings`: from a changelog, a pin file and a versioning policy to everything that has to be said about a release.
//!
//! Data flows one way: `sources` read text into the `model`; `lint` judges it; `documents` say what it means to whom;
//! `render` writes them; `ports` say what is asked of the outside, `adapters` are the outside; `project` opens what a command
//! works on, and `cli` wires the rooms together.

pub mod adapters;
pub mod cli;
pub mod demo;
pub mod diag;
pub mod documents;
pub mod guide;
pub mod lint;
pub mod model;
pub mod notify;
pub mod ports;
pub mod project;
pub mod publish;
pub mod release_day;
pub mod render;
pub mod sources;
