//! The two configuration files, split by who may read them: `tidings.toml` (customers may) and `operator.toml`.

mod bootstrap;
mod operator;

pub use bootstrap::{BootstrapConfig, File as BootstrapFile, read as read_bootstrap};
pub use operator::{Forge, Mail, OperatorConfig, Staging, read as read_operator};
