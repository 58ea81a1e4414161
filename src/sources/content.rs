//! The vendor's own pages of the guide: Markdown under `content/`, with front matter in TOML (`+++`) or YAML (`---`).

use crate::diag::{Code, Finding, Findings, Span, Text, closest};
use crate::sources::node;
use crate::sources::node::Node;

/// A page as it is written.
#[derive(Clone, Debug)]
pub struct OwnPage {
    /// Where it stands below `content/`, with `/`: `howto/proxy.md`.
    pub file: String,
    pub title: Option<String>,
    /// Its place among the pages: low first.
    pub order: i64,
    /// Whether the navigation names it.
    pub nav: bool,
    pub text: Text,
    /// Where its Markdown starts.
    pub body: Span,
}

const KEYS: [&str; 3] = ["title", "order", "nav"];

/// The place of a page that says nothing about it.
const USUAL_ORDER: i64 = 100;

/// Pages that every guide has, until the vendor writes one of that name.
pub const EMBEDDED: &[(&str, &str)] = &[("offline.md", include_str!("../../content/offline.md"))];

/// Never fails: what cannot be read is a finding, and the page is taken without it.
pub fn read(file: &str, text: &Text) -> (OwnPage, Findings) {
    let mut page = OwnPage {
        file: file.to_owned(),
        title: None,
        order: USUAL_ORDER,
        nav: true,
        text: text.clone(),
        body: Span::new(0, text.body.len()),
    };
    let mut findings = Findings::new();
    let start = if text.body.starts_with('\u{feff}') {
        3
    } else {
        0
    };
    let Some(fence) = ["+++", "---"]
        .into_iter()
        .find(|fence| text.body[start..].lines().next().map(str::trim_end) == Some(fence))
    else {
        return (page, findings);
    };
    let inner = start
        + text.body[start..]
            .find('\n')
            .map_or(text.body.len() - start, |at| at + 1);
    let Some((end, after)) = closing(&text.body, inner, fence) else {
        findings.push(
            Finding::new(
                Code::PageFrontMatter,
                "the front matter has no end".to_owned(),
            )
            .at(text, Span::new(start, start + fence.len()))
            .help(format!("write a line `{fence}` after it")),
        );
        return (page, findings);
    };
    page.body = Span::new(after, text.body.len());
    // The parser sees the same bytes at the same places, and nothing else.
    let blank: String = text.body[..inner]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    let only = Text::new(text.name.clone(), blank + &text.body[inner..end]);
    if only.body.trim().is_empty() {
        return (page, findings);
    }
    match if fence == "+++" { node::toml(&only) } else { node::yaml(&only) } {
        Ok(tree) => fields(&tree, text, &mut page, &mut findings),
        Err(error) => findings.push(
            Finding::new(Code::PageFrontMatter, error.message)
                .at(text, error.span)
                .help("write lines such as `title = \"Behind a proxy\"` between `+++`, or `title: Behind a proxy` between `---`"),
        ),
    }
    (page, findings)
}

/// Where the front matter ends, and where the page starts.
fn closing(body: &str, from: usize, fence: &str) -> Option<(usize, usize)> {
    let mut at = from;
    for line in body[from..].split_inclusive('\n') {
        if line.trim_end() == fence {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

fn fields(tree: &Node, text: &Text, page: &mut OwnPage, findings: &mut Findings) {
    let mut wrong = |node: &Node, message: String, help: &str| {
        findings.push(
            Finding::new(Code::PageFrontMatter, message)
                .at(text, node.span)
                .help(help),
        );
    };
    for (key, value) in tree.entries() {
        let said = value.text().unwrap_or("").trim();
        match key.as_str() {
            "title" if !said.is_empty() => page.title = Some(crate::diag::plain(said)),
            "title" => wrong(
                value,
                "the title is empty".to_owned(),
                "write what the page is about",
            ),
            "order" => match said.parse() {
                Ok(order) => page.order = order,
                Err(_) => wrong(
                    value,
                    format!("`{}` is no whole number", crate::diag::clipped(said, 40)),
                    "write a number: low ones come first",
                ),
            },
            "nav" => match said {
                "true" => page.nav = true,
                "false" => page.nav = false,
                _ => wrong(
                    value,
                    format!(
                        "`{}` is neither `true` nor `false`",
                        crate::diag::clipped(said, 40)
                    ),
                    "write `nav = false` to keep the page out of the navigation",
                ),
            },
            unknown => {
                let help = closest(unknown, KEYS).map_or_else(
                    || format!("known keys: {}", KEYS.join(", ")),
                    |near| format!("write `{near}`"),
                );
                wrong(
                    value,
                    format!("a page has no key `{}`", crate::diag::clipped(unknown, 40)),
                    &help,
                );
            }
        }
    }
}
