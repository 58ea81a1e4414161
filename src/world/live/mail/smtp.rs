//! SMTP (RFC 5321). lettre connects, greets, encrypts and logs in; the stages of a message are asked here one by one, because
//! what may be tried again depends on the stage: nothing after the final dot.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;

use crate::world::mail::{SmtpServer, Tls};
use crate::world::{Connection, Envelope, Failure, Outcome, Transport};

/// For a greeting and for being let in.
const PATIENCE: Duration = Duration::from_secs(60);
/// For each answer about a message: RFC 5321, section 4.5.3.2, asks for five minutes at most stages, and for ten after the final dot,
/// where a message that is given up too early is told twice.
const ANSWER: Duration = Duration::from_secs(600);

/// Between two flights of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For the answer to QUIT, which changes nothing.
const LEAVE: Duration = Duration::from_secs(2);

type Error = lettre::transport::smtp::Error;

pub struct Smtp {
    server: SmtpServer,
    tls: Option<TlsParameters>,
}

impl Smtp {
    pub fn new(server: &SmtpServer) -> Result<Self, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = match server.tls {
            Tls::None => None,
            _ => Some(TlsParameters::new(server.host.clone()).map_err(|error| Failure::new(format!("cannot prepare TLS: {error}")))?),
        };
        Ok(Smtp { server: server.clone(), tls })
    }

    fn fail(&self, stage: &str, error: &Error) -> Failure {
        let SmtpServer { host, port, .. } = &self.server;
        let failure = Failure::new(format!("{host}:{port} {stage}: {}", words(error)));
        failure.help(match stage {
            "does not let us in" => "look at the name in `[email] transport` and the password in the variable that `password_env` names",
            "cannot be talked to securely" => "the certificate must be valid for that name; nothing is sent unencrypted",
            _ => "look at `[email] transport` in operator.toml, and whether the server is up",
        })
    }
}

impl Transport for Smtp {
    fn connect(&self) -> Result<Box<dyn Connection>, Failure> {
        let SmtpServer { host, port, tls, login, hello } = &self.server;
        let hello = ClientId::Domain(hello.clone());
        let wrapped = if *tls == Tls::Implicit { self.tls.as_ref() } else { None };
        let stage = if *tls == Tls::Implicit { "cannot be talked to securely" } else { "cannot be reached" };
        let mut connection = SmtpConnection::connect((host.as_str(), *port), Some(PATIENCE), &hello, wrapped, None)
            .map_err(|error| self.fail(stage, &error))?;
        if let (Tls::StartTls, Some(parameters)) = (tls, &self.tls) {
            if !connection.can_starttls() {
                return Err(Failure::new(format!("{host}:{port} offers no encryption"))
                    .help("use another port or server; only to loopback may mail go unencrypted"));
            }
            // lettre takes leave of a server that it does not trust, and waits for an answer.
            let _ = connection.set_timeout(Some(HANDSHAKE));
            connection.starttls(parameters, &hello).map_err(|error| self.fail("cannot be talked to securely", &error))?;
        }
        let _ = connection.set_timeout(Some(PATIENCE));
        if let Some((name, password)) = login {
            let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(|error| self.fail("does not let us in", &error))?;
        }
        // lettre does not keep all that the server offers: it is asked again.
        let greeting = format!("EHLO {}\r\n", self.server.hello);
        let offers = connection.command(greeting).map_err(|error| self.fail("cannot be reached", &error))?;
        let offers = |keyword: &str| offers.message().any(|line| line.trim().eq_ignore_ascii_case(keyword));
        let (together, utf8) = (offers("PIPELINING"), offers("SMTPUTF8"));
        let _ = connection.set_timeout(Some(ANSWER));
        Ok(Box::new(Open { connection, together, utf8, good: true, begun: None }))
    }
}

/// What went wrong, in the server's words where it said some.
fn words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        text = error.to_string();
        below = error.source();
    }
    let code = error.status().map(|code| format!("{code} ")).unwrap_or_default();
    crate::diag::clipped(&format!("{code}{text}"), 300)
}

struct Open {
    connection: SmtpConnection,
    /// PIPELINING (RFC 2920).
    together: bool,
    /// SMTPUTF8 (RFC 6531).
    utf8: bool,
    good: bool,
    /// To whom the transaction is that was begun behind the last message; its answers are still to be read.
    begun: Option<String>,
}

impl Open {
    /// MAIL, RCPT and DATA; `None` where this server takes no such address.
    fn lines(&self, envelope: &Envelope) -> Option<[String; 3]> {
        let international = !envelope.to.is_ascii() || !envelope.message.is_ascii();
        let extra = if international { " SMTPUTF8 BODY=8BITMIME" } else { "" };
        let lines = [format!("MAIL FROM:<{}>{extra}\r\n", envelope.from), format!("RCPT TO:<{}>\r\n", envelope.to), "DATA\r\n".to_owned()];
        (!international || self.utf8).then_some(lines)
    }

