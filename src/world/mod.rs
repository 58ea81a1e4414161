//! The outside: one port, the actions that change it, plans of them, and a stand-in that lives in memory.
//!
//! `live` is the only code that touches files, git, processes, the network and the clock.

mod action;
mod failure;
pub mod forge;
pub mod hosting;
pub mod ledger;
pub mod live;
mod loopback;
pub mod mail;
mod memory;
mod pages;
mod port;
pub mod registry;
pub mod repository;

pub use action::{Action, Files, Plan, shown, size};
pub use failure::Failure;
pub use forge::{Forge, Trouble};
pub use hosting::Hosting;
pub use ledger::{Change, Ledger, LedgerKind, Receipt, Recorded, Step, Writing};
pub use live::Live;
pub use loopback::loopback;
pub use mail::{Connection, Envelope, Going, Outcome, Reactor, Transport, TransportKind};
pub use memory::Memory;
pub use pages::{NotRefreshed, Pages, Refreshed};
pub use port::{FreshClone, Ran, RemoteTag, Tagged, Unit, World};
pub use repository::{Repository, Tree};
