//! The vendor's own pages and files: their addresses, and where their links lead.

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::diag::{Code, Finding, Findings, Span};
use crate::documents::GuideLink;
use crate::render::{Leads, Written, single_link, written};
use crate::sources::changelog::links_in;
use crate::sources::content::OwnPage;

/// A file of `content/` that is no page: an image, a document.
pub struct OwnFile {
    /// Below `content/` and below the guide alike.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// All of them, the pages in the order of the navigation.
#[derive(Default)]
pub struct OwnPages {
    pub pages: Vec<OwnPage>,
    pub files: Vec<OwnFile>,
}

impl OwnPages {
    pub fn new(mut pages: Vec<OwnPage>, mut files: Vec<OwnFile>) -> Self {
        pages.sort_by(|a, b| (a.order, &a.file).cmp(&(b.order, &b.file)));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        OwnPages { pages, files }
    }

    /// What the navigation names.
    pub fn navigation(&self) -> impl Iterator<Item = GuideLink> + '_ {
        self.pages
            .iter()
            .filter(|page| page.nav)
            .map(|page| GuideLink {
                title: title(page),
                path: path(page),
            })
    }
}

/// `howto/proxy.md` is `howto/proxy.html`.
pub fn path(page: &OwnPage) -> String {
    format!("{}.html", page.file.trim_end_matches(".md"))
}

/// What the front matter says, else the first heading, else the file's name.
pub fn title(page: &OwnPage) -> String {
    let heading = || {
        let body = page.text.slice(page.body);
        body.lines()
            .find_map(|line| line.strip_prefix("# "))
            .map(|title| crate::render::plain(title.trim_end_matches('#').trim()))
    };
    let name = || {
        page.file
            .rsplit('/')
            .next()
            .unwrap_or("")
            .trim_end_matches(".md")
            .to_owned()
    };
    page.title.clone().or_else(heading).unwrap_or_else(name)
}

/// A page in HTML.
pub fn write(page: &OwnPage) -> Written {
    let lead = |link: &str, _: Leads| match inner(folder(&page.file), link) {
        Some(place) => format!(
            "{}{}",
            "../".repeat(page.file.matches('/').count()),
            place.whole()
        ),
        None => link.to_owned(),
    };
    written(page.text.slice(page.body), "", &lead)
}

/// A page within the guide that is one file: images are in it.
pub fn write_single(own: &OwnPages, page: &OwnPage) -> Written {
    let file = |place: &Place| own.files.iter().find(|file| file.path == place.path);
    let lead = |link: &str, leads: Leads| match (inner(folder(&page.file), link), leads) {
        (Some(place), Leads::Image) => file(&place).map_or_else(|| link.to_owned(), embedded),
        (Some(place), Leads::Link) => single_link(&place.whole()),
        (None, _) if link.starts_with('#') => single_link(&format!("{}{link}", path(page))),
        (None, _) => link.to_owned(),
    };
    written(
        page.text.slice(page.body),
        &format!("{}-", &single_link(&path(page))[1..]),
        &lead,
    )
}

/// A file as an address (RFC 2397).
pub fn embedded(file: &OwnFile) -> String {
    let kind = match file.path.rsplit('.').next().unwrap_or("") {
        "jpg" => "jpeg",
        "svg" => "svg+xml",
        kind => kind,
    };
    format!(
        "data:image/{kind};base64,{}",
        BASE64_STANDARD.encode(&file.bytes)
    )
}

/// Findings about addresses that two pages want, and links that lead nowhere.
pub fn check(own: &OwnPages, generated: &[String]) -> Findings {
    let mut findings = Findings::new();
    let mut taken: BTreeMap<String, String> = generated
        .iter()
        .map(|path| (path.to_lowercase(), "tidings itself".to_owned()))
        .collect();
    for page in &own.pages {
        if let Some(other) = taken.insert(
            path(page).to_lowercase(),
            format!("`content/{}`", page.file),
        ) {
            findings.push(
                Finding::new(
                    Code::PageDuplicate,
                    format!("`{}` is a page of {other} already", path(page)),
                )
                .at(&page.text, page.text.first_line())
                .help("give the file another name"),
            );
        }
    }
    for file in &own.files {
        if let Some(other) =
            taken.insert(file.path.to_lowercase(), format!("`content/{}`", file.path))
        {
            findings.push(
                Finding::new(
                    Code::PageDuplicate,
                    format!("`content/{}` would stand where {other} does", file.path),
                )
                .help("give it another name"),
            );
        }
    }
    let anchors: BTreeMap<String, HashSet<String>> = own
        .pages
        .iter()
        .map(|page| {
            (
                path(page),
                write(page)
                    .sections
                    .into_iter()
                    .map(|section| section.id)
                    .collect(),
            )
        })
        .collect();
    for page in &own.pages {
        findings.extend(links_in(page.text.slice(page.body)).into_iter().filter_map(|(range, link)| {
            let Place { path: target, fragment } = match link.strip_prefix('#') {
                Some(fragment) => Place { path: path(page), fragment: fragment.to_owned() },
                None => inner(folder(&page.file), &link)?,
            };
            let at = Span::from(range).shifted(page.body.start);
            let broken = |what: String, help: &str| Some(Finding::new(Code::LinkBroken, what).at(&page.text, at).help(help));
            if !taken.contains_key(&target.to_lowercase()) {
                return broken(
                    format!("`{target}` is no page of the guide"),
                    "link to a page of the guide, a file of `content/`, or an `https:` address",
                );
            }
            let ids = anchors.get(&target).filter(|ids| !fragment.is_empty() && !ids.contains(&fragment))?;
            let near = crate::diag::closest(&fragment, ids.iter().map(String::as_str));
            let help = near.map_or("link to a heading of that page, in lower case and with `-` for spaces".to_owned(), |near| {
                format!("write `#{near}`")
            });
            broken(format!("`{target}` has no heading `#{fragment}`"), &help)
        }));
    }
    findings
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn as_page(target: &str) -> String {
    match target.strip_suffix(".md") {
        Some(stem) => format!("{stem}.html"),
        None if target.is_empty() || target.ends_with('/') => format!("{target}index.html"),
        None => target.to_owned(),
    }
}

/// Something of the guide: its path below the guide's folder, and a heading of it.
struct Place {
    path: String,
    fragment: String,
}

impl Place {
    fn whole(&self) -> String {
        if self.fragment.is_empty() {
            self.path.clone()
        } else {
            format!("{}#{}", self.path, self.fragment)
        }
    }
}

/// Where a link to something of the guide leads; `None` for one to elsewhere, or within the page.
fn inner(folder: &str, link: &str) -> Option<Place> {
    let scheme = link
        .split(['/', '?', '#'])
        .next()
        .is_some_and(|first| first.contains(':'));
    if link.is_empty() || link.starts_with('#') || link.starts_with("//") || scheme {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or("");
    let mut parts: Vec<&str> = if path.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if path.ends_with('/') { "/" } else { "" };
    Some(Place {
        path: as_page(&(parts.join("/") + end)),
        fragment: fragment.to_owned(),
    })
}
