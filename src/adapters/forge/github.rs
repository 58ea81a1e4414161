//! GitHub, and GitHub Enterprise Server by the address of its API. REST API version 2022-11-28.
//!
//! octocrab asks; answers are read into own small structs, so that one field more or less breaks nothing. Files are sent
//! by a request of our own: octocrab would send the token to any host that the page names, and spoils names.

use std::fmt::Write as _;
use std::io::Read;
use std::time::Duration;

use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::model::Digest;
use crate::ports::forge::{Asked, Asset, Attached, From as Source, Page, Wanted};
use crate::ports::{Failure, Forge, Trouble};

const PUBLIC: &str = "https://api.github.com";
const PATIENCE: Duration = Duration::from_secs(30);
/// What a server that is in trouble is given at least before it is asked again.
const PAUSE: Duration = Duration::from_millis(300);
/// A limit that says no time.
const MINUTE: Duration = Duration::from_secs(60);
/// Pages of a list of releases that are looked through for a draft.
const LISTED: usize = 10;

pub struct GitHub {
    octocrab: Octocrab,
    runtime: Runtime,
    pub repository: String,
    api: String,
    token: SecretString,
}

#[derive(Deserialize)]
struct Release {
    id: u64,
    tag_name: String,
    name: Option<String>,
    body: Option<String>,
    draft: bool,
    prerelease: bool,
    #[serde(default)]
    immutable: bool,
    html_url: String,
    upload_url: String,
    #[serde(default)]
    assets: Vec<ReleaseAsset>,
}

#[derive(Deserialize)]
struct ReleaseAsset {
    id: u64,
    name: String,
    size: u64,
    state: Option<String>,
    digest: Option<String>,
}

impl From<Release> for Page {
    fn from(release: Release) -> Self {
        Page {
            id: release.id.to_string(),
            tag: release.tag_name,
            title: release.name.unwrap_or_default(),
            body: release.body.unwrap_or_default().replace("\r\n", "\n"),
            draft: release.draft,
            prerelease: release.prerelease,
            immutable: release.immutable,
            url: release.html_url,
            upload_url: release.upload_url,
            assets: release
                .assets
                .into_iter()
                .map(|asset| Attached {
                    id: asset.id.to_string(),
                    name: asset.name,
                    size: asset.size,
                    complete: asset
                        .state
                        .as_deref()
                        .is_none_or(|state| state == "uploaded"),
                    digest: asset.digest,
                })
                .collect(),
        }
    }
}

impl GitHub {
    pub fn new(repository: &str, api: Option<&str>, token: &SecretString) -> Result<Self, Failure> {
        let fail = |error: &dyn std::fmt::Display| {
            Failure::new(format!("cannot prepare to ask GitHub: {error}"))
        };
        let api = api.unwrap_or(PUBLIC).trim_end_matches('/').to_owned();
        // One provider for every client; a second call says only that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| fail(&error))?;
        let _inside = runtime.enter();
        let octocrab = Octocrab::builder()
            .personal_token(token.clone())
            .set_connect_timeout(Some(PATIENCE))
            .set_read_timeout(Some(PATIENCE))
            .set_write_timeout(Some(PATIENCE))
            .base_uri(api.as_str())
            .and_then(|builder| builder.build())
            .map_err(|error| fail(&chain(&error)))?;
        drop(_inside);
        Ok(GitHub {
            octocrab,
            runtime,
            repository: repository.to_owned(),
            api,
            token: token.clone(),
        })
    }

