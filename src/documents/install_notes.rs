//! What an install asks, for scripts that have nothing but `sh` and `awk`: one row a line, columns by tabs, no quoting.
//!
//! ```text
//! notes      1  VERSION  LIST                        the release that these notes are of, and where all upgrades are listed
//! release    VERSION  DATE  PAGE                     every release, oldest first
//! withdrawn  VERSION  INSTEAD
//! stays      VERSION  TEXT                           what going back behind it does not undo
//! known      ID  TITLE  WORKAROUND  VERSIONS         a known issue, and who has it
//! step       ID  action|breaking  VERSION  DOWNTIME  TEXT
//! from       VERSION  DOWNTIME  STEPS  STOPS  PAGE   the way from each version to the release
//! ```

use std::collections::HashMap;

use crate::documents::parts::{Standpoint, duration, spoken_date};
use crate::model::{GuidePage, Release, Upgrades};

/// A text in a row is cut after so many characters: it is read on a terminal.
const LONGEST: usize = 180;

/// The notes of a release. `plain` takes the Markdown from a text.
pub fn install_notes(at: Standpoint<'_>, of: &Release, plain: &dyn Fn(&str) -> String) -> String {
    let mut rows = Rows {
        text: String::new(),
        plain,
    };
    let guide = |page: GuidePage<'_>| at.product.guide_page(page);
    let page = |release: &Release| {
        guide(GuidePage::Release(&release.version))
            .unwrap_or_else(|| at.product.bootstrap.release_page(&at.tag(release)))
    };
    let list = guide(GuidePage::Upgrades).unwrap_or_else(|| at.product.bootstrap.releases_page());
    rows.add("notes", &["1", of.version.as_str(), &list]);
    let releases = at.history.releases();
    for release in releases {
        let date = release.date.map(spoken_date).unwrap_or_default();
        rows.add(
            "release",
            &[release.version.as_str(), &date, &page(release)],
        );
    }
    for release in releases.iter().filter(|release| release.withdrawn) {
        let instead = at.instead(&release.version).map(|part| part.version);
        rows.add(
            "withdrawn",
            &[release.version.as_str(), &instead.unwrap_or_default()],
        );
    }
    for release in releases {
        if let Some(stays) = release
            .notes
            .as_ref()
            .and_then(|notes| notes.rollback.as_deref())
        {
            rows.say("stays", &[release.version.as_str()], stays, &[]);
        }
    }
    for issue in &at.history.issues {
        let having = releases
            .iter()
            .filter(|release| issue.affected.contains(&release.version));
        let versions: Vec<&str> = having.map(|release| release.version.as_str()).collect();
        let workaround = rows.line(issue.workaround.as_deref().unwrap_or(""));
        rows.say(
            "known",
            &[&issue.id],
            &issue.title,
            &[&workaround, &versions.join(" ")],
        );
    }
    ways(&mut rows, at, of);
    rows.text
}

/// The steps, each once, and which of them stand on the way from each version.
fn ways(rows: &mut Rows<'_>, at: Standpoint<'_>, of: &Release) {
    let upgrades = Upgrades::to(at.history, &of.version, None);
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut steps = Vec::new();
    let mut froms = Vec::new();
    for from in at
        .history
        .releases()
        .iter()
        .filter(|release| release.version < of.version)
    {
        let Some(path) = upgrades.from(&from.version) else {
            continue;
        };
        let mut ids = Vec::new();
        for hop in &path.hops {
            let version = hop.release.version.as_str();
            let actions = hop.actions.iter().map(|action| {
                let takes = action.downtime.filter(|minutes| *minutes > 0).map(duration);
                ("action", takes.unwrap_or_default(), action.text.as_str())
            });
            let breaking = hop
                .breaking
                .iter()
                .map(|change| ("breaking", String::new(), change.text.as_str()));
            for (kind, takes, text) in actions.chain(breaking) {
                let next = known.len() + 1;
                let key = format!("{kind}\t{version}\t{takes}\t{text}");
                let id = *known.entry(key).or_insert_with(|| {
                    steps.push((
                        next,
                        kind,
                        version.to_owned(),
                        takes.clone(),
                        text.to_owned(),
                    ));
                    next
                });
                ids.push(id.to_string());
            }
        }
        let stops: Vec<&str> = path
            .stops
            .iter()
            .map(|stop| stop.as_str())
            .filter(|stop| *stop != of.version.as_str())
            .collect();
        let downtime = match path.downtime {
            0 => String::new(),
            minutes => duration(minutes),
        };
        let page = at
            .product
            .guide_page(GuidePage::Upgrade(&from.version))
            .unwrap_or_else(|| at.product.bootstrap.release_page(&at.tag(of)));
        froms.push((
            from.version.to_string(),
            downtime,
            ids.join(" "),
            stops.join(", "),
            page,
        ));
    }
    for (id, kind, version, takes, text) in steps {
        rows.say(
            "step",
            &[&id.to_string(), kind, &version, &takes],
            &text,
            &[],
        );
    }
    for (version, downtime, ids, stops, page) in froms {
        rows.add("from", &[&version, &downtime, &ids, &stops, &page]);
    }
}

struct Rows<'p> {
    text: String,
    plain: &'p dyn Fn(&str) -> String,
}

impl Rows<'_> {
    fn add(&mut self, kind: &str, columns: &[&str]) {
        self.text.push_str(kind);
        for column in columns {
            self.text.push('\t');
            self.text.extend(column.chars().filter(|c| !c.is_control()));
        }
        self.text.push('\n');
    }

    /// A row with a text of Markdown between its columns.
    fn say(&mut self, kind: &str, before: &[&str], text: &str, after: &[&str]) {
        let line = self.line(text);
        let columns: Vec<&str> = before
            .iter()
            .copied()
            .chain([line.as_str()])
            .chain(after.iter().copied())
            .collect();
        self.add(kind, &columns);
    }

    /// On one line, without marks, and not too long.
    fn line(&self, text: &str) -> String {
        let plain = (self.plain)(text);
        let words: Vec<&str> = plain.split_whitespace().collect();
        crate::diag::clipped(&words.join(" "), LONGEST)
    }
}
