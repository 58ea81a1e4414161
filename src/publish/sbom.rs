//! What a page says of the bill of materials beside it.

use crate::diag::{clipped, count};
use crate::sources::sbom::Sbom;

/// Rows of one kind that are listed.
const LISTED: usize = 40;

/// Characters of a name or a version.
const LONGEST: usize = 120;

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

/// How many components there are, and what changed since the previous release: Markdown, folded.
pub fn sbom_section(name: &str, sbom: &Sbom, before: Option<(&str, &Sbom)>) -> String {
    let mut text = format!(
        "\n{} lists {} ({}).\n",
        code(name),
        count(sbom.count, "component"),
        code(&sbom.format)
    );
    let Some((version, before)) = before else {
        return text;
    };
    let version_of = |known: &Sbom, name: &String| known.components.get(name).cloned();
    let added: Vec<String> = sbom
        .components
        .iter()
        .filter(|(name, _)| !before.components.contains_key(*name))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let removed: Vec<String> = before
        .components
        .iter()
        .filter(|(name, _)| !sbom.components.contains_key(*name))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let changed: Vec<String> = sbom
        .components
        .iter()
        .filter_map(|(name, version)| {
            version_of(before, name)
                .filter(|old| old != version)
                .map(|old| format!("{name} {old} → {version}"))
        })
        .collect();
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        text.push_str(&format!("The same as in {version}.\n"));
        return text;
    }
    text.push_str(&format!(
        "\n<details>\n<summary>Components since {version}</summary>\n"
    ));
    for (title, rows) in [("Added", added), ("Removed", removed), ("Changed", changed)] {
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{title}:\n\n"));
        text.extend(
            rows.iter()
                .take(LISTED)
                .map(|row| format!("- {}\n", code(row))),
        );
        if rows.len() > LISTED {
            text.push_str(&format!("- and {} more\n", rows.len() - LISTED));
        }
    }
    text + "\n</details>\n"
}
