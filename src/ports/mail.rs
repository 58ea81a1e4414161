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

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent(String),
    Written(String),
    /// Later, the server says.
    Deferred(String),
    /// Never. `suppress` where the address itself is the reason.
    Failed {
        answer: String,
        suppress: bool,
    },
    /// It was given away, and no answer came.
    Unknown(String),
    /// The connection broke before anything was given away: another connection may be tried.
    Again(String),
    /// The server will not take any message.
    Stop(String),
}

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
}

/// To be asked within `Reactor::together` only, as is a connection.
pub trait Transport: Sync {
    /// # Errors
    /// The server cannot be reached, is not who it says, or does not let us in.
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, Failure>>;
}

pub trait Connection {
    /// `next` is what will most likely be sent after it: a server that takes several commands at once can be told of it in the same breath.
    fn send<'s>(
        &'s mut self,
        envelope: &'s Envelope,
        next: Option<&'s Envelope>,
    ) -> Going<'s, Outcome>;

    /// It can take another message.
    fn is_good(&self) -> bool;

    /// Takes leave of the server.
    fn leave(self: Box<Self>) -> Going<'static, ()>;
}
