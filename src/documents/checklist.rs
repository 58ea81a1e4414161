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
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    pub check: String,
    pub answer: Answer,
    pub why: String,
    /// What to do.
    pub help: Option<String>,
}

impl Row {
    pub fn pass(check: &str, why: impl Into<String>) -> Self {
        Row {
            check: check.to_owned(),
            answer: Answer::Pass,
            why: why.into(),
            help: None,
        }
    }

    pub fn accepted(check: &str, why: impl Into<String>) -> Self {
        Row {
            answer: Answer::Accepted,
            ..Row::pass(check, why)
        }
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
        let passed = rows.iter().all(|row| row.answer != Answer::Fail);
        Checklist {
            schema: Self::SCHEMA,
            list: list.to_owned(),
            version,
            passed,
            rows,
        }
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
            };
            let mut lines = row.why.lines();
            out.push_str(&format!(
                "{word:<8}  {:<wide$}  {}\n",
                row.check,
                lines.next().unwrap_or("")
            ));
            let indent = " ".repeat(wide + 12);
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
            0 => format!("{}: good\n", self.version),
            failed => format!("{}: {failed} of {} not so\n", self.version, self.rows.len()),
        });
        out
    }
}
