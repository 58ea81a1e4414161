//! The account at a registry: named variables, `docker login`'s and `podman login`'s files, and their credential helpers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::Value;

use crate::adapters::{process, terminal};
use crate::ports::Failure;

/// How long a credential helper may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Helpers give this name with an identity token instead of a password.
const IDENTITY: &str = "<token>";

/// What a helper answered counts for so long: a release of many images asks it once.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What a helper answered, and when.
type Helped = Arc<Mutex<Option<(Instant, Result<Option<Account>, Failure>)>>>;

/// By helper and registry.
static HELPED: Mutex<BTreeMap<(String, String), Helped>> = Mutex::new(BTreeMap::new());

/// What proves who asks.
#[derive(Clone)]
pub enum Proof {
    Password(SecretString),
    /// An OAuth 2 refresh token.
    IdentityToken(SecretString),
    /// Sent to the registry as it is.
    RegistryToken(SecretString),
}

/// An account, and where it was found.
#[derive(Clone)]
pub struct Account {
    pub name: String,
    pub proof: Proof,
    pub from: String,
}

impl Account {
    fn with_password(name: &str, password: &str, from: String) -> Self {
        let secret = SecretString::from(password.to_owned());
        Account {
            name: name.to_owned(),
            proof: if name == IDENTITY {
                Proof::IdentityToken(secret)
            } else {
                Proof::Password(secret)
            },
            from,
        }
    }

    /// The account as a sentence names it. Never with what proves it.
    pub fn shown(&self) -> String {
        let name = crate::diag::clipped(&self.name, 60);
        match name.as_str() {
            "" | IDENTITY => format!("the token from {}", self.from),
            _ => format!("the account `{name}` from {}", self.from),
        }
    }
}

/// The account for a repository (`registry.example.com`, `acme/agent`); `None` where there is none.
///
/// # Errors
/// A file or a helper that holds accounts cannot be read.
pub fn find(host: &str, repository: &str) -> Result<Option<Account>, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|said| !said.is_empty());
    if variable("TIDINGS_REGISTRY").is_some_and(|named| named == host) {
        let user = variable("TIDINGS_REGISTRY_USER");
        let password = variable("TIDINGS_REGISTRY_PASSWORD");
        let (Some(user), Some(password)) = (user, password) else {
            return Err(Failure::new(format!(
                "`TIDINGS_REGISTRY` names `{host}`, and not both of its user and password are set"
            ))
            .help("set `TIDINGS_REGISTRY_USER` and `TIDINGS_REGISTRY_PASSWORD` too"));
        };
        let from = "`TIDINGS_REGISTRY_USER`".to_owned();
        return Ok(Some(Account::with_password(&user, &password, from)));
    }
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let shown = path.display();
        let document: Value = serde_json::from_str(&text).map_err(|error| {
            Failure::new(format!(
                "`{shown}` is no JSON: line {}, column {}",
                error.line(),
                error.column()
            ))
            .help("it holds the accounts at registries: log in anew with `docker login`")
        })?;
        if let Some(account) = in_file(&document, &path, host, repository)? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// In the order of podman and skopeo: the named file alone; else podman's, then docker's.
pub fn files() -> Vec<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|said| !said.is_empty())
            .map(PathBuf::from)
    };
    if let Some(named) = folder("REGISTRY_AUTH_FILE") {
        return vec![named];
    }
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    let docker = folder("DOCKER_CONFIG").or(home.map(|home| home.join(".docker")));
    let podman = folder("XDG_RUNTIME_DIR").map(|run| run.join("containers/auth.json"));
    podman
        .into_iter()
        .chain(docker.map(|docker| docker.join("config.json")))
        .collect()
}

fn in_file(
    document: &Value,
    path: &Path,
    host: &str,
    repository: &str,
) -> Result<Option<Account>, Failure> {
    let key = server(host);
    let helper = document["credHelpers"]
        .as_object()
        .and_then(|helpers| helpers.iter().find(|(named, _)| same(named, host)))
        .and_then(|(_, helper)| helper.as_str())
        .or(document["credsStore"].as_str())
        .filter(|helper| !helper.is_empty());
    if let Some(helper) = helper
        && let Some(account) = helped(helper, key)?
    {
        return Ok(Some(account));
    }
    let Some(auths) = document["auths"].as_object() else {
        return Ok(None);
    };
    // podman also keeps accounts for a part of a registry: the most particular one counts.
    let full = format!("{host}/{repository}");
    let mut scopes: Vec<&str> = full
        .match_indices('/')
        .map(|(at, _)| &full[..at])
        .chain([full.as_str()])
        .collect();
    scopes.reverse();
    let entry = scopes
        .iter()
        .find_map(|scope| auths.get(*scope).map(|entry| (*scope, entry)))
        .or_else(|| {
            auths
                .iter()
                .find(|(named, _)| same(named, host))
                .map(|(named, entry)| (named.as_str(), entry))
        });
    let Some((named, entry)) = entry else {
        return Ok(None);
    };
    entry_account(entry, &format!("`{}`", path.display()), named)
}

