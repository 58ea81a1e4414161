//! Authors' Markdown to safe HTML and to plain text. Raw HTML is shown as text; links lead to the web or to mail only.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use comrak::adapters::{HeadingAdapter, HeadingMeta};
use comrak::nodes::{AstNode, NodeValue, Sourcepos};
use comrak::options::{Plugins, URLRewriter};
use comrak::{Anchorizer, Arena, Options, markdown_to_html, parse_document};

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.alerts = true;
    options.extension.link_url_rewriter = Some(Arc::new(SafeLinks));
    options.extension.image_url_rewriter = Some(Arc::new(SafeImages));
    options.render.escape = true;
    options
});

/// Addresses that a document may lead to.
struct SafeLinks;

impl URLRewriter for SafeLinks {
    fn to_html(&self, url: &str) -> String {
        let scheme = url.split([':', '/', '?', '#']).next().unwrap_or("");
        let has_scheme = url[scheme.len()..].starts_with(':');
        let safe = ["https", "http", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        if has_scheme && !safe {
            String::new()
        } else {
            url.to_owned()
        }
    }
}

/// Addresses that an image may come from. An image wants one: `about:invalid` is none that is asked for.
struct SafeImages;

impl URLRewriter for SafeImages {
    fn to_html(&self, url: &str) -> String {
        let embedded = ["png", "jpeg", "gif", "webp", "avif"]
            .iter()
            .any(|kind| url.starts_with(&format!("data:image/{kind};base64,")));
        let safe = if embedded {
            url.to_owned()
        } else {
            SafeLinks.to_html(url)
        };
        if safe.is_empty() {
            "about:invalid".to_owned()
        } else {
            safe
        }
    }
}

thread_local! {
    /// The same sentence stands in many documents of a run.
    static SEEN: RefCell<HashMap<(Form, String), String>> = RefCell::new(HashMap::new());
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Block,
    Plain,
}

/// More than this many texts are not remembered.
const REMEMBERED: usize = 200;

fn remembered(form: Form, text: &str, make: impl FnOnce(&str) -> String) -> String {
    SEEN.with_borrow_mut(|seen| {
        if let Some(made) = seen.get(&(form, text.to_owned())) {
            return made.clone();
        }
        let made = make(text);
        if seen.len() < REMEMBERED {
            seen.insert((form, text.to_owned()), made.clone());
        }
        made
    })
}

/// Block-level HTML.
pub fn block(text: &str) -> String {
    remembered(Form::Block, text, |text| markdown_to_html(text, &OPTIONS))
}

/// Block-level HTML in which an image from elsewhere is a link to it.
pub fn local(text: &str) -> String {
    if !text.contains("![") {
        return block(text);
    }
    let arena = Arena::new();
    let root = parse_document(&arena, text, &OPTIONS);
    led(root, &|url, _| url.to_owned());
    let mut html = String::new();
    let _ = comrak::format_html(root, &OPTIONS, &mut html);
    html
}

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    Link,
    Image,
}

/// A page of somebody's own, rendered.
pub struct Written {
    pub html: String,
    /// What its first heading of level 1 says.
    pub title: Option<String>,
    /// The text before the first heading, then each heading with the text below it.
    pub sections: Vec<WrittenSection>,
}

#[derive(Default)]
pub struct WrittenSection {
    /// As links name it; empty before the first heading.
    pub id: String,
    pub title: String,
    pub text: String,
}

/// A whole page: its headings can be linked to, by GitHub's names with `prefix` before them; links lead where `lead` says;
/// images from elsewhere are links.
pub fn written(text: &str, prefix: &str, lead: &dyn Fn(&str, Leads) -> String) -> Written {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &OPTIONS);
    led(root, lead);
    let headings = Headings {
        prefix: prefix.to_owned(),
        ids: Mutex::default(),
    };
    let mut plugins = Plugins::default();
    plugins.render.heading_adapter = Some(&headings);
    let mut html = String::new();
    // Writing to a string does not fail.
    let _ = comrak::format_html_with_plugins(root, &OPTIONS, &mut html, &plugins);
    let ids = headings
        .ids
        .into_inner()
        .map(|(_, ids)| ids)
        .unwrap_or_default();
    let mut page = Written {
        html,
        title: None,
        sections: vec![WrittenSection::default()],
    };
    let is_heading = |node: &'_ AstNode<'_>| matches!(&node.data().value, NodeValue::Heading(_));
    let mut ids = ids.into_iter();
    for node in root.children() {
        if !is_heading(node) {
            node.descendants()
                .filter(|inner| is_heading(inner))
                .for_each(|_| drop(ids.next()));
            if let Some(section) = page.sections.last_mut() {
                write(node, &mut section.text, "");
                section.text.push('\n');
            }
            continue;
        }
        let (title, first) = (
            node.collect_text(),
            matches!(&node.data().value, NodeValue::Heading(heading) if heading.level == 1),
        );
        if first && page.title.is_none() {
            page.title = Some(title.clone());
        }
        page.sections.push(WrittenSection {
            id: ids.next().unwrap_or_default(),
            title,
            text: String::new(),
        });
    }
    page
}

