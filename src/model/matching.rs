//! Which known issue does this log or complaint speak of? A pure function, shared by the command line and the guide.
//!
//! Each symptom is a bag of stemmed words, weighted by how rare the word is among all symptoms (inverse document
//! frequency). A symptom matches where a few neighbouring lines of the text hold most of its weight. Words may be
//! misspelt by a letter; numbers, timestamps and hexadecimal noise in the text cost nothing.

use std::collections::{HashMap, HashSet};

use crate::model::KnownIssue;

/// Lines that are read together: a message is often split over a few.
const WINDOW: usize = 3;

/// The share of a symptom's weight that must be there; of one with few words more.
const ENOUGH: f64 = 0.6;

/// More than this much of a text is not looked at (its end is: the newest lines of a log).
const LONGEST: usize = 1 << 20;

/// A known issue that fits the text, how well (0 to 1), and where.
#[derive(Clone, Debug)]
pub struct Match<'i> {
    pub issue: &'i KnownIssue,
    pub score: f64,
    pub evidence: Evidence,
}

/// The symptom that fitted, and the line of the text (from 1) where it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub symptom: String,
    pub line: usize,
}

/// The symptoms of all issues, prepared.
pub struct Matcher<'i> {
    symptoms: Vec<Symptom<'i>>,
    weights: HashMap<String, f64>,
}

struct Symptom<'i> {
    issue: &'i KnownIssue,
    text: &'i str,
    words: Vec<String>,
}

impl<'i> Matcher<'i> {
    /// An issue without symptoms is found by its title.
    pub fn new(issues: impl IntoIterator<Item = &'i KnownIssue>) -> Self {
        let symptom = |issue: &'i KnownIssue, text: &'i str| Symptom {
            issue,
            text,
            words: distinct(text),
        };
        let symptoms: Vec<Symptom<'i>> = issues
            .into_iter()
            .flat_map(|issue| {
                let title = issue.symptoms.is_empty().then_some(issue.title.as_str());
                issue
                    .symptoms
                    .iter()
                    .map(String::as_str)
                    .chain(title)
                    .map(move |text| symptom(issue, text))
            })
            .filter(|symptom| !symptom.words.is_empty())
            .collect();
        let mut in_how_many: HashMap<&str, usize> = HashMap::new();
        for word in symptoms.iter().flat_map(|symptom| &symptom.words) {
            *in_how_many.entry(word).or_default() += 1;
        }
        let all = symptoms.len() as f64;
        let weights = in_how_many
            .iter()
            .map(|(word, count)| ((*word).to_owned(), weight(word, all, *count as f64)))
            .collect();
        Matcher { symptoms, weights }
    }

    /// Every symptom with the issue it is of, and its words as they are compared: what the guide's script is given.
    pub fn symptoms(&self) -> impl Iterator<Item = (&'i KnownIssue, &'i str, &[String])> {
        self.symptoms
            .iter()
            .map(|symptom| (symptom.issue, symptom.text, symptom.words.as_slice()))
    }

    /// The issues that fit, the best first; each once, with its best symptom.
    pub fn matches(&self, text: &str) -> Vec<Match<'i>> {
        let lines = Lines::of(text, &self.weights);
        let mut best: Vec<Match<'i>> = Vec::new();
        for symptom in &self.symptoms {
            let Some((score, line)) = self.best_window(symptom, &lines) else {
                continue;
            };
            let found = Match {
                issue: symptom.issue,
                score,
                evidence: Evidence {
                    symptom: symptom.text.to_owned(),
                    line,
                },
            };
            match best
                .iter_mut()
                .find(|known| std::ptr::eq(known.issue, symptom.issue))
            {
                Some(known) if known.score < score => *known = found,
                Some(_) => {}
                None => best.push(found),
            }
        }
        best.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.issue.id.cmp(&b.issue.id))
        });
        best
    }

    fn best_window(&self, symptom: &Symptom<'i>, lines: &Lines) -> Option<(f64, usize)> {
        let total: f64 = symptom.words.iter().map(|word| self.weights[word]).sum();
        let places: Vec<(&str, &[usize])> = symptom
            .words
            .iter()
            .filter_map(|word| Some((word.as_str(), lines.places.get(word)?.as_slice())))
            .collect();
        let reachable: f64 = places.iter().map(|(word, _)| self.weights[*word]).sum();
        let enough = match symptom.words.len() {
            0..=2 => 0.99,
            3 => 0.75,
            _ => ENOUGH,
        };
        if reachable / total < enough {
            return None;
        }
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for (word, lines) in places {
            let windows: HashSet<usize> = lines
                .iter()
                .flat_map(|line| line.saturating_sub(WINDOW - 1)..=*line)
                .collect();
            for window in windows {
                *scores.entry(window).or_default() += self.weights[word];
            }
        }
        let (window, score) = scores
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
        let share = (score / total).min(1.0);
        (share >= enough).then(|| (share, lines.first_in(window, &symptom.words)))
    }
}

