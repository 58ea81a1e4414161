//! SMTP (RFC 5321). lettre connects, greets, encrypts and logs in; the stages of a message are asked here one by one, because
//! what may be tried again depends on the stage: nothing after the final dot.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;

use crate::ports::mail::{SmtpServer, Tls};
use crate::ports::{Connection, Envelope, Failure, Going, Outcome, Transport};

/// For a greeting and for being let in.
const PATIENCE: Duration = Duration::from_secs(60);
/// For each answer about a message: RFC 5321, section 4.5.3.2, asks for five minutes at most stages, and for ten after the final dot,
/// where a message that is given up too early is told twice.
const ANSWER: Duration = Duration::from_secs(600);
/// For the answer to QUIT, which changes nothing.
const LEAVE: Duration = Duration::from_secs(2);

type Error = lettre::transport::smtp::Error;

pub struct Smtp {
    server: SmtpServer,
    tls: Option<TlsParameters>,
}

/// An answer that is no, or none at all.
struct No {
    /// The server's reply code.
    code: Option<u16>,
    /// In the server's words where it said some.
    said: String,
}

impl No {
    fn of(error: &Error) -> Self {
        let mut text = error.to_string();
        let mut below = std::error::Error::source(error);
        while let Some(error) = below {
            text = error.to_string();
            below = error.source();
        }
        let code = error.status().map(|code| code.to_string());
        let said = code
            .as_ref()
            .map_or(text.clone(), |code| format!("{code} {text}"));
        No {
            code: code.and_then(|code| code.parse().ok()),
            said: crate::diag::clipped(&said, 300),
        }
    }
}

/// What a server says, where it says it in time.
async fn within<T>(time: Duration, asked: impl Future<Output = Result<T, Error>>) -> Result<T, No> {
    match tokio::time::timeout(time, asked).await {
        Ok(answer) => answer.map_err(|error| No::of(&error)),
        Err(_) => Err(No {
            code: None,
            said: format!("no answer in {} s", time.as_secs()),
        }),
    }
}

impl Smtp {
    pub fn new(server: &SmtpServer) -> Result<Self, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = match server.tls {
            Tls::None => None,
            _ => Some(
                TlsParameters::new(server.host.clone())
                    .map_err(|error| Failure::new(format!("cannot prepare TLS: {error}")))?,
            ),
        };
        Ok(Smtp {
            server: server.clone(),
            tls,
        })
    }

    fn fail(&self, stage: &str, no: &No) -> Failure {
        let SmtpServer { host, port, .. } = &self.server;
        let failure = Failure::new(format!("{host}:{port} {stage}: {}", no.said));
        failure.help(match stage {
            "does not let us in" => "look at the name in `[email] transport` and the password in the variable that `password_env` names",
            "cannot be talked to securely" => "the certificate must be valid for that name; nothing is sent unencrypted",
            _ => "look at `[email] transport` in operator.toml, and whether the server is up",
        })
    }

    async fn open(&self) -> Result<Open, Failure> {
        let SmtpServer {
            host,
            port,
            tls,
            login,
            hello,
        } = &self.server;
        let name = ClientId::Domain(hello.clone());
        let wrapped = if *tls == Tls::Implicit {
            self.tls.clone()
        } else {
            None
        };
        let stage = if *tls == Tls::Implicit {
            "cannot be talked to securely"
        } else {
            "cannot be reached"
        };
        let reached =
            AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), None, &name, wrapped, None);
        let mut connection = within(PATIENCE, reached)
            .await
            .map_err(|no| self.fail(stage, &no))?;
        if let (Tls::StartTls, Some(parameters)) = (tls, &self.tls) {
            if !connection.can_starttls() {
                return Err(Failure::new(format!("{host}:{port} offers no encryption"))
                    .help("use another port or server; only to loopback may mail go unencrypted"));
            }
            let secured = connection.starttls(parameters.clone(), &name);
            within(PATIENCE, secured)
                .await
                .map_err(|no| self.fail("cannot be talked to securely", &no))?;
        }
        if let Some((name, password)) = login {
            let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
            let let_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            within(PATIENCE, let_in)
                .await
                .map_err(|no| self.fail("does not let us in", &no))?;
        }
        // lettre does not keep all that the server offers: it is asked again.
        let greeted = connection.command(format!("EHLO {hello}\r\n"));
        let offers = within(PATIENCE, greeted)
            .await
            .map_err(|no| self.fail("cannot be reached", &no))?;
        let offers = |keyword: &str| {
            offers
                .message()
                .any(|line| line.trim().eq_ignore_ascii_case(keyword))
        };
        let (together, utf8) = (offers("PIPELINING"), offers("SMTPUTF8"));
        Ok(Open {
            connection,
            together,
            utf8,
            good: true,
            begun: None,
        })
    }
}

