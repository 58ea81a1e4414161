//! DomainKeys Identified Mail (RFC 6376; Ed25519: RFC 8463): the sender's domain answers for what was sent.
//!
//! lettre's signer covers no field twice and reads no PKCS #8, so what is signed is put together here, relaxed/relaxed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

/// What a signature covers; one that is not there may not be added on the way.
const COVERED: [&str; 12] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Signs messages for a domain.
pub struct Signature {
    domain: String,
    selector: String,
    key: Key,
}

impl fmt::Debug for Signature {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Signature({} for {})", self.selector, self.domain)
    }
}

impl Signature {
    /// `key` is an RSA key of 2048 bits or more (PKCS #1 or #8, PEM), or an Ed25519 key (PKCS #8, PEM, or its 32 bytes in base64).
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
        Ok(Signature {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key: read(key.trim()).ok_or(
                "the key for DKIM cannot be read: it must be the PEM of an RSA key of at least 2048 bits or of an Ed25519 key, or the 32 bytes of an Ed25519 key in base64",
            )?,
        })
    }

    /// The field that goes in front of these header fields; `at` is in seconds since 1970.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, headers: &str, body: &[u8], at: i64) -> Result<String, String> {
        let fields = fields(headers);
        let mut covered: Vec<&str> = Vec::new();
        let mut signed = String::new();
        for name in COVERED {
            for field in fields
                .iter()
                .rev()
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            {
                covered.push(name);
                signed.push_str(&relaxed(field));
                signed.push_str("\r\n");
            }
            // Once more than it is there: another one cannot be added.
            covered.push(name);
        }
        let algorithm = match &self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={at}; h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            covered.join(":\r\n  "),
            STANDARD.encode(Sha256::digest(relaxed_body(body)))
        );
        signed.push_str(&relaxed(&("DKIM-Signature", &value)));
        let made = self.key.sign(signed.as_bytes())?;
        let made = STANDARD.encode(made);
        let lines: Vec<&str> = made
            .as_bytes()
            .chunks(72)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        Ok(format!(
            "DKIM-Signature: {value}{}\r\n",
            lines.join("\r\n  ")
        ))
    }
}

fn read(key: &str) -> Option<Key> {
    if !key.starts_with("-----BEGIN") {
        let seed = STANDARD.decode(key).ok()?;
        return Some(Key::Ed25519(
            Ed25519KeyPair::from_seed_unchecked(&seed).ok()?,
        ));
    }
    match PrivateKeyDer::from_pem_slice(key.as_bytes()).ok()? {
        PrivateKeyDer::Pkcs1(key) => Some(Key::Rsa(Box::new(
            RsaKeyPair::from_der(key.secret_pkcs1_der()).ok()?,
        ))),
        PrivateKeyDer::Pkcs8(key) => {
            let key = key.secret_pkcs8_der();
            RsaKeyPair::from_pkcs8(key)
                .map(|key| Key::Rsa(Box::new(key)))
                .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).map(Key::Ed25519))
                .ok()
        }
        _ => None,
    }
}

impl Key {
    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Key::Rsa(key) => {
                let mut made = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut made)
                    .map_err(|_| "the key for DKIM cannot sign")?;
                Ok(made)
            }
            // RFC 8463, section 3: what is signed is the hash.
            Key::Ed25519(key) => Ok(key.sign(&Sha256::digest(text)).as_ref().to_vec()),
        }
    }
}

/// Name and value of each field, with the folds that are in it.
fn fields(headers: &str) -> Vec<(&str, &str)> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, _) in headers.match_indices("\r\n") {
        if headers[at + 2..].starts_with([' ', '\t']) {
            continue;
        }
        if let Some(field) = headers[start..at].split_once(':') {
            fields.push(field);
        }
        start = at + 2;
    }
    fields
}

/// RFC 6376, section 3.4.2.
fn relaxed((name, value): &(&str, &str)) -> String {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    format!("{}:{}", name.to_ascii_lowercase(), words.join(" "))
}

/// RFC 6376, section 3.4.4: no spaces at the ends of lines, one for several within, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let (mut out, mut kept) = (Vec::with_capacity(body.len()), 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut space, before) = (false, out.len());
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                space = true;
                continue;
            }
            if std::mem::take(&mut space) {
                out.push(b' ');
            }
            out.push(*byte);
        }
        let empty = out.len() == before;
        out.extend_from_slice(b"\r\n");
        if !empty {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}
