//! Template filters that make HTML of facts: the support timeline, a telephone number to tap.

use chrono::NaiveDate;
use tera::{Kwargs, State, Tera, Value};

use crate::render::escaped;
use crate::render::timeline::{TimelineRow, timeline};

/// Adds the filters to an engine.
pub fn register(tera: &mut Tera) {
    tera.register_filter(
        "timeline",
        |rows: &[Value], arguments: Kwargs, _: &State| {
            let today = arguments.must_get::<&str>("today")?;
            let today = today
                .parse()
                .map_err(|_| tera::Error::message(format!("`{today}` is no date")))?;
            let rows: Vec<TimelineRow> = rows.iter().filter_map(row).collect();
            Ok::<Value, tera::Error>(Value::safe_string(&timeline(&rows, today)))
        },
    );
    tera.register_filter("telephone", |text: &str, _: Kwargs, _: &State| {
        Value::safe_string(&telephone(text))
    });
}

/// A row of the support matrix, as templates see it.
fn row(value: &Value) -> Option<TimelineRow> {
    let text = |name: &'static str| value.get_from_path(name).and_then(Value::as_str);
    let day = |name: &'static str| text(name).and_then(|day| day.parse::<NaiveDate>().ok());
    Some(TimelineRow {
        line: text("line")?.to_owned(),
        status: text("status")?.to_owned(),
        extended: value.get_from_path("extended").and_then(Value::as_bool) == Some(true),
        opened: day("opened")?,
        ends_on: day("ends_on"),
        ends: text("ends").unwrap_or_default().to_owned(),
    })
}

/// A number as a link that a telephone calls (RFC 3966); any other text as it is.
fn telephone(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let number = (5..=15).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+ ()-./".contains(c));
    if !number {
        return escaped(text);
    }
    let dialled: String = text
        .replace("(0)", "")
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    format!("<a href=\"tel:{dialled}\">{}</a>", escaped(text))
}
