//! Authors' Markdown to safe HTML and to plain text. Raw HTML is shown as text; links lead to the web or to mail only.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use comrak::nodes::{AstNode, NodeValue};
use comrak::options::URLRewriter;
use comrak::{Arena, Options, markdown_to_html, parse_document};

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
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
        let safe = ["https", "http", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if has_scheme && !safe { String::new() } else { url.to_owned() }
    }
}

/// Addresses that an image may come from. An image wants one: `about:invalid` is none that is asked for.
struct SafeImages;

impl URLRewriter for SafeImages {
    fn to_html(&self, url: &str) -> String {
        let safe = SafeLinks.to_html(url);
        if safe.is_empty() { "about:invalid".to_owned() } else { safe }
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
const REMEMBERED: usize = 20_000;

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

/// HTML for one line: a single paragraph without its element.
pub fn inline(text: &str) -> String {
    let html = block(text);
    let inner = html.trim().strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    match inner {
        Some(inner) if !inner.contains("<p>") => inner.to_owned(),
        _ => html,
    }
}

/// Text without marks. A link keeps its address where that says more than its words.
pub fn plain(text: &str) -> String {
    remembered(Form::Plain, text, |text| {
        let arena = Arena::new();
        let root = parse_document(&arena, text, &OPTIONS);
        let mut out = String::with_capacity(text.len());
        write(root, &mut out, "");
        out.trim_end().to_owned()
    })
}

fn write<'a>(node: &'a AstNode<'a>, out: &mut String, indent: &str) {
    match &node.data().value {
        NodeValue::Text(text) => out.push_str(text),
        NodeValue::Code(code) => out.push_str(&code.literal),
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
