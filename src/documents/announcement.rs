//! What customers will be told of a release, in one table: so that a nothing that should be something is seen.

use crate::diag::count;
use crate::documents::parts::{Standpoint, duration, spoken_date};
use crate::documents::{Notice, ReleaseNote};
use crate::model::{Actions, Applies, Release};

/// A row a fact.
#[derive(Clone, Debug)]
pub struct Announcement {
    pub rows: Vec<(&'static str, String)>,
}

impl Announcement {
    pub fn of(at: Standpoint<'_>, release: &Release) -> Self {
        let note = ReleaseNote::of(at, release);
        let none = || "none".to_owned();
        let back = match &note.rollback {
            Some(back) => format!("{}: {}", back.version, back.command),
            None => "there is none".to_owned(),
        };
        let support = match note.support_effect.is_empty() {
            true => none(),
            false => note.support_effect.join(" "),
        };
        let date = release.date.map_or("not dated".to_owned(), spoken_date);
        let kind = Notice::kind_of(release).as_str();
        let mut rows = vec![
            (
                "release",
                format!(
                    "{} of {date}, a {} release; mail of kind {kind}",
                    note.tag, note.level
                ),
            ),
            ("window", note.install_window.replace('-', " ")),
            ("downtime", note.downtime.clone().unwrap_or_else(none)),
            ("actions", actions(release)),
        ];
        let asked = release.notes.iter().flat_map(|notes| notes.actions.all());
        rows.extend(asked.enumerate().map(|(number, action)| {
            let first = action.text.lines().next().unwrap_or("");
            let minutes = action.downtime.filter(|minutes| *minutes > 0);
            let down = minutes.map_or(String::new(), |minutes| format!(", {}", duration(minutes)));
            let whom = whom(at, release, action.applies_to.as_deref());
            (
                "",
                format!(
                    "{}. {} ({whom}{down})",
                    number + 1,
                    crate::diag::clipped(first, 60)
                ),
            )
        }));
        rows.extend([
            ("breaking", listed(note.breaking.len(), "change")),
            ("known issues", listed(note.known_issues.len(), "issue")),
            ("support", support),
            ("way back", back),
        ]);
        if let Some(instead) = note.instead {
            rows.push((
                "withdrawn",
                format!("who runs it goes to {}", instead.version),
            ));
        }
        Announcement { rows }
    }

    /// As text, the labels in a column.
    pub fn text(&self) -> String {
        let row = |(label, said): &(&str, String)| format!("  {label:<12}  {said}\n");
        format!(
            "Customers will be told:\n{}",
            self.rows.iter().map(row).collect::<String>()
        )
    }
}

fn listed(many: usize, what: &str) -> String {
    match many {
        0 => "none".to_owned(),
        many => count(many, what),
    }
}

fn actions(release: &Release) -> String {
    match release.notes.as_ref().map(|notes| &notes.actions) {
        Some(Actions::Required(all)) => count(all.len(), "required action"),
        Some(Actions::Nothing) => "nothing, as the entry says".to_owned(),
        _ => "nothing: the entry does not say".to_owned(),
    }
}

/// Whom an action applies to: the releases below that a range holds, or everybody.
fn whom(at: Standpoint<'_>, release: &Release, said: Option<&str>) -> String {
    let Some(said) = said else {
        return "for everybody".to_owned();
    };
    match Applies::read(said) {
        Applies::Versions(versions) => {
            let below = at
                .history
                .releases()
                .iter()
                .filter(|other| other.version < release.version);
            let all: Vec<&str> = below
                .filter(|other| versions.contains(&other.version))
                .map(|other| other.version.as_str())
                .collect();
            match all.as_slice() {
                [] => "for nobody".to_owned(),
                [first, .., last] if all.len() > 4 => {
                    format!(
                        "for {}, from {first} to {last}",
                        count(all.len(), "release")
                    )
                }
                all => format!("for {}", all.join(", ")),
            }
        }
        Applies::Words => format!(
            "for everybody, with the words: {}",
            crate::diag::clipped(said, 50)
        ),
        Applies::Unreadable(_) => "for everybody, since whom it is for cannot be read".to_owned(),
    }
}
