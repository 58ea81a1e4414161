//! Asks a registry for a manifest (OCI distribution specification 1.1), with the account that `docker login` left.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};
use url::Url;

use crate::adapters::http;
use crate::adapters::registry_account::{self, Account, Proof};
use crate::adapters::registry_challenge::{self, Challenge};
use crate::adapters::registry_index::{Index, child};
use crate::model::Digest;
use crate::ports::registry::Manifest;
use crate::ports::{Failure, loopback, may_lead};

/// All four: an index that is asked for without its own type answers 404, as if it were not there.
const TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                     application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Manifests may be so large (the specification's own limit).
const LARGEST: u64 = 4 << 20;

/// Requests at once.
const ABREAST: usize = 8;

/// How often a request is made that is answered with "later".
const TRIES: u32 = 4;

/// A registry that wants a longer pause is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Redirects of one request.
const REDIRECTS: usize = 5;

/// One for all registries, and one for those on this machine: connections are used again.
static FAR: LazyLock<Agent> = LazyLock::new(|| agent("https://registry.example"));
static NEAR: LazyLock<Agent> = LazyLock::new(|| agent("http://localhost"));

/// What each repository accepted last, by its address.
static ACCEPTED: Mutex<BTreeMap<String, SecretString>> = Mutex::new(BTreeMap::new());

/// The manifest of an image at a tag or digest; `None` where the registry has none.
pub fn manifest(image: &str, reference: &str) -> Result<Option<Manifest>, Failure> {
    let registry = Registry::of(image);
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
    for some in index.manifests.chunks(ABREAST) {
        let found: Vec<Result<bool, Failure>> = std::thread::scope(|scope| {
            let asked: Vec<_> = some
                .iter()
                .map(|entry| scope.spawn(|| registry.has(&entry.digest)))
                .collect();
            let lost = || Err(registry.fail("a request was not finished"));
            asked
                .into_iter()
                .map(|asked| asked.join().unwrap_or_else(|_| lost()))
                .collect()
        });
        for (entry, there) in some.iter().zip(found) {
            children.push(child(entry, &index.manifests, there?));
        }
    }
    Ok(Some(Manifest {
        digest: Digest::of(&bytes).to_string(),
        children,
    }))
}

struct Registry {
    host: String,
    /// `acme/agent`
    name: String,
    /// `https://registry.example.com/v2/acme/agent`
    base: String,
    image: String,
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
        let host = match host.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io".to_owned(),
            _ => host,
        };
        let scheme = if loopback(&host) { "http" } else { "https" };
        Registry {
            base: format!("{scheme}://{host}/v2/{name}"),
            host,
            name,
            image: image.to_owned(),
        }
    }

    fn fail(&self, why: &str) -> Failure {
        Failure::new(format!(
            "cannot ask the registry for `{}`: {why}",
            self.image
        ))
        .help("is the registry reachable from here?")
    }

    /// Whether it has a manifest. Some registries refuse HEAD.
    fn has(&self, digest: &str) -> Result<bool, Failure> {
        Ok(Digest::read(digest).is_ok() && self.ask("HEAD", digest)?.is_some())
    }

    fn accepted(&self) -> Option<SecretString> {
        let known = ACCEPTED.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.base).cloned()
    }

    /// One request, and a second one with what the registry asks for: a token for nobody, or the account.
    fn ask(&self, method: &str, reference: &str) -> Result<Option<Response<Body>>, Failure> {
        let address = Url::parse(&format!("{}/manifests/{reference}", self.base))
            .map_err(|error| self.fail(&error.to_string()))?;
        let mut tried: Option<Account> = None;
        for last in [false, true] {
            let answer = self.send(method, &address, self.accepted().as_ref())?;
            match answer.status().as_u16() {
                200..=299 => return Ok(Some(answer)),
                404 => return Ok(None),
                405 | 501 if method == "HEAD" => return self.ask("GET", reference),
                401 if !last => {
                    tried = registry_account::find(&self.host, &self.name)?;
                    let header = self.authorize(&challenges(&answer), tried.as_ref())?;
                    ACCEPTED
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(self.base.clone(), header);
                }
                401 | 403 => {
                    if tried.is_none() {
                        tried = registry_account::find(&self.host, &self.name)?;
                    }
                    return Err(self.refused(tried.as_ref()));
                }
                status => return Err(self.fail(&format!("it answers {status}"))),
            }
        }
        Ok(None)
    }

    /// Says which account was tried and where it came from, or where one was looked for.
    fn refused(&self, tried: Option<&Account>) -> Failure {
        let Some(account) = tried else {
            let places: Vec<String> = registry_account::files()
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            return self
                .fail(&format!("it wants an account, and {} names none for `{}`", places.join(" or "), self.host))
                .help(format!("log in with `docker login {}`, or set `TIDINGS_REGISTRY={0}`, `TIDINGS_REGISTRY_USER` and `TIDINGS_REGISTRY_PASSWORD`", self.host));
        };
        self.fail(&format!("it refuses {}", account.shown()))
            .help(format!(
                "may this account read `{}`? log in anew with `docker login {}`",
                self.image, self.host
            ))
    }

    /// One request with its redirects, made again while the registry says "later". What proves an account goes to the registry alone,
    /// not to the store that it sends us on to.
    fn send(
        &self,
        method: &str,
        start: &Url,
        proof: Option<&SecretString>,
    ) -> Result<Response<Body>, Failure> {
        let mut address = start.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.patiently(|| {
                let request = if method == "HEAD" {
                    agent_for(&address).head(address.as_str())
                } else {
                    agent_for(&address).get(address.as_str())
                };
                let mut request = request.header("Accept", TYPES);
                if let Some(proof) = proof.filter(|_| address.origin() == start.origin()) {
                    request = request.header("Authorization", proof.expose_secret());
                }
                request.call()
            })?;
            match answer.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => address = self.next(&address, &answer)?,
                _ => return Ok(answer),
            }
        }
        Err(self.fail("it sends us on and on"))
    }

    /// A request, made again while the answer is "later", and once where the connection broke.
    fn patiently(
        &self,
        request: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Failure> {
        let (mut tries, mut broke) = (0, false);
        loop {
            let answer = match request() {
                Ok(answer) => answer,
                Err(error) if !broke && broken(&error) => {
                    broke = true;
                    continue;
                }
                Err(error) => return Err(self.fail(&error.to_string())),
            };
            let status @ (429 | 502 | 503 | 504) = answer.status().as_u16() else {
                return Ok(answer);
            };
            tries += 1;
            let pause = pause(&answer, tries);
            if tries >= TRIES || pause > LONGEST_PAUSE {
                let tries = crate::diag::count(tries as usize, "request");
                let why = format!("it answers {status}, after {tries}");
                return Err(self.fail(&match pause.as_secs() {
                    0 => why,
                    seconds => format!("{why}; it can be asked again in {seconds} seconds"),
                }));
            }
            std::thread::sleep(pause);
        }
    }

    fn next(&self, here: &Url, answer: &Response<Body>) -> Result<Url, Failure> {
        let next = header(answer, "location")
            .and_then(|location| here.join(location).ok())
            .ok_or_else(|| self.fail("it sends us on without saying where"))?;
        if !may_lead(here.as_str(), next.as_str()) {
            return Err(self.fail("it sends us on to an address without encryption"));
        }
        Ok(next)
    }

    /// What to send as `Authorization`: a token where one is offered, else name and password.
    fn authorize(
        &self,
        offered: &[Challenge],
        account: Option<&Account>,
    ) -> Result<SecretString, Failure> {
        if let Some(Proof::RegistryToken(token)) = account.map(|account| &account.proof) {
            return Ok(format!("Bearer {}", token.expose_secret()).into());
        }
        let of = |scheme: &str| offered.iter().find(|challenge| challenge.scheme == scheme);
        if let Some(bearer) = of("bearer").filter(|bearer| bearer.parameter("realm").is_some()) {
            let token = self.token(bearer, account)?;
            return Ok(format!("Bearer {}", token.expose_secret()).into());
        }
        match account {
            Some(account) if of("basic").is_some() => {
                basic(account).ok_or_else(|| self.refused(Some(account)))
            }
            account => Err(self.refused(account)),
        }
    }

    /// A token from where the registry says (<https://distribution.github.io/distribution/spec/auth/token/>).
    fn token(
        &self,
        bearer: &Challenge,
        account: Option<&Account>,
    ) -> Result<SecretString, Failure> {
        let realm = bearer.parameter("realm").unwrap_or_default();
        let mut address =
            Url::parse(realm).map_err(|_| self.fail("it names no address for its tokens"))?;
        if !may_lead(&self.base, address.as_str()) {
            return Err(self.fail("its tokens come from an address without encryption"));
        }
        let usual = format!("repository:{}:pull", self.name);
        let scope = bearer.parameter("scope").unwrap_or(&usual);
        let mut asked = vec![("scope", scope)];
        asked.extend(bearer.parameter("service").map(|name| ("service", name)));
        let mut answer = match account.map(|account| &account.proof) {
            Some(Proof::IdentityToken(token)) => {
                asked.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "tidings"),
                    ("refresh_token", token.expose_secret()),
                ]);
                let form = || {
                    agent_for(&address)
                        .post(address.as_str())
                        .send_form(asked.iter().copied())
                };
                self.patiently(form)?
            }
            _ => {
                address.query_pairs_mut().extend_pairs(asked);
                let proof = account.and_then(basic);
                self.patiently(|| {
                    let request = agent_for(&address).get(address.as_str());
                    match &proof {
                        Some(proof) => request.header("Authorization", proof.expose_secret()),
                        None => request,
                    }
                    .call()
                })?
            }
        };
        match answer.status().as_u16() {
            200..=299 => {}
            400 | 401 | 403 => return Err(self.refused(account)),
            status => {
                return Err(self.fail(&format!("it answers {status} where its tokens come from")));
            }
        }
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
            .map(|token| token.to_owned().into())
            .ok_or_else(|| self.refused(account))
    }
}

