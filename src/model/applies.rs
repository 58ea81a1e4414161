//! Whom an action is for: the versions, lines and ranges of `Applies to:`, as a reader of the line would take them.

use std::cmp::Ordering;

use crate::model::Version;

/// Versions by a list of alternatives: `1.4.4, 1.4.5`, `1.4, 2.0`, `< 1.4.5`, `>= 1.4.0 < 1.4.5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSet(Vec<Alternative>);

/// What a text about versions was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// Words, which a reader must judge: they concern everybody.
    Words,
    Versions(VersionSet),
    /// It begins as a range or list, and is none: this is what could not be read.
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Alternative {
    Is(Version),
    /// All versions that begin with these parts.
    Line(Version),
    /// All comparators hold.
    Range(Vec<Comparator>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Below,
    UpTo,
    Above,
    From,
    Equal,
    Compatible,
    Near,
}

/// Longest first.
const OPERATORS: [(&str, Operator); 10] = [
    ("<=", Operator::UpTo),
    (">=", Operator::From),
    ("==", Operator::Equal),
    ("≤", Operator::UpTo),
    ("≥", Operator::From),
    ("<", Operator::Below),
    (">", Operator::Above),
    ("=", Operator::Equal),
    ("^", Operator::Compatible),
    ("~", Operator::Near),
];

/// Phrases that say the same, in front of a version.
const PHRASES: [(&str, &str); 14] = [
    ("older than ", "< "),
    ("earlier than ", "< "),
    ("lower than ", "< "),
    ("newer than ", "> "),
    ("later than ", "> "),
    ("higher than ", "> "),
    ("up to ", "<= "),
    ("until ", "<= "),
    ("through ", "<= "),
    ("before ", "< "),
    ("below ", "< "),
    ("after ", "> "),
    ("above ", "> "),
    ("since ", ">= "),
];

/// Words behind a version that make it a bound.
const BEHIND: [(&str, Operator); 8] = [
    ("older", Operator::UpTo),
    ("earlier", Operator::UpTo),
    ("below", Operator::UpTo),
    ("lower", Operator::UpTo),
    ("newer", Operator::From),
    ("later", Operator::From),
    ("above", Operator::From),
    ("up", Operator::From),
];

/// Words that stand before versions and say nothing.
const FILLERS: [&str; 9] = [
    "versions",
    "version",
    "releases",
    "release",
    "upgrades",
    "upgrading",
    "coming",
    "from",
    "only",
];

impl Applies {
    pub fn read(text: &str) -> Applies {
        let text = text
            .trim()
            .trim_end_matches('.')
            .replace('`', "")
            .to_lowercase();
        if matches!(text.as_str(), "" | "*" | "x") {
            return Applies::Words;
        }
        let mut read = Vec::new();
        let mut unread = None;
        let mut items = 0;
        for item in items_of(&text) {
            items += 1;
            match alternative(&item) {
                Some(alternative) => read.push(alternative),
                None => unread = unread.or(Some(item)),
            }
        }
        match unread {
            None if items > 0 => Applies::Versions(VersionSet(joined(read))),
            Some(item) if !read.is_empty() || begins_as_range(&text) => Applies::Unreadable(item),
            _ => Applies::Words,
        }
    }
}

impl VersionSet {
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().any(|alternative| match alternative {
            Alternative::Is(one) => one == version,
            Alternative::Line(line) => within(line, version) == Ordering::Equal,
            Alternative::Range(all) => all.iter().all(|comparator| comparator.holds(version)),
        })
    }
}

impl Comparator {
    /// By precedence, pre-releases included. A bound of fewer parts stands for its whole line.
    fn holds(&self, version: &Version) -> bool {
        let bound = &self.version;
        let line = || partial(bound) && within(bound, version) == Ordering::Equal;
        let same = |parts: usize| (0..parts).all(|at| bound.part(at) == version.part(at));
        match self.operator {
            Operator::Below => version < bound,
            Operator::UpTo => version <= bound || line(),
            Operator::Above => version > bound && !line(),
            Operator::From => version >= bound,
            Operator::Equal => version == bound || line(),
            Operator::Compatible => {
                let fixed = (0..bound.parts())
                    .find(|at| bound.part(*at) > 0)
                    .unwrap_or(0);
                version >= bound && same(fixed + 1)
            }
            Operator::Near => version >= bound && same(bound.parts().min(2)),
        }
    }

    fn lower(&self) -> bool {
        matches!(self.operator, Operator::Above | Operator::From)
    }

