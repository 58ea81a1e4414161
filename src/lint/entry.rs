//! The entry of a release: there, dated, in order, with a summary and, where the bump asks for it, required actions.

use chrono::NaiveDate;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::lint::language::{Audience, language, sentences};
use crate::model::{
    Actions, Applies, Changelog, Entry, History, InstallWindow, Level, Line, Notes, Release,
    SectionKind, Version,
};
use crate::sources::Bootstrap;
use crate::sources::changelog::no_day_in;

/// Rules that fail closed for the release that is being made.
pub fn at_hand(bootstrap: &Bootstrap, target: &Version, today: NaiveDate) -> Findings {
    let text = &bootstrap.changelog.text;
    let Some(entry) = bootstrap.changelog.entry(target) else {
        return vec![missing(bootstrap, target)];
    };
    let Some(notes) = bootstrap
        .history
        .release(target)
        .and_then(|release| release.notes.as_ref())
    else {
        return Findings::new();
    };
    let mut findings = Findings::new();
    if entry.is_empty() {
        findings.push(
            Finding::new(
                Code::EntryEmpty,
                format!("the entry of `{target}` is empty"),
            )
            .at(text, entry.heading)
            .help("write one or two sentences for customers under the heading"),
        );
        return findings;
    }
    match entry.date {
        None => findings.push(
            Finding::new(
                Code::EntryUndated,
                match no_day(bootstrap, entry) {
                    Some(why) => format!("the entry of `{target}` has no date: {why}"),
                    None => format!("the entry of `{target}` has no date"),
                },
            )
            .at(text, heading_line(bootstrap, entry))
            .help(format!(
                "write `## [{target}] - {}`",
                tagged_on(bootstrap, target).unwrap_or(today)
            )),
        ),
        Some(date) if date > today => findings.push(
            Finding::new(
                Code::EntryFuture,
                format!("`{target}` is dated {date}, and today is {today}"),
            )
            .at(text, entry.date_span)
            .help("mind the year: it is the commonest typo"),
        ),
        Some(_) => {}
    }
    findings.extend(summary(bootstrap, entry, notes, target));
    findings.extend(actions(bootstrap, entry, notes, target));
    findings
}

/// The day of the release's tag: an entry that is tagged already is as old as that.
fn tagged_on(bootstrap: &Bootstrap, target: &Version) -> Option<NaiveDate> {
    bootstrap.history.release(target)?.tag.as_ref()?.day
}

/// A date that is none: `30 February 2026 is no day`.
fn no_day(bootstrap: &Bootstrap, entry: &Entry) -> Option<String> {
    let text = &bootstrap.changelog.text;
    no_day_in(text.slice(heading_line(bootstrap, entry)))
}

fn heading_line(bootstrap: &Bootstrap, entry: &Entry) -> Span {
    let line = bootstrap
        .changelog
        .text
        .slice(entry.heading)
        .lines()
        .next()
        .unwrap_or("")
        .len();
    Span::new(entry.heading.start, entry.heading.start + line)
}

fn missing(bootstrap: &Bootstrap, target: &Version) -> Finding {
    let text = &bootstrap.changelog.text;
    let stranded = bootstrap
        .changelog
        .unreleased()
        .filter(|entry| !entry.is_empty());
    let (span, help) = match stranded {
        Some(entry) => (
            entry.heading,
            format!(
                "what stands under `[Unreleased]` is no entry: rename its heading to `## [{target}] - YYYY-MM-DD`"
            ),
        ),
        None => (
            text.first_line(),
            format!("write `## [{target}] - YYYY-MM-DD` and a summary for customers"),
        ),
    };
    Finding::new(
        Code::EntryMissing,
        format!("`{}` has no entry for `{target}`", text.name),
    )
    .at(text, span)
    .help(help)
}