    pub fn at(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.repository)
    }

    /// A question in GraphQL. GitHub Enterprise Server has it beside the versioned API.
    pub fn graphql(&self, body: &Value) -> Asked<Option<Value>> {
        let root = self
            .api
            .strip_suffix("/api/v3")
            .map(|root| format!("{root}/api"));
        let address = format!("{}/graphql", root.as_ref().unwrap_or(&self.api));
        self.ask("POST", &address, Some(body))
    }

    /// One request; `None` for 404.
    pub fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Asked<Option<T>> {
        let Some(text) = self.text(method, path, body)? else {
            return Ok(None);
        };
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text)
            .map(Some)
            .map_err(|_| self.unreadable(&format!("{method} {path}")))
    }

    /// The answer as it came; `None` for 404.
    pub fn text(&self, method: &str, path: &str, body: Option<&Value>) -> Asked<Option<String>> {
        let what = format!("{method} {path}");
        let (status, wait, text) = self.runtime.block_on(async {
            let sent = match method {
                "GET" => self.octocrab._get(path).await,
                "POST" => self.octocrab._post(path, body).await,
                "PATCH" => self.octocrab._patch(path, body).await,
                "PUT" => self.octocrab._put(path, body).await,
                _ => self.octocrab._delete(path, None::<&()>).await,
            };
            let answer = sent.map_err(|error| self.unreachable(&what, &chain(&error)))?;
            let (status, wait) = (
                answer.status().as_u16(),
                wait(|name| answer.headers().get(name)?.to_str().ok().map(str::to_owned)),
            );
            let text = self
                .octocrab
                .body_to_string(answer)
                .await
                .map_err(|error| self.unreachable(&what, &chain(&error)))?;
            Ok::<_, Trouble>((status, wait, text))
        })?;
        match status {
            404 => Ok(None),
            200..=299 => Ok(Some(text)),
            301 | 307 | 308 => Err(self.renamed(&text)),
            _ => Err(self.refused(&what, status, wait, &text)),
        }
    }

    /// The repository has another name by now: reads go on, and what is written must say the new one.
    fn renamed(&self, text: &str) -> Trouble {
        let said = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        // GitHub answers with the address by number, which survives every name.
        let number = said["url"].as_str().and_then(|url| {
            let path = url
                .strip_prefix(self.api.as_str())?
                .strip_prefix("/repositories/")?;
            path.split('/')
                .next()
                .filter(|id| id.bytes().all(|b| b.is_ascii_digit()))
                .map(str::to_owned)
        });
        let now = number.and_then(|number| {
            let answer = self
                .text("GET", &format!("/repositories/{number}"), None)
                .ok()??;
            let answer: Value = serde_json::from_str(&answer).ok()?;
            answer["full_name"]
                .as_str()
                .map(|name| crate::diag::clipped(name, 100))
        });
        let is = match &now {
            Some(name) => format!("it is `{name}` now"),
            None => "GitHub leads elsewhere".to_owned(),
        };
        Failure::new(format!("`{}` was renamed or moved: {is}; nothing was written", self.repository))
            .help("write the new name: `[forge] repository` in operator.toml, and `[bootstrap] repository` in tidings.toml")
            .into()
    }

    fn unreachable(&self, what: &str, why: &str) -> Trouble {
        let failure = Failure::new(format!("no answer from {} to `{what}`: {why}", self.api))
            .help("look at the network, then run this again");
        // Nobody is there: that does not pass by itself.
        Trouble {
            failure,
            again: (!why.to_lowercase().contains("refused")).then_some(PAUSE),
        }
    }

    fn unreadable(&self, what: &str) -> Trouble {
        let failure = Failure::new(format!(
            "{} answered `{what}` with something that cannot be read",
            self.api
        ))
        .help("is `[forge] api` in operator.toml the address of an API?");
        failure.into()
    }

    /// GitHub's own words, and what to do. Its limits (403 and 429 with a time) and 5xx pass; other refusals do not.
    fn refused(&self, what: &str, status: u16, wait: Option<Duration>, text: &str) -> Trouble {
        let said = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let mut words = said["message"].as_str().unwrap_or("").to_owned();
        for error in said["errors"].as_array().into_iter().flatten() {
            let code = match (error["code"].as_str(), error["message"].as_str()) {
                (Some("custom") | None, Some(message)) => message,
                (code, _) => code.unwrap_or(""),
            };
            let _ = write!(
                words,
                " ({} {code})",
                error["field"].as_str().unwrap_or("").trim()
            );
        }
        let words = crate::diag::clipped(&words, 300);
        let limited = matches!(status, 403 | 429)
            && (wait.is_some() || words.to_lowercase().contains("rate limit"));
        let help = match status {
            401 => {
                "the token is wrong or has expired: set the variable that `[forge] token_env` names"
            }
            403 if !limited => {
                "the token may not do this: it needs `contents: write` on the repository"
            }
            422 if words.contains("immutable release") => {
                "a release of this tag was immutable and is gone, and GitHub never gives such a name again: release the next patch, `tidings bump patch`"
            }
            422 => "GitHub does not accept what was sent; the words above say why",
            _ => "run this again; what is done already is not done twice",
        };
        let failure =
            Failure::new(format!("GitHub answered {status} to `{what}`: {words}")).help(help);
        let again = if limited {
            // https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: without a time, a minute at least.
            Some(wait.unwrap_or(MINUTE))
        } else if status >= 500 || status == 408 {
            Some(wait.unwrap_or(PAUSE))
        } else {
            None
        };
        // Somebody, or an answer that was lost, was quicker: looking again tells.
        let again = if status == 422 && words.contains("already_exists") {
            Some(Duration::ZERO)
        } else {
            again
        };
        Trouble { failure, again }
    }

    fn missing(&self) -> Trouble {
        Failure::new(format!("there is no repository `{}` at {}, or the token may not see it", self.repository, self.api))
            .help("`[forge] repository` in operator.toml names it; the token needs `contents: write` on it")
            .into()
    }

    /// Reads a file of a page. GitHub leads to another host for that, which is not given the token.
    fn download(
        &self,
        _: &Page,
        attached: &Attached,
        take: &mut dyn FnMut(&mut dyn Read) -> std::io::Result<()>,
    ) -> Asked<()> {
        let path = self.at(&format!("/releases/assets/{}", attached.id));
        let what = format!("GET {path}");
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let asked = agent
            .get(format!("{}{path}", self.api))
            .header(
                "Authorization",
                format!("Bearer {}", self.token.expose_secret()),
            )
            .header("Accept", "application/octet-stream")
            .call();
        let mut answer = asked.map_err(|error| self.unreachable(&what, &error.to_string()))?;
        take(&mut answer.body_mut().as_reader())
            .map_err(|error| self.unreachable(&what, &error.to_string()))
    }

    /// The address for a file. The token goes to the API's own host and to GitHub's for uploads, to no other.
    fn upload_address(&self, page: &Page, name: &str) -> Result<url::Url, Trouble> {
        let template = page.upload_url.split('{').next().unwrap_or("");
        let address =
            url::Url::parse(template).map_err(|_| self.unreadable("the address for files"))?;
        let api = url::Url::parse(&self.api).ok();
        let known = api.is_some_and(|api| belongs(&api, &address));
        if !known {
            let host = address.host_str().unwrap_or("nowhere").to_owned();
            return Err(Failure::new(format!(
                "the page wants its files at `{host}`, which is not the forge: nothing was sent"
            ))
            .into());
        }
        let mut address = address;
        address.query_pairs_mut().clear().append_pair("name", name);
        Ok(address)
    }
}

