//! A notice as an Internet message (RFC 5322): text and HTML, the same bytes for the same notice.

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use crate::documents::{Notice, slug};

/// Whose name stands under a message.
#[derive(Clone, Debug)]
pub struct Sender {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// Where one leaves the list, `https:` or `mailto:`; `{id}` stands for the message's own identifier.
    pub unsubscribe: Option<String>,
}

impl Sender {
    /// # Errors
    /// Says which address is none.
    pub fn read(from: &str, reply_to: Option<&str>, unsubscribe: Option<&str>) -> Result<Sender, String> {
        let mailbox = |text: &str| {
            let clean = !text.chars().any(char::is_control);
            text.parse::<Mailbox>().ok().filter(|_| clean).ok_or_else(|| format!("`{}` is no sender", crate::diag::clipped(text, 60)))
        };
        let address = |text: &str| {
            let sound = text.is_ascii() && !text.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
            let known = text.starts_with("https://") || text.starts_with("mailto:");
            let none = || format!("`{}` is no address to unsubscribe at: `https://…` or `mailto:…`", crate::diag::clipped(text, 60));
            (sound && known).then(|| text.to_owned()).ok_or_else(none)
        };
        Ok(Sender {
            from: mailbox(from)?,
            reply_to: reply_to.map(mailbox).transpose()?,
            unsubscribe: unsubscribe.map(address).transpose()?,
        })
    }
}

/// A rendered notice.
pub struct Message<'m> {
    pub notice: &'m Notice,
    pub subject: &'m str,
    pub text: String,
    pub html: String,
    /// What sets it apart from the same notice at another time: `90-days`, `test`; usually empty.
    pub occasion: &'m str,
    pub date: DateTime<Utc>,
}

/// RFC 3834: nobody's out-of-office reply.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// RFC 2919: what the message belongs to, for filters.
#[derive(Clone)]
struct ListId(String);

impl Header for ListId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListId(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// RFC 2369 and RFC 8058: leaving the list, with one click.
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribe(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribePost)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

/// An address as it goes over the wire: an international domain in its ASCII form (RFC 5891).
pub fn wire(address: &str) -> String {
    match address.rsplit_once('@').map(|(local, domain)| (local, url::Host::parse(domain))) {
        Some((local, Ok(url::Host::Domain(domain)))) => format!("{local}@{domain}"),
        _ => address.to_owned(),
    }
}

/// The message's bytes, with CRLF line ends. Date, Message-ID and boundary come from the notice.
///
/// # Errors
/// An address or a header value that cannot be sent; nothing of it is.
pub fn compose(sender: &Sender, message: &Message<'_>) -> Result<Vec<u8>, String> {
    let notice = message.notice;
    let subject = one_line(message.subject)?;
    let name = notice.to.name.as_deref().map(one_line).transpose()?;
    let address =
        wire(&notice.to.address).parse().map_err(|_| format!("`{}` is no e-mail address", crate::diag::clipped(&notice.to.address, 60)))?;
    let identity = identity(notice, message.occasion);
    let domain = sender.from.email.domain();
    let seconds = message.date.timestamp().max(0);
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds.unsigned_abs());
    let mut builder = lettre::Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(name, address))
        .subject(subject)
        .date(date)
        .message_id(Some(format!("<{identity}@{domain}>")))
        .header(AutoSubmitted)
        .header(ListId(format!("<releases.{}.{domain}>", slug(&notice.product.name))));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    if let Some(address) = &sender.unsubscribe {
        builder = builder.header(ListUnsubscribe(format!("<{}>", address.replace("{id}", &identity))));
        if address.starts_with("https:") {
            builder = builder.header(ListUnsubscribePost);
        }
    }
    let part = |kind: ContentType, body: &str| {
        SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(canonical(body))
    };
    let alternatives = MultiPart::alternative()
        .boundary(format!("tidings-{}", &identity[..24]))
        .singlepart(part(ContentType::TEXT_PLAIN, &message.text))
        .singlepart(part(ContentType::TEXT_HTML, &message.html));
    builder.multipart(alternatives).map(|message| message.formatted()).map_err(|error| error.to_string())
}

/// Product, version, kind, occasion and recipient, hashed: a repeat has the same.
pub fn identity(notice: &Notice, occasion: &str) -> String {
    let mut hash = Sha256::new();
    let ends = notice.ends.as_deref().unwrap_or("");
    let to = notice.to.address.to_lowercase();
    // An end of support is that of a line, whatever the newest release is by then.
    let about = notice.line.as_ref().unwrap_or(&notice.version);
    for part in [&notice.product.vendor, &notice.product.name, about, &notice.kind, ends, occasion, &to] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A header value: no control characters.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(format!("`{}` holds a line break or another control character", crate::diag::clipped(text, 60)));
    }
    Ok(text.to_owned())
}

/// Every line end as CRLF, no bare CR or LF (RFC 5321, section 2.3.8).
fn canonical(body: &str) -> String {
    body.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}