fn summary(bootstrap: &Bootstrap, entry: &Entry, notes: &Notes, target: &Version) -> Findings {
    let text = &bootstrap.changelog.text;
    let Some(span) = entry.summary else {
        return vec![
            Finding::new(Code::SummaryMissing, format!("the entry of `{target}` has no summary"))
                .at(text, heading_line(bootstrap, entry))
                .help("write one or two sentences for customers right under the heading, before the first list"),
        ];
    };
    let mut findings = language(text, span, Audience::Customer);
    findings.extend(contradicts(bootstrap, notes, target).map(|finding| finding.at(text, span)));
    let count = sentences(&notes.summary);
    if count > 2 {
        findings.push(
            Finding::new(
                Code::SummaryLong,
                format!("the summary has {count} sentences"),
            )
            .at(text, span)
            .help(
                "keep the one or two that a customer decides by; the rest belongs under *Changed*",
            ),
        );
    }
    findings
}

/// A summary that promises an easier moment than the actions and the policy ask for, or a harder one.
fn contradicts(bootstrap: &Bootstrap, notes: &Notes, target: &Version) -> Option<Finding> {
    const EASY: [&str; 7] = [
        "business hours",
        "whenever it suits",
        "at any time",
        "no downtime",
        "nothing to do",
        "no action",
        "no maintenance window",
    ];
    let history = &bootstrap.history;
    let below = history.previous(target)?;
    let path = history.upgrade_path(&below.version, target)?;
    let summary = notes.summary.to_lowercase();
    let easy = EASY.into_iter().find(|words| summary.contains(words));
    let (words, asked) = match (path.window, easy) {
        (InstallWindow::MaintenanceWindow, Some(words)) => (words, "a maintenance window"),
        (InstallWindow::BusinessHours, Some(words @ ("nothing to do" | "no action")))
            if path.action_count > 0 =>
        {
            (words, "an action")
        }
        (InstallWindow::BusinessHours, None) if summary.contains("maintenance window") => {
            ("maintenance window", "business hours only")
        }
        _ => return None,
    };
    let what = format!("the summary says `{words}`, and the release asks for {asked}");
    Some(
        Finding::new(Code::SummaryWindow, what).help(
            "leave it out of the summary: what is asked stands right below, for each version",
        ),
    )
}

/// The entry at the release's tag said something else. Customers who read it there were told that.
pub fn changed(bootstrap: &Bootstrap, target: &Version, then: &Changelog) -> Option<Finding> {
    let (now, old) = (bootstrap.changelog.entry(target)?, then.entry(target)?);
    let words = |text: &Text, entry: &Entry| {
        text.slice(entry.body)
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let same = words(&bootstrap.changelog.text, now) == words(&then.text, old);
    let tag = bootstrap.config.product.bootstrap.tag(target);
    (!same).then(|| {
        Finding::new(Code::TagChanged, format!("the entry of `{target}` is not the one at tag `{tag}`"))
            .at(&bootstrap.changelog.text, heading_line(bootstrap, now))
            .help(format!(
                "`git diff {tag} -- {}` shows what changed; a correction is fine, a new promise belongs to a new release",
                bootstrap.changelog.text.name
            ))
    })
}

/// A bump that policy, a breaking item or a removal makes weighty owes customers a word about what to do.
fn owes_actions(history: &History, notes: &Notes, target: &Version) -> Option<&'static str> {
    let level = history.level(target);
    let first = history.previous(target).is_none();
    if first {
        return None;
    }
    if level == Level::Major {
        return Some("this is a major release");
    }
    if notes.breaking().next().is_some() {
        return Some("an item is marked as breaking");
    }
    if notes.of_kind(SectionKind::Removed).next().is_some() {
        return Some("something was removed");
    }
    (history.policy.rule(level).install == InstallWindow::MaintenanceWindow)
        .then_some("the policy asks for a maintenance window")
}