impl Forge for GitHub {
    fn find(&self, tag: &str) -> Asked<Option<Page>> {
        if let Some(release) = self.ask::<Release>(
            "GET",
            &self.at(&format!("/releases/tags/{}", encoded(tag))),
            None,
        )? {
            return Ok(Some(release.into()));
        }
        // A draft has no tag yet: it is in the list only.
        let mut oldest: Option<Release> = None;
        for page in 1..=LISTED {
            let list: Option<Vec<Release>> = self.ask(
                "GET",
                &self.at(&format!("/releases?per_page=100&page={page}")),
                None,
            )?;
            let list = list.ok_or_else(|| self.missing())?;
            let last = list.len() < 100;
            for release in list.into_iter().filter(|release| release.tag_name == tag) {
                if oldest.as_ref().is_none_or(|known| release.id < known.id) {
                    oldest = Some(release);
                }
            }
            if last {
                break;
            }
        }
        Ok(oldest.map(Page::from))
    }

    fn by_id(&self, id: &str) -> Asked<Option<Page>> {
        let path = self.at(&format!("/releases/{}", encoded(id)));
        Ok(self.ask::<Release>("GET", &path, None)?.map(Page::from))
    }

    fn remove(&self, draft: &Page) -> Asked<()> {
        let path = self.at(&format!("/releases/{}", encoded(&draft.id)));
        self.ask::<Value>("DELETE", &path, None).map(|_| ())
    }

    fn create(&self, wanted: &Wanted) -> Asked<Page> {
        let body = json!({
            "tag_name": wanted.tag, "name": wanted.title, "body": wanted.body, "draft": true, "prerelease": wanted.prerelease,
            "make_latest": "false", "generate_release_notes": false,
        });
        self.ask::<Release>("POST", &self.at("/releases"), Some(&body))?
            .map(Page::from)
            .ok_or_else(|| self.missing())
    }

    fn update(&self, page: &Page, wanted: &Wanted, draft: bool) -> Asked<Page> {
        let body = json!({
            "tag_name": wanted.tag, "name": wanted.title, "body": wanted.body, "draft": draft, "prerelease": wanted.prerelease,
            "make_latest": if wanted.latest && !draft { "true" } else { "false" },
        });
        self.ask::<Release>(
            "PATCH",
            &self.at(&format!("/releases/{}", page.id)),
            Some(&body),
        )?
        .map(Page::from)
        .ok_or_else(|| self.missing())
    }

