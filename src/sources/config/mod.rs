//! The two configuration files, split by who may read them: `tidings.toml` (customers may) and `operator.toml`.

mod bootstrap;
mod bootstrap_file;
mod dialect;
mod operator;
mod written;

pub use bootstrap::{BootstrapConfig, PolicyLine, read as read_bootstrap};
pub use bootstrap_file::File as BootstrapFile;
pub use operator::{Operation, OperatorConfig, read as read_operator};
pub use written::as_toml;
