//! `tidings.toml` as it is written: its tables, keys and defaults.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::model::Policy;

/// `tidings.toml`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub product: ProductTable,
    pub bootstrap: BootstrapTable,
    #[serde(default)]
    pub changelog: ChangelogTable,
    #[serde(default)]
    pub pin: PinTable,
    #[serde(default)]
    pub policy: PolicyTable,
    #[serde(default)]
    pub known_issues: IssuesTable,
    #[serde(default)]
    pub readme: ReadmeTable,
    pub support: SupportTable,
    #[serde(default)]
    pub guide: GuideTable,
}

/// What is shipped, and by whom.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductTable {
    /// As customers know it: `Acme Agent`.
    pub name: String,
    pub vendor: String,
}

/// The repository that customers clone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootstrapTable {
    /// Its web address.
    #[schemars(with = "String")]
    pub repository: SpannedText,
    /// The install command, run in the clone.
    #[serde(default = "install")]
    pub install: String,
    /// What stands before the version in a tag.
    #[serde(default = "tag_prefix")]
    pub tag_prefix: String,
    /// Where a running agent answers with its version.
    pub version_url: Option<String>,
    /// What the playbook tells on-call to run before staying on a version.
    pub diagnostics: Option<String>,
}

/// A string that remembers where it stood, and is written as a string.
#[derive(Clone, Debug, Default)]
pub struct SpannedText {
    pub value: String,
    pub span: std::ops::Range<usize>,
}

impl SpannedText {
    /// What is in force where nothing is written.
    fn usual(value: &str) -> Self {
        SpannedText {
            value: value.to_owned(),
            span: 0..0,
        }
    }
}

impl<'de> Deserialize<'de> for SpannedText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<String>::deserialize(deserializer)?;
        Ok(SpannedText {
            span: spanned.span(),
            value: spanned.into_inner(),
        })
    }
}

impl Serialize for SpannedText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.value)
    }
}

fn install() -> String {
    "./install.sh".into()
}

fn tag_prefix() -> String {
    "v".into()
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangelogTable {
    #[schemars(with = "String")]
    pub file: SpannedText,
    /// In a changelog of several packages (`agent@1.2.3`): the one that is shipped.
    pub package: Option<String>,
    /// Whose day "today" is: a name such as `Europe/Berlin`. The machine's zone where it is not said.
    #[schemars(with = "Option<String>")]
    pub zone: Option<SpannedText>,
    /// Sections that no customer sees, beside *Internal*, *Chores*, *CI* and *Deps*.
    pub internal: Vec<String>,
    /// More names of sections: `required-action = ["Before you upgrade"]`. The keys: `required-action`, `breaking`,
    /// `known-issues`, `rollback`, `added`, `changed`, `deprecated`, `removed`, `fixed`, `security`.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub sections: BTreeMap<String, Vec<SpannedText>>,
}

impl Default for ChangelogTable {
    fn default() -> Self {
        ChangelogTable {
            file: SpannedText::usual("CHANGELOG.md"),
            package: None,
            zone: None,
            internal: Vec::new(),
            sections: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PinTable {
    #[schemars(with = "String")]
    pub file: SpannedText,
    /// Instead of `file`, where there are several: the pin, then Compose files laid over it, and `.env` files with values of variables.
    #[schemars(with = "Vec<String>")]
    pub files: Vec<SpannedText>,
    /// Further files that the proposal of a pin changes, such as `chart/Chart.yaml`: the facts of the pin and version numbers in them.
    #[schemars(with = "Vec<String>")]
    pub also: Vec<SpannedText>,
    /// The image whose `/version` answers, where there are several: its service, container or key.
    pub primary: Option<String>,
    /// What an image of somebody else is that is not by digest: `error` or `warn`.
    #[schemars(with = "String")]
    pub third_party: SpannedText,
    /// Where each fact lies: a JSON Pointer (`/services/agent/image`), or a variable of a `.env` file.
    pub fields: BTreeMap<String, String>,
    /// Images by their service, container or key.
    pub images: BTreeMap<String, ImageTable>,
}

/// One image of the pin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageTable {
    /// `product` (signed by the vendor) or `third-party`.
    #[schemars(with = "String")]
    pub role: SpannedText,
}

impl Default for PinTable {
    fn default() -> Self {
        PinTable {
            file: SpannedText::usual("pin.json"),
            files: Vec::new(),
            also: Vec::new(),
            primary: None,
            third_party: SpannedText::usual("error"),
            fields: BTreeMap::new(),
            images: BTreeMap::new(),
        }
    }
}

/// The versioning policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyTable {
    /// `semver`, `calver` or `pep440`.
    #[schemars(with = "String")]
    pub scheme: SpannedText,
    /// A calendar version's format in calver.org's tokens: `YYYY.0M.MICRO`.
    #[schemars(with = "Option<String>")]
    pub format: Option<SpannedText>,
    /// How many minor versions are supported at a time.
    pub supported_minors: usize,
    /// An install more than this many minor versions behind is warned of.
    pub warn_beyond_minors: usize,
    /// Days a line stays supported after the line that pushes it out.
    pub grace_days: u32,
    pub major: Option<LevelTable>,
    pub minor: Option<LevelTable>,
    pub patch: Option<LevelTable>,
    /// Versions that an upgrade may not jump over.
    pub stop: Vec<StopTable>,
    /// Lines with a support date of their own.
    pub extended: Vec<ExtendedTable>,
}

impl Default for PolicyTable {
    fn default() -> Self {
        let policy = Policy::default();
        PolicyTable {
            scheme: SpannedText {
                value: "semver".into(),
                span: 0..0,
            },
            format: None,
            supported_minors: policy.supported_minors,
            warn_beyond_minors: policy.warn_beyond_minors,
            grace_days: policy.grace_days,
            major: None,
            minor: None,
            patch: None,
            stop: Vec::new(),
            extended: Vec::new(),
        }
    }
}

/// What a level of bump means to a customer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelTable {
    /// One sentence.
    pub means: String,
    /// `business-hours` or `maintenance-window`.
    #[schemars(with = "String")]
    pub install: SpannedText,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopTable {
    /// A version (`2.0.3`), or a line (`2.0`) whose newest release is the stop.
    #[schemars(with = "String")]
    pub version: SpannedText,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendedTable {
    /// `1.4`
    #[schemars(with = "String")]
    pub line: SpannedText,
    /// From this day there are no further fixes: `2027-06-30`.
    #[schemars(with = "String")]
    pub until: SpannedText,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IssuesTable {
    #[schemars(with = "String")]
    pub file: SpannedText,
}

impl Default for IssuesTable {
    fn default() -> Self {
        IssuesTable {
            file: SpannedText::usual("known-issues.toml"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadmeTable {
    #[schemars(with = "String")]
    pub file: SpannedText,
}

impl Default for ReadmeTable {
    fn default() -> Self {
        ReadmeTable {
            file: SpannedText::usual("README.md"),
        }
    }
}

/// Whom customers call.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportTable {
    pub contact: String,
    /// `within four business hours`
    pub response: String,
    pub emergency: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuideTable {
    /// Where the guide is served.
    pub url: Option<String>,
    /// The colour of links and buttons: `#0b57b0`.
    #[schemars(with = "Option<String>")]
    pub accent: Option<SpannedText>,
    /// An SVG of `content/` for the head of each page: `logo.svg`.
    pub logo: Option<String>,
}
