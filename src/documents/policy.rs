//! The versioning policy as customers read it in the README: one paragraph.

use schemars::JsonSchema;
use serde::Serialize;

use crate::documents::matrix::rule;
use crate::documents::parts::{ProductPart, Standpoint};
use crate::model::{Level, Scheme};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PolicyStatement {
    pub schema: &'static str,
    pub product: ProductPart,
    /// `Semantic Versioning` or `Calendar Versioning`.
    pub scheme: String,
    pub scheme_link: String,
    /// Major, minor, patch.
    pub levels: Vec<LevelPart>,
    /// The support rule in one sentence.
    pub rule: String,
    /// Installs this many minor versions behind and more are warned of.
    pub warn_beyond: usize,
    pub stops: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LevelPart {
    pub level: String,
    pub means: String,
    /// `business-hours` or `maintenance-window`.
    pub install: String,
    pub install_words: String,
}

impl PolicyStatement {
    pub const SCHEMA: &'static str = "tidings/policy/1";

    pub fn of(at: Standpoint<'_>) -> Self {
        let policy = &at.history.policy;
        let (scheme, scheme_link) = match policy.scheme {
            Scheme::Semver => ("Semantic Versioning", "https://semver.org/"),
            Scheme::Pep440 => ("PEP 440", "https://peps.python.org/pep-0440/"),
            Scheme::Calver(_) => ("Calendar Versioning", "https://calver.org/"),
        };
        let levels = [Level::Major, Level::Minor, Level::Patch]
            .map(|level| {
                let rule = policy.rule(level);
                LevelPart {
                    level: level.word().to_owned(),
                    means: rule.means.clone(),
                    install: rule.install.as_str().to_owned(),
                    install_words: rule.install.words().to_owned(),
                }
            })
            .to_vec();
        PolicyStatement {
            schema: Self::SCHEMA,
            product: ProductPart::of(at.product),
            scheme: scheme.to_owned(),
            scheme_link: scheme_link.to_owned(),
            levels,
            rule: rule(policy),
            warn_beyond: policy.warn_beyond_minors,
            stops: policy.stops.iter().map(|stop| stop.to_string()).collect(),
        }
    }
}
