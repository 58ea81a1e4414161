//! A notice as an Internet message (RFC 5322): text and HTML, the same bytes for the same notice.

use chrono::{DateTime, Utc};
use lettre::Address;
use sha2::{Digest, Sha256};

use crate::documents::{Addressed, slug};
use crate::model::{folded, wire};
use crate::notify::dkim::Signature;
use crate::notify::{Letter, header};

/// A name and an address; the domain in its ASCII form.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: String,
}

impl Mailbox {
    pub fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or("")
    }

    /// `Acme Releases <releases@acme.example>`, or the address alone.
    fn read(key: &str, text: &str) -> Result<Mailbox, String> {
        let none = |why: &str| {
            format!(
                "`{}` in `{key}` is no sender{why}",
                crate::diag::clipped(text, 60)
            )
        };
        if text
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        {
            return Err(none(": it holds a line break or another control character"));
        }
        let text = text.trim();
        let (name, address) = match text
            .strip_suffix('>')
            .and_then(|text| text.rsplit_once('<'))
        {
            Some((name, address)) => (name.trim(), address.trim()),
            None => ("", text),
        };
        let quoted = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .filter(|_| name.len() > 1);
        let name = match quoted {
            Some(name) => name.replace("\\\"", "\"").replace("\\\\", "\\"),
            None if name
                .contains([',', ';', ':', '<', '>', '@', '(', ')', '[', ']', '"', '\\']) =>
            {
                return Err(none(&format!(
                    ": quote the name, as in `{key} = '\"{}\" <{address}>'`",
                    name.replace(['"', '\\'], "")
                )));
            }
            None => name.to_owned(),
        };
        let address = wire(address);
        if address.parse::<Address>().is_err()
            || !address
                .rsplit('@')
                .next()
                .is_some_and(|domain| domain.is_ascii())
        {
            return Err(none(""));
        }
        Ok(Mailbox {
            name: Some(name).filter(|name| !name.is_empty()),
            address,
        })
    }

    fn value(&self) -> String {
        header::mailbox(self.name.as_deref(), &self.address)
    }
}

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
    /// Says which address is none, and what to write.
    pub fn read(
        from: &str,
        reply_to: Option<&str>,
        unsubscribe: Option<&str>,
    ) -> Result<Sender, String> {
        let address = |text: &str| {
            let sound = text.is_ascii()
                && !text.contains(|c: char| {
                    c.is_control() || c.is_whitespace() || matches!(c, '<' | '>')
                });
            let known = text.starts_with("https://") || text.starts_with("mailto:");
            let none = || {
                format!(
                    "`{}` in `unsubscribe` is no address to unsubscribe at: `https://…` or `mailto:…`",
                    crate::diag::clipped(text, 60)
                )
            };
            (sound && known).then(|| text.to_owned()).ok_or_else(none)
        };
        Ok(Sender {
            from: Mailbox::read("from", from)?,
            reply_to: reply_to
                .map(|text| Mailbox::read("reply_to", text))
                .transpose()?,
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
    let own = own(sender, notice, id)?;
    let head = letter.head(date, || shared(sender, notice, letter, date))?;
    let signed = match &sender.signature {
        Some(signature) => {
            signature.sign(&format!("{own}{head}"), &letter.body, date.timestamp())?
        }
        None => String::new(),
    };
    Ok([
        signed.as_bytes(),
        own.as_bytes(),
        head.as_bytes(),
        b"\r\n",
        &letter.body,
    ]
    .concat())
}

/// The headers that are this recipient's only.
fn own(sender: &Sender, notice: &Addressed, id: &str) -> Result<String, String> {
    let name = notice.to.name.as_deref().map(one_line).transpose()?;
    let address = wire(&notice.to.address);
    if address.parse::<Address>().is_err() {
        return Err(format!(
            "`{}` is no e-mail address",
            crate::diag::clipped(&notice.to.address, 60)
        ));
    }
    let mut own = format!(
        "To: {}\r\nMessage-ID: <{id}@{}>\r\n",
        header::mailbox(name.as_deref(), &address),
        sender.from.domain()
    );
    // RFC 2369: leaving the list.
    if let Some(address) = &sender.unsubscribe {
        own.push_str(&format!(
            "List-Unsubscribe: <{}>\r\n",
            address.replace("{id}", id)
        ));
    }
    Ok(own)
}

/// The headers that everybody gets who is told the same.
fn shared(
    sender: &Sender,
    notice: &Addressed,
    letter: &Letter,
    date: DateTime<Utc>,
) -> Result<String, String> {
    let product = slug(&notice.says.product.name);
    let list: Vec<&str> = ["releases", &product, sender.from.domain()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let mut fields = vec![
        ("From", sender.from.value()),
        ("Subject", header::text(&one_line(&letter.subject)?)),
        ("Date", date.to_rfc2822()),
        // RFC 3834: nobody's out-of-office reply; Exchange has a field of its own.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
        // RFC 2919: what the message belongs to, for filters.
        ("List-Id", format!("<{}>", list.join("."))),
    ];
    // RFC 8058: with one click.
    if sender
        .unsubscribe
        .as_ref()
        .is_some_and(|address| address.starts_with("https:"))
    {
        fields.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    if let Some(reply_to) = &sender.reply_to {
        fields.push(("Reply-To", reply_to.value()));
    }
    fields.push(("MIME-Version", "1.0".to_owned()));
    fields.push(("Content-Type", letter.kind.clone()));
    fields.push(("Content-Transfer-Encoding", "7bit".to_owned()));
    Ok(fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect())
}

/// Who is told what: within a ledger, the release (or the known issue, the line whose support ends, the day of the window), the kind, the occasion and the
/// address, folded. Names, templates and spelling have no part in it.
pub fn identity(ledger: &str, addressed: &Addressed, occasion: &str) -> String {
    let notice = &addressed.says;
    let about = notice
        .line
        .as_ref()
        .or(notice.window.as_ref())
        .or(notice.issue.as_ref().map(|issue| &issue.id))
        .unwrap_or(&notice.version);
    let ends = notice.ends.as_deref().unwrap_or("");
    let to = folded(&addressed.to.address);
    hashed(&[ledger, about, &notice.kind, ends, occasion, &to])
}

/// As builds before the second shape of the ledger had it.
pub fn former_identity(addressed: &Addressed, occasion: &str) -> String {
    let notice = &addressed.says;
    let about = notice
        .line
        .as_ref()
        .or(notice.window.as_ref())
        .or(notice.issue.as_ref().map(|issue| &issue.id))
        .unwrap_or(&notice.version);
    hashed(&[
        &notice.product.vendor,
        &notice.product.name,
        about,
        &notice.kind,
        notice.ends.as_deref().unwrap_or(""),
        occasion,
        &addressed.to.address.to_lowercase(),
    ])
}

fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
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
