//! A notice in words. What is said depends on the version that a customer runs: it is rendered once for all who run the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{MultiPart, SinglePart};

use crate::diag::Finding;
use crate::documents::{Addressed, Notice};
use crate::model::Digest;
use crate::render::Engine;

const SUBJECT: &str = "mail/subject.txt";
const TEXT: &str = "mail/notice.txt";
const HTML: &str = "mail/notice.html";

/// A notice, rendered.
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The value of Content-Type.
    pub(in crate::notify) kind: String,
    /// Both forms as multipart/alternative (RFC 2046), encoded, with CRLF line ends.
    pub(in crate::notify) body: Vec<u8>,
    /// The headers that all have who get this letter, with the date that stands in them.
    head: OnceLock<(DateTime<Utc>, String)>,
}

impl Letter {
    fn new(engine: &Engine, notice: &Notice) -> Result<Letter, Finding> {
        let context = Engine::context(notice)?;
        let subject = engine.render_with(SUBJECT, &context)?.trim().to_owned();
        let (text, html) = (
            engine.render_with(TEXT, &context)?,
            engine.render_with(HTML, &context)?,
        );
        let boundary = format!(
            "tidings-{}",
            &Digest::of(format!("{text}\0{html}").as_bytes()).hex()[..24]
        );
        let part = |kind: ContentType, body: &str| {
            SinglePart::builder()
                .header(kind)
                .header(ContentTransferEncoding::QuotedPrintable)
                .body(canonical(body))
        };
        let both = MultiPart::alternative()
            .boundary(&boundary)
            .singlepart(part(ContentType::TEXT_PLAIN, &text))
            .singlepart(part(ContentType::TEXT_HTML, &html))
            .formatted();
        let start = both
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
            .map_or(0, |at| at + 4);
        let kind = format!("multipart/alternative; boundary=\"{boundary}\"");
        Ok(Letter {
            subject,
            text,
            html,
            kind,
            body: both[start..].to_vec(),
            head: OnceLock::new(),
        })
    }

    /// What `make` makes, which is the same for the same date.
    pub(in crate::notify) fn head(
        &self,
        date: DateTime<Utc>,
        make: impl FnOnce() -> Result<String, String>,
    ) -> Result<Cow<'_, str>, String> {
        match self.head.get() {
            Some((known, head)) if *known == date => Ok(Cow::Borrowed(head)),
            Some(_) => make().map(Cow::Owned),
            None => {
                let head = make()?;
                let _ = self.head.set((date, head.clone()));
                Ok(Cow::Owned(head))
            }
        }
    }
}

/// The letters of the notices of one release and kind.
pub struct Letters<'e> {
    engine: &'e Engine,
    /// A template addresses the recipient: everybody gets a letter of their own.
    personal: bool,
    /// By the version that is run, of which all else in a notice follows.
    known: Mutex<HashMap<Option<String>, Arc<Letter>>>,
}

impl<'e> Letters<'e> {
    pub fn new(engine: &'e Engine) -> Self {
        let personal = [SUBJECT, TEXT, HTML]
            .into_iter()
            .any(|name| engine.may_use(name, "to"));
        Letters {
            engine,
            personal,
            known: Mutex::default(),
        }
    }

    /// # Errors
    /// A template of the user's that cannot be rendered.
    pub fn of(&self, notice: &Addressed) -> Result<Arc<Letter>, Finding> {
        if self.personal {
            return Letter::new(self.engine, &notice.whole()).map(Arc::new);
        }
        if let Some(letter) = self.known().get(&notice.to.running) {
            return Ok(Arc::clone(letter));
        }
        let letter = Arc::new(Letter::new(self.engine, &notice.says)?);
        Ok(Arc::clone(
            self.known()
                .entry(notice.to.running.clone())
                .or_insert(letter),
        ))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Option<String>, Arc<Letter>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every line end as CRLF, no bare CR or LF (RFC 5321, section 2.3.8).
fn canonical(body: &str) -> String {
    body.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}
