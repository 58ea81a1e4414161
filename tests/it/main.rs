//! Everything that needs nothing but Rust, git and sh. No test reads the clock, the user's home or git configuration.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

mod action;
mod addresses;
mod agreement;
mod applies;
mod backwards;
mod bad_input;
mod bills;
mod book;
mod commands;
mod console;
mod corpus;
mod customers;
mod day;
mod demo;
mod dialects;
mod documents;
mod door;
mod fixture;
mod formats;
mod github;
mod guide;
mod hosting;
mod images;
#[cfg(unix)]
mod incidents;
mod inside;
mod install_notes;
mod judgement;
mod language;
mod later;
mod laws;
mod ledgers;
mod look;
mod mail;
mod matching;
mod mutations;
mod outputs;
mod pins;
mod properties;
mod publish;
mod refusals;
mod registry;
mod relay;
mod released;
mod rules;
#[cfg(unix)]
mod safety;
mod send;
mod skeleton;
mod snippet;
mod support;
mod tidy;
mod transitions;
mod trust;
mod upgrade;
mod ways;
mod worlds;
mod zero;