/// Rare words weigh more; codes (`E1234`, `ECONNRESET`) most.
fn weight(word: &str, symptoms: f64, with_word: f64) -> f64 {
    let rarity = (1.0 + symptoms / with_word).ln() + 0.5;
    let code = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic);
    rarity * if code { 2.0 } else { 1.0 }
}

/// In which lines of a text each word of the symptoms stands.
struct Lines {
    places: HashMap<String, Vec<usize>>,
}

impl Lines {
    fn of(text: &str, vocabulary: &HashMap<String, f64>) -> Lines {
        let start = text.ceil_char_boundary(text.len().saturating_sub(LONGEST));
        let mut meant: HashMap<String, Option<String>> = HashMap::new();
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, line) in text[start..].lines().enumerate() {
            for word in words(line) {
                let known = meant
                    .entry(word)
                    .or_insert_with_key(|word| nearest(word, vocabulary))
                    .clone();
                if let Some(known) = known {
                    let lines = places.entry(known).or_default();
                    if lines.last() != Some(&number) {
                        lines.push(number);
                    }
                }
            }
        }
        Lines { places }
    }

    /// The first line of the window that holds any of the words, from 1.
    fn first_in(&self, window: usize, words: &[String]) -> usize {
        let inside = |word: &String| {
            self.places.get(word).and_then(|lines| {
                lines
                    .iter()
                    .find(|line| (window..window + WINDOW).contains(*line))
            })
        };
        words
            .iter()
            .filter_map(inside)
            .min()
            .copied()
            .unwrap_or(window)
            + 1
    }
}

/// The word of the symptoms that is meant: itself, a synonym's, or one a letter away.
fn nearest(word: &str, vocabulary: &HashMap<String, f64>) -> Option<String> {
    if vocabulary.contains_key(word) {
        return Some(word.to_owned());
    }
    if word.len() < 5 || word.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    vocabulary
        .keys()
        .filter(|known| {
            known.len().abs_diff(word.len()) <= 1
                && known.len() >= 5
                && known.as_bytes()[0] == word.as_bytes()[0]
        })
        .filter(|known| one_letter_apart(word, known))
        .min()
        .cloned()
}

/// At most one letter inserted, left out, changed or two neighbours swapped.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same_front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let same_back = a[same_front..]
        .iter()
        .rev()
        .zip(b[same_front..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (left_a, left_b) = (
        a.len() - same_front - same_back,
        b.len() - same_front - same_back,
    );
    let swapped = left_a == 2
        && left_b == 2
        && a[same_front] == b[same_front + 1]
        && a[same_front + 1] == b[same_front];
    (left_a <= 1 && left_b <= 1) || swapped
}

fn distinct(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    words(text)
        .filter(|word| seen.insert(word.clone()))
        .collect()
}

/// The words that carry meaning, stemmed, in lower case; `backupJob` and `backup_job` are two words each.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .flat_map(parts)
        .filter(|word| !noise(word))
        .map(|word| stem(&word))
        .filter(|word| !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| synonym(&word))
}

