//! How requests of ours go out, and two that need nothing else: a running agent's version, and whether an address answers.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use crate::ports::{Failure, loopback};

/// Whom the system trusts (`SSL_CERT_FILE`, `SSL_CERT_DIR`); where it names nobody, Mozilla's list.
static TRUSTED: LazyLock<RootCerts> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs().certs;
    let found: Vec<Certificate<'static>> = found
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    if found.is_empty() {
        RootCerts::WebPki
    } else {
        RootCerts::Specific(Arc::new(found))
    }
});

/// Through the proxy of the environment, except on this machine: what goes there is not encrypted, and nobody else's business.
pub fn config(address: &str) -> ConfigBuilder<AgentScope> {
    let mut config =
        Agent::config_builder().user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")));
    if loopback(address) {
        config = config.proxy(None);
    }
    if !loopback(address) || address.starts_with("https://") {
        let trusted = TlsConfig::builder().root_certs(TRUSTED.clone()).build();
        config = config.tls_config(trusted);
    }
    config
}

fn agent(address: &str) -> Agent {
    config(address)
        .timeout_global(Some(Duration::from_secs(10)))
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
    let mut answer = agent(url).get(url).call().map_err(fail)?;
    answer
        .body_mut()
        .with_config()
        .limit(1 << 20)
        .read_to_string()
        .map_err(fail)
}

/// Asks with HEAD, and with GET where a server does not know HEAD (RFC 9110, section 9.3.2).
pub fn reach(url: &str) -> Result<(), String> {
    let agent = agent(url);
    match agent.head(url).call() {
        Err(ureq::Error::StatusCode(403 | 405 | 501)) => {
            agent.get(url).call().map(|_| ()).map_err(why)
        }
        asked => asked.map(|_| ()).map_err(why),
    }
}
