//! Ledgers: one SQLite file, or a PostgreSQL database.

mod group_commit;
mod journal;
mod open;
mod postgres;
mod shape;
mod sqlite;
mod sqlite_steps;
mod stamp;

pub use open::open;