impl Transport for Smtp {
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, Failure>> {
        Box::pin(async { Ok(Box::new(self.open().await?) as Box<dyn Connection>) })
    }
}

struct Open {
    connection: AsyncSmtpConnection,
    /// PIPELINING (RFC 2920).
    together: bool,
    /// SMTPUTF8 (RFC 6531).
    utf8: bool,
    good: bool,
    /// To whom the transaction is that was begun behind the last message; its answers are still to be read.
    begun: Option<String>,
}

/// The answers to MAIL, RCPT and DATA, as far as there are some.
type Answers = [Option<Result<Response, No>>; 3];

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

    async fn say(&mut self, line: String) -> Result<Response, No> {
        within(ANSWER, self.connection.command(line)).await
    }

    async fn hear(&mut self) -> Result<Response, No> {
        within(ANSWER, self.connection.read_response()).await
    }

    async fn ask(&mut self, lines: [String; 3]) -> Answers {
        if self.together {
            let mail = self.say(lines.concat()).await;
            return [Some(mail), Some(self.hear().await), Some(self.hear().await)];
        }
        let mut answers = [None, None, None];
        for (answer, line) in answers.iter_mut().zip(lines) {
            let said = self.say(line).await;
            let positive = said.is_ok();
            *answer = Some(said);
            if !positive {
                break;
            }
        }
        answers
    }

    /// Later, or never. No answer: the connection is gone.
    fn no(&mut self, no: &No, stop: bool, recipient: bool) -> Outcome {
        let said = no.said.clone();
        match no.code {
            None => {
                self.good = false;
                return Outcome::Again(said);
            }
            Some(421) => self.good = false,
            Some(_) => {}
        }
        if no.code.is_some_and(|code| code / 100 == 4) {
            return Outcome::Deferred(said);
        }
        if stop {
            return Outcome::Stop(said);
        }
        // RFC 3463: 5.1 is about the address, 5.7 about us.
        Outcome::Failed {
            suppress: recipient && said.contains(" 5.1."),
            answer: said,
        }
    }

    async fn give(&mut self, envelope: &Envelope, next: Option<&Envelope>) -> Outcome {
        let Ok(text) = std::str::from_utf8(&envelope.message) else {
            return Outcome::Failed {
                answer: "the message is no UTF-8".to_owned(),
                suppress: false,
            };
        };
        let [mail, recipient, data] = match self.begun.take() {
            Some(to) if to == envelope.to => [
                Some(self.hear().await),
                Some(self.hear().await),
                Some(self.hear().await),
            ],
            Some(_) => {
                // Another one waits for its text: only the end of the connection calls that off.
                self.good = false;
                return Outcome::Again("another message was begun".to_owned());
            }
            None => match self.lines(envelope) {
                Some(lines) => self.ask(lines).await,
                None => {
                    let answer =
                        "the server takes no addresses with letters beyond ASCII (SMTPUTF8)"
                            .to_owned();
                    return Outcome::Failed {
                        answer,
                        suppress: false,
                    };
                }
            },
        };
        let go = matches!(&data, Some(Ok(answer)) if answer.has_code(354));
        let refused = match (&mail, &recipient, &data) {
            (Some(Err(no)), ..) => Some(self.no(no, true, false)),
            (_, Some(Err(no)), _) => Some(self.no(no, false, true)),
            (_, _, Some(Err(no))) => Some(self.no(no, false, false)),
            _ if !go => {
                self.good = false;
                Some(Outcome::Again(
                    "the server did not ask for the message".to_owned(),
                ))
            }
            _ => None,
        };
        if let Some(outcome) = refused {
            // The server waits for a message that nobody is to get, or for the end of this transaction.
            self.good = self.good && !go && self.say("RSET\r\n".to_owned()).await.is_ok();
            return outcome;
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
        match self.say(text).await {
            Ok(answer) => Outcome::Sent(crate::diag::clipped(
                &format!(
                    "{} {}",
                    answer.code(),
                    answer.message().collect::<Vec<_>>().join(" ")
                ),
                300,
            )),
            Err(no) => match self.no(&no, false, false) {
                Outcome::Again(why) => {
                    Outcome::Unknown(format!("no answer after the message: {why}"))
                }
                outcome => outcome,
            },
        }
    }
}

impl Connection for Open {
    fn send<'s>(
        &'s mut self,
        envelope: &'s Envelope,
        next: Option<&'s Envelope>,
    ) -> Going<'s, Outcome> {
        Box::pin(self.give(envelope, next))
    }

    fn is_good(&self) -> bool {
        self.good && !self.connection.has_broken()
    }

    fn leave(mut self: Box<Self>) -> Going<'static, ()> {
        Box::pin(async move {
            // In a transaction that was begun, QUIT would be text.
            if self.is_good() && self.begun.is_none() {
                let _ = within(LEAVE, self.connection.quit()).await;
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
