//! The customers file, TOML or CSV. Whoever is in it is sent mail, so nothing in it is taken on trust.

use std::collections::HashMap;

use lettre::Address;
use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{Customer, NoticeKind, Recipient, Version};
use crate::sources::toml_text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    customer: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    running: Option<Spanned<String>>,
    #[serde(default)]
    contact: Vec<ContactRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactRow {
    name: Option<Spanned<String>>,
    email: Spanned<String>,
    #[serde(default)]
    kinds: Vec<Spanned<String>>,
}

const EXAMPLES: toml_text::Examples = &[
    ("id", "id = \"globex\""),
    ("email", "email = \"ada@globex.example\""),
];

/// Reads by the ending of the name: `.csv`, else TOML.
pub fn read(text: &Text) -> (Vec<Customer>, Findings) {
    // A line of a customers file has more than so many bytes, mostly.
    let about = text.body.len() / 40;
    let mut reader = Reader {
        text,
        findings: Findings::new(),
        addresses: HashMap::with_capacity(about),
        customers: Vec::with_capacity(about),
        by_id: HashMap::with_capacity(about),
    };
    if text.name.to_ascii_lowercase().ends_with(".csv") {
        reader.csv();
    } else {
        reader.toml();
    }
    (reader.customers, reader.findings)
}

struct Reader<'t> {
    text: &'t Text,
    findings: Findings,
    addresses: HashMap<String, Span>,
    customers: Vec<Customer>,
    by_id: HashMap<String, usize>,
}

type Field<'f> = (&'f str, Span);

