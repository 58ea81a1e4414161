//! `operator.toml`: the vendor's own. It holds no secret; it names the environment variables that do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::{Code, Finding, Findings, Text};
use crate::sources::toml_text;

/// `operator.toml`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorConfig {
    /// The checkout of the bootstrap repository, from the folder of this file.
    pub bootstrap: String,
    /// Variables named by an `_env` key that the install script, operations and other programs get all the same.
    #[serde(default)]
    pub pass_env: Vec<String>,
    #[serde(default)]
    pub source: Source,
    #[serde(default)]
    pub forge: Forge,
    #[serde(default)]
    pub email: Mail,
    #[serde(default)]
    pub staging: Staging,
    /// Alerts the vendor lives with.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    #[serde(default)]
    pub trust: Trust,
    #[serde(default)]
    pub ledger: Ledger,
    #[serde(default)]
    pub budget: Budget,
}

/// Who may be trusted, said by the vendor and not by who proposes a pin.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Registry and repository of images that a pin may name, beside those of the release before:
    /// `registry.example.com/vendor/agent`.
    pub images: Vec<String>,
    /// Who may sign, where that is not the workflow of the release before: no other signer counts then.
    pub signers: Vec<TrustedSigner>,
}

/// A signer whom the vendor trusts, exactly as its certificate names it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedSigner {
    /// The certificate's identity; `{tag}` stands for the release's tag.
    pub identity: String,
    /// The OIDC issuer of the certificate.
    pub issuer: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// The file that holds the one version string.
    pub version_file: Option<String>,
    /// Where in it, for a file of no known kind: `version = "{version}"`
    pub version_pattern: Option<String>,
    /// Files that may hold the version string too, besides lock files and the changelog: names, or patterns such as `docs/*.md`.
    pub version_elsewhere: Vec<String>,
    /// The branch that releases are cut from.
    pub branch: String,
    /// The changelog, where the source repository has one of its own.
    pub changelog: Option<String>,
    /// The repository at the forge, `acme/agent`: its checks, alerts and pipelines are asked.
    pub repository: Option<String>,
    /// A command line that must pass before a cut.
    pub hygiene: Option<String>,
    /// The branch of the bootstrap repository on which the pipeline proposes the pin; `{version}` and `{tag}` are filled in.
    pub pin_branch: String,
    /// Where incident reports go.
    pub internal_docs: String,
}

impl Default for Source {
    fn default() -> Self {
        Source {
            version_file: None,
            version_pattern: None,
            version_elsewhere: Vec::new(),
            branch: "main".into(),
            changelog: None,
            repository: None,
            hygiene: None,
            pin_branch: "pin/{tag}".into(),
            internal_docs: "docs-internal".into(),
        }
    }
}

/// Where releases are published.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Forge {
    /// `folder` or `github`.
    pub kind: String,
    /// `acme/agent-bootstrap`
    pub repository: Option<String>,
    /// The environment variable that holds the token.
    pub token_env: Option<String>,
    /// The address of another server's API.
    pub api: Option<String>,
    /// Of the kind `folder`: where pages are written, from the folder of this file.
    pub folder: String,
    /// Files to attach, from the folder of this file: names, or patterns such as `dist/*.json`. `{version}` and `{tag}` are filled in.
    pub assets: Vec<String>,
}

impl Default for Forge {
    fn default() -> Self {
        Forge {
            kind: "folder".into(),
            repository: None,
            token_env: None,
            api: None,
            folder: "release-page".into(),
            assets: Vec::new(),
        }
    }
}

/// How customers are told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `Acme Releases <releases@acme.example>`
    pub from: Option<String>,
    pub reply_to: Option<String>,
    /// The customers file, TOML or CSV, from the folder of this file.
    pub customers: Option<String>,
    /// `folder:outbox`, `smtp://host:587`, `smtps://host`, `sendmail:`.
    pub transport: String,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// What a server is told we are called (EHLO): a name of this machine that others can look up [default: the sender's domain]
    pub ehlo: Option<String>,
    pub test_recipients: Vec<String>,
    /// `10/s`
    pub rate: Option<String>,
    pub connections: Option<u32>,
    /// An address (`https://…` or `mailto:…`) for the unsubscribe headers.
    pub unsubscribe: Option<String>,
    pub dkim: Option<Dkim>,
}

