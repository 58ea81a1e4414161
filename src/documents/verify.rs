//! How a customer verifies what they are about to run.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Image, Pin, Role, Signer};

/// How to check the images by hand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerifyPart {
    /// Of the primary image.
    pub reference: String,
    pub digest: String,
    /// Verifies every image that the vendor signed: a shell pastes it as it is.
    pub command: String,
    /// What the command needs: `cosign 2.5.1 or later`.
    pub needs: String,
    /// The oldest cosign that reads today's signatures.
    pub cosign: &'static str,
    /// All images, the primary one first; none where it is the only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImagePart>,
    /// Images that are not by digest, so that nobody can verify them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_tag: Vec<String>,
    pub sbom: Option<String>,
    pub source_revision: Option<String>,
}

/// One image of a release.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImagePart {
    /// Its service, container or key in the pin.
    pub name: String,
    /// `product` or `third-party`.
    pub role: &'static str,
    pub reference: String,
    pub digest: String,
    pub sbom: Option<String>,
}

impl ImagePart {
    /// All images of a pin, the primary one first; none where it is the only one.
    pub fn several(pin: &Pin) -> Vec<Self> {
        if pin.others.is_empty() {
            return Vec::new();
        }
        let images = pin.images().into_iter();
        images
            .map(|image| ImagePart {
                role: image.role.as_str(),
                reference: image.reference(),
                digest: image.digest.to_string(),
                sbom: image.sbom.clone(),
                name: image.name,
            })
            .collect()
    }
}

/// cosign 2.5.1 is the oldest that reads today's trust root; bundles stored as OCI referrers want 3.0.
const OLDEST_COSIGN: &str = "2.5.1";

/// `gh attestation` came with 2.49.
const OLDEST_GH: &str = "the GitHub CLI (gh) 2.49 or later";

/// The command that verifies one image: its words before and after the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyCommand {
    pub tool: &'static str,
    needs: String,
    before: String,
    /// As the tool names images of registries.
    scheme: &'static str,
    after: String,
    reference: String,
}

impl VerifyCommand {
    /// `None` where the pin does not say who signed it.
    pub fn of(image: &Image) -> Option<Self> {
        let cosign = |options: String| {
            (
                ("cosign", format!("cosign {OLDEST_COSIGN} or later")),
                options,
            )
        };
        let ((tool, needs), options) = match image.signer.as_ref()? {
            Signer::Identity { identity, issuer } => cosign(exactly(identity, issuer.as_deref())),
            Signer::Expression { expression, issuer } => match crate::model::literal(expression) {
                Some(identity) => cosign(exactly(&identity, issuer.as_deref())),
                None => cosign(format!(
                    "--certificate-identity-regexp {}{}",
                    quoted(expression),
                    issued(issuer.as_deref())
                )),
            },
            Signer::Key(key) => cosign(format!("--key {}", quoted(key))),
            Signer::Attestation(repository) => (("gh", OLDEST_GH.to_owned()), quoted(repository)),
            Signer::Notation(identity) => (
                (
                    "notation",
                    format!("notation with a trust policy for {identity}"),
                ),
                String::new(),
            ),
        };
        let (before, scheme, after) = match tool {
            "gh" => (
                "gh attestation verify".to_owned(),
                "oci://",
                format!(" --repo {options}"),
            ),
            "notation" => ("notation verify".to_owned(), "", String::new()),
            _ => (format!("cosign verify {options}"), "", String::new()),
        };
        Some(VerifyCommand {
            tool,
            needs,
            before,
            scheme,
            after,
            reference: image.reference(),
        })
    }

    /// For one image.
    pub fn line(&self) -> String {
        let image = format!("{}{}", self.scheme, self.reference);
        format!("{} {}{}", self.before, word(&image), self.after)
    }

    /// For several that are verified alike.
    fn together(all: &[Self]) -> String {
        let [first, _, ..] = all else {
            return all.first().map(Self::line).unwrap_or_default();
        };
        let images: String = all
            .iter()
            .map(|one| format!(" \\\n  {}", word(&one.reference)))
            .collect();
        format!(
            "for image in{images}\ndo\n  {} \"{}$image\"{} >/dev/null && echo \"verified: $image\" || echo \"NOT VERIFIED: $image\"\ndone",
            first.before, first.scheme, first.after
        )
    }
}

fn exactly(identity: &str, issuer: Option<&str>) -> String {
    format!(
        "--certificate-identity {}{}",
        quoted(identity),
        issued(issuer)
    )
}

fn issued(issuer: Option<&str>) -> String {
    issuer
        .map(|issuer| format!(" --certificate-oidc-issuer {}", quoted(issuer)))
        .unwrap_or_default()
}

impl VerifyPart {
    /// `None` where the pin does not say who signed the primary image.
    pub fn of(pin: &Pin) -> Option<Self> {
        let images = pin.images();
        VerifyCommand::of(images.first()?)?;
        let mut alike: Vec<Vec<VerifyCommand>> = Vec::new();
        for image in images.iter().filter(|image| image.role == Role::Product) {
            let Some(command) = VerifyCommand::of(image) else {
                continue;
            };
            let same = |known: &&mut Vec<VerifyCommand>| {
                known.first().is_some_and(|known| {
                    (&known.before, &known.after) == (&command.before, &command.after)
                })
            };
            match alike.iter_mut().find(same) {
                Some(known) => known.push(command),
                None => alike.push(vec![command]),
            }
        }
        let mut needs: Vec<&str> = Vec::new();
        for known in alike.iter().flatten() {
            if !needs.contains(&known.needs.as_str()) {
                needs.push(&known.needs);
            }
        }
        let commands: Vec<String> = alike
            .iter()
            .map(|alike| VerifyCommand::together(alike))
            .collect();
        Some(VerifyPart {
            reference: pin.reference(),
            digest: pin.digest.to_string(),
            command: commands.join("\n"),
            needs: needs.join(", "),
            cosign: OLDEST_COSIGN,
            images: ImagePart::several(pin),
            by_tag: pin.by_tag.clone(),
            sbom: pin.sbom.clone(),
            source_revision: pin.source_revision.clone(),
        })
    }
}

/// As one word of a shell.
fn word(text: &str) -> String {
    if shell_safe(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Nothing in it means anything to a shell.
fn shell_safe(word: &str) -> bool {
    !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "@:/._-+".contains(c))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
