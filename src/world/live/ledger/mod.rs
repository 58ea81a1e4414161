//! Ledgers: one SQLite file, or a PostgreSQL database.

mod group;
mod open;
mod postgres;
mod sqlite;

pub use open::open;
