//! The product, its bootstrap repository and who answers for it.

use crate::diag::shell_word;

#[derive(Clone, Debug, Default)]
pub struct Product {
    pub name: String,
    pub vendor: String,
    pub bootstrap: Bootstrap,
    pub contact: Contact,
    /// Where the guide is served, with a trailing slash.
    pub guide_url: Option<String>,
    /// Of links and buttons in the guide; readable on a light page.
    pub accent: Option<crate::model::Colour>,
    /// An SVG of `content/`, for the head of the guide's pages.
    pub logo: Option<String>,
}

/// The repository that customers clone.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    /// `https://…`, without a trailing slash.
    pub repository: String,
    /// The install command, run in the clone.
    pub install: String,
    /// `v` in `v1.4.2`.
    pub tag_prefix: String,
    pub version_url: Option<String>,
    pub diagnostics: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Contact {
    pub address: String,
    /// "within four business hours"
    pub response: String,
    pub emergency: Option<String>,
}

impl Bootstrap {
    pub fn tag(&self, version: &crate::model::Version) -> String {
        format!("{}{version}", self.tag_prefix)
    }

    /// One line that goes to `tag` and installs it.
    pub fn install_line(&self, tag: &str) -> String {
        format!(
            "git fetch --tags && git checkout {} && {}",
            shell_word(tag),
            self.install
        )
    }
}
