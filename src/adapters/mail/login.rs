//! Logging in at a mail server (RFC 4954), by a name and a password.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::adapters::mail::wire::{Lost, Reply, Wire};

/// What the server answers in the end; where it offers no way that we know, which ones it does offer.
pub enum Login {
    Answered(Reply),
    NoWay(String),
}

pub async fn login(
    wire: &mut Wire,
    offers: &str,
    (name, password): (&str, &SecretString),
    time: Duration,
) -> Result<Login, Lost> {
    let ways: Vec<String> = offers
        .lines()
        .filter_map(|line| {
            let (keyword, rest) = line.trim().split_at_checked(4)?;
            keyword.eq_ignore_ascii_case("AUTH").then_some(rest)
        })
        .flat_map(|rest| rest.split([' ', '=']))
        .map(str::to_ascii_uppercase)
        .filter(|way| !way.is_empty())
        .collect();
    let offered = |way: &str| ways.iter().any(|offered| offered == way);
    let password = password.expose_secret();
    if offered("PLAIN") {
        let secret = STANDARD.encode(format!("\0{name}\0{password}"));
        let reply = wire.ask(&format!("AUTH PLAIN {secret}\r\n"), time).await?;
        return Ok(Login::Answered(reply));
    }
    if !offered("LOGIN") {
        return Ok(Login::NoWay(if ways.is_empty() {
            "it offers no login at all".to_owned()
        } else {
            format!("it offers {} only", ways.join(", "))
        }));
    }
    let mut reply = wire.ask("AUTH LOGIN\r\n", time).await?;
    for secret in [name, password] {
        if reply.code != 334 {
            break;
        }
        reply = wire
            .ask(&format!("{}\r\n", STANDARD.encode(secret)), time)
            .await?;
    }
    Ok(Login::Answered(reply))
}
