//! The one judge of who signed: an identity as a certificate has it, exact or as an expression, with its issuer; or a key.

use crate::model::{Signer, identity_flaws};

/// Why a signer is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerFlaw {
    /// The expression accepts other identities, too.
    Wide,
    /// Exact, but of another tag.
    OtherTag,
    /// A certificate's identity counts only with its issuer.
    NoIssuer,
}

/// The one identity that a signer stands for; `None` for a key and for an expression that accepts several.
#[must_use]
pub fn exact_identity(signer: &Signer) -> Option<String> {
    match signer {
        Signer::Key(_) | Signer::Attestation(_) | Signer::Notation(_) => None,
        Signer::Identity { identity, .. } => Some(identity.clone()),
        Signer::Expression { expression, .. } => literal(expression),
    }
}

/// The text that an anchored, escaped expression accepts, if it is one.
#[must_use]
pub fn literal(expression: &str) -> Option<String> {
    if !identity_flaws(expression, None).is_empty() {
        return None;
    }
    let inner = expression.strip_prefix('^')?.strip_suffix('$')?;
    let mut literal = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        literal.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(literal)
}

/// What is wrong with a signer of this tag.
#[must_use]
pub fn signer_flaw(signer: &Signer, tag: &str) -> Option<SignerFlaw> {
    let issuer = match signer {
        Signer::Key(_) | Signer::Attestation(_) | Signer::Notation(_) => return None,
        Signer::Identity { issuer, .. } | Signer::Expression { issuer, .. } => issuer,
    };
    if issuer.is_none() {
        return Some(SignerFlaw::NoIssuer);
    }
    match exact_identity(signer) {
        None => Some(SignerFlaw::Wide),
        Some(identity) if !identity.ends_with(&format!("@refs/tags/{tag}")) => {
            Some(SignerFlaw::OtherTag)
        }
        Some(_) => None,
    }
}

/// What of a signer stays the same from release to release: the workflow before its `@`, and the issuer; or the key.
#[must_use]
pub fn lasting(signer: &Signer) -> (Option<String>, Option<String>) {
    match signer {
        Signer::Key(key) => (Some(format!("the key {key}")), None),
        Signer::Attestation(repository) => (Some(format!("attestations of {repository}")), None),
        Signer::Notation(identity) => (Some(format!("Notation's {identity}")), None),
        Signer::Identity { issuer, .. } | Signer::Expression { issuer, .. } => {
            let workflow = exact_identity(signer)
                .map(|identity| identity.split('@').next().unwrap_or("").to_owned());
            (workflow, issuer.clone())
        }
    }
}
