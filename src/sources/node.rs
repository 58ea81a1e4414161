//! One tree for JSON, YAML, TOML and `.env`: scalars as they are written, each with its place.
//!
//! Scalars stay text, so that `1.10` is not 1.1 and `no` is not false.

use granit_parser::{Event, Parser};
use toml::de::{DeTable, DeValue};

use crate::diag::{Span, Text};

#[derive(Clone, Debug)]
pub struct Node {
    pub span: Span,
    pub kind: NodeKind,
}

#[derive(Clone, Debug)]
pub enum NodeKind {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Why a text is no tree, and where.
#[derive(Clone, Debug)]
pub struct Unreadable {
    pub message: String,
    pub span: Span,
}

/// Nesting beyond this is refused.
const DEEPEST: usize = 64;

impl Node {
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub fn entries(&self) -> &[(String, Node)] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// JSON Pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |node, step| {
                let step = step.replace("~1", "/").replace("~0", "~");
                match &node.kind {
                    NodeKind::List(items) => items.get(step.parse::<usize>().ok()?),
                    _ => node.get(&step),
                }
            })
    }

    /// Every map of the tree, the outermost first.
    pub fn maps(&self) -> Vec<&Node> {
        let mut all = Vec::new();
        let mut queue = std::collections::VecDeque::from([self]);
        while let Some(node) = queue.pop_front() {
            match &node.kind {
                NodeKind::Map(entries) => {
                    all.push(node);
                    queue.extend(entries.iter().map(|(_, value)| value));
                }
                NodeKind::List(items) => queue.extend(items),
                NodeKind::Scalar(_) => {}
            }
        }
        all
    }
}

/// YAML 1.2, and so JSON. Only the first document counts. An alias is read as empty: no fact of a pin lies behind one,
/// and a "billion laughs" file cannot grow.
pub fn yaml(text: &Text) -> Result<Node, Unreadable> {
    let mut parser = Parser::new_from_str(&text.body);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, span) = match parser.next_event() {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                return Err(Unreadable {
                    message: error.info(),
                    span: Span::new(at, at + 1),
                });
            }
            None => return Err(empty(text)),
        };
        let span = span.byte_range().map(Span::from).unwrap_or_default();
        let closed = match event {
            Event::Scalar(value, ..) => Some(Node {
                span,
                kind: NodeKind::Scalar(value.into_owned()),
            }),
            Event::SequenceStart(..) => deeper(&mut open, Open::List(span, Vec::new()))?,
            Event::MappingStart(..) => deeper(&mut open, Open::Map(span, Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|node| node.close(span.end)),
            Event::Alias(..) => Some(Node {
                span,
                kind: NodeKind::Scalar(String::new()),
            }),
            Event::StreamEnd | Event::DocumentEnd => return Err(empty(text)),
            _ => None,
        };
        if let Some(node) = closed {
            match open.last_mut() {
                Some(outer) => outer.take(node),
                None => return Ok(node),
            }
        }
    }
}

fn empty(text: &Text) -> Unreadable {
    Unreadable {
        message: "there is nothing in it".into(),
        span: text.first_line(),
    }
}

fn deeper(open: &mut Vec<Open>, node: Open) -> Result<Option<Node>, Unreadable> {
    if open.len() >= DEEPEST {
        return Err(Unreadable {
            message: format!("nested deeper than {DEEPEST} levels"),
            span: node.span(),
        });
    }
    open.push(node);
    Ok(None)
}

enum Open {
    List(Span, Vec<Node>),
    Map(Span, Vec<(String, Node)>, Option<String>),
}

impl Open {
    fn span(&self) -> Span {
        match self {
            Open::List(span, _) | Open::Map(span, ..) => *span,
        }
    }

    fn take(&mut self, node: Node) {
        match self {
            Open::List(_, items) => items.push(node),
            Open::Map(_, entries, key) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node.text().unwrap_or("").to_owned()),
            },
        }
    }

    fn close(self, end: usize) -> Node {
        match self {
            Open::List(span, items) => Node {
                span: Span::new(span.start, end),
                kind: NodeKind::List(items),
            },
            Open::Map(span, entries, _) => Node {
                span: Span::new(span.start, end),
                kind: NodeKind::Map(entries),
            },
        }
    }
}

pub fn toml(text: &Text) -> Result<Node, Unreadable> {
    match DeTable::parse(&text.body) {
        Ok(table) => Ok(Node {
            span: Span::from(table.span()),
            kind: table_node(table.get_ref(), &text.body),
        }),
        Err(error) => Err(Unreadable {
            message: error.message().to_owned(),
            span: error.span().map(Span::from).unwrap_or_default(),
        }),
    }
}

fn table_node(table: &DeTable<'_>, body: &str) -> NodeKind {
    NodeKind::Map(
        table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), toml_node(value, body)))
            .collect(),
    )
}

fn toml_node(value: &toml::Spanned<DeValue<'_>>, body: &str) -> Node {
    let span = Span::from(value.span());
    let kind = match value.get_ref() {
        DeValue::String(text) => NodeKind::Scalar(text.to_string()),
        DeValue::Array(items) => {
            NodeKind::List(items.iter().map(|item| toml_node(item, body)).collect())
        }
        DeValue::Table(table) => table_node(table, body),
        _ => NodeKind::Scalar(body.get(span.range()).unwrap_or("").to_owned()),
    };
    Node { span, kind }
}

/// `NAME=value` lines as Docker and shells read them: `export`, quotes, comments after a blank.
pub fn env(text: &Text) -> Result<Node, Unreadable> {
    let mut entries = Vec::new();
    let mut offset = 0;
    for line in text.body.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let span = Span::new(start, start + line.trim_end().len());
        let Some((name, raw)) = trimmed
            .strip_prefix("export ")
            .unwrap_or(trimmed)
            .split_once('=')
        else {
            return Err(Unreadable {
                message: "a line is not `NAME=value`".into(),
                span,
            });
        };
        let value = unquoted(raw.trim());
        let at = line
            .find(value)
            .filter(|_| !value.is_empty())
            .map_or(span, |at| Span::new(start + at, start + at + value.len()));
        entries.push((
            name.trim().to_owned(),
            Node {
                span: at,
                kind: NodeKind::Scalar(value.to_owned()),
            },
        ));
    }
    if entries.is_empty() {
        Err(empty(text))
    } else {
        Ok(Node {
            span: Span::new(0, text.body.len()),
            kind: NodeKind::Map(entries),
        })
    }
}

fn unquoted(raw: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = raw.strip_prefix(quote) {
            return inner.split(quote).next().unwrap_or(inner);
        }
    }
    raw.find(" #").map_or(raw, |at| &raw[..at]).trim()
}