fn entry_account(entry: &Value, from: &str, named: &str) -> Result<Option<Account>, Failure> {
    let said = |name: &str| entry[name].as_str().filter(|said| !said.is_empty());
    let (mut user, mut password) = (
        said("username").unwrap_or("").to_owned(),
        said("password").unwrap_or("").to_owned(),
    );
    if let Some(auth) = said("auth") {
        let pair = STANDARD
            .decode(auth)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some((name, word)) = pair.as_deref().and_then(|pair| pair.split_once(':')) else {
            return Err(Failure::new(format!(
                "the `auth` of `{named}` in {from} is not Base64 of `user:password`"
            ))
            .help("log in anew with `docker login`"));
        };
        (user, password) = (name.to_owned(), word.trim_end_matches('\0').to_owned());
    }
    let token = |name: &str| said(name).map(|token| SecretString::from(token.to_owned()));
    let proof = if let Some(token) = token("identitytoken") {
        Proof::IdentityToken(token)
    } else if let Some(token) = token("registrytoken") {
        Proof::RegistryToken(token)
    } else if user.is_empty() && password.is_empty() {
        return Ok(None);
    } else {
        return Ok(Some(Account::with_password(
            &user,
            &password,
            from.to_owned(),
        )));
    };
    Ok(Some(Account {
        name: user,
        proof,
        from: from.to_owned(),
    }))
}

/// The name under which docker keeps the account.
fn server(host: &str) -> &str {
    if hub(host) {
        "https://index.docker.io/v1/"
    } else {
        host
    }
}

fn hub(host: &str) -> bool {
    matches!(
        host,
        "docker.io" | "index.docker.io" | "registry-1.docker.io"
    )
}

/// Whether a key of `auths` means this registry: with or without scheme and `/v1/` or `/v2/`.
fn same(key: &str, host: &str) -> bool {
    let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
    let (named, path) = bare.split_once('/').unwrap_or((bare, ""));
    let whole = matches!(path.trim_end_matches('/'), "" | "v1" | "v2");
    whole && (named.eq_ignore_ascii_case(host) || hub(named) && hub(host))
}

/// The same registry's repositories wait for one answer.
fn helped(helper: &str, server: &str) -> Result<Option<Account>, Failure> {
    let known = Arc::clone(
        HELPED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((helper.to_owned(), server.to_owned()))
            .or_default(),
    );
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, answer)) = &*known
        && at.elapsed() < REMEMBERED
    {
        return answer.clone();
    }
    let answer = from_helper(helper, server);
    *known = Some((Instant::now(), answer.clone()));
    answer
}

/// Asks `docker-credential-NAME`, as docker does: the registry on its standard input, JSON on its output.
fn from_helper(helper: &str, server: &str) -> Result<Option<Account>, Failure> {
    let program = format!("docker-credential-{helper}");
    let fail = |why: String| {
        Failure::new(format!("the credential helper `{program}` {why}"))
            .help(format!("try it: `echo {server} | {program} get`"))
    };
    let plain = helper
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !plain {
        return Err(fail("has no name of a program".to_owned()));
    }
    let said = process::ask(
        Command::new(&program).arg("get"),
        &format!("{server}\n"),
        PATIENCE,
    )
    .map_err(|error| fail(format!("cannot be run: {error}")))?;
    let Some((well, said)) = said else {
        let interrupted = terminal::asked_to_end().load(Ordering::SeqCst);
        return Err(fail(if interrupted {
            "was interrupted".to_owned()
        } else {
            format!("does not answer in {} seconds", PATIENCE.as_secs())
        }));
    };
    let text = String::from_utf8(said)
        .map_err(|_| fail("answers with something that is no text".to_owned()))?;
    if !well {
        if text.contains("credentials not found") {
            return Ok(None);
        }
        return Err(fail("ends with an error".to_owned()));
    }
    let document: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    match (document["Username"].as_str(), document["Secret"].as_str()) {
        (Some(user), Some(secret)) => Ok(Some(Account::with_password(
            user,
            secret,
            format!("`{program}`"),
        ))),
        _ => Err(fail("answers without `Username` and `Secret`".to_owned())),
    }
}