    /// The answers to MAIL, RCPT and DATA; those that did not come are errors.
    fn ask(&mut self, lines: [String; 3], begun: bool) -> [Option<Result<Response, Error>>; 3] {
        let mut answers = [None, None, None];
        if self.together {
            answers[0] = Some(if begun { self.connection.read_response() } else { self.connection.command(lines.concat()) });
            for answer in &mut answers[1..] {
                *answer = Some(self.connection.read_response());
            }
            return answers;
        }
        for (answer, line) in answers.iter_mut().zip(lines) {
            let said = self.connection.command(line);
            let positive = said.is_ok();
            *answer = Some(said);
            if !positive {
                break;
            }
        }
        answers
    }

    /// An answer that is no: later, or never. No answer: the connection is gone.
    fn no(&mut self, error: &Error, stop: bool, recipient: bool) -> Outcome {
        let said = words(error);
        if error.status().is_none() {
            self.good = false;
            return Outcome::Again(said);
        }
        if error.status().is_some_and(|code| code.to_string() == "421") {
            self.good = false;
        }
        if error.is_transient() {
            return Outcome::Deferred(said);
        }
        if stop {
            return Outcome::Stop(said);
        }
        // RFC 3463: 5.1 is about the address, 5.7 about us.
        Outcome::Failed { suppress: recipient && said.contains(" 5.1."), answer: said }
    }
}

impl Connection for Open {
    fn send(&mut self, envelope: &Envelope, next: Option<&Envelope>) -> Outcome {
        let begun = match self.begun.take() {
            Some(to) if to == envelope.to => true,
            Some(_) => {
                // Another one waits for its text: only the end of the connection calls that off.
                self.good = false;
                return Outcome::Again("another message was begun".to_owned());
            }
            None => false,
        };
        let Some(lines) = self.lines(envelope) else {
            let answer = "the server takes no addresses with letters beyond ASCII (SMTPUTF8)".to_owned();
            return Outcome::Failed { answer, suppress: false };
        };
        let Ok(text) = std::str::from_utf8(&envelope.message) else {
            return Outcome::Failed { answer: "the message is no UTF-8".to_owned(), suppress: false };
        };
        let [mail, recipient, data] = self.ask(lines, begun);
        let go = matches!(&data, Some(Ok(answer)) if answer.code().to_string() == "354");
        let refused = match (&mail, &recipient, &data) {
            (Some(Err(error)), ..) => Some(self.no(error, true, false)),
            (_, Some(Err(error)), _) => Some(self.no(error, false, true)),
            (_, _, Some(Err(error))) => Some(self.no(error, false, false)),
            _ if !go => {
                self.good = false;
                Some(Outcome::Again("the server did not ask for the message".to_owned()))
            }
            _ => None,
        };
        if let Some(outcome) = refused {
            // The server waits for a message that nobody is to get, or for the end of this transaction.
            self.good = self.good && !go && self.connection.command("RSET\r\n").is_ok();
            return outcome;
        }
        // One write: two would wait for each other (Nagle, delayed acknowledgement). The next transaction may stand behind the text (RFC 2920).
        let mut text = stuffed(text);
        if let Some((next, lines)) = next.filter(|_| self.together).and_then(|next| Some((next, self.lines(next)?))) {
            lines.iter().for_each(|line| text.push_str(line));
            self.begun = Some(next.to.clone());
        }
        let said = self.connection.command(text);
        match said {
            Ok(answer) => {
                Outcome::Sent(crate::diag::clipped(&format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")), 300))
            }
            Err(error) => match self.no(&error, false, false) {
                Outcome::Again(why) => Outcome::Unknown(format!("no answer after the message: {why}")),
                outcome => outcome,
            },
        }
    }

    fn is_good(&self) -> bool {
        self.good && !self.connection.has_broken()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.connection.set_timeout(Some(LEAVE));
        // In a transaction that was begun, QUIT would be text.
        if self.is_good() && self.begun.is_none() {
            let _ = self.connection.quit();
        } else {
            self.connection.abort();
        }
    }
}

/// The message as DATA wants it. RFC 5321, section 4.5.2: a dot at the front of a line is doubled; a line with one dot ends the message.
fn stuffed(message: &str) -> String {
    let mut text = String::with_capacity(message.len() + 512);
    if message.starts_with('.') {
        text.push('.');
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(message.as_bytes(), b"\r\n.") {
        text.push_str(&message[from..at + 3]);
        text.push('.');
        from = at + 3;
    }
    text.push_str(&message[from..]);
    if !text.ends_with("\r\n") {
        text.push_str("\r\n");
    }
    text.push_str(".\r\n");
    text
}
