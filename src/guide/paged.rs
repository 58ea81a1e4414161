//! Lists that go over several pages, so that no page grows with the number of releases.

use std::ops::Range;

use crate::documents::Pages;
use crate::model::GuidePage;

/// A list and the files of its pages: the first is `index`, the others are numbered.
#[derive(Clone, Copy)]
pub struct Paged {
    index: &'static str,
    /// Before the number of a further page: `releases/page-`.
    stem: &'static str,
    each: usize,
    newer: &'static str,
    older: &'static str,
}

pub const RELEASES: Paged = Paged {
    index: GuidePage::Releases.fixed(),
    stem: "releases/page-",
    each: 40,
    newer: "Newer",
    older: "Older",
};
pub const DIGESTS: Paged = Paged {
    index: GuidePage::Identify.fixed(),
    stem: "identify-",
    each: 35,
    newer: "Newer",
    older: "Older",
};
pub const CHOOSER: Paged = Paged {
    index: GuidePage::Upgrades.fixed(),
    stem: "upgrade/page-",
    each: 100,
    newer: "Newer",
    older: "Older",
};
pub const LINES: Paged = Paged {
    index: GuidePage::Support.fixed(),
    stem: "support-",
    each: 40,
    newer: "Newer",
    older: "Older",
};
pub const ISSUES: Paged = Paged {
    index: GuidePage::KnownIssues.fixed(),
    stem: "known-issues-",
    each: 12,
    newer: "Before",
    older: "More",
};

impl Paged {
    /// How many pages hold so many rows: at least one.
    pub fn count(&self, rows: usize) -> usize {
        rows.div_ceil(self.each).max(1)
    }

    /// The file of a page, counted from 0.
    pub fn path(&self, page: usize) -> String {
        if page == 0 {
            self.index.to_owned()
        } else {
            format!("{}{}.html", self.stem, page + 1)
        }
    }

    pub fn index(&self) -> &'static str {
        self.index
    }

    /// The page that a row stands on.
    pub fn of_row(&self, row: usize) -> usize {
        row / self.each
    }

    /// The rows of a page.
    pub fn rows(&self, page: usize, rows: usize) -> Range<usize> {
        (page * self.each).min(rows)..((page + 1) * self.each).min(rows)
    }

    pub fn pages(&self, page: usize, rows: usize) -> Pages {
        let count = self.count(rows);
        Pages {
            number: page + 1,
            count,
            newer: page.checked_sub(1).map(|page| self.path(page)),
            newer_words: self.newer.to_owned(),
            older: (page + 1 < count).then(|| self.path(page + 1)),
            older_words: self.older.to_owned(),
        }
    }
}
