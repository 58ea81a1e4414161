//! Relative links of the entry at hand lead to files of the bootstrap repository.

use crate::diag::{Code, Finding, Findings, Span};
use crate::model::Version;
use crate::sources::Bootstrap;
use crate::sources::changelog::links_in;

pub fn at_hand(bootstrap: &Bootstrap, target: &Version, exists: &dyn Fn(&str) -> bool) -> Findings {
    let text = &bootstrap.changelog.text;
    let Some(entry) = bootstrap.changelog.entry(target) else { return Findings::new() };
    links_in(text.slice(entry.body))
        .into_iter()
        .filter_map(|(span, link)| {
            let path = link.split(['#', '?']).next().unwrap_or("");
            let relative = !path.is_empty() && !link.contains("://") && !link.starts_with("mailto:") && !link.starts_with("//");
            let span = Span::from(span).shifted(entry.body.start);
            let broken = relative && !exists(path.trim_start_matches("./").trim_start_matches('/'));
            broken.then(|| {
                Finding::new(Code::LinkBroken, format!("`{path}` is no file of the bootstrap repository"))
                    .at(text, span)
                    .help("mend the path, or commit the file: customers follow the link from the release page")
            })
        })
        .collect()
}
