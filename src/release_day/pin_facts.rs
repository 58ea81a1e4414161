//! What changed inside a pin file beside its facts. Whoever may propose a pin may change its facts, and nothing else.

use crate::model::{Pin, Signer};

/// Lines of the proposed file that say something else than before, once the facts of both are taken out.
#[must_use]
pub fn other_changes(before: (&str, &Pin), after: (&str, &Pin)) -> Vec<String> {
    let (old, new) = (neutral(before.0, before.1), neutral(after.0, after.1));
    let mut left: Vec<&str> = old.iter().map(|(neutral, _)| neutral.as_str()).collect();
    let mut changed: Vec<String> = Vec::new();
    for (line, written) in &new {
        match left.iter().position(|known| known == line) {
            Some(at) => drop(left.remove(at)),
            None => changed.push(written.clone()),
        }
    }
    // Lines that are gone are as much of a change as lines that came.
    changed.extend(left.into_iter().map(|line| format!("gone: {line}")));
    changed
}

/// The same for a file that changes with the pin, such as a chart: its facts, and version numbers, which a chart has of its own.
#[must_use]
pub fn other_changes_with(before: (&str, &Pin), after: (&str, &Pin)) -> Vec<String> {
    let numberless = |text: &str| -> String {
        let digit = |c: char| c.is_ascii_digit();
        text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || ".-+".contains(c)))
            .map(|word| {
                let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
                let number = bare.strip_prefix('v').unwrap_or(bare);
                let version = number.starts_with(digit) && number.matches('.').count() >= 1;
                if version {
                    word.replacen(bare, "<version>", 1)
                } else {
                    word.to_owned()
                }
            })
            .collect()
    };
    other_changes(
        (&numberless(before.0), before.1),
        (&numberless(after.0), after.1),
    )
}

/// Each line without the values of its facts, and as it was written.
fn neutral(text: &str, pin: &Pin) -> Vec<(String, String)> {
    let mut facts: Vec<(String, &str)> = vec![(pin.version.to_string(), "<version>")];
    for image in pin.images() {
        facts.push((image.digest.to_string(), "<digest>"));
        // Whose image it is, is judged by itself.
        facts.extend(image.image.map(|name| (name, "<image>")));
        facts.extend(image.tag.map(|tag| (tag, "<tag>")));
        facts.extend(image.sbom.map(|sbom| (sbom, "<sbom>")));
        facts.extend(image.signer.map(|signer| match signer {
            Signer::Key(fact)
            | Signer::Attestation(fact)
            | Signer::Notation(fact)
            | Signer::Identity { identity: fact, .. }
            | Signer::Expression {
                expression: fact, ..
            } => (fact, "<signer>"),
        }));
    }
    facts.extend(pin.tag.clone().map(|tag| (tag, "<tag>")));
    facts.extend(
        pin.source_revision
            .clone()
            .map(|commit| (commit, "<revision>")),
    );
    facts.extend(pin.provenance.clone().map(|text| (text, "<provenance>")));
    // As JSON and quoted YAML write a backslash.
    let escaped: Vec<(String, &str)> = facts
        .iter()
        .filter(|(fact, _)| fact.contains('\\'))
        .map(|(fact, mark)| (fact.replace('\\', "\\\\"), *mark))
        .collect();
    facts.extend(escaped);
    facts.sort_by_key(|(fact, _)| std::cmp::Reverse(fact.len()));
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|written| {
            let mut line = written.trim().trim_end_matches(',').to_owned();
            for (fact, mark) in facts.iter().filter(|(fact, _)| !fact.is_empty()) {
                line = line.replace(fact.as_str(), mark);
            }
            (without_times(&line), written.trim().to_owned())
        })
        .collect()
}

/// A time as RFC 3339 writes it is a fact of the build.
fn without_times(line: &str) -> String {
    line.split_inclusive('"')
        .map(|part| {
            let words = part.trim_end_matches('"');
            match chrono::DateTime::parse_from_rfc3339(words) {
                Ok(_) => part.replace(words, "<time>"),
                Err(_) => part.to_owned(),
            }
        })
        .collect()
}
