//! A finding: one thing about the author's text that is wrong or risky.

use crate::diag::{Code, Place, Span, Text};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing to mend. The message is one lowercase line that says what is; the help is an imperative that the author
/// can follow.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
    pub text: Option<Text>,
    pub span: Span,
    /// How many more of the same kind were folded into this one.
    pub more: usize,
}

pub type Findings = Vec<Finding>;

impl Finding {
    /// A finding with the severity that its code usually has.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Finding {
            code,
            severity: code.severity(),
            message: message.into(),
            help: None,
            text: None,
            span: Span::default(),
            more: 0,
        }
    }

    pub fn at(mut self, text: &Text, span: impl Into<Span>) -> Self {
        self.text = Some(text.clone());
        self.span = span.into();
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A warning, whatever the code usually is: for defects in old history.
    pub fn warn(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub fn file(&self) -> Option<&str> {
        self.text.as_ref().map(|text| text.name.as_ref())
    }

    /// Where the finding starts and ends, where it has a text.
    pub fn places(&self) -> Option<(Place, Place)> {
        self.text
            .as_ref()
            .map(|text| (text.place(self.span.start), text.place(self.span.end)))
    }
}