    fn upper(&self) -> bool {
        matches!(self.operator, Operator::Below | Operator::UpTo)
    }
}

fn partial(version: &Version) -> bool {
    version.parts() < 3 && !version.is_prerelease()
}

/// Where a version lies against the line that begins with these parts.
fn within(line: &Version, version: &Version) -> Ordering {
    (0..line.parts())
        .map(|at| version.part(at).cmp(&line.part(at)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn begins_as_range(text: &str) -> bool {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let dotted = bare
        .split_whitespace()
        .next()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    dotted || operator(text).is_some()
}

/// The list's items. `1.4 and older` is one; `1.4.4 and 1.4.5` are two.
fn items_of(text: &str) -> Vec<String> {
    let mut text = text
        .replace("||", ",")
        .replace(" – ", " to ")
        .replace(" - ", " to ");
    for (word, _) in BEHIND {
        for joint in ["and", "or"] {
            text = text.replace(&format!(" {joint} {word}"), &format!(" &{word}"));
        }
    }
    for (phrase, operator) in PHRASES {
        text = text.replace(phrase, operator);
    }
    text.replace(" and ", ",")
        .replace(" or ", ",")
        .split([',', ';'])
        .map(|item| {
            item.trim()
                .trim_start_matches("and ")
                .trim_start_matches("or ")
                .trim()
                .to_owned()
        })
        .filter(|item| !item.is_empty())
        .collect()
}

fn operator(text: &str) -> Option<(Operator, &str)> {
    OPERATORS
        .iter()
        .find_map(|(mark, operator)| Some((*operator, text.strip_prefix(mark)?.trim_start())))
}

fn alternative(item: &str) -> Option<Alternative> {
    let mut rest = item;
    while let Some((word, after)) = rest.split_once(' ')
        && FILLERS.contains(&word)
    {
        rest = after.trim_start();
    }
    if operator(rest).is_some() {
        return comparators(rest).map(Alternative::Range);
    }
    let (first, behind) = rest
        .split_once(' ')
        .map_or((rest, ""), |(first, behind)| (first, behind.trim()));
    if behind.is_empty() {
        return one(first);
    }
    let version = Version::read(first)?;
    if let Some(word) = behind.strip_prefix('&') {
        let (_, operator) = BEHIND.iter().find(|(known, _)| *known == word)?;
        return Some(Alternative::Range(vec![Comparator {
            operator: *operator,
            version,
        }]));
    }
    let last = ["to ", "<= "]
        .iter()
        .find_map(|joint| behind.strip_prefix(joint))?;
    Some(Alternative::Range(vec![
        Comparator {
            operator: Operator::From,
            version,
        },
        Comparator {
            operator: Operator::UpTo,
            version: Version::read(last.trim())?,
        },
    ]))
}

/// A version, or a line: `1.4`, `1.4.x`, `1.4.*`.
fn one(word: &str) -> Option<Alternative> {
    let line = [".x", ".*"].iter().find_map(|end| word.strip_suffix(end));
    let version = Version::read(line.unwrap_or(word))?;
    Some(if line.is_some() || partial(&version) {
        Alternative::Line(version)
    } else {
        Alternative::Is(version)
    })
}

/// `>= 1.4.0 < 1.4.5`
fn comparators(text: &str) -> Option<Vec<Comparator>> {
    let (mut all, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (operator, after) = operator(rest)?;
        let end = after
            .find(|c: char| c.is_whitespace() || "<>=^~≤≥".contains(c))
            .unwrap_or(after.len());
        let word = after[..end].trim_end_matches(".x").trim_end_matches(".*");
        all.push(Comparator {
            operator,
            version: Version::read(word)?,
        });
        rest = after[end..].trim_start();
    }
    Some(all)
}

/// A lower and an upper bound beside each other are one range, with a comma between them too, where something lies between.
fn joined(alternatives: Vec<Alternative>) -> Vec<Alternative> {
    let mut out: Vec<Alternative> = Vec::new();
    for next in alternatives {
        if let (Some(Alternative::Range(last)), Alternative::Range(new)) = (out.last_mut(), &next)
            && let ([a], [b]) = (last.as_slice(), new.as_slice())
            && ((a.lower() && b.upper() && a.version < b.version)
                || (a.upper() && b.lower() && b.version < a.version))
        {
            last.extend(new.iter().cloned());
        } else {
            out.push(next);
        }
    }
    out
}
