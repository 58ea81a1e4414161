//! The ranges of known issues, held against what was released.

use crate::diag::{Code, Finding, Findings, Text};
use crate::model::{AffectedRange, Release, Version};
use crate::sources::issues::{Place, Placed};

/// Ends that were never released, ranges that hold nothing or overlap, and releases that may have the issue and are in none.
pub fn check(text: &Text, placed: &Placed, releases: &[&Release]) -> Findings {
    let mut findings = Findings::new();
    let id = &placed.issue.id;
    let ranges = &placed.issue.affected.ranges;
    let mut say = |what: String, at: &std::ops::Range<usize>, help: &str| {
        findings.push(
            Finding::new(Code::IssueRange, what)
                .at(text, at.clone())
                .help(help),
        );
    };
    for (range, place) in ranges.iter().zip(&placed.places) {
        if let (Some(introduced), Some(fixed)) = (&range.introduced, &range.fixed)
            && fixed <= introduced
        {
            say(
                format!("`{id}` is fixed in `{fixed}`, which is not above `{introduced}`"),
                &place.fixed,
                "a range goes up; what is fixed on several lines has a range each: `affected = [ { introduced = \"1.5.1\", fixed = \"1.5.3\" }, … ]`",
            );
            continue;
        }
        for (what, help, at) in unreleased(id, range, place, releases) {
            say(what, at, &help);
        }
    }
    for (pair, place) in ranges.windows(2).zip(placed.places.iter().skip(1)) {
        let over = pair[0]
            .fixed
            .as_ref()
            .is_none_or(|fixed| pair[1].introduced.as_ref().is_none_or(|next| next < fixed));
        if over {
            say(
                format!("two ranges of `{id}` overlap"),
                &place.introduced,
                "let each range end before the next begins",
            );
        }
    }
    let gap = gap(text, placed, releases);
    findings.extend(gap);
    findings
}

/// Ends of a range that nobody released. A fix that is above everything may be on its way.
fn unreleased<'p>(
    id: &str,
    range: &AffectedRange,
    place: &'p Place,
    releases: &[&Release],
) -> Vec<(String, String, &'p std::ops::Range<usize>)> {
    let known = |version: &Version| releases.iter().any(|release| release.version == *version);
    let newest = releases.iter().map(|release| &release.version).max();
    let near = |version: &Version| {
        let names = releases.iter().map(|release| release.version.as_str());
        match crate::diag::closest(version.as_str(), names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a release of the changelog".to_owned(),
        }
    };
    let mut said = Vec::new();
    if let Some(introduced) = range.introduced.as_ref().filter(|version| !known(version)) {
        said.push((
            format!("`{id}` came with `{introduced}`, which was never released"),
            near(introduced),
            &place.introduced,
        ));
    }
    let coming = |fixed: &Version| newest.is_some_and(|newest| fixed > newest);
    if let Some(fixed) = range
        .fixed
        .as_ref()
        .filter(|version| !known(version) && !coming(version))
    {
        said.push((
            format!("`{id}` is fixed in `{fixed}`, which was never released"),
            near(fixed),
            &place.fixed,
        ));
    }
    said
}

/// Releases above a fix that came out before it did: a fix on an older line is none for them.
fn gap(text: &Text, placed: &Placed, releases: &[&Release]) -> Option<Finding> {
    let affected = &placed.issue.affected;
    let date = |version: &Version| {
        releases
            .iter()
            .find(|release| release.version == *version)?
            .date
    };
    let (range, place) = affected.ranges.iter().zip(&placed.places).next_back()?;
    let (fixed, introduced) = (range.fixed.as_ref()?, range.introduced.as_ref()?);
    let (from, until) = (date(introduced)?, date(fixed)?);
    let doubtful: Vec<&str> = releases
        .iter()
        .filter(|release| release.version > *fixed && !affected.contains(&release.version))
        .filter(|release| {
            release
                .date
                .is_some_and(|date| from <= date && date < until)
        })
        .map(|release| release.version.as_str())
        .collect();
    if doubtful.is_empty() {
        return None;
    }
    let finding = Finding::new(
        Code::IssueRange,
        format!(
            "{} came out before the fix `{fixed}` and {} said not to have `{}`",
            crate::diag::list(&doubtful, "and"),
            if doubtful.len() == 1 { "is" } else { "are" },
            placed.issue.id
        ),
    );
    Some(finding.at(text, place.fixed.clone()).help("if they have it, give it a range each: `affected = [ { introduced = \"1.5.1\", fixed = \"1.5.3\" }, { introduced = \"2.0.0\", fixed = \"2.0.2\" } ]`").warn())
}
