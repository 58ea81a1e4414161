//! `tidings config`

use serde::Serialize;

use crate::ports::shown;
use crate::project::load::configured;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;
use crate::sources::config::{BootstrapFile, OperatorConfig, as_toml};

/// Both files as they are in force, defaults filled in.
#[derive(Serialize)]
struct InForce<'c> {
    schema: &'static str,
    bootstrap_file: String,
    operator_file: Option<String>,
    bootstrap: &'c BootstrapFile,
    operator: Option<&'c OperatorConfig>,
}

pub fn run(session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let configured = configured(session)?;
    let operator = configured.operator.as_ref();
    let in_force = InForce {
        schema: "tidings/config/1",
        bootstrap_file: shown(&configured.root.join(crate::project::load::BOOTSTRAP_FILE)),
        operator_file: operator
            .map(|operator| shown(&operator.root.join(crate::project::load::OPERATOR_FILE))),
        bootstrap: &configured.bootstrap.file,
        operator: operator.map(|operator| &operator.config),
    };
    if form == Format::Json {
        session.print(&json(&in_force))?;
        return Ok(Exit::Done);
    }
    let mut out = format!(
        "# {}\n\n{}",
        in_force.bootstrap_file,
        as_toml(in_force.bootstrap)
    );
    if let (Some(file), Some(operator)) = (&in_force.operator_file, in_force.operator) {
        out.push_str(&format!("\n# {file}\n\n{}", as_toml(operator)));
    }
    session.print(&out)?;
    session.show_findings(if session.globals.verbose {
        &configured.findings
    } else {
        &[]
    });
    Ok(Exit::Done)
}
