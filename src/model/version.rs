//! Versions of both schemes, their order, their lines, and the level of the bump between two.
//!
//! Semantic Versioning 2.0.0 precedence comes from the `semver` crate; calendar versions follow calver.org's tokens.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::model::pep440::Stage;

/// A version as somebody wrote it (without a leading `v`), with what its order is made of.
///
/// Two versions are equal when nothing in their order differs: `1.2` equals `1.2.0`, `2026.09.1` equals `2026.9.1`, and
/// `2.1.0+sha.0a1b2c` equals `2.1.0`.
#[derive(Clone, Debug)]
pub struct Version {
    text: Box<str>,
    numbers: Numbers,
    pre: semver::Prerelease,
    /// Of a version that is written as PEP 440 has it.
    stage: Option<Stage>,
}

/// The numeric parts: at most six, kept in place.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    parts: [u64; 6],
    count: u8,
}

impl Numbers {
    fn push(&mut self, part: u64) -> Option<()> {
        *self.parts.get_mut(usize::from(self.count))? = part;
        self.count += 1;
        Some(())
    }

    fn as_slice(&self) -> &[u64] {
        &self.parts[..usize::from(self.count)]
    }
}

impl Version {
    /// Reads a version leniently: one to six numeric parts, then an optional pre-release and build. A leading `v` or
    /// `V` is dropped. `18.3a0` and `1.0.0.rc1` have the pre-releases `a0` and `rc1`.
    pub fn read(text: &str) -> Option<Version> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (core, build) = text
            .split_once('+')
            .map_or((text, ""), |(core, build)| (core, build));
        let mut numbers = Numbers::default();
        let mut rest = core;
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 || digits > 18 {
                return None;
            }
            numbers.push(rest[..digits].parse().ok()?)?;
            rest = &rest[digits..];
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let stage = match rest {
            "" => Some(Stage::FINAL),
            _ if rest.starts_with('-') => None,
            _ => Stage::read(rest),
        };
        // Maven's and JBoss' final releases say so.
        let is_final = [".final", ".ga", ".release"]
            .iter()
            .any(|word| rest.eq_ignore_ascii_case(word));
        let rest = if is_final { "" } else { rest };
        let pre = rest.strip_prefix(['-', '.', '_']).unwrap_or(rest);
        if pre.is_empty() != rest.is_empty() {
            return None;
        }
        let pre = if pre.is_empty() {
            semver::Prerelease::EMPTY
        } else {
            pre_release(pre)?
        };
        // Build metadata is no part of what a version is (SemVer 10); it must be some all the same.
        semver::BuildMetadata::new(build).ok()?;
        Some(Version {
            text: text.into(),
            numbers,
            pre,
            stage: if is_final { Some(Stage::FINAL) } else { stage },
        })
    }

    /// As written, without a leading `v`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The numeric part at `index`; missing parts are zero.
    pub fn part(&self, index: usize) -> u64 {
        self.numbers.as_slice().get(index).copied().unwrap_or(0)
    }

    pub fn parts(&self) -> usize {
        usize::from(self.numbers.count)
    }

    pub fn is_prerelease(&self) -> bool {
        self.stage
            .map_or(!self.pre.is_empty(), Stage::is_prerelease)
    }

    /// Whether `scheme` could have written this version.
    pub fn fits(&self, scheme: &Scheme) -> bool {
        match scheme {
            Scheme::Semver => semver::Version::parse(&self.text).is_ok(),
            Scheme::Pep440 => self.stage.is_some(),
            Scheme::Calver(format) => format.accepts(self),
        }
    }

    /// The numbers without trailing zeros: what equality and order are made of.
    fn significant(&self) -> &[u64] {
        let numbers = self.numbers.as_slice();
        let zeros = numbers.iter().rev().take_while(|part| **part == 0).count();
        &numbers[..numbers.len() - zeros]
    }
}

/// A pre-release as SemVer orders it. What SemVer refuses (leading zeros) is kept by dropping the zeros.
fn pre_release(text: &str) -> Option<semver::Prerelease> {
    semver::Prerelease::new(text).ok().or_else(|| {
        let identifiers: Vec<&str> = text
            .split('.')
            .map(|id| {
                if id.bytes().all(|b| b.is_ascii_digit()) && id.len() > 1 {
                    id.trim_start_matches('0')
                } else {
                    id
                }
            })
            .map(|id| if id.is_empty() { "0" } else { id })
            .collect();
        semver::Prerelease::new(&identifiers.join(".")).ok()
    })
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant()
            .cmp(other.significant())
            .then_with(|| match (self.stage, other.stage) {
                (Some(own), Some(other)) => own.cmp(&other),
                // The two spellings are not mixed in one product; where they are, there is one order all the same.
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (None, None) => self.pre.cmp(&other.pre),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.significant().hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// How a product numbers its releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    Semver,
    /// Python's versions: `2.1`, `2.1rc1`, `2.1.post1`.
    Pep440,
    Calver(CalverFormat),
}

impl Scheme {
    /// How many leading parts make a line: `1.7` of `1.7.2`; all but the last of a calendar version.
    pub fn line_parts(&self) -> usize {
        match self {
            Scheme::Semver | Scheme::Pep440 => 2,
            Scheme::Calver(format) => format.line_parts(),
        }
    }

    /// The bump from `from` to `to`: which part moved first. `None` where `to` is not above `from`.
    pub fn level(&self, from: &Version, to: &Version) -> Option<Level> {
        if to <= from {
            return None;
        }
        let moved =
            (0..from.parts().max(to.parts())).find(|index| from.part(*index) != to.part(*index));
        Some(match moved {
            Some(0) => Level::Major,
            Some(index) if index < self.line_parts() => Level::Minor,
            _ => Level::Patch,
        })
    }

    /// The level that a version alone shows: `2.0.0` is major, `1.7.0` minor. For a first release.
    pub fn level_alone(&self, version: &Version) -> Level {
        let after = |from: usize| (from..version.parts()).all(|index| version.part(index) == 0);
        if after(1) {
            Level::Major
        } else if after(self.line_parts()) {
            Level::Minor
        } else {
            Level::Patch
        }
    }

    /// What the line after `line` would be called if it is a minor bump; `None` where the calendar decides.
    pub fn following(&self, line: &Line, steps: u64) -> Option<String> {
        match self {
            Scheme::Semver | Scheme::Pep440 => {
                Some(format!("{}.{}", line.numbers[0], line.numbers[1] + steps))
            }
            Scheme::Calver(_) => None,
        }
    }
}

/// The level of a bump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Patch,
    Minor,
    Major,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        }
    }
}

