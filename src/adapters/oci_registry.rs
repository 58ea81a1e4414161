//! Asks a registry for a manifest (OCI distribution specification 1.1), without an account.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::model::Digest;
use crate::ports::registry::{Child, Manifest};
use crate::ports::{Failure, loopback};

/// All four: an index that is asked for without its own type answers 404, as if it were not there.
const TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                     application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Manifests may be so large (the specification's own limit).
const LARGEST: u64 = 4 << 20;

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}

struct Registry {
    agent: Agent,
    /// `https://registry.example.com/v2/acme/agent`
    base: String,
    image: String,
    token: Option<String>,
}

/// The manifest of an image at a tag or digest; `None` where the registry has none.
pub fn manifest(image: &str, reference: &str) -> Result<Option<Manifest>, Failure> {
    let mut registry = Registry::of(image);
    let Some(mut answer) = registry.ask("GET", reference)? else {
        return Ok(None);
    };
    let bytes = answer
        .body_mut()
        .with_config()
        .limit(LARGEST)
        .read_to_vec()
        .map_err(|error| registry.fail(&error.to_string()))?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|_| registry.fail("it answers with something that is no manifest"))?;
    let mut children = Vec::new();
    for entry in index.manifests {
        let platform = entry.platform.map(|platform| {
            let variant = platform
                .variant
                .map(|variant| format!("/{variant}"))
                .unwrap_or_default();
            crate::diag::clipped(
                &format!("{}/{}{variant}", platform.os, platform.architecture),
                60,
            )
        });
        let sound = crate::model::Digest::read(&entry.digest).is_ok();
        let there = sound && registry.ask("HEAD", &entry.digest)?.is_some();
        let platform = platform.unwrap_or_else(|| crate::diag::clipped(&entry.digest, 80));
        children.push(Child {
            platform,
            digest: entry.digest,
            there,
        });
    }
    Ok(Some(Manifest {
        digest: Digest::of(&bytes).to_string(),
        children,
    }))
}

impl Registry {
    fn of(image: &str) -> Self {
        let (host, name) = match image.split_once('/') {
            Some((host, name)) if host.contains(['.', ':']) || host == "localhost" => {
                (host.to_owned(), name.to_owned())
            }
            Some(_) => ("docker.io".to_owned(), image.to_owned()),
            None => ("docker.io".to_owned(), format!("library/{image}")),
        };
        let host = if host == "docker.io" {
            "registry-1.docker.io".to_owned()
        } else {
            host
        };
        let scheme = if loopback(&host) { "http" } else { "https" };
        let agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(20)))
            .http_status_as_error(false)
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Registry {
            agent,
            base: format!("{scheme}://{host}/v2/{name}"),
            image: image.to_owned(),
            token: None,
        }
    }

    fn fail(&self, why: &str) -> Failure {
        Failure::new(format!(
            "cannot ask the registry for `{}`: {why}",
            self.image
        ))
        .help("is the registry reachable from here?")
    }

    /// One request; a second one with an anonymous token where the registry wants that.
    fn ask(&mut self, method: &str, reference: &str) -> Result<Option<Response<Body>>, Failure> {
        for last in [false, true] {
            let address = format!("{}/manifests/{reference}", self.base);
            let request = if method == "HEAD" {
                self.agent.head(&address)
            } else {
                self.agent.get(&address)
            };
            let request = request.header("Accept", TYPES);
            let request = match &self.token {
                Some(token) => request.header("Authorization", format!("Bearer {token}")),
                None => request,
            };
            let answer = request
                .call()
                .map_err(|error| self.fail(&error.to_string()))?;
            match answer.status().as_u16() {
                200..=299 => return Ok(Some(answer)),
                404 => return Ok(None),
                401 if !last => {
                    let asks = answer
                        .headers()
                        .get("www-authenticate")
                        .and_then(|value| value.to_str().ok())
                        .unwrap_or("")
                        .to_owned();
                    self.token = Some(self.anonymous(&asks)?);
                }
                401 | 403 => {
                    return Err(self
                        .fail("it wants an account, and customers have none")
                        .help("is the repository public?"));
                }
                status => return Err(self.fail(&format!("it answers {status}"))),
            }
        }
        Ok(None)
    }

    /// A token for nobody in particular, from where the registry says: `Bearer realm="…",service="…",scope="…"`.
    fn anonymous(&self, asks: &str) -> Result<String, Failure> {
        let part = |name: &str| {
            let at = asks.find(&format!("{name}=\""))? + name.len() + 2;
            asks[at..].split('"').next()
        };
        let refused = || {
            self.fail("it wants an account, and customers have none")
                .help("is the repository public?")
        };
        let realm = part("realm")
            .filter(|_| asks.to_ascii_lowercase().starts_with("bearer "))
            .ok_or_else(refused)?;
        let mut address = url::Url::parse(realm).map_err(|_| refused())?;
        for name in ["service", "scope"] {
            if let Some(value) = part(name) {
                address.query_pairs_mut().append_pair(name, value);
            }
        }
        let mut answer = self
            .agent
            .get(address.as_str())
            .call()
            .map_err(|error| self.fail(&error.to_string()))?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(1 << 20)
            .read_to_string()
            .map_err(|error| self.fail(&error.to_string()))?;
        let said: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        said["token"]
            .as_str()
            .or(said["access_token"].as_str())
            .map(str::to_owned)
            .ok_or_else(refused)
    }
}