impl Reader<'_> {
    fn say(&mut self, code: Code, message: String, span: Span, help: &str) {
        self.findings
            .push(Finding::new(code, message).at(self.text, span).help(help));
    }

    fn toml(&mut self) {
        let (file, findings) = toml_text::read::<File>(self.text, EXAMPLES);
        self.findings.extend(findings);
        for row in file.map(|file| file.customer).unwrap_or_default() {
            let id = (row.id.get_ref().as_str(), Span::from(row.id.span()));
            if self.by_id.contains_key(id.0) {
                self.say(
                    Code::CustomerDuplicate,
                    format!("`{}` is the id of two customers", id.0),
                    id.1,
                    "give each customer an id of its own, and put all contacts under it",
                );
                continue;
            }
            let customer = self.customer(id, field(&row.name), field(&row.running));
            for contact in &row.contact {
                let kinds: Vec<Field<'_>> = contact
                    .kinds
                    .iter()
                    .map(|kind| (kind.get_ref().as_str(), Span::from(kind.span())))
                    .collect();
                self.recipient(
                    customer,
                    field(&contact.name),
                    (contact.email.get_ref(), Span::from(contact.email.span())),
                    &kinds,
                );
            }
        }
    }

    fn customer(
        &mut self,
        id: Field<'_>,
        name: Option<Field<'_>>,
        running: Option<Field<'_>>,
    ) -> usize {
        if let Some(known) = self.by_id.get(id.0) {
            return *known;
        }
        self.clean("a customer's id", id);
        let shaped = !id.0.is_empty()
            && id
                .0
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && !id.0.starts_with('.');
        if !shaped {
            self.say(
                Code::CustomerField,
                "a customer's id names files, so it holds letters, digits, `-`, `_` and `.` only"
                    .into(),
                id.1,
                "write an id such as `globex`",
            );
        }
        if let Some(name) = name {
            self.clean("a name", name);
        }
        let running = running
            .filter(|(text, _)| !text.is_empty())
            .and_then(|(text, span)| {
                let version = Version::read(text);
                if version.is_none() {
                    self.say(
                        Code::CustomerField,
                        format!("`{text}` is no version"),
                        span,
                        "write the version last known to run, such as `1.3.2`, or leave it out",
                    );
                }
                version
            });
        self.by_id.insert(id.0.to_owned(), self.customers.len());
        self.customers.push(Customer {
            id: id.0.to_owned(),
            name: name.map_or(id.0, |(name, _)| name).to_owned(),
            running,
            recipients: Vec::new(),
        });
        self.customers.len() - 1
    }

    fn recipient(
        &mut self,
        customer: usize,
        name: Option<Field<'_>>,
        email: Field<'_>,
        kinds: &[Field<'_>],
    ) {
        let (address, span) = (email.0.trim(), email.1);
        if let Some(name) = name {
            self.clean("a name", name);
        }
        if !self.clean("an address", email) {
            return;
        }
        if !sendable(address) {
            self.say(
                Code::CustomerAddress,
                format!(
                    "`{}` is no e-mail address",
                    crate::diag::clipped(address, 60)
                ),
                span,
                "write one address, such as `ada@globex.example`",
            );
            return;
        }
        if let Some(first) = self.addresses.insert(folded(address), span) {
            let line = self.text.place(first.start).line;
            self.say(
                Code::CustomerDuplicate,
                format!("`{address}` stands in line {line} already"),
                span,
                "keep one of the two: nobody is mailed twice",
            );
            return;
        }
        let mut wanted = Vec::new();
        for (kind, span) in kinds {
            match NoticeKind::read(kind) {
                Some(kind) => wanted.push(kind),
                None => {
                    let known = NoticeKind::ALL.map(NoticeKind::as_str);
                    let help = crate::diag::closest(kind, known)
                        .map_or(format!("write one of {}", known.join(", ")), |meant| {
                            format!("write `{meant}`")
                        });
                    self.say(
                        Code::CustomerField,
                        format!("`{}` is no kind of notice", crate::diag::clipped(kind, 40)),
                        *span,
                        &help,
                    );
                }
            }
        }
        let name = name
            .map(|(name, _)| name.trim().to_owned())
            .filter(|name| !name.is_empty());
        let recipients = &mut self.customers[customer].recipients;
        if recipients.is_empty() {
            // Most customers have one.
            recipients.reserve_exact(1);
        }
        recipients.push(Recipient {
            name,
            address: address.to_owned(),
            kinds: wanted,
        });
    }

    /// No control characters: a line break in a header value starts another header.
    fn clean(&mut self, what: &str, (value, span): Field<'_>) -> bool {
        let hostile = value.chars().any(|c| {
            c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}')
        });
        if hostile {
            self.say(
                Code::CustomerAddress,
                format!("{what} holds a line break or another control character"),
                span,
                "remove it: in a mail header it would start another header",
            );
        }
        !hostile
    }

    fn csv(&mut self) {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(self.text.body.as_bytes());
        let headers: Vec<String> = reader
            .headers()
            .map(|row| row.iter().map(str::to_lowercase).collect())
            .unwrap_or_default();
        let column = |name: &str| headers.iter().position(|header| header == name);
        let (Some(id), Some(email)) = (column("customer"), column("email")) else {
            let at = self.text.first_line();
            self.say(
                Code::CustomerField,
                "the first line names no columns `customer` and `email`".into(),
                at,
                "start the file with `customer,name,email,running,kinds`",
            );
            return;
        };
        for name in headers.iter().filter(|name| {
            !["customer", "name", "email", "running", "kinds"].contains(&name.as_str())
        }) {
            let help =
                crate::diag::closest(name, ["customer", "name", "email", "running", "kinds"])
                    .map_or("remove the column".to_owned(), |meant| {
                        format!("write `{meant}`")
                    });
            let at = self.text.first_line();
            self.say(
                Code::ConfigUnknownKey,
                format!("there is no column `{}`", crate::diag::clipped(name, 40)),
                at,
                &help,
            );
        }
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let at = error
                        .position()
                        .map_or(0, |position| position.byte() as usize);
                    self.say(
                        Code::CustomerField,
                        "a line that is no CSV".into(),
                        Span::new(at, at + 1),
                        "quote fields that hold commas or quotes",
                    );
                    continue;
                }
            };
            let start = record
                .position()
                .map_or(0, |position| position.byte() as usize);
            self.record(
                &record,
                start,
                id,
                email,
                (column("name"), column("running"), column("kinds")),
            );
        }
    }

    fn record(
        &mut self,
        record: &csv::StringRecord,
        start: usize,
        id: usize,
        email: usize,
        (name, running, kinds): (Option<usize>, Option<usize>, Option<usize>),
    ) {
        let line_end = self.text.body[self.text.body.floor_char_boundary(start)..]
            .find('\n')
            .map_or(self.text.body.len(), |at| start + at);
        let place = |value: &str| {
            let line = self.text.slice(Span::new(start, line_end));
            let at = line.find(value).filter(|_| !value.is_empty());
            at.map_or(Span::new(start, line_end), |at| {
                Span::new(start + at, start + at + value.len())
            })
        };
        let get = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .filter(|value| !value.is_empty())
                .map(|value| (value, place(value)))
        };
        let (Some(id), Some(email)) = (get(Some(id)), get(Some(email))) else {
            self.say(
                Code::CustomerField,
                "a line without customer or address".into(),
                Span::new(start, line_end),
                "fill both columns, or remove the line",
            );
            return;
        };
        let customer = self.customer(id, None, get(running));
        let kinds: Vec<Field<'_>> = get(kinds)
            .map(|(list, span)| {
                list.split([' ', ';', ',', '|'])
                    .filter(|kind| !kind.is_empty())
                    .map(|kind| (kind, span))
                    .collect()
            })
            .unwrap_or_default();
        self.recipient(customer, get(name), email, &kinds);
    }
}

fn field(value: &Option<Spanned<String>>) -> Option<Field<'_>> {
    value
        .as_ref()
        .map(|value| (value.get_ref().as_str(), Span::from(value.span())))
}

/// What can be put into an envelope: a plain local part and a domain (RFC 5321), no quoted parts, no literals.
fn sendable(address: &str) -> bool {
    let plain =
        !address.contains(['"', '[', ']', '\\', '(', ')', ',', ';', ' ']) && address.len() <= 254;
    let domain_dotted = address
        .rsplit_once('@')
        .is_some_and(|(_, domain)| domain.contains('.') && !domain.ends_with('.'));
    plain && domain_dotted && address.parse::<Address>().is_ok()
}

/// Two addresses that differ in case only reach one person.
fn folded(address: &str) -> String {
    address.to_lowercase()
}
