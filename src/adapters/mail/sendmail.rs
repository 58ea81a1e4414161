//! A program in the manner of sendmail(8): it takes the message on its standard input and keeps it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::adapters::mail::reactor::{Blocking, blocking};
use crate::adapters::secrets;
use crate::ports::mail::{NoConnection, Refusal, Stage};
use crate::ports::{Connection, Envelope, Going, Outcome, Transport};

#[derive(Clone)]
pub struct Sendmail(pub String);

impl Transport for Sendmail {
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, NoConnection>> {
        Box::pin(async { Ok(blocking(self.clone())) })
    }
}

impl Blocking for Sendmail {
    fn send(&self, envelope: &Envelope) -> Outcome {
        let mut command = Command::new(&self.0);
        command
            .args(["-i", "-f", &envelope.from, "--", &envelope.to])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        secrets::keep_from(&mut command);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Outcome::Stop(format!("cannot run `{}`: {error}", self.0)),
        };
        let given = child.stdin.take().map(|mut input| {
            input.write_all(
                &envelope
                    .message
                    .iter()
                    .copied()
                    .filter(|b| *b != b'\r')
                    .collect::<Vec<u8>>(),
            )
        });
        let ended = match child.wait_with_output() {
            Ok(ended) => ended,
            Err(error) => return Outcome::Unknown(error.to_string()),
        };
        let said = crate::diag::clipped(&String::from_utf8_lossy(&ended.stderr), 300);
        match (ended.status.code(), given) {
            (Some(0), Some(Ok(()))) => Outcome::Sent(format!("`{}` took it", self.0)),
            // What it said on the way may hold the reply of a server; its exit code says about whom it is.
            (Some(0), _) => Outcome::Unknown(format!("`{}` did not read all of it", self.0)),
            (Some(code), _) => Outcome::Refused(Refusal {
                stage: Stage::Program,
                code: u16::try_from(code).unwrap_or(u16::MAX),
                enhanced: None,
                words: format!("`{}` ended with {code}: {said}", self.0),
            }),
            (None, _) => Outcome::Unknown(format!("`{}` was killed", self.0)),
        }
    }
}
