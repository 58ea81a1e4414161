//! Whether an address stays on this machine: only there may anything go unencrypted.

use core::net::{Ipv4Addr, Ipv6Addr};

/// For `host`, `host:port` and `scheme://host:port/path`.
pub fn loopback(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or("");
    let Some(rest) = rest.strip_prefix('[') else {
        let host = rest.split(':').next().unwrap_or("");
        let v4 = host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback());
        return v4 || host.eq_ignore_ascii_case("localhost");
    };
    rest.split(']').next().is_some_and(|host| {
        host.parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback())
    })
}

/// Whether one server may send us, and what we have to prove, on to another address. Without encryption only loopback leads to loopback: no
/// server elsewhere may name an address on this machine.
pub fn may_lead(from: &str, to: &str) -> bool {
    match to.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => true,
        Some((scheme, _)) => scheme.eq_ignore_ascii_case("http") && loopback(from) && loopback(to),
        None => false,
    }
}
