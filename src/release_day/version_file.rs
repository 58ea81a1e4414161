//! The one place where the version stands. It is changed there, and nothing else of the file.

use crate::diag::Span;
use crate::model::Version;

/// The version in a file: what it is, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub version: Version,
    pub span: Span,
}

/// How the version is written in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionFile {
    /// The whole of it: `VERSION`.
    Whole,
    /// A key of a table: `Cargo.toml`, `pyproject.toml`.
    Toml(&'static [&'static str]),
    /// The key `version` of the outermost object: `package.json`.
    Json,
    /// Lines such as `version: 1.2.3`: `Chart.yaml`.
    Yaml,
    /// What stands where a pattern has `{version}`.
    Pattern(String),
}

impl VersionFile {
    /// By the file's name, or the pattern that is given for it.
    pub fn of(name: &str, pattern: Option<&str>) -> Option<Self> {
        if let Some(pattern) = pattern {
            return pattern
                .contains("{version}")
                .then(|| VersionFile::Pattern(pattern.to_owned()));
        }
        match name.rsplit('/').next().unwrap_or(name) {
            "Cargo.toml" => Some(VersionFile::Toml(&["package", "workspace.package"])),
            "pyproject.toml" => Some(VersionFile::Toml(&["project", "tool.poetry"])),
            "package.json" => Some(VersionFile::Json),
            "Chart.yaml" => Some(VersionFile::Yaml),
            name if name.eq_ignore_ascii_case("version")
                || name.eq_ignore_ascii_case("version.txt") =>
            {
                Some(VersionFile::Whole)
            }
            _ => None,
        }
    }

    /// Where the version stands.
    pub fn find(&self, text: &str) -> Option<Place> {
        match self {
            VersionFile::Whole => {
                let start = text.len() - text.trim_start().len();
                place(text, start, text.trim().len())
            }
            VersionFile::Toml(tables) => toml(text, tables),
            VersionFile::Json => json(text),
            VersionFile::Yaml => {
                lines(text).find_map(|(start, line)| value(text, start, line, "version:"))
            }
            VersionFile::Pattern(pattern) => {
                let (before, after) = pattern.split_once("{version}")?;
                let start = text.find(before)? + before.len();
                let rest = &text[start..];
                let end = if after.is_empty() {
                    rest.find(char::is_whitespace).unwrap_or(rest.len())
                } else {
                    rest.find(after)?
                };
                place(text, start, end)
            }
        }
    }

    /// The text with another version.
    pub fn with(&self, text: &str, version: &Version) -> Option<String> {
        let Place { span, .. } = self.find(text)?;
        Some(format!(
            "{}{version}{}",
            &text[..span.start],
            &text[span.end..]
        ))
    }
}

fn place(text: &str, start: usize, length: usize) -> Option<Place> {
    let version = Version::read(text.get(start..start + length)?)?;
    Some(Place {
        version,
        span: Span::new(start, start + length),
    })
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// What stands behind a key at the front of a line, in quotes or not.
fn value(text: &str, start: usize, line: &str, key: &str) -> Option<Place> {
    let rest = line.strip_prefix(key)?;
    let lead = rest.len() - rest.trim_start_matches([' ', '\t', '"', '\'', '=']).len();
    let word = &rest[lead..];
    let end = word
        .find(['"', '\'', ' ', '\t', '\r', '\n', '#', ','])
        .unwrap_or(word.len());
    place(text, start + key.len() + lead, end)
}

fn toml(text: &str, tables: &[&str]) -> Option<Place> {
    let mut table = String::new();
    for (start, line) in lines(text) {
        let trimmed = line.trim();
        if let Some(name) = trimmed.strip_prefix('[') {
            table = name.split(']').next().unwrap_or("").trim().to_owned();
        } else if tables.contains(&table.as_str())
            && trimmed
                .strip_prefix("version")
                .is_some_and(|rest| rest.trim_start().starts_with('='))
            && let Some(found) = value(
                text,
                start + (line.len() - line.trim_start().len()),
                line.trim_start(),
                "version",
            )
        {
            return Some(found);
        }
    }
    None
}

/// The key of the outermost object: braces and strings are counted, nothing is read twice.
fn json(text: &str) -> Option<Place> {
    let (mut depth, mut at) = (0usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = quoted(bytes, at)?;
                let rest = text[end..].trim_start();
                if depth == 1 && &text[at..end] == "\"version\"" && rest.starts_with(':') {
                    let value = rest[1..].trim_start();
                    let start = text.len() - value.len();
                    let close = quoted(bytes, start).filter(|_| value.starts_with('"'))?;
                    return place(text, start + 1, close - start - 2);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind the closing quote of the string that opens here.
fn quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Lines (from 1) of a text that name a version as a whole word.
pub fn mentions(text: &str, version: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let whole = line.match_indices(version).any(|(at, _)| {
            let (before, after) = (line[..at].chars().next_back(), &line[at + version.len()..]);
            let before = before.filter(|c| *c != 'v');
            let digit_follows = after
                .strip_prefix('.')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            !part(before) && before != Some('.') && !part(after.chars().next()) && !digit_follows
        });
        if whole {
            found.push(number + 1);
        }
    }
    found
}
