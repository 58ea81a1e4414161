//! Relative links of the entry at hand lead to files of the bootstrap repository.

use std::collections::HashMap;

use crate::diag::{Code, Finding, Findings, Span};
use crate::lint::Reach;
use crate::model::Version;
use crate::sources::Bootstrap;
use crate::sources::changelog::links_in;

pub fn at_hand(bootstrap: &Bootstrap, target: &Version, exists: &dyn Fn(&str) -> bool) -> Findings {
    let text = &bootstrap.changelog.text;
    let Some(entry) = bootstrap.changelog.entry(target) else {
        return Findings::new();
    };
    links_in(text.slice(entry.body))
        .into_iter()
        .filter_map(|(span, link)| {
            let path = link.split(['#', '?']).next().unwrap_or("");
            let scheme =
                link.split(['/', '?', '#']).next().and_then(|first| first.split_once(':')).map(|(scheme, _)| scheme.to_ascii_lowercase());
            if let Some(scheme) = scheme {
                let known = matches!(scheme.as_str(), "https" | "http" | "mailto");
                let finding = Finding::new(
                    Code::LinkBroken,
                    format!("a link of kind `{}:` leads nowhere in a document", crate::diag::clipped(&scheme, 20)),
                );
                return (!known).then(|| {
                    finding
                        .at(text, Span::from(span).shifted(entry.body.start))
                        .help("link to an `https:` address or a file of the bootstrap repository")
                });
            }
            let relative = !path.is_empty() && !link.starts_with("//");
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

/// Addresses of the entry at hand that do not answer, each asked once.
pub fn online(bootstrap: &Bootstrap, target: &Version, reach: &Reach<'_>) -> Findings {
    let text = &bootstrap.changelog.text;
    let Some(entry) = bootstrap.changelog.entry(target) else {
        return Findings::new();
    };
    let mut asked: HashMap<String, Result<(), String>> = HashMap::new();
    links_in(text.slice(entry.body))
        .into_iter()
        .filter(|(_, link)| link.starts_with("https://") || link.starts_with("http://"))
        .filter_map(|(span, link)| {
            let why = asked
                .entry(link.clone())
                .or_insert_with(|| reach(&link))
                .clone()
                .err()?;
            let finding = Finding::new(
                Code::LinkBroken,
                format!(
                    "`{}` does not answer: {}",
                    crate::diag::clipped(&link, 60),
                    crate::diag::clipped(&why, 80)
                ),
            );
            Some(
                finding
                    .at(text, Span::from(span).shifted(entry.body.start))
                    .help("mend the address, or publish the page before the release"),
            )
        })
        .collect()
}
