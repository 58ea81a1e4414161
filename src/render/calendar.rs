//! The ends of support as an iCalendar file (RFC 5545): a whole-day event each.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use icalendar::{Calendar, Component, Event, EventLike};

use crate::documents::Matrix;

/// Dates that are known; a line that ends when another ships has none.
pub fn support_calendar(matrix: &Matrix) -> String {
    // RFC 5545 3.6: each of these once, which a strict reader counts.
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property((
        "PRODID",
        concat!("-//tidings//", env!("CARGO_PKG_VERSION"), "//EN"),
    ));
    calendar.append_property(("CALSCALE", "GREGORIAN"));
    calendar.name(&format!("{} support", matrix.product.name));
    let stamp = |date: &str| {
        date.parse::<NaiveDate>().ok().map(|day| {
            DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc)
        })
    };
    for row in &matrix.rows {
        let Some(day) = row
            .ends_on
            .as_deref()
            .and_then(|date| date.parse::<NaiveDate>().ok())
        else {
            continue;
        };
        let mut event = Event::new();
        event
            .uid(&format!(
                "support-{}-{}@{}",
                row.line,
                row.ends_on.as_deref().unwrap_or(""),
                crate::documents::slug(&matrix.product.name)
            ))
            .summary(&format!(
                "{} {}: support ends",
                matrix.product.name, row.line
            ))
            .description(&format!(
                "From this day {} {} gets no further fixes. Its last release is {}.",
                matrix.product.name, row.line, row.latest
            ))
            .url(&row.release_page)
            .starts(day)
            .ends(day + Days::new(1));
        if let Some(stamp) = stamp(&matrix.as_of) {
            event.timestamp(stamp);
        }
        calendar.push(event.done());
    }
    calendar.to_string()
}
