//! The templates: embedded ones, replaced file by file by the user's.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, Value};

use crate::diag::{Code, Finding, Findings, Text};
use crate::documents::guide_path;
use crate::render::{filters, markdown, words};

macro_rules! templates {
    ($($name:literal)*) => {
        /// Every embedded template, by what it yields.
        pub const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name)))),*];
    };
}

templates! {
    "layout.html" "style.css"
    "partials/action.md" "partials/action.html" "partials/action.txt"
    "partials/note.html" "partials/upgrade.html" "partials/step.html" "partials/contact.html" "partials/pages.html"
    "release-note.md" "release-note.html" "release-note.txt"
    "support-matrix.md" "support-matrix.html" "support-matrix.txt"
    "upgrade.md" "upgrade.html" "upgrade.txt"
    "policy.md"
    "mail/subject.txt" "mail/notice.txt" "mail/notice.html"
    "incident-report.md" "identification.txt"
    "install-notes.sh"
    "install-warning.sh"
    "init/gitattributes" "init/tidings.toml" "init/CHANGELOG.md" "init/README.md" "init/install.sh" "init/operator.toml" "init/customers.csv"
    "init/content/what-to-send.md" "init/workflows/check.yml" "init/workflows/guide.yml"
    "guide/layout.html" "guide/start.html" "guide/identify.html" "guide/decide.html" "guide/releases.html" "guide/release.html"
    "guide/upgrades.html" "guide/upgrade.html" "guide/support.html" "guide/policy.html" "guide/known-issues.html" "guide/page.html"
    "guide/search.html" "guide/404.html" "guide/single.html" "guide/feed.xml" "guide/sitemap.xml" "guide/robots.txt"
    "guide/guide.css" "guide/guide.js"
}

/// All templates, parsed.
pub struct Engine {
    tera: Tera,
    own: BTreeMap<String, Text>,
}

impl Engine {
    /// `own` are the user's templates by name; they stand in for the embedded ones of that name.
    ///
    /// # Errors
    /// The user's templates that cannot be read, each with its place.
    pub fn new(own: Vec<(String, Text)>) -> Result<Engine, Findings> {
        let own: BTreeMap<String, Text> = own.into_iter().collect();
        let mut tera = Tera::default();
        register(&mut tera);
        let embedded = TEMPLATES
            .iter()
            .filter(|(name, _)| !own.contains_key(*name))
            .map(|(name, body)| ((*name).to_owned(), (*body).to_owned()));
        let replaced = own
            .iter()
            .map(|(name, text)| (name.clone(), text.body.to_string()));
        match tera.add_raw_templates(embedded.chain(replaced)) {
            Ok(()) => Ok(Engine { tera, own }),
            Err(error) => Err(vec![broken(&own, &error)]),
        }
    }

    /// The user's template at fault where one is: the embedded ones are tested.
    ///
    /// # Errors
    /// A finding at the place in the template.
    pub fn render(&self, name: &str, document: &impl Serialize) -> Result<String, Finding> {
        let context =
            Context::from_serialize(document).map_err(|error| broken(&self.own, &error))?;
        self.render_with(name, &context)
    }

    /// As `render`, with a context that is used for several templates.
    ///
    /// # Errors
    /// A finding at the place in the template.
    pub fn render_with(&self, name: &str, context: &Context) -> Result<String, Finding> {
        self.tera
            .render(name, context)
            .map_err(|error| broken(&self.own, &error))
    }

    /// Whether what a template yields may depend on a variable: it is named in a tag, or other templates are taken in.
    pub fn may_use(&self, name: &str, variable: &str) -> bool {
        let embedded = TEMPLATES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, body)| *body);
        let body = self
            .own
            .get(name)
            .map(|text| &*text.body)
            .or(embedded)
            .unwrap_or("")
            .replace("{%", "{{")
            .replace("%}", "}}");
        // From each opening to the last closing before the next: a quoted `}}` closes nothing.
        let mut tags = body
            .split("{{")
            .skip(1)
            .map(|piece| piece.rsplit_once("}}").map_or(piece, |(tag, _)| tag));
        tags.any(|tag| {
            let taken_in = |word: &str| {
                matches!(
                    word,
                    "include" | "import" | "extends" | "component" | "__tera_context"
                )
            };
            let mut rest = tag;
            while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
                let word = &rest[start..];
                let end = word
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(word.len());
                rest = &word[end..];
                let argument =
                    rest.trim_start().starts_with('=') && !rest.trim_start().starts_with("==");
                if taken_in(&word[..end]) || (&word[..end] == variable && !argument) {
                    return true;
                }
            }
            tag.contains('<')
        })
    }

    /// Renders a text that is no named template. HTML is escaped where `html` says so.
    ///
    /// # Errors
    /// A finding in the text.
    pub fn render_text(
        &self,
        text: &Text,
        document: &serde_json::Value,
        html: bool,
    ) -> Result<String, Finding> {
        let own = BTreeMap::from([("__tera_one_off".to_owned(), text.clone())]);
        let context = Context::from_serialize(document).map_err(|error| broken(&own, &error))?;
        self.tera
            .render_str(&text.body, &context, html)
            .map_err(|error| broken(&own, &error))
    }

    /// A document as templates see it.
    ///
    /// # Errors
    /// Never, for our documents.
    pub fn context(document: &impl Serialize) -> Result<Context, Finding> {
        Context::from_serialize(document).map_err(|error| broken(&BTreeMap::new(), &error))
    }

    /// A document within what stands around it: the pages of the guide share a frame.
    ///
    /// # Errors
    /// Never, for our documents.
    pub fn within(mut frame: Context, document: &impl Serialize) -> Result<Context, Finding> {
        frame.extend(Self::context(document)?);
        Ok(frame)
    }
}

