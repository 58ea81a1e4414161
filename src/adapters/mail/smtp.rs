//! SMTP (RFC 5321), stage by stage, because what may be tried again depends on the stage: nothing after the final dot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use crate::adapters::mail::login::{Login, login};
use crate::adapters::mail::wire::{Lost, Reply, Wire};
use crate::ports::mail::{Giving, SmtpServer, Tls};
use crate::ports::{
    Connection, Envelope, Failure, Going, NoConnection, Outcome, Refusal, Stage, Transport,
};

/// RFC 5321, section 4.5.3.2: five minutes at most stages, ten after the final dot, where a message that is given up too early is told twice.
const ANSWER: Duration = Duration::from_secs(300);
const END: Duration = Duration::from_secs(600);
/// Until a server is reached at all, and for encryption.
const REACH: Duration = Duration::from_secs(30);
/// For the answer to QUIT, which changes nothing.
const LEAVE: Duration = Duration::from_secs(2);
/// A server that has answered one of several commands and not the next after so long forgets what it did not wait for.
const TOGETHER: Duration = Duration::from_secs(5);
/// The same for commands behind a message, where others may have to be asked first.
const BEHIND: Duration = Duration::from_secs(30);

pub struct Smtp {
    server: SmtpServer,
    tls: Option<Arc<ClientConfig>>,
    /// It offers PIPELINING and cannot do it.
    one_by_one: Arc<AtomicBool>,
}

impl Smtp {
    pub fn new(server: &SmtpServer) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Smtp {
            server: server.clone(),
            tls: (server.tls != Tls::None).then(encryption),
            one_by_one: Arc::default(),
        }
    }

    /// No answer, or none that a mail server gives.
    fn lost(&self, doing: &str, why: &Lost) -> NoConnection {
        let SmtpServer { host, port, .. } = &self.server;
        let (help, passing) = match doing {
            "cannot be talked to securely" => (
                "the certificate must be valid for that name; nothing is sent unencrypted",
                false,
            ),
            _ => (
                "look at `[email] transport` in operator.toml, and whether the server is up",
                true,
            ),
        };
        NoConnection {
            failure: Failure::new(format!("{host}:{port} {doing}: {why}")).help(help),
            refusal: None,
            passing,
        }
    }

    /// An answer that is no.
    fn refused(&self, doing: &str, reply: &Reply, stage: Stage) -> NoConnection {
        let SmtpServer { host, port, .. } = &self.server;
        let failure = Failure::new(format!("{host}:{port} {doing}: {}", reply.words()));
        NoConnection {
            failure: failure.help(match stage {
                Stage::Auth => "look at the name in `[email] transport` and the password in the variable that `password_env` names",
                _ => "it is the server that says so: ask who runs it, or look at `[email] transport` in operator.toml",
            }),
            refusal: Some(reply.refusal(stage)),
            passing: reply.code / 100 == 4,
        }
    }

    async fn greet(&self, wire: &mut Wire) -> Result<String, NoConnection> {
        let hello = format!("EHLO {}\r\n", self.server.hello);
        let reply = wire.ask(&hello, ANSWER).await;
        let reply = reply.map_err(|why| self.lost("cannot be reached", &why))?;
        match reply.code {
            250 => Ok(reply.text),
            _ => Err(self.refused("does not greet us", &reply, Stage::Connect)),
        }
    }

    /// Up to where messages may be given.
    async fn reach(&self) -> Result<(Wire, String), NoConnection> {
        let SmtpServer {
            host,
            port,
            tls,
            login: account,
            ..
        } = &self.server;
        let unreached = |why: Lost| self.lost("cannot be reached", &why);
        let unsafe_ = |why: Lost| self.lost("cannot be talked to securely", &why);
        let mut wire = Wire::connect(host, *port, REACH).await.map_err(unreached)?;
        if let (Tls::Implicit, Some(config)) = (tls, &self.tls) {
            wire.encrypt(host, config, REACH).await.map_err(unsafe_)?;
        }
        let greeting = wire.hear(ANSWER).await.map_err(unreached)?;
        if greeting.code != 220 {
            return Err(self.refused("does not let us in", &greeting, Stage::Connect));
        }
        let mut offers = self.greet(&mut wire).await?;
        if let (Tls::StartTls, Some(config)) = (tls, &self.tls) {
            if !offered(&offers, "STARTTLS") {
                let failure = Failure::new(format!("{host}:{port} offers no encryption"));
                return Err(failure
                    .help("use another port or server; only to loopback may mail go unencrypted")
                    .into());
            }
            let reply = wire.ask("STARTTLS\r\n", ANSWER).await.map_err(unreached)?;
            if reply.code != 220 {
                return Err(self.refused("cannot be talked to securely", &reply, Stage::Connect));
            }
            wire.encrypt(host, config, REACH).await.map_err(unsafe_)?;
            // What was offered in the clear does not count.
            offers = self.greet(&mut wire).await?;
        }
        if let Some((name, password)) = account {
            let asked = login(&mut wire, &offers, (name, password), ANSWER).await;
            match asked.map_err(unreached)? {
                Login::Answered(reply) if reply.code == 235 => {}
                Login::Answered(reply) => {
                    return Err(self.refused("does not let us in", &reply, Stage::Auth));
                }
                Login::NoWay(what) => {
                    let failure =
                        Failure::new(format!("{host}:{port} takes no name and password: {what}"));
                    return Err(failure
                        .help("use a server or an account that takes AUTH PLAIN or LOGIN")
                        .into());
                }
            }
        }
        Ok((wire, offers))
    }

    async fn open(&self) -> Result<Open, NoConnection> {
        let (mut wire, mut offers) = self.reach().await?;
        let mut together =
            offered(&offers, "PIPELINING") && !self.one_by_one.load(Ordering::SeqCst);
        if together && !can_take_two(&mut wire).await {
            // An answer may still come late: it is not to be taken for that to something else.
            self.one_by_one.store(true, Ordering::SeqCst);
            together = false;
            (wire, offers) = self.reach().await?;
        }
        Ok(Open {
            wire,
            together,
            utf8: offered(&offers, "SMTPUTF8"),
            one_by_one: Arc::clone(&self.one_by_one),
            good: true,
            proved: false,
            begun: None,
        })
    }
}