    fn attach(&self, page: &Page, asset: &Asset, progress: &dyn Fn(u64)) -> Asked<()> {
        let address = self.upload_address(page, &asset.name)?;
        let what = format!("POST {}", address.path());
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE * 4))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let request = agent
            .post(address.as_str())
            .header(
                "Authorization",
                format!("Bearer {}", self.token.expose_secret()),
            )
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .header("Content-Type", "application/octet-stream")
            .header("Content-Length", asset.size.to_string());
        let mut from: Box<dyn Read> = match &asset.from {
            Source::Bytes(bytes) => Box::new(bytes.as_slice()),
            Source::File(path) => Box::new(
                std::fs::File::open(path).map_err(|error| Failure::file("read", path, &error))?,
            ),
        };
        let mut counted = Counted {
            from: &mut from,
            sent: 0,
            progress,
        };
        let sent = request.send(ureq::SendBody::from_reader(&mut counted));
        let mut answer = sent.map_err(|error| self.unreachable(&what, &error.to_string()))?;
        let status = answer.status().as_u16();
        let wait = wait(|name| answer.headers().get(name)?.to_str().ok().map(str::to_owned));
        let text = answer
            .body_mut()
            .with_config()
            .limit(1 << 20)
            .read_to_string()
            .unwrap_or_default();
        if (200..300).contains(&status) {
            Ok(())
        } else {
            Err(self.refused(&what, status, wait, &text))
        }
    }

    fn detach(&self, _: &Page, attached: &Attached) -> Asked<()> {
        // Gone already is gone.
        self.ask::<Value>(
            "DELETE",
            &self.at(&format!("/releases/assets/{}", attached.id)),
            None,
        )
        .map(|_| ())
    }

    fn digest(&self, page: &Page, attached: &Attached) -> Asked<String> {
        let mut hasher = Sha256::new();
        self.download(page, attached, &mut |from| {
            std::io::copy(from, &mut hasher).map(|_| ())
        })?;
        Ok(Digest::from(hasher.finalize()).to_string())
    }

    fn fetch(&self, page: &Page, attached: &Attached) -> Asked<Vec<u8>> {
        let mut bytes = Vec::new();
        self.download(page, attached, &mut |from| {
            from.read_to_end(&mut bytes).map(|_| ())
        })?;
        Ok(bytes)
    }

    fn latest(&self) -> Asked<Option<String>> {
        Ok(self
            .ask::<Release>("GET", &self.at("/releases/latest"), None)?
            .map(|release| release.tag_name))
    }
}

/// Whether files for a forge may be sent there: to the host of its API, or to one beside it in its own domain
/// (`uploads.github.com` beside `api.github.com`), never with less protection.
fn belongs(api: &url::Url, address: &url::Url) -> bool {
    let (Some(own), Some(host)) = (api.host_str(), address.host_str()) else {
        return false;
    };
    if own == host {
        return api.scheme() == address.scheme();
    }
    let here =
        |host: &str| host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost");
    if here(own) {
        return here(host);
    }
    let domain = own
        .strip_prefix("api.")
        .filter(|domain| domain.contains('.'));
    address.scheme() == "https"
        && domain.is_some_and(|domain| {
            host.strip_suffix(domain)
                .is_some_and(|front| front.ends_with('.'))
        })
}

/// Bytes that go by.
struct Counted<'a> {
    from: &'a mut dyn Read,
    sent: u64,
    progress: &'a dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.from.read(buffer)?;
        self.sent += length as u64;
        (self.progress)(self.sent);
        Ok(length)
    }
}

/// How long the server asks to wait: `retry-after`, or the end of the current limit.
fn wait(header: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    if let Some(seconds) = header("retry-after").and_then(|value| value.parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    if header("x-ratelimit-remaining").as_deref() != Some("0") {
        return None;
    }
    let reset: u64 = header("x-ratelimit-reset")?.parse().ok()?;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?
        .as_secs();
    Some(Duration::from_secs(reset.saturating_sub(now) + 1))
}

/// octocrab says only "GitHub"; what happened is below it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        words = error.to_string();
        below = error.source();
    }
    crate::diag::clipped(&words, 200)
}

pub fn encoded(tag: &str) -> String {
    url::form_urlencoded::byte_serialize(tag.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
