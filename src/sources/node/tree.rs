//! One tree for JSON, YAML, TOML and `.env`: scalars as they are written, each with its place.
//!
//! Scalars stay text, so that `1.10` is not 1.1 and `no` is not false.

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

    /// How many nodes it is, itself among them.
    pub fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(_) => 0,
            NodeKind::List(items) => items.iter().map(Node::size).sum(),
            NodeKind::Map(entries) => entries.iter().map(|(_, node)| node.size()).sum(),
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
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

pub(super) fn empty(text: &Text) -> Unreadable {
    Unreadable {
        message: "there is nothing in it".into(),
        span: text.first_line(),
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