fn actions(bootstrap: &Bootstrap, entry: &Entry, notes: &Notes, target: &Version) -> Findings {
    let text = &bootstrap.changelog.text;
    let mut findings = Findings::new();
    if notes.actions == Actions::Unstated
        && let Some(why) = owes_actions(&bootstrap.history, notes, target)
    {
        let finding = Finding::new(
            Code::ActionMissing,
            format!("{why}, and `{target}` does not say what customers need to do"),
        );
        findings.push(
            finding
                .at(text, heading_line(bootstrap, entry))
                .help("add `### Required action` with one item an action, or with `Nothing`"),
        );
    }
    for action in notes.actions.all() {
        findings.extend(language(text, action.span, Audience::Administrator));
        let first = Span::new(
            action.span.start,
            action.span.start + text.slice(action.span).lines().next().unwrap_or("").len(),
        );
        if !crate::lint::language::imperative(&action.text) {
            findings.push(
                Finding::new(
                    Code::ActionVerb,
                    "the action does not start with a verb".to_owned(),
                )
                .at(text, first)
                .help("start with what to do: `Set …`, `Rename …`, `Run …`"),
            );
        }
        let linked = action
            .change
            .as_deref()
            .unwrap_or(&action.text)
            .contains("](")
            || action.change.as_deref().unwrap_or("").contains("://")
            || action.text.contains("<http");
        if !linked {
            findings.push(
                Finding::new(
                    Code::ActionLink,
                    "the action does not link to the exact change".to_owned(),
                )
                .at(text, first)
                .help("add a line `Change: [what to change](docs/upgrade.md#section)`"),
            );
        }
    }
    findings.extend(replaces(bootstrap, notes, target));
    for (kind, audience) in [
        (SectionKind::KnownIssues, Audience::Administrator),
        (SectionKind::Rollback, Audience::Administrator),
    ] {
        for item in entry
            .sections
            .iter()
            .filter(|section| section.kind == kind)
            .flat_map(|section| &section.items)
        {
            findings.extend(language(text, item.span, audience));
        }
    }
    let changes = entry.sections.iter().filter(|section| {
        !matches!(
            section.kind,
            SectionKind::RequiredAction
                | SectionKind::KnownIssues
                | SectionKind::Rollback
                | SectionKind::Internal
        )
    });
    for item in changes.flat_map(|section| &section.items) {
        findings.extend(language(text, item.span, Audience::Reader));
    }
    findings
}

/// Lines `Replaces:` that name no action of a release below.
fn replaces(bootstrap: &Bootstrap, notes: &Notes, target: &Version) -> Findings {
    let below = bootstrap.history.releases().iter();
    let actions: Vec<_> = below
        .take_while(|release| release.version < *target)
        .filter_map(|release| Some((&release.version, release.notes.as_ref()?)))
        .flat_map(|(version, notes)| notes.actions.all().iter().map(move |a| (version, a)))
        .collect();
    let idle = notes.replaces.iter().filter(|replaced| {
        !actions
            .iter()
            .any(|(version, action)| replaced.means(version, action))
    });
    idle.map(|replaced| {
        let what = crate::diag::clipped(&replaced.what, 60);
        Finding::new(
            Code::ReplacesNothing,
            format!("no required action of an earlier release is `{what}`"),
        )
        .at(&bootstrap.changelog.text, replaced.span)
        .help("write the version whose actions are needless now, or how the action begins")
    })
    .collect()
}

/// Order, dates and scheme over the whole file. Errors for the release at hand, warnings for the rest.
pub fn history(bootstrap: &Bootstrap, target: Option<&Version>, today: NaiveDate) -> Findings {
    let text = &bootstrap.changelog.text;
    let scheme = &bootstrap.config.policy.scheme;
    let mut findings = Findings::new();
    let mut push = |finding: Finding, version: &Version| {
        findings.push(if target == Some(version) {
            finding
        } else {
            finding.warn()
        })
    };
    for entry in &bootstrap.changelog.entries {
        let Some(version) = &entry.version else {
            continue;
        };
        if !version.fits(scheme) {
            push(
                Finding::new(
                    Code::EntryScheme,
                    format!("`{version}` does not fit the policy's scheme"),
                )
                .at(text, entry.version_span)
                .help("write the version as the policy has it, or change `[policy] scheme`"),
                version,
            );
        }
        if target != Some(version) && !entry.unreleased {
            match entry.date {
                None => push(
                    Finding::new(Code::EntryUndated, undated(bootstrap, version))
                        .at(text, heading_line(bootstrap, entry))
                        .help("add the date: support is computed from it"),
                    version,
                ),
                Some(date) if date > today => push(
                    Finding::new(
                        Code::EntryFuture,
                        format!("`{version}` is dated {date}, and today is {today}"),
                    )
                    .at(text, entry.date_span)
                    .help("mind the year: it is the commonest typo"),
                    version,
                ),
                Some(_) => {}
            }
        }
    }
    for (earlier, later) in in_lines(bootstrap.history.releases(), bootstrap) {
        let (Some(before), Some(after)) = (earlier.date, later.date) else {
            continue;
        };
        if after < before {
            let at = bootstrap
                .changelog
                .entry(&later.version)
                .map_or(later.heading, |entry| entry.date_span);
            let finding = Finding::new(
                Code::EntryUnordered,
                format!(
                    "`{}` is dated {after}, before `{}` of {before}",
                    later.version, earlier.version
                ),
            );
            push(
                finding
                    .at(text, at)
                    .help("mend the date: a later release of a line has a later date"),
                &later.version,
            );
        }
    }
    findings
}

