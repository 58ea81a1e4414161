//! How a message leaves: a transport gives connections, a connection takes one message after the other.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use secrecy::SecretString;

use crate::ports::Failure;

/// Where messages go.
#[derive(Clone, Debug)]
pub enum TransportKind {
    /// `.eml` files in a folder. Nobody is told anything.
    Folder(PathBuf),
    Smtp(SmtpServer),
    /// A program in the manner of sendmail(8).
    Sendmail(String),
}

#[derive(Clone, Debug)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, SecretString)>,
    /// What is said in EHLO.
    pub hello: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Loopback only.
    None,
    /// STARTTLS (RFC 3207), and no mail without it.
    StartTls,
    /// From the first byte (RFC 8314).
    Implicit,
}

/// A message with its envelope.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The name of a file, for a folder.
    pub name: String,
    pub from: String,
    pub to: String,
    /// RFC 5322, with CRLF line ends.
    pub message: Vec<u8>,
}

/// Where in the conversation with a server a reply was given (RFC 5321).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The greeting, EHLO and STARTTLS.
    Connect,
    Auth,
    Mail,
    Recipient,
    Data,
    /// After the final dot.
    End,
    /// The exit code of a program in the manner of sendmail(8), see `sysexits.h`.
    Program,
}

/// A server's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub stage: Stage,
    /// The basic code of RFC 5321, or a program's exit code.
    pub code: u16,
    /// The enhanced code of RFC 3463 that stands behind the basic code, and nowhere else.
    pub enhanced: Option<Enhanced>,
    /// All of the reply, in the server's words.
    pub words: String,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent(String),
    Written(String),
    /// The server said no, now or for good; `notify` judges whom it is about.
    Refused(Refusal),
    /// This message cannot be made or cannot be taken by this server.
    Failed(String),
    /// It was given away, and no answer came.
    Unknown(String),
    /// The connection broke before anything was given away: another connection may be tried.
    Again(String),
    /// Nothing can be sent this way, for a reason on this machine.
    Stop(String),
}

/// Told how many messages are done, and why it goes slowly, if it does.
pub type MailProgress = Box<dyn Fn(u64, Option<&str>) + Sync>;

/// The enhanced code of RFC 3463: class, subject, detail.
pub type Enhanced = (u16, u16, u16);

/// Why there is no connection.
#[derive(Clone, Debug)]
pub struct NoConnection {
    pub failure: Failure,
    /// What the server said, where it said something.
    pub refusal: Option<Refusal>,
    /// It may be otherwise in a moment: the server did not answer, closed the connection, or asked to come back.
    pub passing: bool,
}

impl From<Failure> for NoConnection {
    fn from(failure: Failure) -> Self {
        NoConnection {
            failure,
            refusal: None,
            passing: false,
        }
    }
}

/// Told right before a message is given away for good; where it fails, nothing is.
pub type Giving<'g> = &'g dyn Fn() -> Result<(), String>;

/// What waits for others without holding up the rest of its thread.
pub type Going<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// Carries out on one thread what mostly waits.
pub trait Reactor: Sync {
    /// All of it, side by side: while one waits, others go on. Comes back when all are done.
    ///
    /// # Errors
    /// The system gives no means to wait for several things at once: nothing was begun.
    fn together(&self, work: Vec<Going<'_, ()>>) -> Result<(), Failure>;

    /// Waits within `together`.
    fn rest(&self, time: Duration) -> Going<'_, ()>;

    /// Does the work until `end` says that it is to be given up: `None` then.
    fn until<'f>(&self, work: Going<'f, Outcome>, end: Going<'f, ()>)
    -> Going<'f, Option<Outcome>>;
}

/// To be asked within `Reactor::together` only, as is a connection.
pub trait Transport: Sync {
    /// # Errors
    /// The server cannot be reached, is not who it says, or does not let us in.
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, NoConnection>>;
}

pub trait Connection {
    /// `next` is what will most likely be sent after it: a server that takes several commands at once can be told of it in the same breath.
    fn send<'s>(
        &'s mut self,
        envelope: &'s Envelope,
        next: Option<&'s Envelope>,
        giving: Giving<'s>,
    ) -> Going<'s, Outcome>;

    /// It can take another message.
    fn is_good(&self) -> bool;

    /// Takes leave of the server.
    fn leave(self: Box<Self>) -> Going<'static, ()>;
}
