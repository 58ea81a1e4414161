//! Commands that publish, verify and withdraw.

pub mod known_issue;
pub mod ledger;
pub mod publish;
pub mod verify;
pub mod withdraw;
