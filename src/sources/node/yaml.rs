//! YAML 1.2, and so JSON: all documents, aliases, and the merge keys of YAML 1.1 that Compose files live by.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diag::{Span, Text};
use crate::sources::node::tree::empty;
use crate::sources::node::{Node, NodeKind, Unreadable};

/// Nesting beyond this is refused.
const DEEPEST: usize = 64;

/// Nodes that the aliases of one file may add: a "billion laughs" file is refused, and no file that people write comes near.
const MOST_ALIASED: usize = 100_000;

/// Keys of one map that are compared one by one; beyond, they are hashed.
const FEW: usize = 16;

/// The first document.
///
/// # Errors
/// Broken YAML, nesting beyond 64 levels, a key that stands twice in one map, aliases without an end.
pub fn yaml(text: &Text) -> Result<Node, Unreadable> {
    yaml_documents(text)
        .map(|documents| documents.into_iter().next())?
        .ok_or_else(|| empty(text))
}

/// All documents that hold something.
///
/// # Errors
/// As `yaml`; and a file that holds nothing.
pub fn yaml_documents(text: &Text) -> Result<Vec<Node>, Unreadable> {
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(&text.body);
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
            None => break,
        };
        let span = span.byte_range().map(Span::from).unwrap_or_default();
        match event {
            Event::StreamEnd => break,
            event => reader.take(event, span)?,
        }
    }
    if reader.documents.is_empty() {
        return Err(empty(text));
    }
    Ok(reader.documents)
}

#[derive(Default)]
struct Reader {
    documents: Vec<Node>,
    open: Vec<Open>,
    /// Nodes with an anchor, and how many nodes each is.
    anchors: HashMap<usize, (Node, usize)>,
    aliased: usize,
}

/// A list or map that is being read.
struct Open {
    span: Span,
    anchor: usize,
    node: OpenNode,
}

enum OpenNode {
    List(Vec<Node>),
    Map {
        entries: Vec<(String, Node)>,
        keys: HashSet<String>,
        /// The key whose value comes next; `true` for a plain `<<`.
        key: Option<(String, bool)>,
        merged: Vec<Node>,
    },
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Unreadable> {
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let node = Node {
                    span,
                    kind: NodeKind::Scalar(value.into_owned()),
                };
                self.put(node, anchor, style == ScalarStyle::Plain)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.deeper(span, anchor, OpenNode::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => self.deeper(
                span,
                anchor,
                OpenNode::Map {
                    entries: Vec::new(),
                    keys: HashSet::new(),
                    key: None,
                    merged: Vec::new(),
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let anchor = open.anchor;
                let node = open.close(span.end)?;
                self.put(node, anchor, false)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(Unreadable {
                        message: "an alias stands inside what it repeats".into(),
                        span,
                    });
                };
                self.aliased += size;
                if self.aliased > MOST_ALIASED {
                    return Err(Unreadable {
                        message: format!("its aliases grow beyond {MOST_ALIASED} nodes"),
                        span,
                    });
                }
                let node = node.clone();
                self.put(node, 0, false)
            }
            _ => Ok(()),
        }
    }

    fn deeper(&mut self, span: Span, anchor: usize, node: OpenNode) -> Result<(), Unreadable> {
        if self.open.len() >= DEEPEST {
            return Err(Unreadable {
                message: format!("nested deeper than {DEEPEST} levels"),
                span,
            });
        }
        self.open.push(Open { span, anchor, node });
        Ok(())
    }

    /// A node is whole: it goes into what is open.
    fn put(&mut self, node: Node, anchor: usize, plain: bool) -> Result<(), Unreadable> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), node.size()));
        }
        match self.open.last_mut() {
            Some(outer) => outer.take(node, plain),
            None => {
                let nothing = matches!(&node.kind, NodeKind::Scalar(text) if plain && matches!(text.as_str(), "" | "~" | "null"));
                if !nothing {
                    self.documents.push(node);
                }
                Ok(())
            }
        }
    }
}

impl Open {
    fn take(&mut self, node: Node, plain: bool) -> Result<(), Unreadable> {
        let (entries, keys, key, merged) = match &mut self.node {
            OpenNode::List(items) => {
                items.push(node);
                return Ok(());
            }
            OpenNode::Map {
                entries,
                keys,
                key,
                merged,
            } => (entries, keys, key, merged),
        };
        match key.take() {
            Some((_, true)) => merged.push(node),
            Some((name, false)) => entries.push((name, node)),
            None => {
                let name = node.text().unwrap_or("").to_owned();
                let merge = plain && name == "<<";
                let twice = match entries.len() {
                    0..FEW => entries.iter().any(|(known, _)| *known == name),
                    _ => {
                        if keys.is_empty() {
                            keys.extend(entries.iter().map(|(known, _)| known.clone()));
                        }
                        !keys.insert(name.clone())
                    }
                };
                // A map or list as a key has no name.
                if twice && !merge && node.text().is_some() {
                    return Err(Unreadable {
                        message: format!("`{}` stands twice", crate::diag::clipped(&name, 40)),
                        span: node.span,
                    });
                }
                *key = Some((name, merge));
            }
        }
        Ok(())
    }

    fn close(self, end: usize) -> Result<Node, Unreadable> {
        let span = Span::new(self.span.start, end);
        let kind = match self.node {
            OpenNode::List(items) => NodeKind::List(items),
            OpenNode::Map {
                mut entries,
                merged,
                ..
            } => {
                for node in merged {
                    merge(&mut entries, node)?;
                }
                NodeKind::Map(entries)
            }
        };
        Ok(Node { span, kind })
    }
}

/// <https://yaml.org/type/merge.html>: what the map says itself stands; of several, the earlier one.
fn merge(entries: &mut Vec<(String, Node)>, node: Node) -> Result<(), Unreadable> {
    let span = node.span;
    let maps = match node.kind {
        NodeKind::List(items) => items,
        kind => vec![Node { span, kind }],
    };
    for map in maps {
        let NodeKind::Map(merged) = map.kind else {
            return Err(Unreadable {
                message: "`<<` merges maps, and this is none".into(),
                span: map.span,
            });
        };
        for (key, value) in merged {
            if !entries.iter().any(|(known, _)| *known == key) {
                entries.push((key, value));
            }
        }
    }
    Ok(())
}
