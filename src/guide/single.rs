//! The guide as one file: every page, the style, the script and its data, for a laptop that reaches nothing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::diag::Finding;
use crate::guide::frame::{SEARCH, frame};
use crate::guide::own::embedded;
use crate::guide::{Site, data};
use crate::render::{Engine, single_link};

#[derive(Serialize)]
struct Single {
    parts: Vec<Part>,
    style: String,
    style_hash: String,
    scripts: Vec<String>,
    script_hashes: Vec<String>,
    path: String,
    root: String,
    single: bool,
}

#[derive(Serialize)]
struct Part {
    id: String,
    html: String,
}

/// The whole guide. Links between pages lead to places in it.
///
/// # Errors
/// A template that cannot be rendered.
pub fn single_file(site: &Site<'_>) -> Result<String, Finding> {
    let mut parts = Vec::new();
    for (path, page) in site.readable() {
        let way = site.way(path, page, true)?;
        parts.push(Part {
            id: single_link(path)[1..].to_owned(),
            html: site.inside(page, way, true)?,
        });
    }
    let style = site.engine.render_with("guide/guide.css", &site.frame)?;
    let scripts = vec![
        data::script("releases", &site.release_data()),
        data::script("issues", &site.issue_data()),
        site.engine.render_with("guide/guide.js", &site.frame)?,
    ];
    let single = Single {
        style_hash: hash(&style),
        script_hashes: scripts.iter().map(|script| hash(script)).collect(),
        parts,
        style,
        scripts,
        path: String::new(),
        root: String::new(),
        single: true,
    };
    let mut context = Engine::within(site.frame.clone(), &single)?;
    let mut frame = frame(site.at, &site.own);
    // A browser finds words in one page by itself.
    frame.navigation.retain(|link| link.path != SEARCH);
    frame.logo = frame.logo.and_then(|name| {
        let file = site.own.files.iter().find(|file| file.path == name)?;
        Some(embedded(file))
    });
    context.insert("site", &frame);
    site.engine.render_with("guide/single.html", &context)
}

/// As a Content-Security-Policy names it (CSP 3, *hash-source*).
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
