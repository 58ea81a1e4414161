//! Nothing is said over what `check` refuses: every command that says something to customers asks here first.

use crate::diag::{Code, Finding, Findings};
use crate::lint::fold;
use crate::model::Release;
use crate::ports::Pages;
use crate::project::load::{Loaded, SHOWN};
use crate::project::session::{Format, Session, Stop};
use crate::render::drafted;

/// What a command is about to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// What a release is, and asks.
    Release,
    /// The same to each customer.
    Customers,
    /// Which lines are supported until when, and their digests; nothing of any entry's text.
    Support,
}

/// Findings about the text of an entry.
const OF_TEXT: [Code; 16] = [
    Code::SummaryMissing,
    Code::SummaryLong,
    Code::CodeReference,
    Code::Placeholder,
    Code::PrivateHost,
    Code::LinkBroken,
    Code::ActionMissing,
    Code::ActionContradiction,
    Code::ActionVerb,
    Code::ActionLink,
    Code::LabelUnreadable,
    Code::AppliesNobody,
    Code::EntryEmpty,
    Code::IssueReason,
    Code::IssueDuplicate,
    Code::IssueField,
];

/// Whether what is made is a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft(bool);

impl Draft {
    /// The text in its form, marked where it is a draft.
    pub fn mark(self, form: Format, text: String) -> String {
        let name = match form {
            Format::Html => "html",
            Format::Md => "md",
            Format::Json => "json",
            Format::Ics => "ics",
            _ => "txt",
        };
        self.mark_file(name, text)
    }

    /// A file's text, by its name.
    pub fn mark_file(self, name: &str, text: String) -> String {
        match self.0 {
            true => drafted(name.rsplit('.').next().unwrap_or(name), &text),
            false => text,
        }
    }

    /// Where a draft is asked for, and what it says was looked at elsewhere.
    pub fn asked(draft: bool) -> Draft {
        Draft(draft)
    }

    pub fn is_draft(self) -> bool {
        self.0
    }
}

impl Loaded {
    /// The findings of `check` over what is about to be said: an error refuses, or makes it a draft where that is asked for.
    ///
    /// # Errors
    /// The findings, where no draft is asked for.
    pub fn ready(
        &self,
        session: &Session<'_>,
        release: &Release,
        saying: Saying,
        draft: bool,
    ) -> Result<Draft, Stop> {
        let about = |finding: &Finding| match saying {
            Saying::Customers => true,
            Saying::Release => !of_customers(finding),
            Saying::Support => !of_customers(finding) && !OF_TEXT.contains(&finding.code),
        };
        let found = self.check(session, Some(&release.version), false)?;
        let found = fold(found.into_iter().filter(about).collect(), SHOWN);
        let (errors, warnings): (Findings, Findings) =
            found.into_iter().partition(Finding::is_error);
        if !errors.is_empty() {
            if !draft {
                return Err(Stop::Findings(errors));
            }
            session.show_findings(&errors);
        } else if session.globals.verbose {
            session.show_findings(&warnings);
        } else if saying != Saying::Support
            && let Some(summary) = crate::diag::summary_line(&warnings)
        {
            session.say(&format!("{summary}; `tidings check` shows them"));
        }
        Ok(Draft(draft))
    }

    /// As `ready`, for what is about all releases: the newest is at hand.
    ///
    /// # Errors
    /// As `ready`.
    pub fn ready_all(
        &self,
        session: &Session<'_>,
        day: chrono::NaiveDate,
        saying: Saying,
        draft: bool,
    ) -> Result<Draft, Stop> {
        if !draft {
            self.sound(saying)?;
        }
        match self.bootstrap.history.latest(day) {
            Some(latest) => self.ready(session, latest, saying, draft),
            None => Ok(Draft(draft)),
        }
    }

    /// Stops at errors about what is read at all (configuration, known issues), whatever release they concern.
    ///
    /// # Errors
    /// Those findings.
    pub fn sound(&self, saying: Saying) -> Result<(), Stop> {
        let about_all = self
            .bootstrap
            .findings
            .iter()
            .filter(|about| about.version.is_none())
            .map(|about| &about.finding);
        let errors: Findings = self
            .findings
            .iter()
            .chain(about_all)
            .filter(|finding| finding.is_error())
            .filter(|finding| saying == Saying::Customers || !of_customers(finding))
            .cloned()
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Stop::Findings(errors))
        }
    }
}

/// A fault of the customers file is none of what the public documents say.
fn of_customers(finding: &Finding) -> bool {
    finding.code.as_str().starts_with("customer")
}

/// Pages with the mark, where they are a draft.
pub struct Marked<'p, P> {
    pub pages: &'p P,
    pub draft: Draft,
}

impl<P: Pages> Pages for Marked<'_, P> {
    fn names(&self) -> &[String] {
        self.pages.names()
    }

    fn bytes(&self, number: usize) -> Result<Vec<u8>, Finding> {
        let bytes = self.pages.bytes(number)?;
        if !self.draft.is_draft() {
            return Ok(bytes);
        }
        Ok(match String::from_utf8(bytes) {
            Ok(text) => self
                .draft
                .mark_file(&self.names()[number], text)
                .into_bytes(),
            Err(other) => other.into_bytes(),
        })
    }
}
