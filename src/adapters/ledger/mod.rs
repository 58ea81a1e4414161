//! Ledgers: one SQLite file, or a PostgreSQL database.

mod group_commit;
mod open;
mod postgres;
mod sqlite;

pub use open::open;