/// A minor series such as `1.7`; for calendar versions their leading parts.
#[derive(Clone, Debug)]
pub struct Line {
    numbers: Vec<u64>,
    text: Box<str>,
}

impl Line {
    pub fn of(version: &Version, scheme: &Scheme) -> Line {
        let parts = scheme.line_parts();
        let written: Vec<&str> = version
            .text
            .split(['-', '+', '_'])
            .next()
            .unwrap_or("")
            .split('.')
            .take(parts)
            .collect();
        let numbers: Vec<u64> = (0..parts).map(|index| version.part(index)).collect();
        let padded = (written.len()..parts).map(|_| "0");
        let text = written
            .iter()
            .copied()
            .chain(padded)
            .collect::<Vec<_>>()
            .join(".");
        Line {
            numbers,
            text: text.into(),
        }
    }

    /// A line as somebody wrote it: `2024.1` is `2024.01`. `None` where it has not as many parts as the scheme's lines.
    pub fn read(text: &str, scheme: &Scheme) -> Option<Line> {
        let version = Version::read(text.trim())?;
        let one = version.parts() == scheme.line_parts() && !version.is_prerelease();
        one.then(|| Line::of(&version, scheme))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn holds(&self, version: &Version) -> bool {
        self.numbers
            .iter()
            .enumerate()
            .all(|(index, number)| version.part(index) == *number)
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for Line {}

impl Ord for Line {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A calendar version's format, in calver.org's tokens joined by dots: `YYYY.0M.MICRO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalverFormat(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    FullYear,
    ShortYear { padded: bool },
    Within { most: u64, padded: bool },
    Counter,
}

impl CalverFormat {
    /// # Errors
    /// Names the token that calver.org does not know.
    pub fn read(text: &str) -> Result<Self, String> {
        let tokens: Vec<Token> = text.split('.').map(token).collect::<Result<_, _>>()?;
        if matches!(tokens[0], Token::Counter) || tokens.len() < 2 {
            return Err(format!(
                "`{text}` does not start with a year and name at least two parts"
            ));
        }
        Ok(CalverFormat(tokens))
    }

    fn line_parts(&self) -> usize {
        let counter = matches!(self.0.last(), Some(Token::Counter));
        if counter || self.0.len() > 2 {
            self.0.len() - 1
        } else {
            self.0.len()
        }
    }

    fn accepts(&self, version: &Version) -> bool {
        let written: Vec<&str> = version
            .text
            .split(['-', '+', '_'])
            .next()
            .unwrap_or("")
            .split('.')
            .collect();
        let extra = self.0.len() == 2 && !matches!(self.0[1], Token::Counter);
        let count = written.len() == self.0.len() || (extra && written.len() == 3);
        count
            && written
                .iter()
                .zip(&self.0)
                .all(|(part, token)| token.accepts(part))
    }
}

fn token(name: &str) -> Result<Token, String> {
    Ok(match name {
        "YYYY" => Token::FullYear,
        "YY" => Token::ShortYear { padded: false },
        "0Y" => Token::ShortYear { padded: true },
        "MM" => Token::Within {
            most: 12,
            padded: false,
        },
        "0M" => Token::Within {
            most: 12,
            padded: true,
        },
        "WW" => Token::Within {
            most: 53,
            padded: false,
        },
        "0W" => Token::Within {
            most: 53,
            padded: true,
        },
        "DD" => Token::Within {
            most: 31,
            padded: false,
        },
        "0D" => Token::Within {
            most: 31,
            padded: true,
        },
        "MAJOR" | "MINOR" | "MICRO" => Token::Counter,
        other => return Err(format!("`{other}` is no calendar token")),
    })
}

impl Token {
    fn accepts(self, part: &str) -> bool {
        let Ok(number) = part.parse::<u64>() else {
            return false;
        };
        let padding_fits = |padded: bool| {
            if padded {
                part.len() >= 2
            } else {
                !part.starts_with('0')
            }
        };
        match self {
            Token::FullYear => (1970..=9999).contains(&number) && part.len() == 4,
            Token::ShortYear { padded } => number <= 199 && (padding_fits(padded) || part == "0"),
            Token::Within { most, padded } => (1..=most).contains(&number) && padding_fits(padded),
            Token::Counter => part == "0" || !part.starts_with('0'),
        }
    }
}
