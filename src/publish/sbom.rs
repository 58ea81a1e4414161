//! What a page says of the bill of materials beside it.

use std::collections::{BTreeSet, HashMap};

use crate::diag::{clipped, count, list};
use crate::publish::sbom_order::order;
use crate::sources::sbom::{Component, Sbom};

/// Rows of one kind that are listed.
const LISTED: usize = 40;

/// Characters of a name, of the versions beside it, and of a file's name.
const LONGEST: usize = 120;

/// The bill of materials of the release before.
pub struct Before<'a> {
    pub version: &'a str,
    /// `None` where it cannot be read.
    pub sbom: Option<&'a Sbom>,
}

/// What a bill of materials says, as inline code: whoever wrote it writes nothing else onto the page.
fn code(said: &str) -> String {
    let invisible = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{e0000}'..='\u{e007f}');
    let said = clipped(said, LONGEST)
        .replace('`', "'")
        .replace(invisible, "\u{fffd}");
    match said.as_str() {
        "" => "`?`".to_owned(),
        said => format!("`{said}`"),
    }
}

/// How many components there are, and what changed since the previous release: Markdown, folded. Rows are listed while there is room,
/// in characters; the others are counted.
pub fn sbom_section(name: &str, sbom: &Sbom, before: Option<&Before<'_>>, room: usize) -> String {
    let aside = match (sbom.files, sbom.systems) {
        (0, 0) => String::new(),
        (files, systems) => {
            let said = [
                (files > 0).then(|| count(files, "file")),
                (systems > 0).then(|| "the operating system".to_owned()),
            ];
            let said: Vec<String> = said.into_iter().flatten().collect();
            format!("; {} not counted", list(&said, "and"))
        }
    };
    let mut text = format!(
        "\n{} lists {} ({}{aside}).\n",
        code(name),
        count(sbom.count(), "component"),
        clipped(&sbom.format, 40),
    );
    let Some(Before {
        version,
        sbom: before,
    }) = before
    else {
        return text;
    };
    let Some(before) = before else {
        text.push_str(&format!(
            "It was not compared: the one of {version} cannot be read.\n"
        ));
        return text;
    };
    let changes = Changes::between(before, sbom);
    let kinds = changes.kinds();
    if kinds.is_empty() {
        text.push_str(&format!("The same as in {version}.\n"));
        return text;
    }
    let form = |sbom: &Sbom| sbom.format.split(' ').next().map(str::to_owned);
    if form(before) != form(sbom) {
        text.push_str(&format!(
            "The one of {version} has another form ({}): differences may come from that.\n",
            clipped(&before.format, 40)
        ));
    }
    let counted: Vec<String> = kinds
        .iter()
        .map(|(kind, rows)| format!("{} {kind}", rows.len()))
        .collect();
    text.push_str(&format!(
        "\n<details>\n<summary>Components since {version}: {}</summary>\n",
        counted.join(", ")
    ));
    let mut left = room;
    for (kind, rows) in kinds {
        let mut letters = kind.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        text.push_str(&format!(
            "\n{}{}:\n\n",
            first.unwrap_or_default(),
            letters.as_str()
        ));
        let mut listed = 0;
        for row in rows.iter().take(LISTED) {
            let length = row.chars().count();
            if length > left {
                break;
            }
            text.push_str(&format!("- {row}\n"));
            (left, listed) = (left - length, listed + 1);
        }
        match (listed, rows.len() - listed) {
            (_, 0) => {}
            (0, more) => text.push_str(&format!("- {more}, not listed here\n")),
            (_, more) => text.push_str(&format!("- and {more} more\n")),
        }
    }
    text + "\n</details>\n"
}

/// Rows of Markdown.
#[derive(Default)]
struct Changes {
    added: Vec<String>,
    removed: Vec<String>,
    raised: Vec<String>,
    lowered: Vec<String>,
    /// Of several versions, or of those that have no order.
    changed: Vec<String>,
    licences: Vec<String>,
}

impl Changes {
    fn between(before: &Sbom, after: &Sbom) -> Self {
        let names = Names::of(before, after);
        let mut changes = Changes::default();
        for (identity, now) in &after.components {
            let name = names.shown(now);
            let Some(old) = before.components.get(identity) else {
                changes
                    .added
                    .push(code(&format!("{name} {}", joined(&now.versions))));
                continue;
            };
            let arrow = |from: &BTreeSet<String>, to: &BTreeSet<String>| {
                format!(
                    "{} {} → {}",
                    code(&name),
                    code(&joined(from)),
                    code(&joined(to))
                )
            };
            if old.versions != now.versions {
                let row = arrow(&old.versions, &now.versions);
                match (single(&old.versions), single(&now.versions)) {
                    (Some(from), Some(to)) => match order(&now.ecosystem, from, to) {
                        Some(std::cmp::Ordering::Less) => changes.raised.push(row),
                        Some(_) => changes.lowered.push(row),
                        None => changes.changed.push(row),
                    },
                    _ => changes.changed.push(row),
                }
            }
            let both = !old.licences.is_empty() && !now.licences.is_empty();
            if both && old.licences != now.licences {
                changes.licences.push(arrow(&old.licences, &now.licences));
            }
        }
        let gone = before
            .components
            .iter()
            .filter(|(identity, _)| !after.components.contains_key(*identity));
        changes.removed.extend(
            gone.map(|(_, old)| code(&format!("{} {}", names.shown(old), joined(&old.versions)))),
        );
        changes
    }

    fn kinds(self) -> Vec<(&'static str, Vec<String>)> {
        let all = [
            ("added", self.added),
            ("removed", self.removed),
            ("raised", self.raised),
            ("lowered", self.lowered),
            ("changed", self.changed),
            ("under another licence", self.licences),
        ];
        all.into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .collect()
    }
}

fn single(versions: &BTreeSet<String>) -> Option<&str> {
    match versions.len() {
        1 => versions.first().map(String::as_str),
        _ => None,
    }
}

fn joined(said: &BTreeSet<String>) -> String {
    let said: Vec<&str> = said
        .iter()
        .map(|said| {
            if said.is_empty() {
                "(no version)"
            } else {
                said
            }
        })
        .collect();
    said.join(", ")
}

/// Names that several packages have: they are shown with their ecosystem.
struct Names<'a>(HashMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Names<'a> {
    fn of(before: &'a Sbom, after: &'a Sbom) -> Self {
        let mut names: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for component in before.components.values().chain(after.components.values()) {
            names
                .entry(&component.name)
                .or_default()
                .insert(&component.ecosystem);
        }
        Names(names)
    }

    fn shown(&self, component: &Component) -> String {
        let several = self
            .0
            .get(component.name.as_str())
            .is_some_and(|ecosystems| ecosystems.len() > 1);
        if several && !component.ecosystem.is_empty() {
            format!("{} ({})", component.name, component.ecosystem)
        } else {
            component.name.clone()
        }
    }
}
