//! CycloneDX in XML. No document type is read, so nothing in it grows or leads elsewhere.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::sources::sbom::Sbom;
use crate::sources::sbom::component::{Entry, form_version, image_digests};
use crate::sources::sbom::json::Unreadable;

/// Nesting beyond this is refused.
const DEEPEST: usize = 128;

/// Of the first major version; the rest is the minor one.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/1.";

/// A component whose element is still open, or the one that the document describes.
#[derive(Default)]
struct OpenComponent {
    entry: Entry,
    hashes: Vec<(String, String)>,
    is_subject: bool,
}

#[derive(Default)]
struct Document {
    sbom: Sbom,
    /// Local names, from the root on.
    path: Vec<String>,
    open: Vec<OpenComponent>,
    text: String,
    algorithm: String,
}

/// `None` where the root is no CycloneDX.
pub fn read(body: &str) -> Result<Option<Sbom>, Unreadable> {
    let mut reader = Reader::from_str(body);
    reader.config_mut().expand_empty_elements = true;
    let mut read = Document::default();
    let mut is_one = false;
    loop {
        let position = reader.buffer_position();
        let at = |what: String| {
            let before = body
                .get(..usize::try_from(position).unwrap_or(0))
                .unwrap_or("");
            Unreadable(format!(
                "{what}, at line {}",
                before.matches('\n').count() + 1
            ))
        };
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) if !is_one => return Ok(None),
            Err(error) => return Err(at(error.to_string())),
        };
        match event {
            Event::DocType(_) if body.contains(NAMESPACE) => {
                return Err(at("it has a document type, which no CycloneDX needs".into()));
            }
            Event::DocType(_) => return Ok(None),
            Event::Start(element) if !is_one => {
                let Some(version) = version_of(&element) else {
                    return Ok(None);
                };
                is_one = true;
                read.sbom.format = format!("CycloneDX{}", form_version(&version));
                read.path.push("bom".into());
            }
            Event::Start(element) => {
                if read.path.len() >= DEEPEST {
                    return Err(at(format!("nested deeper than {DEEPEST} levels")));
                }
                read.start(&element);
            }
            Event::Text(text) => read.text.push_str(&text),
            Event::CData(text) => read.text.push_str(&text),
            Event::GeneralRef(name) => {
                let known = match name.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    _ => match &*name {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    },
                };
                read.text
                    .push(known.ok_or_else(|| at("an entity that XML does not have".into()))?);
            }
            Event::End(_) => read.end(),
            Event::Eof if is_one && !read.path.is_empty() => {
                return Err(at(format!("`{}` is not closed", read.path.join("/"))));
            }
            Event::Eof => return Ok(is_one.then_some(read.sbom)),
            _ => {}
        }
    }
}

/// `1.6`, of a root element in the namespace of CycloneDX.
fn version_of(root: &BytesStart<'_>) -> Option<String> {
    if root.local_name().as_ref() != "bom" {
        return None;
    }
    root.attributes().flatten().find_map(|attribute| {
        let version = attribute.value.strip_prefix(NAMESPACE)?;
        attribute
            .key
            .as_ref()
            .starts_with("xmlns")
            .then(|| format!("1.{version}"))
    })
}

fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    element
        .try_get_attribute(name)
        .ok()
        .flatten()
        .and_then(|attribute| {
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .map(|value| value.into_owned())
        })
        .unwrap_or_default()
}

impl Document {
    /// The path that is open is a component of the document: not a tool, an ancestor or a part of a formula.
    fn at_component(path: &[String]) -> Option<bool> {
        let mut rest = path.iter().map(String::as_str).skip(1).peekable();
        let in_metadata = rest.next_if_eq(&"metadata").is_some();
        let subject = in_metadata && rest.next_if_eq(&"component").is_some();
        if in_metadata && !subject {
            return None;
        }
        let mut is_subject = subject;
        while rest.peek().is_some() {
            rest.next_if_eq(&"components")?;
            rest.next_if_eq(&"component")?;
            is_subject = false;
        }
        (path.len() > 1).then_some(is_subject)
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        let local = element.local_name().as_ref().to_owned();
        self.path.push(local);
        self.text.clear();
        if self.path.last().is_some_and(|name| name == "component")
            && let Some(is_subject) = Self::at_component(&self.path)
        {
            self.open.push(OpenComponent {
                entry: Entry {
                    kind: attribute(element, "type"),
                    ..Entry::default()
                },
                is_subject,
                ..OpenComponent::default()
            });
        } else if self.path.last().is_some_and(|name| name == "hash") {
            self.algorithm = attribute(element, "alg");
        }
    }

    fn end(&mut self) {
        let said = std::mem::take(&mut self.text).trim().to_owned();
        let depth = self.path.len();
        if self.path.last().is_some_and(|name| name == "component")
            && Self::at_component(&self.path).is_some()
            && let Some(open) = self.open.pop()
        {
            if open.is_subject {
                self.sbom
                    .describes(image_digests(&open.entry, open.hashes.into_iter()));
            } else {
                self.sbom.add(open.entry);
            }
        } else if let Some(component) = self.path.iter().rposition(|name| name == "component")
            && Self::at_component(&self.path[..=component]).is_some()
            && let Some(OpenComponent { entry, hashes, .. }) = self.open.last_mut()
        {
            let below: Vec<&str> = self.path[component + 1..depth]
                .iter()
                .map(String::as_str)
                .collect();
            match below[..] {
                ["group"] => entry.group = said,
                ["name"] => entry.name = said,
                ["version"] => entry.version = said,
                ["purl"] => entry.purl = said,
                ["hashes", "hash"] => hashes.push((std::mem::take(&mut self.algorithm), said)),
                ["licenses", "expression"] => entry.licences.push(said),
                ["licenses", "license", "id" | "name"] => entry.licences.push(said),
                _ => {}
            }
        }
        self.path.pop();
    }
}
