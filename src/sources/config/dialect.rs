//! `[changelog]`: further names of sections, checked.

use crate::diag::{Code, Finding, Findings, Text, closest};
use crate::model::{SectionKind, words_of};
use crate::sources::changelog::Dialect;
use crate::sources::config::bootstrap_file::ChangelogTable;

/// The kinds that a vendor may name more for.
const KINDS: &[(&str, SectionKind)] = &[
    ("required-action", SectionKind::RequiredAction),
    ("breaking", SectionKind::Breaking),
    ("known-issues", SectionKind::KnownIssues),
    ("rollback", SectionKind::Rollback),
    ("added", SectionKind::Added),
    ("changed", SectionKind::Changed),
    ("deprecated", SectionKind::Deprecated),
    ("removed", SectionKind::Removed),
    ("fixed", SectionKind::Fixed),
    ("security", SectionKind::Security),
];

/// How the changelog is written, as far as the file says it.
pub fn dialect(
    text: &Text,
    table: &ChangelogTable,
    tag_prefix: &str,
    findings: &mut Findings,
) -> Dialect {
    let mut names: Vec<(String, SectionKind)> = Vec::new();
    for (key, more) in &table.sections {
        let Some((_, kind)) = KINDS.iter().find(|(known, _)| known == key) else {
            let span = more.first().map_or(0..0, |name| name.span.clone());
            let help = match closest(key, KINDS.iter().map(|(known, _)| *known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "the kinds are {}",
                    KINDS
                        .iter()
                        .map(|(known, _)| format!("`{known}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            findings.push(
                Finding::new(
                    Code::ConfigUnknownKey,
                    format!("`{key}` is no kind of section"),
                )
                .at(text, span)
                .help(help),
            );
            continue;
        };
        for name in more {
            let words = words_of(&name.value);
            let twice = names.iter().find(|(known, _)| *known == words);
            if words.is_empty() || twice.is_some() {
                let said = match twice {
                    Some((_, first)) => format!(
                        "`{}` is named twice: for *{}* already",
                        name.value,
                        first.title()
                    ),
                    None => "a section needs a name with letters".to_owned(),
                };
                findings.push(
                    Finding::new(Code::ConfigValue, said)
                        .at(text, name.span.clone())
                        .help("name each heading once, below the kind that it is"),
                );
                continue;
            }
            names.push((words, *kind));
        }
    }
    for name in &table.internal {
        names.push((words_of(name), SectionKind::Internal));
    }
    Dialect {
        package: table.package.clone().or_else(|| channel(tag_prefix)),
        names,
    }
}

/// `stable-` before the version in a tag: headings of other channels are not this product's.
fn channel(tag_prefix: &str) -> Option<String> {
    let name = tag_prefix
        .trim_end_matches('v')
        .strip_suffix(['-', '/', '@'])?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// A zone of the IANA time zone database.
pub fn zone(text: &Text, table: &ChangelogTable, findings: &mut Findings) -> Option<chrono_tz::Tz> {
    let named = table.zone.as_ref()?;
    let read = named.value.parse::<chrono_tz::Tz>().ok();
    if read.is_none() {
        let near = closest(
            &named.value,
            chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()),
        );
        findings.push(
            Finding::new(
                Code::ConfigValue,
                format!("`{}` is no time zone", named.value),
            )
            .at(text, named.span.clone())
            .help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write a name such as `Europe/Berlin`".to_owned(),
            }),
        );
    }
    read
}
