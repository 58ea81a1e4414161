//! Who signed, as a pin says it.

use crate::diag::Code;
use crate::model::{IdentityFlaw, Signer, identity_flaws};
use crate::sources::pin::facts::{At, Lookup};
use crate::sources::pin::release::Reader;

impl Reader<'_, '_> {
    /// Of the release: of every product image that names no signer of its own.
    pub fn signer(&mut self, tag: Option<&str>) -> Option<Signer> {
        let lookup = std::mem::take(&mut self.lookup);
        let signer = self.signer_in(&lookup, tag);
        let attested = || {
            let (page, _) = lookup.fact("build_provenance")?;
            let repository = page
                .strip_prefix("https://github.com/")?
                .split_once("/attestations/")?
                .0;
            Some(Signer::Attestation(repository.to_owned()))
        };
        let signer = signer.or_else(attested);
        self.lookup = lookup;
        if signer.is_none() {
            let at = self.top();
            self.say(
                Code::IdentityMissing,
                "the pin does not say who signed the image",
                at,
                "add `certificate_identity` and `certificate_oidc_issuer`, or `public_key`; for GitHub's attestations `attestation` with the repository",
            );
        }
        signer
    }

    /// As one place says it; `None` where it does not.
    pub fn signer_in(&mut self, lookup: &Lookup<'_, '_>, tag: Option<&str>) -> Option<Signer> {
        let issuer = lookup
            .fact("certificate_oidc_issuer")
            .map(|(issuer, _)| issuer.to_owned());
        if let Some((identity, _)) = lookup.fact("certificate_identity") {
            return Some(Signer::Identity {
                identity: identity.to_owned(),
                issuer,
            });
        }
        if let Some((expression, at)) = lookup.fact("certificate_identity_regexp") {
            self.expression(expression, at, tag);
            return Some(Signer::Expression {
                expression: expression.to_owned(),
                issuer,
            });
        }
        if let Some((key, at)) = lookup.fact("public_key") {
            if key.contains('\n') || key.contains("-----BEGIN") {
                self.say(
                    Code::PinField,
                    "the key itself stands in the pin, and no command can take it from there",
                    at,
                    "put it into a file of this repository, such as `cosign.pub`, and name the file: `\"public_key\": \"cosign.pub\"`",
                );
                return None;
            }
            return Some(Signer::Key(key.to_owned()));
        }
        if let Some((repository, _)) = lookup.fact("attestation") {
            return Some(Signer::Attestation(repository.to_owned()));
        }
        let (identity, _) = lookup.fact("notation")?;
        Some(Signer::Notation(identity.to_owned()))
    }

    fn expression(&mut self, expression: &str, at: At<'_>, tag: Option<&str>) {
        let exact = tag.map_or("certificate_identity".to_owned(), |tag| {
            format!("`certificate_identity` with the exact identity, ending in `@refs/tags/{tag}`")
        });
        let mut unescaped = 0;
        for flaw in identity_flaws(expression, tag) {
            let (code, message) = match flaw {
                IdentityFlaw::Unanchored { start: false, end: false } => (
                    Code::IdentityUnanchored,
                    "the identity expression has no `^` and no `$`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unanchored { start: false, .. } => (
                    Code::IdentityUnanchored,
                    "the identity expression does not start with `^`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unanchored { .. } => (
                    Code::IdentityUnanchored,
                    "the identity expression does not end with `$`: it also accepts longer identities".to_owned(),
                ),
                IdentityFlaw::Unescaped(_) => {
                    unescaped += 1;
                    continue;
                }
                IdentityFlaw::Wide(from) => {
                    let what: String = expression[from..].chars().take(2).collect();
                    (Code::IdentityWide, format!("`{what}` in the identity expression accepts more than this release's identity"))
                }
                IdentityFlaw::OtherTag => {
                    (Code::IdentityWide, format!("the identity expression does not end in `@refs/tags/{}`", tag.unwrap_or_default()))
                }
            };
            self.say(code, message, at, &format!("better write {exact}"));
        }
        if unescaped > 0 {
            let dots = crate::diag::count(unescaped, "dot");
            self.say(
                Code::IdentityUnescaped,
                format!("{dots} in the identity expression not escaped"),
                at,
                &format!("write `\\\\.` for each, or better {exact}"),
            );
        }
    }
}