/// Whom the system trusts; TLS 1.2 at least.
fn encryption() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

fn offered(offers: &str, keyword: &str) -> bool {
    offers
        .lines()
        .any(|line| line.trim().eq_ignore_ascii_case(keyword))
}

/// Whether two commands that change nothing are both answered (RFC 2920): some servers and firewalls forget what they did not wait for.
async fn can_take_two(wire: &mut Wire) -> bool {
    wire.say(b"RSET\r\nNOOP\r\n", ANSWER).await.is_ok()
        && wire.hear(ANSWER).await.is_ok()
        && wire.hear(TOGETHER).await.is_ok()
}

impl Transport for Smtp {
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, NoConnection>> {
        Box::pin(async { Ok(Box::new(self.open().await?) as Box<dyn Connection>) })
    }
}

struct Open {
    wire: Wire,
    /// PIPELINING (RFC 2920).
    together: bool,
    /// SMTPUTF8 (RFC 6531).
    utf8: bool,
    one_by_one: Arc<AtomicBool>,
    good: bool,
    /// Commands behind a message were answered once.
    proved: bool,
    /// To whom the transaction is that was begun behind the last message; its answers are still to be read.
    begun: Option<String>,
}

/// Why a transaction does not go on.
enum No {
    Lost(Lost),
    Refused(Refusal),
}

impl Open {
    /// MAIL, RCPT and DATA; `None` where this server takes no such address.
    fn lines(&self, envelope: &Envelope) -> Option<[String; 3]> {
        let international = !envelope.to.is_ascii() || !envelope.message.is_ascii();
        let extra = if international {
            " SMTPUTF8 BODY=8BITMIME"
        } else {
            ""
        };
        let lines = [
            format!("MAIL FROM:<{}>{extra}\r\n", envelope.from),
            format!("RCPT TO:<{}>\r\n", envelope.to),
            "DATA\r\n".to_owned(),
        ];
        (!international || self.utf8).then_some(lines)
    }

    /// What the server said at a stage, where it is what should be said there.
    fn judged(&mut self, heard: Result<Reply, Lost>, stage: Stage) -> Result<Reply, No> {
        let heard = heard.map_err(|why| {
            self.good = false;
            No::Lost(why)
        })?;
        let good = match stage {
            Stage::Data => heard.code == 354,
            _ => heard.code / 100 == 2,
        };
        if good {
            return Ok(heard);
        }
        if heard.code / 100 < 4 {
            self.good = false;
            return Err(No::Lost(format!("`{}` makes no sense here", heard.words())));
        }
        // RFC 5321, section 3.8: the server closes the connection behind it.
        self.good &= heard.code != 421;
        Err(No::Refused(heard.refusal(stage)))
    }

