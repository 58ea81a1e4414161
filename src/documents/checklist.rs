//! A list of things that must be so, each with its answer: before a cut, and of a proposed pin.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Pass,
    Fail,
    /// Not so, and lived with: the reason stands beside it.
    Accepted,
    /// Nobody looked: never called good.
    NotChecked,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    pub check: String,
    pub answer: Answer,
    pub why: String,
    /// What to do.
    pub help: Option<String>,
    /// Not checked, and must be.
    #[serde(skip)]
    pub holds: bool,
}

impl Row {
    pub fn pass(check: &str, why: impl Into<String>) -> Self {
        Row {
            check: check.to_owned(),
            answer: Answer::Pass,
            why: why.into(),
            help: None,
            holds: false,
        }
    }

    pub fn accepted(check: &str, why: impl Into<String>) -> Self {
        Row {
            answer: Answer::Accepted,
            ..Row::pass(check, why)
        }
    }

    /// Nobody looked. It holds nothing back, and the verdict counts it.
    pub fn not_checked(check: &str, why: impl Into<String>) -> Self {
        Row {
            answer: Answer::NotChecked,
            ..Row::pass(check, why)
        }
    }

    /// Nobody could look at what must be looked at: it holds, unless the operator accepts exactly that.
    pub fn unseen(check: &str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Row {
            holds: true,
            help: Some(help.into()),
            ..Row::not_checked(check, why)
        }
    }

    /// How `[[accepted]]` names what was not checked: `not-checked:code-scanning`.
    pub fn not_checked_id(&self) -> String {
        format!("not-checked:{}", self.check.replace(' ', "-"))
    }

    pub fn fail(check: &str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Row {
            answer: Answer::Fail,
            help: Some(help.into()),
            ..Row::pass(check, why)
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Checklist {
    pub schema: &'static str,
    /// `preflight` or `review`.
    pub list: String,
    pub version: String,
    pub passed: bool,
    pub rows: Vec<Row>,
}

impl Checklist {
    pub const SCHEMA: &'static str = "tidings/checklist/1";

    pub fn new(list: &str, version: String, rows: Vec<Row>) -> Self {
        let passed = rows
            .iter()
            .all(|row| row.answer != Answer::Fail && !row.holds);
        Checklist {
            schema: Self::SCHEMA,
            list: list.to_owned(),
            version,
            passed,
            rows,
        }
    }

    /// How many rows nobody looked at.
    pub fn unchecked(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.answer == Answer::NotChecked)
            .count()
    }

    /// A line for each, for a terminal.
    pub fn text(&self) -> String {
        let wide = self
            .rows
            .iter()
            .map(|row| row.check.chars().count())
            .max()
            .unwrap_or(0);
        let mut out = String::new();
        for row in &self.rows {
            let word = match row.answer {
                Answer::Pass => "pass",
                Answer::Fail => "FAIL",
                Answer::Accepted => "accepted",
                Answer::NotChecked => "not checked",
            };
            let mut lines = row.why.lines();
            out.push_str(&format!(
                "{word:<11}  {:<wide$}  {}\n",
                row.check,
                lines.next().unwrap_or("")
            ));
            let indent = " ".repeat(wide + 15);
            for line in lines.chain(row.help.as_deref().unwrap_or("").lines()) {
                out.push_str(&format!("{indent}{line}\n"));
            }
        }
        let failed = self
            .rows
            .iter()
            .filter(|row| row.answer == Answer::Fail)
            .count();
        out.push_str(&match failed {
            0 if !self.passed => {
                format!("{}: not good: what must be checked was not\n", self.version)
            }
            0 if self.unchecked() > 0 => format!(
                "{}: good, with {} not checked\n",
                self.version,
                self.unchecked()
            ),
            0 => format!("{}: good\n", self.version),
            failed => format!("{}: {failed} of {} not so\n", self.version, self.rows.len()),
        });
        out
    }
}