impl Default for Mail {
    fn default() -> Self {
        Mail {
            from: None,
            reply_to: None,
            customers: None,
            transport: "folder:outbox".into(),
            password_env: None,
            ehlo: None,
            test_recipients: Vec::new(),
            rate: None,
            connections: None,
            unsubscribe: None,
            dkim: None,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// The environment variable that holds the key.
    pub key_env: String,
}

/// The environment that a release is tried in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Staging {
    /// A command line that installs the latest build of main there; `{commit}` is its commit.
    pub main_install: Option<String>,
    pub install_env: BTreeMap<String, String>,
    pub version_url: Option<String>,
    /// The container engine of the staging machine: `docker`, `podman`, or a command line that leads there, such as `ssh staging docker`.
    /// It is asked which images really run.
    pub engine: Option<String>,
    pub operation: Vec<Operation>,
}

/// A known-good operation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub name: String,
    /// A command line for `sh`.
    pub run: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub id: String,
    pub reason: String,
    #[schemars(with = "String")]
    pub until: toml::value::Datetime,
}

/// The variables that hold secrets where no key names another.
const USUAL_SECRETS: [&str; 4] = ["GITHUB_TOKEN", "GH_TOKEN", "SMTP_PASSWORD", "PGPASSWORD"];

impl OperatorConfig {
    /// The environment variables that hold secrets: those that keys ending in `_env` name, and the usual ones.
    pub fn secret_variables(&self) -> Vec<String> {
        let mut names = USUAL_SECRETS.map(str::to_owned).to_vec();
        if let Ok(tree) = toml::Table::try_from(self) {
            named(&tree, &mut names);
        }
        names
    }
}

fn named(table: &toml::Table, names: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            toml::Value::String(name) if key.ends_with("_env") => names.push(name.clone()),
            toml::Value::Table(inner) => named(inner, names),
            toml::Value::Array(rows) => rows
                .iter()
                .filter_map(toml::Value::as_table)
                .for_each(|row| named(row, names)),
            _ => {}
        }
    }
}

impl Accepted {
    /// The last day on which it is lived with; long ago where no day is written.
    pub fn last_day(&self) -> NaiveDate {
        let date = self.until.date.and_then(|date| {
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        });
        date.unwrap_or(NaiveDate::MIN)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// `sqlite:` and a path from the folder of this file, or `postgres://name@host/database`.
    pub url: String,
    /// The environment variable that holds the password of the database: `PGPASSWORD` where none is named.
    pub password_env: Option<String>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            url: "sqlite:.tidings/ledger.db".into(),
            password_env: None,
        }
    }
}

/// How long each phase of a release day may take.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    pub pre_cut: String,
    pub cut: String,
    pub post_cut: String,
    pub smoke: String,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            pre_cut: "10m".into(),
            cut: "10m".into(),
            post_cut: "15m".into(),
            smoke: "90s".into(),
        }
    }
}

const EXAMPLES: toml_text::Examples = &[
    ("bootstrap", "bootstrap = \"../agent-bootstrap\""),
    ("domain", "domain = \"acme.example\""),
    ("selector", "selector = \"releases\""),
    ("key_env", "key_env = \"DKIM_KEY\""),
    ("name", "name = \"create a backup\""),
    ("run", "run = \"./operations/backup.sh\""),
    ("id", "id = \"GHSA-xxxx-xxxx-xxxx\""),
    ("reason", "reason = \"not reachable from outside\""),
    ("until", "until = 2027-01-31"),
];

pub fn read(text: &Text) -> (Option<OperatorConfig>, Findings) {
    let (config, mut findings) = toml_text::read::<OperatorConfig>(text, EXAMPLES);
    if let Some(config) = &config
        && !matches!(config.forge.kind.as_str(), "folder" | "github")
    {
        let at = text.body.find(&config.forge.kind).unwrap_or(0);
        findings.push(
            Finding::new(
                Code::ConfigValue,
                format!("`{}` is no kind of forge", config.forge.kind),
            )
            .at(text, at..at + config.forge.kind.len())
            .help("write `folder` or `github`"),
        );
    }
    (config, findings)
}
