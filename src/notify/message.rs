//! A notice as an Internet message (RFC 5322): text and HTML, the same bytes for the same notice.

use chrono::{DateTime, Utc};
use lettre::message::header::{self, ContentTransferEncoding, HeaderName, HeaderValue, Headers};
use lettre::message::{Body, Mailbox, Mailboxes};
use sha2::{Digest, Sha256};

use crate::documents::{Addressed, slug};
use crate::notify::Letter;
use crate::notify::dkim::Signature;

/// Whose name stands under a message.
#[derive(Debug)]
pub struct Sender {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// Where one leaves the list, `https:` or `mailto:`; `{id}` stands for the message's own identifier.
    pub unsubscribe: Option<String>,
    pub signature: Option<Signature>,
}

impl Sender {
    /// # Errors
    /// Says which address is none.
    pub fn read(
        from: &str,
        reply_to: Option<&str>,
        unsubscribe: Option<&str>,
    ) -> Result<Sender, String> {
        let mailbox = |text: &str| {
            let clean = !text.chars().any(char::is_control);
            text.parse::<Mailbox>()
                .ok()
                .filter(|_| clean)
                .ok_or_else(|| format!("`{}` is no sender", crate::diag::clipped(text, 60)))
        };
        let address = |text: &str| {
            let sound = text.is_ascii()
                && !text.contains(|c: char| {
                    c.is_control() || c.is_whitespace() || matches!(c, '<' | '>')
                });
            let known = text.starts_with("https://") || text.starts_with("mailto:");
            let none = || {
                format!(
                    "`{}` is no address to unsubscribe at: `https://…` or `mailto:…`",
                    crate::diag::clipped(text, 60)
                )
            };
            (sound && known).then(|| text.to_owned()).ok_or_else(none)
        };
        Ok(Sender {
            from: mailbox(from)?,
            reply_to: reply_to.map(mailbox).transpose()?,
            unsubscribe: unsubscribe.map(address).transpose()?,
            signature: None,
        })
    }
}

/// A notice in words, to one recipient.
pub struct Message<'m> {
    pub notice: &'m Addressed,
    pub letter: &'m Letter,
    /// What `identity` says of it.
    pub id: &'m str,
    pub date: DateTime<Utc>,
}

/// An address as it goes over the wire: an international domain in its ASCII form (RFC 5891).
pub fn wire(address: &str) -> String {
    match address
        .rsplit_once('@')
        .map(|(local, domain)| (local, url::Host::parse(domain)))
    {
        Some((local, Ok(url::Host::Domain(domain)))) => format!("{local}@{domain}"),
        _ => address.to_owned(),
    }
}

/// The message's bytes, with CRLF line ends. Date, Message-ID and boundary come from the notice.
///
/// # Errors
/// An address or a header value that cannot be sent; nothing of it is.
pub fn compose(sender: &Sender, message: &Message<'_>) -> Result<Vec<u8>, String> {
    let Message {
        notice,
        letter,
        id,
        date,
    } = *message;
    let mut headers = Headers::new();
    own(&mut headers, sender, notice, id)?;
    let Some(signature) = &sender.signature else {
        let head = letter.head(date, || {
            let mut headers = Headers::new();
            shared(&mut headers, sender, notice, letter, date).map(|()| headers.to_string())
        })?;
        return Ok([
            headers.to_string().as_bytes(),
            head.as_bytes(),
            b"\r\n",
            &letter.body,
        ]
        .concat());
    };
    shared(&mut headers, sender, notice, letter, date)?;
    let body = Body::dangerous_pre_encoded(letter.body.clone(), ContentTransferEncoding::SevenBit);
    // The mailboxes are there because lettre makes no message without some.
    let mut made = lettre::Message::builder()
        .from(sender.from.clone())
        .to(sender.from.clone())
        .body(body)
        .map_err(|error| error.to_string())?;
    *made.headers_mut() = headers;
    signature.sign(&mut made);
    Ok([made.headers().to_string().as_bytes(), b"\r\n", &letter.body].concat())
}

/// The headers that are this recipient's only.
fn own(headers: &mut Headers, sender: &Sender, notice: &Addressed, id: &str) -> Result<(), String> {
    let name = notice.to.name.as_deref().map(one_line).transpose()?;
    let none = |_| {
        format!(
            "`{}` is no e-mail address",
            crate::diag::clipped(&notice.to.address, 60)
        )
    };
    let address = wire(&notice.to.address).parse().map_err(none)?;
    headers.set(header::To::from(Mailboxes::from(Mailbox::new(
        name, address,
    ))));
    headers.set(header::MessageId::from(format!(
        "<{id}@{}>",
        sender.from.email.domain()
    )));
    // RFC 2369: leaving the list.
    if let Some(address) = &sender.unsubscribe {
        headers.insert_raw(raw(
            "List-Unsubscribe",
            &format!("<{}>", address.replace("{id}", id)),
        ));
    }
    Ok(())
}

/// The headers that everybody gets who is told the same.
fn shared(
    headers: &mut Headers,
    sender: &Sender,
    notice: &Addressed,
    letter: &Letter,
    date: DateTime<Utc>,
) -> Result<(), String> {
    let date = std::time::UNIX_EPOCH
        + std::time::Duration::from_secs(date.timestamp().max(0).unsigned_abs());
    headers.set(header::From::from(Mailboxes::from(sender.from.clone())));
    headers.set(header::Subject::from(one_line(&letter.subject)?));
    headers.set(header::Date::new(date));
    // RFC 3834: nobody's out-of-office reply.
    headers.insert_raw(raw("Auto-Submitted", "auto-generated"));
    // RFC 2919: what the message belongs to, for filters.
    headers.insert_raw(raw(
        "List-Id",
        &format!(
            "<releases.{}.{}>",
            slug(&notice.says.product.name),
            sender.from.email.domain()
        ),
    ));
    // RFC 8058: with one click.
    if sender
        .unsubscribe
        .as_ref()
        .is_some_and(|address| address.starts_with("https:"))
    {
        headers.insert_raw(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    headers.insert_raw(raw("MIME-Version", "1.0"));
    headers.insert_raw(raw("Content-Type", &letter.kind));
    if let Some(reply_to) = &sender.reply_to {
        headers.set(header::ReplyTo::from(Mailboxes::from(reply_to.clone())));
    }
    headers.set(ContentTransferEncoding::SevenBit);
    Ok(())
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Product, version, kind, occasion and recipient, hashed: a repeat has the same.
pub fn identity(addressed: &Addressed, occasion: &str) -> String {
    let (mut hash, notice) = (Sha256::new(), &addressed.says);
    let ends = notice.ends.as_deref().unwrap_or("");
    let to = addressed.to.address.to_lowercase();
    // A known issue is itself, an end of support that of a line, a window that of a day, whatever the newest release is by then.
    let about = notice
        .line
        .as_ref()
        .or(notice.window.as_ref())
        .or(notice.issue.as_ref().map(|issue| &issue.id))
        .unwrap_or(&notice.version);
    for part in [
        &notice.product.vendor,
        &notice.product.name,
        about,
        &notice.kind,
        ends,
        occasion,
        &to,
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    crate::model::Digest::from(hash.finalize()).hex()[..32].to_owned()
}

/// A header value: no control characters.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(format!(
            "`{}` holds a line break or another control character",
            crate::diag::clipped(text, 60)
        ));
    }
    Ok(text.to_owned())
}
