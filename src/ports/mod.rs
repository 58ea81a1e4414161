//! The outside: one port, the actions that change it, plans of them, and a stand-in that lives in memory.
//!
//! `live` is the only code that touches files, git, processes, the network and the clock.

mod actions;
mod failure;
pub mod forge;
pub mod git;
pub mod hosting;
pub mod ledger;
mod loopback;
mod machine;
pub mod mail;
mod pages;
pub mod registry;

pub use actions::{Action, Files, Plan, shown, size};
pub use failure::Failure;
pub use forge::{Forge, Trouble};
pub use git::{Detached, Repository, Tree};
pub use hosting::Hosting;
pub use ledger::{
    Attempts, Change, Journal, Ledger, LedgerKind, OwnName, Receipt, Recorded, Step, Writing,
};
pub use loopback::{loopback, may_lead};
pub use machine::{
    Console, Environment, FileSystem, FreshClone, GitRead, Inside, Mailing, Processes, Ran,
    RemoteTag, Remotes, Tagged, Unit, Web, World,
};
pub use mail::{
    Connection, Envelope, Going, NoConnection, Outcome, Reactor, Refusal, Stage, Transport,
    TransportKind,
};
pub use pages::{NotRefreshed, Pages, Refreshed};
