//! What install scripts are given: the shell part in them, and the notes beside the pin that it reads.

use serde::Serialize;

use crate::diag::Finding;
use crate::documents::install_notes;
use crate::model::Release;
use crate::project::load::Loaded;
use crate::project::session::Session;
use crate::render::{Engine, plain};
use crate::sources::config::BootstrapConfig;

/// What the shell snippet is made from.
#[derive(Serialize)]
struct Snippet {
    product: Name,
    tag_prefix: String,
    warn_beyond: usize,
    supported: usize,
    line_parts: usize,
    /// An awk expression: a number that orders lines.
    line_key: String,
}

#[derive(Serialize)]
struct Name {
    name: String,
}

/// The part for an install script: the warning, and what the install asks.
///
/// # Errors
/// A template of one's own cannot be rendered.
pub fn snippet(engine: &Engine, config: &BootstrapConfig) -> Result<String, Finding> {
    let line_parts = config.policy.scheme.line_parts();
    let snippet = Snippet {
        product: Name {
            name: config.product.name.replace(['"', '$', '`', '\\', '\n'], ""),
        },
        tag_prefix: config.product.bootstrap.tag_prefix.clone(),
        warn_beyond: config.policy.warn_beyond_minors,
        supported: config.policy.supported_minors,
        line_parts,
        line_key: (1..=line_parts)
            .map(|part| {
                format!(
                    "parts[{part}] * {}",
                    1_000_u64.pow((line_parts - part) as u32 * 2)
                )
            })
            .collect::<Vec<_>>()
            .join(" + ")
            + " + 1",
    };
    let warning = engine.render("install-warning.sh", &snippet)?;
    let notes = engine.render("install-notes.sh", &snippet)?;
    Ok(format!("{}\n\n{notes}", warning.trim_end()))
}

/// The release of the pin in the working tree: what an install from here installs.
pub fn pinned(loaded: &Loaded) -> Option<&Release> {
    let pin = loaded.bootstrap.working_pin.as_ref()?;
    loaded.bootstrap.history.release(&pin.version)
}

/// The notes of a release, as of its own day.
pub fn notes_of(loaded: &Loaded, session: &Session<'_>, release: &Release) -> String {
    let support = loaded.support_at(session, release);
    install_notes(loaded.standpoint(&support), release, &|text| plain(text))
}
