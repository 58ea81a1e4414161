//! Dates as people write them in headings: ISO 8601, `2026/11/20`, `20 Nov 2026`, `November 20, 2026`, `13. January, 2024`.

use chrono::NaiveDate;

use crate::diag::Span;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The first date in `text` and where it stands. Numeric dates with the day first are read only when the order is
/// beyond doubt (`20.11.2026`, `11/20/2026`).
pub fn date_in(text: &str) -> Option<(Span, NaiveDate)> {
    let (tokens, count) = tokens(text);
    let tokens = &tokens[..count];
    let month_named = tokens
        .iter()
        .any(|token| !token.digits && month(&text[token.start..token.end]).is_some());
    (0..tokens.len()).find_map(|at| {
        numeric(text, &tokens[at..]).or_else(|| {
            if month_named {
                named(text, &tokens[at..])
            } else {
                None
            }
        })
    })
}

/// A heading has no more runs of digits and letters than this before its date ends.
const TOKENS: usize = 32;

#[derive(Clone, Copy, Default)]
struct Token {
    start: usize,
    end: usize,
    digits: bool,
}

/// Runs of digits and runs of letters.
fn tokens(text: &str) -> ([Token; TOKENS], usize) {
    let bytes = text.as_bytes();
    let mut tokens = [Token::default(); TOKENS];
    let mut count = 0;
    let mut at = 0;
    while at < bytes.len() && count < TOKENS {
        let start = at;
        let digits = bytes[at].is_ascii_digit();
        let same = |b: u8| {
            if digits {
                b.is_ascii_digit()
            } else {
                b.is_ascii_alphabetic()
            }
        };
        while at < bytes.len() && same(bytes[at]) {
            at += 1;
        }
        if at == start {
            at += 1;
        } else {
            tokens[count] = Token {
                start,
                end: at,
                digits,
            };
            count += 1;
        }
    }
    (tokens, count)
}

fn number(text: &str, token: Token, most_digits: usize) -> Option<u32> {
    (token.digits && token.end - token.start <= most_digits)
        .then(|| text[token.start..token.end].parse().ok())
        .flatten()
}

fn between(text: &str, a: Token, b: Token) -> &str {
    &text[a.end..b.start]
}

/// Nothing that makes a longer number or version of it stands right before or after.
fn alone(text: &str, start: usize, end: usize) -> bool {
    let joined = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let bytes = text.as_bytes();
    let before_dot =
        start >= 2 && matches!(bytes[start - 1], b'.' | b'-') && bytes[start - 2].is_ascii_digit();
    let time_follows = bytes.get(end) == Some(&b'T');
    let after_dot = matches!(bytes.get(end), Some(b'.' | b'/'))
        && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let glued_before = start > 0 && joined(bytes.get(start - 1));
    let glued_after = joined(bytes.get(end)) && !time_follows;
    !(glued_before || glued_after || before_dot || after_dot)
}

/// `2026-11-20`, `2026/11/20`, `2026.11.20`, `20.11.2026`, `11/20/2026`.
fn numeric(text: &str, tokens: &[Token]) -> Option<(Span, NaiveDate)> {
    let [a, b, c, ..] = *tokens else { return None };
    if !(a.digits && b.digits && c.digits) {
        return None;
    }
    let separator = between(text, a, b);
    if separator != between(text, b, c)
        || !(matches!(separator, "-" | "/" | "." | "‑" | "–" | " - ")
            || (separator == " "
                && a.end - a.start == 4
                && b.end - b.start == 2
                && c.end - c.start == 2))
        || !alone(text, a.start, c.end)
    {
        return None;
    }
    let length = |t: Token| t.end - t.start;
    let (a_value, b_value, c_value) = (
        number(text, a, 4)?,
        number(text, b, 2)?,
        number(text, c, 4)?,
    );
    let (year, month, day) = match (length(a), length(c)) {
        (4, 1..=2) => (a_value, b_value, c_value),
        (1..=2, 4) if separator == "." || (a_value > 12 && b_value <= 12) => {
            (c_value, b_value, a_value)
        }
        (1..=2, 4) if b_value > 12 || a_value == b_value => (c_value, a_value, b_value),
        _ => return None,
    };
    dated(a.start, c.end, year, month, day)
}

