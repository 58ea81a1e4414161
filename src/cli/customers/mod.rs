//! Commands that notify customers.

pub mod deliveries;
pub mod email;
pub mod gate;
pub mod send;
pub mod told;
