//! Asks a running agent for its version.

use std::time::Duration;

use crate::ports::Failure;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn why(error: ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(code) => format!("it answers {code}"),
        ureq::Error::Timeout(_) => "it does not answer in ten seconds".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// At most a mebibyte, in at most ten seconds.
pub fn version_answer(url: &str) -> Result<String, Failure> {
    let fail = |error| {
        Failure::new(format!("cannot ask {url}: {}", why(error)))
            .help("is the agent running there? A saved answer does too: give its file, or `-`")
    };
    let mut answer = agent().get(url).call().map_err(fail)?;
    answer
        .body_mut()
        .with_config()
        .limit(1 << 20)
        .read_to_string()
        .map_err(fail)
}

/// Asks with HEAD, and with GET where a server does not know HEAD (RFC 9110, section 9.3.2).
pub fn reach(url: &str) -> Result<(), String> {
    let agent = agent();
    match agent.head(url).call() {
        Err(ureq::Error::StatusCode(403 | 405 | 501)) => {
            agent.get(url).call().map(|_| ()).map_err(why)
        }
        asked => asked.map(|_| ()).map_err(why),
    }
}
