//! When two spellings of an e-mail address are one mailbox.

/// An address as it goes over the wire: an international domain in its ASCII form (RFC 5891).
pub fn wire(address: &str) -> String {
    match address
        .rsplit_once('@')
        .map(|(local, domain)| (local, url::Host::parse(domain)))
    {
        Some((local, Ok(url::Host::Domain(domain)))) => format!("{local}@{domain}"),
        _ => address.to_owned(),
    }
}

/// The same for every spelling of a mailbox: lower case, and the domain in its ASCII form. What stands behind a `+` stays.
pub fn folded(address: &str) -> String {
    wire(address.trim()).to_lowercase()
}
