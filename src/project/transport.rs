//! How mail leaves, as operator.toml says it.

use std::time::Duration;

use crate::model::wire;
use crate::notify::Pace;
use crate::ports::mail::{SmtpServer, Tls};
use crate::ports::{Failure, TransportKind, loopback};
use crate::project::operator::Outward;
use crate::project::session::{Session, Stop};

/// # Errors
/// `[email] transport` is none, or the password is not there.
pub fn transport(outward: &Outward<'_>, session: &Session<'_>) -> Result<TransportKind, Stop> {
    let mail = &outward.operator.config.email;
    let written = mail.transport.as_str();
    let none = |why: &str| {
        let help = "write `folder:outbox`, `smtp://name@host:587`, `smtps://name@host` or `sendmail:` as `[email] transport` in operator.toml";
        Stop::from(
            Failure::new(format!(
                "`{}` is no way to send mail: {why}",
                crate::diag::clipped(written, 80)
            ))
            .help(help),
        )
    };
    if let Some(folder) = written.strip_prefix("folder:") {
        return Ok(TransportKind::Folder(outward.operator.root.join(folder)));
    }
    if let Some(program) = written.strip_prefix("sendmail:") {
        return Ok(TransportKind::Sendmail(if program.is_empty() {
            "/usr/sbin/sendmail".to_owned()
        } else {
            program.to_owned()
        }));
    }
    let (implicit, rest) = match (
        written.strip_prefix("smtps://"),
        written.strip_prefix("smtp://"),
    ) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(none("the part before `:` is not known")),
    };
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    if !matches!(options, "" | "tls=required") {
        return Err(none("after `?` only `tls=required` is known"));
    }
    let (user, place) = match place.rsplit_once('@') {
        Some((user, place)) => {
            let user = decoded(user).ok_or_else(|| none("a `%` is not followed by two digits"))?;
            (Some(user), place.trim_end_matches('/'))
        }
        None => (None, place.trim_end_matches('/')),
    };
    if user.as_deref().is_some_and(|user| user.contains(':')) {
        let failure = Failure::new(
            "a password does not belong into a file: `[email] transport` in operator.toml holds one",
        );
        return Err(failure.help("write `smtp://name@host`, and put the password into the variable that `password_env` names").into());
    }
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (
            host,
            port.parse().map_err(|_| none("the port is no number"))?,
        ),
        _ => (place, if implicit { 465 } else { 587 }),
    };
    if host.is_empty() {
        return Err(none("it names no host"));
    }
    let tls = match (implicit, loopback(host) && options.is_empty()) {
        (true, _) => Tls::Implicit,
        (false, true) => Tls::None,
        (false, false) => Tls::StartTls,
    };
    let login = match user {
        None => None,
        Some(user) => {
            let name = mail.password_env.as_deref().unwrap_or("SMTP_PASSWORD");
            let password = session.world.variable(name).filter(|password| !password.is_empty()).ok_or_else(|| {
                Failure::new(format!("there is no password: the environment has no `{name}`"))
                    .help("put it into that variable, or name another: `[email] password_env` in operator.toml")
            })?;
            Some((user, password.into()))
        }
    };
    let hello = hello(mail.ehlo.as_deref(), mail.from.as_deref().unwrap_or(""))?;
    Ok(TransportKind::Smtp(SmtpServer {
        host: host.trim_matches(['[', ']']).to_owned(),
        port,
        tls,
        login,
        hello,
    }))
}

/// What we call ourselves in EHLO (RFC 5321, section 4.1.4): a name of this machine, else the sender's domain.
fn hello(named: Option<&str>, from: &str) -> Result<String, Stop> {
    let from = from.trim_end().trim_end_matches('>').trim();
    let name = wire(&format!(
        "x@{}",
        named.unwrap_or_else(|| from.rsplit('@').next().unwrap_or(""))
    ));
    let name = name.trim_start_matches("x@").to_owned();
    let literal = name.starts_with('[') && name.ends_with(']');
    let sound = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c) || literal && "[]:".contains(c));
    match (sound, named) {
        (true, _) => Ok(name),
        (false, None) => Ok("[127.0.0.1]".to_owned()),
        (false, Some(named)) => Err(Failure::new(format!(
            "`{}` is no name of a machine",
            crate::diag::clipped(named, 60)
        ))
        .help("write a name that others can look up, such as `mail.acme.example`, as `[email] ehlo` in operator.toml")
        .into()),
    }
}

/// `releases%40acme.example`: the `@` of a login.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// # Errors
/// `[email] rate` cannot be read.
pub fn pace(outward: &Outward<'_>, kind: &TransportKind) -> Result<Pace, Stop> {
    let mail = &outward.operator.config.email;
    let usual = if matches!(kind, TransportKind::Smtp(_)) {
        4
    } else {
        1
    };
    let connections = mail
        .connections
        .map_or(usual, |connections| connections.clamp(1, 256) as usize);
    let between = match &mail.rate {
        None => Duration::ZERO,
        Some(rate) => between(rate).ok_or_else(|| {
            Failure::new(format!("`{}` is no rate", crate::diag::clipped(rate, 40)))
                .help("write `10/s`, `600/m` or `5000/h` as `[email] rate` in operator.toml")
        })?,
    };
    Ok(Pace {
        connections,
        between,
    })
}

/// `10/s`: a tenth of a second.
fn between(rate: &str) -> Option<Duration> {
    let (number, unit) = rate.trim().split_once('/')?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number > 0.0).then(|| Duration::try_from_secs_f64(seconds / number).ok())?
}
