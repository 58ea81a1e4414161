//! A conversation with an SMTP server: commands out, replies in, each within a time and a size.
//!
//! lettre's client reads on behind the reply to STARTTLS and puts no bound on a reply or on the wait for one, so the lines are read here.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::ports::{Refusal, Stage};

/// RFC 5321, section 4.5.3.1.5, allows 512 bytes a line; servers are chatty.
const LONGEST_LINE: usize = 4 * 1024;
const LONGEST_REPLY: usize = 64 * 1024;

/// A reply (RFC 5321, section 4.2).
#[derive(Debug)]
pub struct Reply {
    pub code: u16,
    /// The lines without their code, with line feeds between them.
    pub text: String,
}

impl Reply {
    /// On one line, with its code.
    pub fn words(&self) -> String {
        let words = format!("{} {}", self.code, self.text.replace('\n', " "));
        crate::diag::clipped(&words, 300)
    }

    /// The enhanced code (RFC 3463), which stands right behind the basic code and begins with the same digit.
    fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let first = self.text.split([' ', '\n']).next()?;
        let mut parts = first.split('.').map(|part| {
            let digits = !part.is_empty()
                && part.len() <= 3
                && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| digits)
        });
        let found = (parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && found.0 == self.code / 100).then_some(found)
    }

    pub fn refusal(&self, stage: Stage) -> Refusal {
        Refusal {
            stage,
            code: self.code,
            enhanced: self.enhanced(),
            words: self.words(),
        }
    }
}

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    /// Lost while it was being encrypted.
    Gone,
}

pub struct Wire {
    stream: Stream,
    /// What was read; the bytes before `at` are used up.
    read: Vec<u8>,
    at: usize,
}

/// Why there is no reply; the connection is of no use any more.
pub type Lost = String;

async fn within<T>(
    time: Duration,
    work: impl Future<Output = std::io::Result<T>>,
) -> Result<T, Lost> {
    match tokio::time::timeout(time, work).await {
        Ok(done) => done.map_err(|error| crate::diag::clipped(&error.to_string(), 300)),
        Err(_) => Err(format!("no answer in {} s", time.as_secs())),
    }
}

impl Wire {
    pub async fn connect(host: &str, port: u16, time: Duration) -> Result<Self, Lost> {
        let stream = within(time, TcpStream::connect((host, port))).await?;
        let _ = stream.set_nodelay(true);
        Ok(Wire {
            stream: Stream::Plain(stream),
            read: Vec::with_capacity(1024),
            at: 0,
        })
    }

    /// From here on all is encrypted. What came before may not reach behind it: whoever can write into the clear text could put words into
    /// the mouth of the server (NO STARTTLS, 2021).
    pub async fn encrypt(
        &mut self,
        host: &str,
        config: &Arc<rustls::ClientConfig>,
        time: Duration,
    ) -> Result<(), Lost> {
        if self.at < self.read.len() {
            return Err(
                "the server, or somebody on the way, sent more behind the reply to STARTTLS".into(),
            );
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("`{host}` cannot stand in a certificate"))?;
        let Stream::Plain(plain) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err("it is encrypted already".into());
        };
        let connector = TlsConnector::from(Arc::clone(config));
        let encrypted = within(time, connector.connect(name, plain)).await?;
        self.stream = Stream::Encrypted(Box::new(encrypted));
        Ok(())
    }

    pub async fn say(&mut self, text: &[u8], time: Duration) -> Result<(), Lost> {
        let write = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.write_all(text).await,
                Stream::Encrypted(stream) => {
                    stream.write_all(text).await?;
                    stream.flush().await
                }
                Stream::Gone => Err(std::io::ErrorKind::NotConnected.into()),
            }
        };
        within(time, write).await
    }

    pub async fn ask(&mut self, line: &str, time: Duration) -> Result<Reply, Lost> {
        self.say(line.as_bytes(), time).await?;
        self.hear(time).await
    }

    /// The next reply.
    pub async fn hear(&mut self, time: Duration) -> Result<Reply, Lost> {
        match tokio::time::timeout(time, self.reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(format!("no answer in {} s", time.as_secs())),
        }
    }

    async fn reply(&mut self) -> Result<Reply, Lost> {
        let (mut code, mut text) = (None, String::new());
        loop {
            let end = self.line().await?;
            let line = String::from_utf8_lossy(&self.read[self.at..end]);
            let line = line.trim_end_matches(['\r', '\n']);
            let (digits, rest) = line.split_at_checked(3).unwrap_or((line, ""));
            let number = digits
                .parse::<u16>()
                .ok()
                .filter(|number| (200..600).contains(number) && digits.len() == 3);
            let (Some(number), true) = (
                number,
                matches!(rest.chars().next(), None | Some(' ' | '-')),
            ) else {
                return Err(format!(
                    "`{}` is no reply of a mail server",
                    crate::diag::clipped(&crate::diag::plain(line), 60)
                ));
            };
            if *code.get_or_insert(number) != number {
                return Err(format!(
                    "a reply begins with {} and goes on with {number}",
                    code.unwrap_or(0)
                ));
            }
            let more = rest.starts_with('-');
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(rest.get(1..).unwrap_or(""));
            self.at = end;
            if !more {
                break;
            }
            if text.len() > LONGEST_REPLY {
                return Err("a reply of the server does not end".into());
            }
        }
        if self.at == self.read.len() {
            self.read.clear();
            self.at = 0;
        }
        Ok(Reply {
            code: code.unwrap_or(0),
            text,
        })
    }

    /// Where the line that begins at `at` ends.
    async fn line(&mut self) -> Result<usize, Lost> {
        let mut looked = self.at;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.read[looked..]) {
                return Ok(looked + end + 1);
            }
            if self.read.len() - self.at > LONGEST_LINE {
                return Err("a line of the server does not end".into());
            }
            if self.at > 0 && self.read.len() > LONGEST_LINE {
                self.read.drain(..self.at);
                self.at = 0;
            }
            looked = self.read.len();
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read_buf(&mut self.read).await,
                Stream::Encrypted(stream) => stream.read_buf(&mut self.read).await,
                Stream::Gone => Ok(0),
            };
            match read {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(_) => {}
                Err(error) => return Err(crate::diag::clipped(&error.to_string(), 300)),
            }
        }
    }
}