    /// Begins a transaction: `Ok` where the server waits for the text.
    async fn begin(&mut self, lines: Option<[String; 3]>) -> Result<(), No> {
        const STAGES: [Stage; 3] = [Stage::Mail, Stage::Recipient, Stage::Data];
        let behind = lines.is_none();
        if !self.together && !behind {
            for (line, stage) in lines.into_iter().flatten().zip(STAGES) {
                let heard = self.wire.ask(&line, ANSWER).await;
                self.judged(heard, stage)?;
            }
            return Ok(());
        }
        if let Some(lines) = lines
            && let Err(why) = self.wire.say(lines.concat().as_bytes(), ANSWER).await
        {
            self.good = false;
            return Err(No::Lost(why));
        }
        let time = if behind && !self.proved {
            BEHIND
        } else {
            ANSWER
        };
        let mut answers = [None, None, None];
        for (answer, stage) in answers.iter_mut().zip(STAGES) {
            let heard = self.wire.hear(time).await;
            if heard.is_err() && time == BEHIND {
                self.one_by_one.store(true, Ordering::SeqCst);
            }
            let heard = self.judged(heard, stage);
            let lost = matches!(heard, Err(No::Lost(_)));
            *answer = Some(heard);
            if lost {
                break;
            }
        }
        self.proved |= behind;
        let [mail, recipient, data] = answers;
        let go = matches!(data, Some(Ok(_)));
        let first = [mail, recipient, data]
            .into_iter()
            .flatten()
            .find_map(Result::err);
        match first {
            None => Ok(()),
            Some(no) => {
                // The server waits for a message that nobody is to get: only the end of the connection calls that off.
                self.good &= !go;
                Err(no)
            }
        }
    }

    async fn give(
        &mut self,
        envelope: &Envelope,
        next: Option<&Envelope>,
        giving: Giving<'_>,
    ) -> Outcome {
        let Ok(text) = std::str::from_utf8(&envelope.message) else {
            return Outcome::Failed("the message is no UTF-8".to_owned());
        };
        let begun = match self.begun.take() {
            Some(to) if to == envelope.to => self.begin(None).await,
            Some(_) => {
                // Another one waits for its text: only the end of the connection calls that off.
                self.good = false;
                return Outcome::Again("another message was begun".to_owned());
            }
            None => match self.lines(envelope) {
                Some(lines) => self.begin(Some(lines)).await,
                None => {
                    return Outcome::Failed(
                        "the server takes no addresses with letters beyond ASCII (SMTPUTF8)".into(),
                    );
                }
            },
        };
        match begun {
            Ok(()) => {}
            Err(No::Lost(why)) => return Outcome::Again(why),
            Err(No::Refused(refusal)) => {
                self.good = self.good
                    && matches!(self.wire.ask("RSET\r\n", ANSWER).await, Ok(reply) if reply.code == 250);
                return Outcome::Refused(refusal);
            }
        }
        // One write: two would wait for each other (Nagle, delayed acknowledgement). The next transaction may stand behind the text (RFC 2920).
        let mut text = stuffed(text);
        if let Some((next, lines)) = next
            .filter(|_| self.together)
            .and_then(|next| Some((next, self.lines(next)?)))
        {
            lines.iter().for_each(|line| text.push_str(line));
            self.begun = Some(next.to.clone());
        }
        if let Err(why) = giving() {
            self.good = false;
            return Outcome::Stop(why);
        }
        let said = self.wire.say(text.as_bytes(), END).await;
        // A server that takes no more says so before it closes the connection.
        let time = if said.is_ok() { END } else { LEAVE };
        let heard = self.wire.hear(time).await;
        match self.judged(heard, Stage::End) {
            Ok(reply) => Outcome::Sent(reply.words()),
            Err(No::Refused(refusal)) => Outcome::Refused(refusal),
            Err(No::Lost(why)) => Outcome::Unknown(format!(
                "no answer after the message: {}",
                said.err().unwrap_or(why)
            )),
        }
    }
}

impl Connection for Open {
    fn send<'s>(
        &'s mut self,
        envelope: &'s Envelope,
        next: Option<&'s Envelope>,
        giving: Giving<'s>,
    ) -> Going<'s, Outcome> {
        Box::pin(self.give(envelope, next, giving))
    }

    fn is_good(&self) -> bool {
        self.good
    }

    fn leave(mut self: Box<Self>) -> Going<'static, ()> {
        Box::pin(async move {
            // In a transaction that was begun, QUIT would be text.
            if self.good && self.begun.is_none() {
                let _ = self.wire.ask("QUIT\r\n", LEAVE).await;
            }
        })
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
