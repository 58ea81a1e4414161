//! Commands that publish, verify and withdraw.

pub mod ledger;
pub mod publish;
pub mod verify;
pub mod withdraw;
