//! Asks a running agent for its version.

use std::time::Duration;

use crate::world::Failure;

/// RFC 9110 over HTTP/1.1, at most a mebibyte and ten seconds.
pub fn version_answer(url: &str) -> Result<String, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let fail = |error: ureq::Error| {
        let why = match error {
            ureq::Error::StatusCode(code) => format!("it answers {code}"),
            ureq::Error::Timeout(_) => "it does not answer in ten seconds".to_owned(),
            ureq::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        };
        Failure::new(format!("cannot ask {url}: {why}")).help("is the agent running there? A saved answer does too: give its file, or `-`")
    };
    let mut answer = agent.get(url).call().map_err(fail)?;
    answer.body_mut().with_config().limit(1 << 20).read_to_string().map_err(fail)
}
