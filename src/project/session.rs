//! What every command is given: the outside, the global options, and where to print.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::diag::{Finding, Findings, report, summary_line};
use crate::documents::FindingsReport;
use crate::ports::{Failure, World};
use crate::render::json;

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Globals {
    /// Run as if started in DIR
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        hide_short_help = true,
        default_value = ".",
        hide_default_value = true
    )]
    pub dir: PathBuf,
    /// The tidings.toml to use, instead of looking upwards for one
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub config: Option<PathBuf>,
    /// The operator.toml to use, instead of looking upwards for one
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub operator: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, global = true, hide_short_help = true)]
    pub format: Option<Format>,
    /// Colour on the terminal
    #[arg(long, value_enum, value_name = "WHEN", global = true, hide_short_help = true, default_value_t = Colour::Auto, hide_default_value = true)]
    pub color: Colour,
    /// Print only what was asked for, and errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub quiet: bool,
    /// Print every finding, also those of old history
    #[arg(short, long, global = true, hide_short_help = true)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Plain text
    Txt,
    /// Markdown
    Md,
    /// A page that stands by itself
    Html,
    /// Data, as the JSON Schemas describe it
    Json,
    /// A table (RFC 4180)
    Csv,
    /// A calendar (RFC 5545)
    Ics,
    /// Annotations for a GitHub workflow
    Github,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

/// How a command ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Findings, or a gate that holds.
    Findings,
}

/// Why a command did not go on.
#[derive(Debug)]
pub enum Stop {
    Findings(Findings),
    Failure(Failure),
    /// The reader of our output went away.
    Closed,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Stop::Findings(vec![finding])
    }
}

pub struct Session<'w> {
    pub world: &'w dyn World,
    pub globals: Globals,
    /// Whose day "today" is, once a configuration that says it has been read.
    pub zone: std::cell::OnceCell<chrono_tz::Tz>,
    /// Set once it was said that the facts are not those of what is checked out.
    pub facts_said: std::cell::OnceCell<()>,
    /// Set once it was said what is assumed without a configuration.
    pub assumed_said: std::cell::OnceCell<()>,
}

impl Session<'_> {
    /// Today, where the operator is: in the zone of `[changelog] zone`, else in the machine's.
    pub fn today(&self) -> chrono::NaiveDate {
        self.world.today(self.zone.get().copied())
    }

    pub fn dir(&self) -> &Path {
        &self.globals.dir
    }

    /// A path that the user wrote, from the folder that the command stands in.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        if self.globals.dir == Path::new(".") {
            path.as_ref().to_path_buf()
        } else {
            self.globals.dir.join(path)
        }
    }

    /// Prints what was asked for. Into a file or a pipe it goes byte for byte; a terminal gets no control characters.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&self, text: &str) -> Result<(), Stop> {
        let safe;
        let text = if std::io::stdout().is_terminal() {
            safe = crate::diag::plain(&text.replace("\r\n", "\n"));
            &safe
        } else {
            text
        };
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| match error.kind() {
                // Nobody reads on. What was begun is finished all the same: a commit does not hang on a reader.
                std::io::ErrorKind::BrokenPipe => None,
                _ => Some(Stop::Failure(Failure::new(format!(
                    "cannot write to standard output: {error}"
                )))),
            })
            .or_else(|stop| stop.map_or(Ok(()), Err))
    }

    /// Says something about the work, on standard error.
    pub fn say(&self, text: &str) {
        if !self.globals.quiet {
            let _ = writeln!(
                anstream::stderr().lock(),
                "{}",
                crate::diag::plain(&self.world.struck(text))
            );
        }
    }

    /// Puts a question to the operator before something that cannot be undone.
    ///
    /// # Errors
    /// The answer is no (`refused` says what that means), or there is nobody to ask.
    pub fn agreed(&self, question: &str, refused: &str) -> Result<(), Stop> {
        match self.world.confirm(question) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::new(refused).into()),
            None => {
                let failure = Failure::new(format!("nobody confirms it: {question}"));
                Err(failure.help("add `--yes` where there is no terminal; `--dry-run` shows what would be done").into())
            }
        }
    }

    /// The form to print in: the one asked for, if it is one of these; the first of them by default.
    ///
    /// # Errors
    /// The command has no such form.
    pub fn form(&self, forms: &[Format]) -> Result<Format, Stop> {
        let name = |form: &Format| {
            form.to_possible_value()
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default()
        };
        match self.globals.format {
            None => Ok(forms[0]),
            Some(asked) if forms.contains(&asked) => Ok(asked),
            Some(asked) => {
                let known: Vec<String> = forms.iter().map(name).collect();
                Err(
                    Failure::new(format!("this command does not print `{}`", name(&asked)))
                        .help(format!(
                            "use `--format` with {}",
                            crate::diag::list(&known, "or")
                        ))
                        .into(),
                )
            }
        }
    }

    /// Shows findings on standard error; warnings of old history only when asked for.
    pub fn show_findings(&self, findings: &[Finding]) {
        let colour = self.coloured();
        let _ = write!(
            anstream::stderr().lock(),
            "{}",
            self.world.struck(&report(findings, colour))
        );
        if let Some(summary) = summary_line(findings) {
            let _ = writeln!(anstream::stderr().lock(), "{summary}");
        }
    }

    pub fn coloured(&self) -> bool {
        // anstream takes the colour out again where the stream does not show it.
        self.globals.color != Colour::Never
    }

    /// Findings that stop a command, where JSON was asked for.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print_findings(&self, findings: &[Finding]) -> Result<(), Stop> {
        self.print(&json(&FindingsReport::of(findings)))
    }
}
