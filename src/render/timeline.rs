//! The support timeline as SVG: a bar for each line, the years, and today. Places are percentages, so that text keeps
//! its size however wide the page is.

use std::fmt::Write as _;

use chrono::{Datelike, Days, NaiveDate};

use crate::render::escaped;

/// A line of releases, from its first release to the end of its support.
pub struct TimelineRow {
    pub line: String,
    pub status: String,
    pub extended: bool,
    pub opened: NaiveDate,
    /// `None` where no date is set.
    pub ends_on: Option<NaiveDate>,
    /// The end in words: `when 1.8 ships`.
    pub ends: String,
}

/// Lines that are drawn: the newest.
const DRAWN: usize = 12;
/// Pixels from one line to the next.
const ROW: usize = 40;

/// The picture of `rows`, newest first; nothing where there is no line.
pub fn timeline(rows: &[TimelineRow], today: NaiveDate) -> String {
    let rows = &rows[..rows.len().min(DRAWN)];
    let Some(first) = rows.iter().map(|row| row.opened).min() else {
        return String::new();
    };
    let last = rows
        .iter()
        .filter_map(|row| row.ends_on)
        .chain([today])
        .max()
        .unwrap_or(today);
    let margin = u64::try_from((last - first).num_days()).unwrap_or(0) / 12 + 15;
    let scale = Scale {
        first,
        days: (last - first).num_days() + i64::try_from(margin).unwrap_or(0),
    };
    let height = rows.len() * ROW + 26;
    let mut svg = format!(
        "<figure class=\"timeline\">\n<svg role=\"img\" aria-label=\"Support timeline: {}\" width=\"100%\" height=\"{height}\">\n",
        escaped(&words(rows))
    );
    years(&mut svg, &scale, last + Days::new(margin), height - 24);
    let now = scale.at(today);
    let _ = writeln!(
        svg,
        "<line class=\"today\" x1=\"{now:.1}%\" x2=\"{now:.1}%\" y1=\"0\" y2=\"{}\"/>",
        height - 24
    );
    for (number, row) in rows.iter().enumerate() {
        bar(&mut svg, row, &scale, number * ROW, today);
    }
    let _ = write!(
        svg,
        "</svg>\n<figcaption>From the first release of each line to the end of its support. The dashed line is {today}.</figcaption>\n</figure>\n"
    );
    svg
}

struct Scale {
    first: NaiveDate,
    days: i64,
}

impl Scale {
    /// Percent of the width. Days and their quotients fit a `f64` exactly enough.
    #[allow(clippy::cast_precision_loss)]
    fn at(&self, day: NaiveDate) -> f64 {
        ((day - self.first).num_days() as f64 * 100.0 / self.days.max(1) as f64).clamp(0.0, 100.0)
    }
}

/// The same for those who do not see it.
fn words(rows: &[TimelineRow]) -> String {
    let each: Vec<String> = rows
        .iter()
        .map(|row| format!("{}, {}, {}", row.line, row.status, end_of(row)))
        .collect();
    each.join("; ")
}

fn end_of(row: &TimelineRow) -> String {
    match row.ends_on {
        Some(day) if row.status == "unsupported" => format!("ended {day}"),
        Some(day) => format!("ends {day}"),
        None => format!("ends {}", row.ends),
    }
}

fn years(svg: &mut String, scale: &Scale, last: NaiveDate, height: usize) {
    let _ = writeln!(
        svg,
        "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{height}\" y2=\"{height}\"/>"
    );
    let several = last.year() - scale.first.year() > 2;
    let months: &[u32] = if several { &[1] } else { &[1, 4, 7, 10] };
    let apart = ((last.year() - scale.first.year()) / 6 + 1).max(1);
    for year in (scale.first.year()..=last.year()).filter(|year| year % apart == 0) {
        for month in months {
            let Some(day) = NaiveDate::from_ymd_opt(year, *month, 1) else {
                continue;
            };
            if day < scale.first || day > last {
                continue;
            }
            let (x, name) = (
                scale.at(day),
                day.format(if *month == 1 { "%Y" } else { "%b" }),
            );
            let _ = writeln!(
                svg,
                "<line class=\"axis\" x1=\"{x:.1}%\" x2=\"{x:.1}%\" y1=\"0\" y2=\"{}\"/>",
                height + 4
            );
            if x < 94.0 {
                let _ = writeln!(
                    svg,
                    "<text class=\"date\" x=\"{x:.1}%\" y=\"{}\">{name}</text>",
                    height + 18
                );
            }
        }
    }
}

fn bar(svg: &mut String, row: &TimelineRow, scale: &Scale, top: usize, today: NaiveDate) {
    let start = scale.at(row.opened);
    let end = row
        .ends_on
        .map_or(scale.at(today.max(row.opened)).max(97.0), |day| {
            scale.at(day)
        });
    // Text that starts in the right half ends where the picture ends.
    let (x, anchor) = if start > 50.0 {
        (100.0, " text-anchor=\"end\"")
    } else {
        (start, "")
    };
    let extended = if row.extended { " extended" } else { "" };
    let _ = writeln!(
        svg,
        "<g class=\"{}{extended}\"><text x=\"{x:.1}%\"{anchor} y=\"{}\"><tspan font-weight=\"700\">{}</tspan> {}</text><rect class=\"bar\" x=\"{start:.1}%\" y=\"{}\" width=\"{:.1}%\" height=\"10\" rx=\"5\"/></g>",
        escaped(&row.status),
        top + 14,
        escaped(&row.line),
        escaped(&end_of(row)),
        top + 20,
        (end - start).max(0.6),
    );
}
