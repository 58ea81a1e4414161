//! The vendor's logo: an SVG of `content/` that draws, and does nothing else.

use crate::diag::{Code, Finding};
use crate::guide::own::OwnPages;

/// What a drawing needs not: scripts, pages within, anything that is loaded from elsewhere.
const REFUSED: [&str; 9] = [
    "<script",
    ":script",
    "<foreignobject",
    "<iframe",
    "<!entity",
    "javascript:",
    "@import",
    "<animate",
    "<set",
];

/// What is wrong with the logo of that name.
pub fn check_logo(own: &OwnPages, name: &str) -> Option<Finding> {
    let wrong = |what: String, help: &str| {
        Some(
            Finding::new(
                Code::ConfigValue,
                format!(
                    "`[guide] logo`: `{}` {what}",
                    crate::diag::clipped(name, 60)
                ),
            )
            .help(help),
        )
    };
    let Some(file) = own.files.iter().find(|file| file.path == name) else {
        return wrong(
            "is no file of `content/`".to_owned(),
            "put the SVG into `content/` and write its name, such as `logo.svg`",
        );
    };
    let text = dense(&String::from_utf8_lossy(&file.bytes).to_lowercase());
    if !name.to_lowercase().ends_with(".svg") || !text.contains("<svg") {
        return wrong("is no SVG".to_owned(), "export the logo as SVG");
    }
    if file.bytes.len() > 32 << 10 {
        return wrong(
            format!("has {} KiB", file.bytes.len() >> 10),
            "export it with fewer points: 32 KiB are enough for a logo",
        );
    }
    let found = REFUSED
        .into_iter()
        .find(|refused| text.contains(refused))
        .map(str::to_owned)
        .or_else(|| handler(&text))
        .or_else(|| elsewhere(&text));
    wrong(
        format!("holds `{}`", found?),
        "export it as plain SVG: paths and colours, without scripts and links",
    )
}

/// Without the space around `=` that XML allows.
fn dense(text: &str) -> String {
    text.split('=').map(str::trim).collect::<Vec<_>>().join("=")
}

/// An attribute such as `onload=`.
fn handler(text: &str) -> Option<String> {
    text.split(|c: char| c.is_ascii_whitespace() || "\"'/".contains(c))
        .filter_map(|word| word.split_once('=').map(|(name, _)| name))
        .find(|name| {
            name.len() > 4
                && name.starts_with("on")
                && name.bytes().all(|byte| byte.is_ascii_lowercase())
        })
        .map(|name| format!("{name}="))
}

/// A reference to something that is not in the file.
fn elsewhere(text: &str) -> Option<String> {
    for start in ["href=\"", "href='", "url(\"", "url('", "url("] {
        for rest in text.split(start).skip(1) {
            let target = rest.trim_start().trim_start_matches(['"', '\'']);
            if !target.starts_with('#') && !target.starts_with("data:image/") {
                let shown: String = target.chars().take(30).collect();
                return Some(format!("{start}{shown}"));
            }
        }
    }
    None
}