/// `20 Nov 2026`, `20th of November, 2026`, `Nov 20, 2026`, `20-Nov-2026`, `2026 Nov 20`.
fn named(text: &str, tokens: &[Token]) -> Option<(Span, NaiveDate)> {
    let filler = |t: &Token| {
        !t.digits
            && matches!(
                text[t.start..t.end].to_ascii_lowercase().as_str(),
                "st" | "nd" | "rd" | "th" | "of" | "the"
            )
    };
    let mut words = tokens
        .iter()
        .copied()
        .take(6)
        .filter(|token| !filler(token));
    let (Some(a), Some(b), Some(c)) = (words.next(), words.next(), words.next()) else {
        return None;
    };
    let near = |x: Token, y: Token| {
        y.start - x.end <= 8 && !between(text, x, y).contains(['(', ')', '\n', '+'])
    };
    if !near(a, b) || !near(b, c) {
        return None;
    }
    let month_of = |t: Token| (!t.digits).then(|| month(&text[t.start..t.end])).flatten();
    let (year, month, day, first) = if let Some(month) = month_of(a) {
        (number(text, c, 4)?, month, number(text, b, 2)?, a)
    } else if let Some(month) = month_of(b) {
        if c.end - c.start == 4 {
            (number(text, c, 4)?, month, number(text, a, 2)?, a)
        } else {
            (number(text, a, 4)?, month, number(text, c, 2)?, a)
        }
    } else {
        return None;
    };
    if first.start > 0 && matches!(text.as_bytes()[first.start - 1], b'.' | b'v') {
        return None;
    }
    let full_year = if year < 100 { return None } else { year };
    dated(a.start, c.end, full_year, month, day)
}

fn month(word: &str) -> Option<u32> {
    if !(3..=9).contains(&word.len()) {
        return None;
    }
    let starts = |name: &str| {
        name.len() >= word.len()
            && name.as_bytes()[..word.len()].eq_ignore_ascii_case(word.as_bytes())
    };
    let index = MONTHS.iter().position(|name| {
        starts(name) || (*name == "september" && word.eq_ignore_ascii_case("sept"))
    })?;
    Some(index as u32 + 1)
}

/// What of a line has the shape of an ISO date and is no day: `30 February`.
pub fn no_day_in(line: &str) -> Option<String> {
    let (tokens, count) = tokens(line);
    tokens[..count].windows(3).find_map(|three| {
        let [a, b, c] = [three[0], three[1], three[2]];
        let shaped = a.digits
            && b.digits
            && c.digits
            && a.end - a.start == 4
            && matches!(between(line, a, b), "-" | "/" | ".")
            && between(line, a, b) == between(line, b, c);
        let (year, month, day) = (
            number(line, a, 4)?,
            number(line, b, 2)?,
            number(line, c, 2)?,
        );
        if !shaped
            || !(1970..=2200).contains(&year)
            || NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).is_some()
        {
            return None;
        }
        let name = usize::try_from(month)
            .ok()?
            .checked_sub(1)
            .and_then(|index| MONTHS.get(index));
        Some(match name {
            Some(name) => {
                let (first, rest) = name.split_at(1);
                format!("{day} {}{rest} {year} is no day", first.to_uppercase())
            }
            None => format!("there is no month {month}"),
        })
    })
}

fn dated(start: usize, end: usize, year: u32, month: u32, day: u32) -> Option<(Span, NaiveDate)> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1970..=2200)
        .contains(&year)
        .then_some((Span::new(start, end), date))
}