fn agent(kind: &str) -> Agent {
    http::config(kind)
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_global(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections_per_host(ABREAST)
        .build()
        .into()
}

fn agent_for(address: &Url) -> &'static Agent {
    if loopback(address.as_str()) {
        &NEAR
    } else {
        &FAR
    }
}

/// Whether the connection broke: it may have been idle too long.
fn broken(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error, ureq::Error::Io(error)
        if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
}

fn basic(account: &Account) -> Option<SecretString> {
    let Proof::Password(password) = &account.proof else {
        return None;
    };
    let pair = format!("{}:{}", account.name, password.expose_secret());
    Some(format!("Basic {}", STANDARD.encode(pair)).into())
}

fn header<'a>(answer: &'a Response<Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

fn challenges(answer: &Response<Body>) -> Vec<Challenge> {
    answer
        .headers()
        .get_all("www-authenticate")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(registry_challenge::read)
        .collect()
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3); else a second, two, four.
fn pause(answer: &Response<Body>, tries: u32) -> Duration {
    let said = header(answer, "retry-after").map(str::trim);
    let until = |date: &str| {
        let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
        (date.to_utc() - chrono::Utc::now()).to_std().ok()
    };
    said.and_then(|said| {
        said.parse()
            .ok()
            .map(Duration::from_secs)
            .or_else(|| until(said))
    })
    .unwrap_or_else(|| Duration::from_secs(1 << tries.saturating_sub(1)))
}
