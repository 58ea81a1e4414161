//! All rules over all sources for one release.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::diag::{Code, Finding, Findings};
use crate::lint::{entry, links, pins, policy};
use crate::model::{Changelog, Customer, Version};
use crate::sources::Bootstrap;

/// Asks a web address; why not where it does not answer.
pub type Reach<'r> = dyn Fn(&str) -> Result<(), String> + 'r;

/// What `check` is given beside the repository.
pub struct Checked<'c> {
    /// The release at hand. Without one, the whole repository is looked at as history.
    pub target: Option<&'c Version>,
    /// The real day: the one rule that reads the clock is the one for future dates.
    pub today: NaiveDate,
    pub customers: &'c [Customer],
    /// The changelog as it stands at the release's tag.
    pub at_tag: Option<&'c Changelog>,
    /// Whether a web address answers, and why not; `None` where the network is not to be asked.
    pub reach: Option<&'c Reach<'c>>,
    /// Whether a path exists in the bootstrap repository.
    pub exists: &'c dyn Fn(&str) -> bool,
}

/// All findings, errors of the release at hand first, then in the order of the files.
pub fn check(bootstrap: &Bootstrap, given: &Checked<'_>) -> Findings {
    let mut findings = Findings::new();
    for about in &bootstrap.findings {
        let at_hand = about.version.is_none() || about.version.as_ref() == given.target;
        findings.push(if at_hand {
            about.finding.clone()
        } else {
            about.finding.clone().warn()
        });
    }
    if bootstrap.history.releases().is_empty() {
        findings.push(
            Finding::new(
                Code::ChangelogEmpty,
                format!("`{}` names no release", bootstrap.changelog.text.name),
            )
            .at(
                &bootstrap.changelog.text,
                bootstrap.changelog.text.first_line(),
            )
            .help("start an entry with a heading such as `## [1.4.0] - 2026-08-21`"),
        );
        return findings;
    }
    if let Some(target) = given.target {
        findings.extend(entry::at_hand(bootstrap, target, given.today));
        findings.extend(pins::at_hand(bootstrap, target));
        findings.extend(links::at_hand(bootstrap, target, given.exists));
        findings.extend(
            given
                .reach
                .map(|reach| links::online(bootstrap, target, reach))
                .unwrap_or_default(),
        );
        findings.extend(
            given
                .at_tag
                .and_then(|then| entry::changed(bootstrap, target, then)),
        );
        findings.extend(policy::stranded(bootstrap));
    }
    findings.extend(entry::history(bootstrap, given.target, given.today));
    findings.extend(entry::concerned(bootstrap, given.target));
    findings.extend(pins::history(bootstrap, given.target));
    findings.extend(policy::customers(bootstrap, given.customers));
    findings
}

/// Sorts, and folds warnings of one code in one file into the first when there are more than `most` of them.
pub fn fold(mut findings: Findings, most: usize) -> Findings {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            (
                std::cmp::Reverse(f.severity),
                f.file().map(str::to_owned),
                f.span.start,
            )
        };
        key(a).cmp(&key(b))
    });
    let mut first: HashMap<(Code, Option<String>), (usize, usize)> = HashMap::new();
    let mut kept: Findings = Vec::with_capacity(findings.len());
    for finding in findings {
        let file = finding
            .file()
            .map(|name| name.rsplit(':').next().unwrap_or(name).to_owned());
        let (seen, at) = first.entry((finding.code, file)).or_insert((0, kept.len()));
        *seen += 1;
        if finding.is_error() || *seen <= most {
            if *seen == most {
                *at = kept.len();
            }
            kept.push(finding);
        } else {
            kept[*at].more += 1;
        }
    }
    kept
}
