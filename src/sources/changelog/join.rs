//! Several entries of one version become one: nothing that was written is dropped.

use std::collections::HashMap;

use crate::model::{Also, Entry, Version};

/// In the order of the file, each version once, at the place of its first entry.
pub fn joined(entries: Vec<Entry>) -> Vec<Entry> {
    let mut first: HashMap<(Option<Box<str>>, Version), usize> = HashMap::new();
    let mut all: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let known = entry.version.clone().and_then(|version| {
            match first.entry((entry.package.clone(), version)) {
                std::collections::hash_map::Entry::Occupied(found) => Some(*found.get()),
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(all.len());
                    None
                }
            }
        });
        match known {
            Some(index) => join(&mut all[index], entry),
            None => all.push(entry),
        }
    }
    all
}

fn join(first: &mut Entry, second: Entry) {
    first.also.push(Also {
        heading: second.heading,
        version_span: second.version_span,
        date: second.date,
        body: second.body,
        first_section: first.sections.len(),
    });
    if first.date.is_none() && second.date.is_some() {
        (first.date, first.date_span) = (second.date, second.date_span);
    }
    first.yanked |= second.yanked;
    first.unreleased &= second.unreleased;
    first.comments += second.comments;
    match (first.summary, second.summary) {
        (None, summary) => first.summary = summary,
        (Some(_), Some(summary)) => first
            .sections
            .push(crate::model::Section::paragraph(summary)),
        _ => {}
    }
    first.sections.extend(second.sections);
}
