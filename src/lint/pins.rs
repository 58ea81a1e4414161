//! The pins: one for the release at hand, and no digest twice.

use std::collections::HashMap;

use crate::diag::{Code, Finding, Findings};
use crate::model::{Digest, Release, Version};
use crate::sources::Bootstrap;

pub fn at_hand(bootstrap: &Bootstrap, target: &Version) -> Findings {
    let tag = bootstrap.config.product.bootstrap.tag(target);
    let file = &bootstrap.config.pin.file;
    let known = |release: &Release| release.pin.is_some() || bootstrap.config.unpinned;
    if bootstrap.history.release(target).is_none_or(known) {
        return Findings::new();
    }
    let tagged = bootstrap
        .history
        .release(target)
        .is_some_and(|release| release.tag.is_some());
    let finding = match (&bootstrap.working_pin, &bootstrap.pin_text) {
        _ if tagged => Finding::new(Code::PinMissing, format!("tag `{tag}` holds no readable pin of `{target}` in `{file}`"))
            .help("the tag cannot be moved: release the next patch with a good pin"),
        (Some(pin), Some(text)) => {
            Finding::new(Code::PinVersion, format!("`{file}` pins `{}`, and the release at hand is `{target}`", pin.version))
                .at(text, text.first_line())
                .help(format!("merge the pin of `{target}`, or name the release: `tidings generate {}`", pin.version))
        }
        (None, Some(text)) => Finding::new(Code::PinMissing, format!("`{file}` holds no readable pin of `{target}`"))
            .at(text, text.first_line())
            .help("mend the pin; the other findings say where"),
        _ => Finding::new(Code::PinMissing, format!("there is no `{file}` and no tag `{tag}`"))
            .help(format!(
                "write the pin that the release pipeline produced: `{{\"version\": \"{target}\", \"digest\": \"registry.example.com/vendor/agent@sha256:…\"}}`; \
                 `[pin] file` names another file"
            )),
    };
    let heading = bootstrap
        .history
        .release(target)
        .map_or(bootstrap.changelog.text.first_line(), |release| {
            release.heading
        });
    vec![if finding.text.is_some() {
        finding
    } else {
        finding.at(&bootstrap.changelog.text, heading)
    }]
}

pub fn history(bootstrap: &Bootstrap, target: Option<&Version>) -> Findings {
    let mut findings = Findings::new();
    let text = &bootstrap.changelog.text;
    let mut first: HashMap<&Digest, &Release> = HashMap::new();
    let any_tag = bootstrap
        .history
        .releases()
        .iter()
        .any(|release| release.tag.is_some());
    for release in bootstrap.history.releases() {
        let version = &release.version;
        if let Some(pin) = &release.pin
            && let Some(earlier) = first.insert(&pin.digest, release)
        {
            let message = format!("`{version}` pins the same digest as `{}`", earlier.version);
            findings.push(
                Finding::new(Code::DigestReused, message)
                    .at(text, release.heading)
                    .help("each release is built and pinned anew; `/version` cannot tell the two apart"),
            );
        }
        if release.tag.is_none() && release.date.is_some() && any_tag && target != Some(version) {
            findings.push(
                Finding::new(Code::TagMissing, format!("`{version}` has no tag `{}`", bootstrap.config.product.bootstrap.tag(version)))
                    .at(text, release.heading)
                    .help("fetch the tags (`git fetch --tags`); a release without one cannot be installed or rolled back to"),
            );
        }
        if let (Some(tag), None) = (&release.tag, &release.notes) {
            findings.push(
                Finding::new(
                    Code::TagWithoutEntry,
                    format!("tag `{}` has no entry in `{}`", tag.name, text.name),
                )
                .at(text, text.first_line())
                .help("add the entry: customers read what a release is there"),
            );
        }
    }
    findings
}
