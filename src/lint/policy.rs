//! Things that would reach nobody: actions stranded under `[Unreleased]`, customers on versions that never were.

use crate::diag::{Code, Finding, Findings};
use crate::model::{Customer, SectionKind};
use crate::sources::Bootstrap;

pub fn stranded(bootstrap: &Bootstrap) -> Findings {
    let Some(entry) = bootstrap.changelog.unreleased() else {
        return Findings::new();
    };
    entry
        .section(SectionKind::RequiredAction)
        .filter(|section| !section.items.is_empty())
        .map(|section| {
            Finding::new(
                Code::EntryStranded,
                "`[Unreleased]` holds required actions".to_owned(),
            )
            .at(&bootstrap.changelog.text, section.title)
            .help("move them into the release they came with, or leave them for the next")
        })
        .into_iter()
        .collect()
}

pub fn customers(bootstrap: &Bootstrap, customers: &[Customer]) -> Findings {
    customers
        .iter()
        .filter_map(|customer| {
            let running = customer
                .running
                .as_ref()
                .filter(|version| bootstrap.history.release(version).is_none())?;
            Some(
                Finding::new(
                    Code::CustomerVersion,
                    format!(
                        "customer `{}` runs `{running}`, which was never released",
                        customer.id
                    ),
                )
                .help(
                    "mend `running` in the customers file: what they must do is worked out from it",
                ),
            )
        })
        .collect()
}