/// `backupJob` → `backup`, `job`.
fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last_lower = false;
    for c in word.chars() {
        if parts.is_empty() || (c.is_uppercase() && last_lower) {
            parts.push(String::new());
        }
        last_lower = c.is_lowercase();
        if let Some(part) = parts.last_mut() {
            part.extend(c.to_lowercase());
        }
    }
    parts
}

/// Numbers, hexadecimal runs, pieces of timestamps, single letters.
fn noise(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let number = digits == word.len();
    let hexadecimal = word.len() >= 7 && digits > 0 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let time = digits > 0
        && word
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b't' | b'z'));
    word.chars().count() < 2
        || (number && !matches!(digits, 3..=4))
        || hexadecimal
        || time && !number
}

/// Words that say nothing about a symptom.
pub const EMPTY_WORDS: [&str; 66] = [
    "the", "and", "for", "with", "that", "this", "from", "are", "was", "were", "has", "have",
    "had", "not", "but", "its", "it", "is", "in", "on", "of", "to", "an", "as", "at", "by", "or",
    "be", "been", "we", "our", "you", "your", "they", "their", "after", "when", "while", "then",
    "than", "into", "over", "some", "all", "any", "can", "no", "does", "do", "did", "if", "so",
    "there", "which", "who", "will", "info", "error", "warn", "debug", "shows", "show", "say",
    "see", "since", "which",
];

/// Words that people use for one another in complaints. The first of a row stands for all.
pub const SAME_WORDS: [&[&str]; 16] = [
    &[
        "fail",
        "failure",
        "broke",
        "broken",
        "break",
        "unsuccessful",
        "fault",
    ],
    &[
        "stop", "halt", "cease", "stall", "stuck", "hang", "hung", "freeze", "frozen", "freez",
    ],
    &[
        "crash", "abort", "die", "panic", "killed", "kill", "segfault",
    ],
    &["restart", "reboot", "relaunch"],
    &["slow", "sluggish", "lag", "latency", "delay"],
    &["memory", "ram", "heap", "oom"],
    &[
        "miss",
        "absent",
        "gone",
        "lost",
        "lose",
        "disappear",
        "vanish",
    ],
    &["duplicate", "twice", "doubl", "double", "repeat"],
    &["delete", "remov", "remove", "eras", "erase", "delet"],
    &["empty", "blank"],
    &["refuse", "refus", "reject", "deny", "denied"],
    &["timeout", "expir", "expire"],
    &[
        "login",
        "signin",
        "logon",
        "auth",
        "authentication",
        "authenticate",
    ],
    &["disk", "storage", "volume", "filesystem"],
    &["configuration", "config", "setting", "configur"],
    &["overdue", "late", "behind"],
];

fn synonym(word: &str) -> String {
    SAME_WORDS
        .iter()
        .find(|row| row.contains(&word))
        .map_or(word, |row| row[0])
        .to_owned()
}

/// Takes English endings off (after Porter's steps 1a and 1b, without his later ones).
fn stem(word: &str) -> String {
    let long = |rest: &str, letters: usize| rest.chars().count() >= letters;
    let cut =
        |ending: &str, letters: usize| word.strip_suffix(ending).filter(|rest| long(rest, letters));
    if let Some(rest) = cut("ies", 2) {
        return format!("{rest}y");
    }
    if let Some(rest) = cut("sses", 2) {
        return format!("{rest}ss");
    }
    let without_s = cut("s", 3)
        .filter(|rest| !rest.ends_with(['s', 'u', 'i']))
        .unwrap_or(word);
    let ending = ["ing", "ed"]
        .iter()
        .find_map(|ending| without_s.strip_suffix(ending))
        .filter(|rest| long(rest, 3) && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']));
    match ending {
        Some(rest) => undoubled(rest),
        None => without_s.to_owned(),
    }
}

/// `stopp` → `stop`.
fn undoubled(stem: &str) -> String {
    let mut last = stem.chars().rev();
    match (last.next(), last.next()) {
        (Some(a), Some(b))
            if a == b && !matches!(a, 'l' | 's' | 'z' | 'a' | 'e' | 'i' | 'o' | 'u') =>
        {
            stem[..stem.len() - a.len_utf8()].to_owned()
        }
        _ => stem.to_owned(),
    }
}