/// Writes headings with a name to link to, and remembers the names.
struct Headings {
    prefix: String,
    ids: Mutex<(Anchorizer, Vec<String>)>,
}

impl HeadingAdapter for Headings {
    fn enter(
        &self,
        out: &mut dyn fmt::Write,
        heading: &HeadingMeta,
        _: Option<Sourcepos>,
    ) -> fmt::Result {
        let mut ids = self.ids.lock().map_err(|_| fmt::Error)?;
        let id = ids.0.anchorize(&heading.content);
        write!(out, "<h{} id=\"{}{id}\">", heading.level, self.prefix)?;
        ids.1.push(id);
        Ok(())
    }

    fn exit(&self, out: &mut dyn fmt::Write, heading: &HeadingMeta) -> fmt::Result {
        write!(out, "</h{}>", heading.level)
    }
}

/// Leads links and images elsewhere. An image of another origin becomes a link to it.
fn led<'a>(root: &'a AstNode<'a>, lead: &dyn Fn(&str, Leads) -> String) {
    for node in root.descendants() {
        let mut data = node.data_mut();
        match &mut data.value {
            NodeValue::Image(image) => {
                image.url = lead(&image.url, Leads::Image);
                if image.url.contains("://") || image.url.starts_with("//") {
                    let image = std::mem::take(&mut **image);
                    data.value = NodeValue::Link(Box::new(image));
                }
            }
            NodeValue::Link(link) => link.url = lead(&link.url, Leads::Link),
            _ => {}
        }
    }
}

/// HTML for one line: a single paragraph without its element.
pub fn inline(text: &str) -> String {
    unwrapped(block(&in_line(text))).replacen(JOINER, "", 1)
}

/// As `inline`, within the guide.
pub fn local_inline(text: &str) -> String {
    unwrapped(local(&in_line(text))).replacen(JOINER, "", 1)
}

/// A character that nobody sees, before which no mark of a block is one.
const JOINER: &str = "\u{2060}";

/// What is one line is text within a line: `>= 1.4.0` is no quote, `# of nodes` no heading.
fn in_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let block = text.starts_with(['>', '#', '*', '-', '+', '=', '|', '~', '`', ':'])
        || text.starts_with(|c: char| c.is_ascii_digit());
    if block && !text.contains('\n') {
        Cow::Owned(format!("{JOINER}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn unwrapped(html: String) -> String {
    let inner = html
        .trim()
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"));
    match inner {
        Some(inner) if !inner.contains("<p>") => inner.to_owned(),
        _ => html,
    }
}

/// Text without marks. A link keeps its address where that says more than its words.
pub fn plain(text: &str) -> String {
    remembered(Form::Plain, text, |text| {
        let arena = Arena::new();
        let root = parse_document(&arena, &in_line(text), &OPTIONS);
        let mut out = String::with_capacity(text.len());
        write(root, &mut out, "");
        out.trim_end().replacen(JOINER, "", 1)
    })
}

fn write<'a>(node: &'a AstNode<'a>, out: &mut String, indent: &str) {
    match &node.data().value {
        NodeValue::Text(text) => out.push_str(text),
        NodeValue::Code(code) => out.push_str(&code.literal),
        NodeValue::Alert(alert) => {
            let title = alert
                .title
                .clone()
                .unwrap_or_else(|| alert.alert_type.default_title().to_owned());
            if !out.is_empty() && !out.ends_with('\n') {
                new_line(out, indent);
            }
            out.push_str(&title);
            out.push_str(": ");
            let start = out.len();
            children(node, out, indent);
            // The first paragraph goes on in the line of the title.
            while out[start..].starts_with('\n') {
                out.remove(start);
            }
        }
        NodeValue::SoftBreak => out.push(' '),
        NodeValue::LineBreak => new_line(out, indent),
        NodeValue::HtmlInline(html) => out.push_str(html),
        NodeValue::HtmlBlock(html) => out.push_str(&html.literal),
        NodeValue::CodeBlock(code) => {
            for line in code.literal.lines() {
                new_line(out, indent);
                out.push_str("    ");
                out.push_str(line);
            }
            new_line(out, indent);
        }
        NodeValue::Link(link) => {
            let start = out.len();
            children(node, out, indent);
            let said = &out[start..];
            if link.url.contains("://") && said != link.url {
                let address = format!(" ({})", link.url);
                out.push_str(&address);
            }
        }
        NodeValue::Item(_) => {
            new_line(out, indent);
            out.push_str("- ");
            children(node, out, &format!("{indent}  "));
        }
        NodeValue::Paragraph | NodeValue::Heading(_) => {
            if !out.is_empty() && !out.ends_with("- ") && !out.ends_with('\n') {
                new_line(out, indent);
            }
            children(node, out, indent);
        }
        _ => children(node, out, indent),
    }
}

fn new_line(out: &mut String, indent: &str) {
    if !out.is_empty() {
        out.push('\n');
        out.push_str(indent);
    }
}

fn children<'a>(node: &'a AstNode<'a>, out: &mut String, indent: &str) {
    for child in node.children() {
        write(child, out, indent);
    }
}