fn register(tera: &mut Tera) {
    filters::register(tera);
    tera.register_filter("markdown", |text: &str, _: Kwargs, state: &State| {
        Ok::<Value, tera::Error>(Value::safe_string(&if in_guide(state)? {
            markdown::local(text)
        } else {
            markdown::block(text)
        }))
    });
    tera.register_filter("inline", |text: &str, _: Kwargs, state: &State| {
        let html = if in_guide(state)? {
            markdown::local_inline(text)
        } else {
            markdown::inline(text)
        };
        Ok::<Value, tera::Error>(Value::safe_string(&html))
    });
    tera.register_filter("href", |path: &str, _: Kwargs, state: &State| {
        let root = state.get::<String>("root")?.unwrap_or_default();
        Ok::<String, tera::Error>(if state.get::<bool>("single")?.unwrap_or(false) {
            single_link(path)
        } else {
            root + path
        })
    });
    tera.register_filter(
        "guide_page",
        |version: &str, arguments: Kwargs, _: &State| {
            let upgrade = arguments.get::<&str>("kind")? == Some("upgrade");
            guide_path(version, upgrade)
                .ok_or_else(|| tera::Error::message(format!("`{version}` is no version")))
        },
    );
    tera.register_filter("anchor", |name: &str, _: Kwargs, state: &State| {
        let page = if state.get::<bool>("single")?.unwrap_or(false) {
            state.get::<String>("path")?
        } else {
            None
        };
        Ok::<String, tera::Error>(page.map_or_else(
            || name.to_owned(),
            |page| single_link(&format!("{page}#{name}"))[1..].to_owned(),
        ))
    });
    tera.register_filter("plain", |text: &str, _: Kwargs, _: &State| {
        markdown::plain(text)
    });
    tera.register_filter("wrap", |text: &str, arguments: Kwargs, _: &State| {
        let width = arguments.get::<usize>("width")?.unwrap_or(76);
        let indent = arguments.get::<&str>("indent")?.unwrap_or("");
        Ok::<String, tera::Error>(words::wrapped(text, width, indent))
    });
    tera.register_filter("pad", |text: &str, arguments: Kwargs, _: &State| {
        let width = arguments.get::<usize>("width")?.unwrap_or(0);
        Ok::<String, tera::Error>(format!("{text:<width$}"))
    });
    tera.register_filter(
        "pluralize_by",
        |text: &str, arguments: Kwargs, _: &State| {
            let count = arguments.must_get::<usize>("count")?;
            Ok::<String, tera::Error>(if count == 1 {
                text.to_owned()
            } else {
                format!("{text}s")
            })
        },
    );
    tera.register_filter("cell", |text: &str, _: Kwargs, _: &State| {
        text.replace('|', "\\|").replace('\n', " ")
    });
    tera.register_filter("shell", |text: &str, _: Kwargs, _: &State| {
        crate::diag::shell_word(text)
    });
}

/// The pages of the guide ask nothing of another origin.
fn in_guide(state: &State) -> Result<bool, tera::Error> {
    Ok(state.get::<bool>("single")?.is_some())
}

/// Text as HTML.
pub fn escaped(text: &str) -> String {
    let mut html = Vec::with_capacity(text.len());
    // Writing to memory does not fail.
    let _ = tera::escape_html(text, &mut html);
    String::from_utf8(html).unwrap_or_default()
}

/// Where a page of the guide stands in the guide that is one file: `releases/1.4.0.html#changes` is `#releases-1.4.0-changes`.
pub fn single_link(path: &str) -> String {
    format!("#{}", path.replace(".html", "").replace(['/', '#'], "-"))
}

/// Tera's error names the template, the line and column, and shows the place itself.
fn broken(own: &BTreeMap<String, Text>, error: &tera::Error) -> Finding {
    let message = error.to_string();
    let named = own
        .iter()
        .find(|(name, _)| message.contains(name.as_str()))
        .map(|(_, text)| text);
    let (span, what) = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => (
            Some(report.span().range.clone()),
            report.message().to_owned(),
        ),
        _ => (None, message.lines().next().unwrap_or("").to_owned()),
    };
    let source = std::error::Error::source(error)
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    let finding = Finding::new(Code::TemplateBroken, format!("{what}{source}"))
        .help("compare with the embedded template: `tidings templates eject` writes it out");
    match (named, span) {
        (Some(text), Some(range)) => finding.at(text, range),
        (Some(text), None) => finding.at(text, text.first_line()),
        _ => finding,
    }
}