/// What an old entry without a date means.
fn undated(bootstrap: &Bootstrap, version: &Version) -> String {
    match bootstrap
        .history
        .release(version)
        .and_then(|release| release.date)
    {
        Some(date) => {
            format!("the entry of `{version}` has no date; the pin or the tag says {date}")
        }
        None => {
            let why = bootstrap
                .changelog
                .entry(version)
                .and_then(|entry| no_day(bootstrap, entry));
            match why {
                Some(why) => format!("the entry of `{version}` has no date: {why}"),
                None => {
                    format!("the entry of `{version}` has no date, so it counts as not released")
                }
            }
        }
    }
}

/// Neighbours within a line: a patch on an older line after a newer line is no disorder.
fn in_lines<'r>(releases: &'r [Release], bootstrap: &Bootstrap) -> Vec<(&'r Release, &'r Release)> {
    let line = |release: &Release| Line::of(&release.version, &bootstrap.config.policy.scheme);
    let dated: Vec<&Release> = releases
        .iter()
        .filter(|release| release.date.is_some())
        .collect();
    dated
        .windows(2)
        .filter(|pair| line(pair[0]) == line(pair[1]))
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

/// Actions for versions that nobody can come from, or whose versions cannot be read. Errors for the release at hand.
pub fn concerned(bootstrap: &Bootstrap, target: Option<&Version>) -> Findings {
    let text = &bootstrap.changelog.text;
    let mut findings = Findings::new();
    for release in bootstrap.history.releases() {
        let actions = release
            .notes
            .as_ref()
            .map_or(&[][..], |notes| notes.actions.all());
        for action in actions {
            let Some(said) = &action.applies_to else {
                continue;
            };
            let Some((what, help)) = nobody(bootstrap, &release.version, said) else {
                continue;
            };
            let finding = Finding::new(Code::AppliesNobody, what)
                .at(text, label_line(text, action.span))
                .help(help);
            findings.push(if target == Some(&release.version) {
                finding
            } else {
                finding.warn()
            });
        }
    }
    findings
}

/// The line `Applies to:` of an action; its first line where that stands elsewhere.
fn label_line(text: &Text, span: Span) -> Span {
    let slice = text.slice(span);
    let lower = slice.to_ascii_lowercase();
    let start = lower.find("applies to").unwrap_or(0);
    let end = slice[start..]
        .find('\n')
        .map_or(slice.len(), |length| start + length);
    Span::new(
        span.start + start,
        span.start + start + slice[start..end].trim_end().len(),
    )
}

fn nobody(bootstrap: &Bootstrap, version: &Version, said: &str) -> Option<(String, String)> {
    match Applies::read(said) {
        Applies::Words => None,
        Applies::Unreadable(what) => Some((
            format!("`{what}` is no version, line or range, so whom this is for cannot be read"),
            "write `1.4.4, 1.4.5`, `1.4`, `< 1.4.5` or `>= 1.4.0 < 1.4.5`; or say it in words, which concern everybody".to_owned(),
        )),
        Applies::Versions(versions) => {
            let mut below = bootstrap.history.releases().iter().map(|release| &release.version).filter(|other| *other < version);
            let reached = below.any(|other| versions.contains(other));
            (!reached).then(|| (
                format!("`{}` matches no release below `{version}`: nobody would be told", crate::diag::clipped(said, 60)),
                format!("name releases that somebody may come from; `tidings changelog` lists them, and without this line everybody on the way to `{version}` is told"),
            ))
        }
    }
}
