//! What was observed: the answer of an agent, the words of an operator, a log.

use crate::documents::Observed;
use crate::model::Bootstrap;
use crate::ports::Failure;
use crate::project::session::{Session, Stop};
use crate::sources::version_answer;

/// This much of a log is kept in a report.
const LONGEST: usize = 16 << 10;

/// Where to learn what runs.
pub enum Asked {
    /// An address to ask, a file, or `-`.
    Answer(String),
    Version(String),
    Nothing,
}

impl Asked {
    /// The source that was given, or the agent's own address.
    pub fn of(given: Option<&str>, bootstrap: &Bootstrap) -> Self {
        given
            .map(str::to_owned)
            .or_else(|| bootstrap.version_url.clone())
            .map_or(Asked::Nothing, Asked::Answer)
    }
}

/// Asks, reads, and takes what was said. `text` is words or the name of a file.
///
/// # Errors
/// A file is not there. An agent that does not answer is no error: why it does not is said beside what was seen.
pub fn observed(
    session: &Session<'_>,
    asked: Asked,
    text: Option<&str>,
) -> Result<(Observed, Option<Failure>), Stop> {
    let mut observed = Observed {
        text: text.map(|given| text_or_file(session, given)).transpose()?,
        ..Observed::default()
    };
    match asked {
        Asked::Nothing => {}
        Asked::Version(version) => {
            observed.version = Some(version.trim_start_matches('v').to_owned())
        }
        Asked::Answer(source) => {
            let answer = match answer(session, &source) {
                Ok(answer) => answer,
                Err(Stop::Failure(failure)) if source.contains("://") => {
                    return Ok((observed, Some(failure)));
                }
                Err(stop) => return Err(stop),
            };
            let read = version_answer::read(&answer);
            (observed.version, observed.digest, observed.revision) =
                (read.version, read.digest, read.revision);
            observed.answer = Some(crate::diag::plain(
                answer
                    .get(..answer.floor_char_boundary(4096))
                    .unwrap_or("")
                    .trim(),
            ));
        }
    }
    Ok((observed, None))
}

fn text_or_file(session: &Session<'_>, given: &str) -> Result<String, Stop> {
    let text = if given == "-" {
        String::from_utf8_lossy(&session.world.read_input()?).into_owned()
    } else {
        match session.world.read(&session.at(given)) {
            Ok(Some(bytes)) if !given.contains('\n') => {
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => given.to_owned(),
        }
    };
    let start = text.ceil_char_boundary(text.len().saturating_sub(LONGEST));
    Ok(crate::diag::plain(&text[start..]))
}

fn answer(session: &Session<'_>, source: &str) -> Result<String, Stop> {
    if source.contains("://") {
        return Ok(session.world.version_answer(source)?);
    }
    if source == "-" {
        return Ok(String::from_utf8_lossy(&session.world.read_input()?).into_owned());
    }
    let bytes = session.world.read(&session.at(source))?;
    let bytes = bytes.ok_or_else(|| {
        Failure::new(format!("there is no `{source}`"))
            .help("give an address, a file with the answer, or `-`")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
