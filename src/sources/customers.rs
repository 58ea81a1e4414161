//! The customers file, TOML or CSV. Whoever is in it is sent mail, so nothing in it is taken on trust.

use std::collections::HashMap;
use std::sync::Arc;

use lettre::Address;
use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Code, Finding, Findings, Span, Text};
use crate::model::{Customer, NoticeKind, Recipient, Version, folded};
use crate::sources::sheet::{self, Column};
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
        running: HashMap::new(),
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
    /// By folded address: where it stands first, and the place of that recipient.
    addresses: HashMap<String, (Span, usize, usize)>,
    customers: Vec<Customer>,
    by_id: HashMap<String, usize>,
    /// Where it was said first what a customer runs.
    running: HashMap<usize, (Version, Span)>,
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
            let running = self.version(field(&row.running));
            let customer = self.customer(id, field(&row.name), running.clone());
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
                    running.clone(),
                );
            }
        }
    }

    fn customer(
        &mut self,
        id: Field<'_>,
        name: Option<Field<'_>>,
        running: Option<Version>,
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
        self.by_id.insert(id.0.to_owned(), self.customers.len());
        self.customers.push(Customer {
            id: id.0.to_owned(),
            name: name.map_or(id.0, |(name, _)| name).to_owned(),
            running,
            recipients: Vec::new(),
        });
        self.customers.len() - 1
    }

    fn version(&mut self, running: Option<Field<'_>>) -> Option<Version> {
        let (text, span) = running.filter(|(text, _)| !text.trim().is_empty())?;
        let version = Version::read(text.trim());
        if version.is_none() {
            self.say(
                Code::CustomerField,
                format!("`{}` is no version", crate::diag::clipped(text, 40)),
                span,
                "write the version last known to run, such as `1.3.2`, or leave it out",
            );
        }
        version
    }

    fn recipient(
        &mut self,
        customer: usize,
        name: Option<Field<'_>>,
        email: Field<'_>,
        kinds: &[Field<'_>],
        running: Option<Version>,
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
        let place = (span, customer, self.customers[customer].recipients.len());
        let first = *self.addresses.entry(folded(address)).or_insert(place);
        let again = first != place;
        if again && !self.again(customer, (address, span), first) {
            return;
        }
        let mut wanted = Vec::new();
        for (kind, span) in kinds {
            match NoticeKind::read(&kind_name(kind)) {
                Some(kind) => wanted.push(kind),
                None => {
                    let known = NoticeKind::ALL.map(NoticeKind::as_str);
                    let help = crate::diag::closest(&kind_name(kind), known)
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
            running,
            elsewhere: again,
            kinds: wanted,
        });
    }

    /// A mailbox that is there already: at the same customer that is a mistake, at another one person stands at both.
    fn again(
        &mut self,
        customer: usize,
        (address, span): Field<'_>,
        (first, other, recipient): (Span, usize, usize),
    ) -> bool {
        let line = self.text.place(first.start).line;
        let known = self.customers[other].recipients[recipient].address.clone();
        if other == customer {
            let message = match known == address {
                true => format!("`{address}` stands in line {line} already"),
                false => format!("`{address}` is the mailbox of line {line}, `{known}`"),
            };
            let help = "keep one of the two: nobody is mailed twice";
            self.say(Code::CustomerDuplicate, message, span, help);
            return false;
        }
        self.customers[other].recipients[recipient].elsewhere = true;
        let id = self.customers[other].id.clone();
        let finding = Finding::new(
            Code::CustomerDuplicate,
            format!("`{address}` stands at customer `{id}` in line {line}, too"),
        );
        let help = "nothing is to be done if it is the same person: they are told once, of both";
        self.findings
            .push(finding.at(self.text, span).help(help).warn());
        true
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
        let layout = sheet::layout(self.text);
        let body = Arc::clone(&self.text.body);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(layout.delimiter)
            .from_reader(body[layout.start..].as_bytes());
        let headings: Vec<String> = reader
            .headers()
            .map(|row| row.iter().map(str::to_owned).collect())
            .unwrap_or_default();
        let Some(columns) = self.columns(&headings, layout.start) else {
            return;
        };
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let start = record.position().map_or(0, csv::Position::byte) as usize;
                    self.record(&record, layout.start + start, &columns);
                }
                Err(error) => {
                    let at = error.position().map_or(0, csv::Position::byte) as usize;
                    let at = layout.start + at;
                    self.say(
                        Code::CustomerField,
                        "a line that is no CSV".into(),
                        Span::new(at, at + 1),
                        "quote fields that hold commas or quotes",
                    );
                }
            }
        }
    }

    /// What each column holds; `None` for those that are not read, which is said.
    fn columns(&mut self, headings: &[String], start: usize) -> Option<Vec<Option<Column>>> {
        let end = self.text.body[start..]
            .find('\n')
            .map_or(self.text.body.len(), |at| start + at);
        let first = Span::new(start, end);
        let mut columns: Vec<Option<Column>> = Vec::new();
        for heading in headings {
            let column = sheet::column(heading);
            let name = crate::diag::clipped(heading, 40);
            if column.is_some() && columns.contains(&column) {
                self.say(
                    Code::CustomerField,
                    format!("a second column for the same: `{name}`"),
                    first,
                    "keep one of the two, or call the other something else",
                );
            }
            let near = crate::diag::closest(&heading.to_lowercase(), sheet::canonical());
            match (column, near) {
                (None, Some(meant)) => self.say(
                    Code::ConfigUnknownKey,
                    format!("there is no column `{name}`"),
                    first,
                    &format!("write `{meant}`"),
                ),
                (None, None) if !heading.is_empty() => {
                    let finding = Finding::new(
                        Code::CustomerColumn,
                        format!("the column `{name}` is not read"),
                    );
                    let help = "nothing is to be done unless it should say something to customers";
                    self.findings.push(finding.at(self.text, first).help(help));
                }
                _ => {}
            }
            columns.push(column);
        }
        let has = |column: Column| columns.contains(&Some(column));
        if has(Column::Customer) && has(Column::Email) {
            return Some(columns);
        }
        self.say(
            Code::CustomerField,
            "the first line names no columns `customer` and `email`".into(),
            first,
            "start the file with `customer,name,email,running,kinds`",
        );
        None
    }

    fn record(&mut self, record: &csv::StringRecord, start: usize, columns: &[Option<Column>]) {
        if record.iter().all(str::is_empty) {
            return;
        }
        let start = self.text.body.floor_char_boundary(start);
        let line_end = self.text.body[start..]
            .find('\n')
            .map_or(self.text.body.len(), |at| start + at);
        let whole = Span::new(start, line_end);
        let mut from = start;
        let mut cells: [Option<Field<'_>>; 5] = [None; 5];
        let mut beyond = false;
        for (number, value) in record
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_empty())
        {
            let found = self.text.slice(Span::new(from, line_end)).find(value);
            let place = found.map_or(whole, |at| Span::new(from + at, from + at + value.len()));
            from = found.map_or(from, |at| from + at + value.len());
            match columns.get(number) {
                Some(Some(column)) => cells[*column as usize] = Some((value, place)),
                Some(None) => {}
                None => beyond = true,
            }
        }
        if beyond {
            self.say(
                Code::CustomerField,
                "a line with more cells than there are columns".into(),
                whole,
                "quote cells that hold what separates them",
            );
        }
        let [id, name, email, running, kinds] = cells;
        let (Some(id), Some((email, at))) = (id, email) else {
            self.say(
                Code::CustomerField,
                "a line without customer or address".into(),
                whole,
                "fill both columns, or remove the line",
            );
            return;
        };
        let version = self.version(running);
        let customer = self.customer(id, None, version.clone());
        if let (Some(version), Some((_, span))) = (&version, running) {
            self.agrees(customer, version, span);
        }
        let kinds: Vec<Field<'_>> = kinds.map_or(Vec::new(), |(list, span)| {
            listed(list).into_iter().map(|kind| (kind, span)).collect()
        });
        let (called, email) = sheet::named_address(email, at);
        let name = name.or(called.map(|name| (name, at)));
        self.recipient(customer, name, email, &kinds, version);
    }

    /// A customer runs one version.
    fn agrees(&mut self, customer: usize, version: &Version, span: Span) {
        let (first, place) = self
            .running
            .entry(customer)
            .or_insert_with(|| (version.clone(), span));
        if first == version {
            return;
        }
        let line = self.text.place(place.start).line;
        let message = format!(
            "`{}` runs {version} here and {first} in line {line}",
            self.customers[customer].id
        );
        self.say(
            Code::CustomerContradiction,
            message,
            span,
            "write what is true in both; a customer with two installations is two customers, with an id each",
        );
    }
}

/// The kinds that a cell lists.
fn listed(list: &str) -> Vec<&str> {
    let parts = list.split([',', ';', '|', '/']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| kind_name(part) == "all") {
        return Vec::new();
    }
    parts
        .into_iter()
        .flat_map(|part| match NoticeKind::read(&kind_name(part)) {
            Some(_) => vec![part],
            None => part.split_whitespace().collect(),
        })
        .collect()
}

/// `End of support` is `end-of-support`.
fn kind_name(written: &str) -> String {
    written.trim().to_lowercase().replace([' ', '_'], "-")
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
