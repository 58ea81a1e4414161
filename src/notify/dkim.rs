//! DomainKeys Identified Mail (RFC 6376; Ed25519: RFC 8463): the sender's domain answers for what was sent.

use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::HeaderName;

/// What a signature covers; one that is not there may not be added on the way. Content-Type is left out: relays write it anew.
const COVERED: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Signs messages for a domain.
#[derive(Debug)]
pub struct Signature(DkimConfig);

impl Signature {
    /// `key` is an RSA key (PKCS #1, PEM) or the 32 bytes of an Ed25519 key in base64.
    ///
    /// # Errors
    /// Says what is wrong; the key is not in it.
    pub fn new(domain: &str, selector: &str, key: &str) -> Result<Self, String> {
        let name = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
        };
        if let Some(bad) = [domain, selector].into_iter().find(|text| !name(text)) {
            return Err(format!(
                "`{}` is no name in the domain name system",
                crate::diag::clipped(bad, 60)
            ));
        }
        let key = key.trim();
        let (algorithm, wanted) = if key.starts_with("-----BEGIN") {
            (
                DkimSigningAlgorithm::Rsa,
                "a PEM that begins with `-----BEGIN RSA PRIVATE KEY-----` (`openssl rsa -traditional` makes it)",
            )
        } else {
            (
                DkimSigningAlgorithm::Ed25519,
                "a PEM, or the 32 bytes of an Ed25519 key in base64",
            )
        };
        let key = DkimSigningKey::new(key, algorithm)
            .map_err(|_| format!("the key for DKIM cannot be read: it must be {wanted}"))?;
        let relaxed = DkimCanonicalization {
            header: DkimCanonicalizationType::Relaxed,
            body: DkimCanonicalizationType::Relaxed,
        };
        let covered = COVERED.map(HeaderName::new_from_ascii_str).to_vec();
        Ok(Signature(DkimConfig::new(
            selector.to_owned(),
            domain.to_owned(),
            key,
            covered,
            relaxed,
        )))
    }

    pub fn sign(&self, message: &mut Message) {
        message.sign(&self.0);
    }
}
