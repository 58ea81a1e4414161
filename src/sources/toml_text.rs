//! TOML into typed values with every finding at once: each syntax error, each unknown key with the key that was meant.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Code, Finding, Findings, Span, Text, closest};

/// How many unknown and missing keys are reported before reading stops.
const MOST: usize = 50;

/// What is written where a key is missing, by key: TOML.
pub type Examples = &'static [(&'static str, &'static str)];

/// Reads `text` as `T`. `None` where it cannot be had at all. Unknown keys are left out and reported; so are missing ones, all at once, if
/// `examples` has them.
pub fn read<T: DeserializeOwned>(text: &Text, examples: Examples) -> (Option<T>, Findings) {
    let (table, errors) = DeTable::parse_recoverable(&text.body);
    let mut findings: Findings = errors
        .iter()
        .map(|error| {
            Finding::new(Code::ConfigSyntax, lower_first(error.message()))
                .at(text, span(error.span()))
        })
        .collect();
    if !findings.is_empty() {
        return (None, findings);
    }
    let mut table = table.into_inner();
    let whole = Span::from(0..text.body.len());
    let mut complete = true;
    for _ in 0..MOST {
        let owned = Spanned::new(0..text.body.len(), table.clone());
        match T::deserialize(toml::de::Deserializer::from(owned)) {
            Ok(value) => return (complete.then_some(value), findings),
            Err(error) => {
                let at = span(error.span());
                let missing = || {
                    examples.iter().find(|(key, _)| {
                        error.message().strip_prefix("missing field ") == Some(&format!("`{key}`"))
                    })
                };
                match (unknown_field(error.message()), missing()) {
                    (Some((key, known)), _) if remove(&mut table, &key, at) => {
                        findings.push(unknown_key(text, at, &key, &known))
                    }
                    // With the example in its place, the next one that is missing is found.
                    (None, Some((key, example)))
                        if add(
                            &mut table,
                            example,
                            at,
                            at == whole || at == Span::default(),
                        ) =>
                    {
                        complete = false;
                        let found = Finding::new(Code::ConfigValue, format!("`{key}` is missing"));
                        let place = if at == whole { text.first_line() } else { at };
                        let help = if example.contains('\n') {
                            format!("write\n{example}")
                        } else {
                            format!("write `{example}`")
                        };
                        findings.push(found.at(text, place).help(help));
                    }
                    _ => {
                        findings.push(
                            Finding::new(Code::ConfigValue, lower_first(error.message().trim()))
                                .at(text, at),
                        );
                        return (None, findings);
                    }
                }
            }
        }
    }
    (None, findings)
}

fn span(range: Option<std::ops::Range<usize>>) -> Span {
    range.map(Span::from).unwrap_or_default()
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// serde's words: ``unknown field `x`, expected one of `a`, `b` ``.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let known = rest
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    Some((key.to_owned(), known))
}

fn unknown_key(text: &Text, at: Span, key: &str, known: &[String]) -> Finding {
    let help = match closest(key, known.iter().map(String::as_str)) {
        Some(meant) => format!("write `{meant}`"),
        None => format!(
            "remove it; known here: {}",
            known
                .iter()
                .map(|k| format!("`{k}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    Finding::new(
        Code::ConfigUnknownKey,
        format!("there is no key `{key}` here"),
    )
    .at(text, at)
    .help(help)
}

/// Puts the keys of an example into the table at this place.
fn add(table: &mut DeTable<'_>, example: &'static str, at: Span, top: bool) -> bool {
    let Ok(example) = DeTable::parse(example) else {
        return false;
    };
    match top {
        true => table.extend(example.into_inner()),
        false => {
            return table
                .iter_mut()
                .any(|(_, value)| add_in(value, example.get_ref(), at));
        }
    }
    true
}

fn add_in(value: &mut Spanned<DeValue<'_>>, example: &DeTable<'static>, at: Span) -> bool {
    let here = Span::from(value.span()) == at;
    match value.get_mut() {
        DeValue::Table(table) if here => {
            table.extend(example.clone());
            true
        }
        DeValue::Table(table) => table
            .iter_mut()
            .any(|(_, value)| add_in(value, example, at)),
        DeValue::Array(items) => items.iter_mut().any(|item| add_in(item, example, at)),
        _ => false,
    }
}

/// Takes the key at this place out of the table, wherever it is nested.
fn remove(table: &mut DeTable<'_>, key: &str, at: Span) -> bool {
    let found = table
        .keys()
        .find(|name| name.get_ref() == key && Span::from(name.span()) == at)
        .cloned();
    match found {
        Some(name) => table.remove(&*name.into_inner()).is_some(),
        None => table
            .iter_mut()
            .any(|(_, value)| remove_in(value.get_mut(), key, at)),
    }
}

fn remove_in(value: &mut DeValue<'_>, key: &str, at: Span) -> bool {
    match value {
        DeValue::Table(table) => remove(table, key, at),
        DeValue::Array(items) => items
            .iter_mut()
            .any(|item| remove_in(item.get_mut(), key, at)),
        _ => false,
    }
}
