//! The closed world: every address in every artefact of a run leads to something that the run makes, anchors too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use mail_parser::MessageParser;
use tempfile::TempDir;

use crate::fixture::{run, tidings};

const GUIDE: &str = "https://guide.acme.example/below/";
const FORGE: &str = "https://github.com/acme/agent-bootstrap";

/// Everything a run made, by name, as its reader sees it.
struct World {
    artefacts: BTreeMap<String, String>,
    /// The files of the guide.
    guide: BTreeMap<String, String>,
    tags: BTreeSet<String>,
    /// The files at each tag.
    at_tag: HashMap<String, BTreeSet<String>>,
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut open) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .flatten()
                    .map(|entry| entry.path()),
            );
        } else {
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            all.insert(name, fs::read(path).unwrap());
        }
    }
    all
}

/// The parts of a mail, decoded by a reader that is not ours; the lines of a calendar, joined.
fn readable(name: &str, bytes: &[u8]) -> String {
    if name.ends_with(".eml") {
        let mail = MessageParser::default().parse(bytes).unwrap();
        let text = mail.body_text(0).unwrap();
        return format!("{text}\n{}", mail.body_html(0).unwrap());
    }
    String::from_utf8_lossy(bytes).replace("\r\n ", "")
}

/// The example, with its guide served below a path, and every document in every form.
fn world() -> World {
    let folder = TempDir::new().unwrap();
    tidings(folder.path(), &["demo", "example"]).ok();
    let example = folder.path().join("example");
    let (bootstrap, source) = (example.join("bootstrap"), example.join("source"));
    let toml = fs::read_to_string(bootstrap.join("tidings.toml")).unwrap();
    fs::write(
        bootstrap.join("tidings.toml"),
        toml.replace("https://guide.acme.example/", GUIDE),
    )
    .unwrap();
    let mut artefacts = BTreeMap::new();
    tidings(&source, &["generate", "--out", "../out"]).ok();
    tidings(&bootstrap, &["guide", "build", "--out", "../guide"]).ok();
    tidings(
        &bootstrap,
        &["guide", "build", "--single-file", "--out", "../guide.html"],
    )
    .ok();
    artefacts.insert(
        "guide.html".to_owned(),
        fs::read_to_string(example.join("guide.html")).unwrap(),
    );
    for (name, bytes) in files(&example.join("out")) {
        let text = readable(&name, &bytes);
        artefacts.insert(format!("out/{name}"), text);
    }
    let printed: &[&[&str]] = &[
        &["email", "preview", "--format", "json"],
        &["email", "preview", "1.5.0", "--format", "json"],
        &["email", "preview", "2.0.2", "--format", "json"],
        &[
            "email",
            "preview",
            "--kind",
            "end-of-support",
            "--format",
            "json",
        ],
        &[
            "email",
            "preview",
            "--kind",
            "pre-announcement",
            "--window",
            "2026-12-24",
            "--format",
            "json",
        ],
        &["matrix", "--format", "ics"],
        &["matrix", "--format", "md"],
        &["upgrade", "1.4.0", "--format", "json"],
        &["upgrade", "1.5.0", "--format", "md"],
        &["notes", "1.5.0", "--format", "json"],
        &["identify", "--version", "1.5.0"],
        &["support", "1.5.0", "--format", "json"],
    ];
    for arguments in printed {
        artefacts.insert(arguments.join(" "), tidings(&source, arguments).ok().out);
    }
    let guide: BTreeMap<String, String> = files(&example.join("guide"))
        .iter()
        .map(|(name, bytes)| (name.clone(), readable(name, bytes)))
        .collect();
    for (name, text) in &guide {
        artefacts.insert(format!("guide/{name}"), text.clone());
    }
    let git = |arguments: &[&str]| {
        run(Command::new("git").args(arguments).current_dir(&bootstrap))
            .ok()
            .out
    };
    let tags: BTreeSet<String> = git(&["tag"]).lines().map(str::to_owned).collect();
    let tree = |tag: &String| {
        let names = git(&["ls-tree", "-r", "--name-only", tag]);
        (tag.clone(), names.lines().map(str::to_owned).collect())
    };
    World {
        artefacts,
        guide,
        at_tag: tags.iter().map(tree).collect(),
        tags,
    }
}

/// Every absolute address in a text.
fn addresses(text: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || "\"'<>)]}\\|`".contains(c);
    text.match_indices("https://")
        .map(|(at, _)| text[at..].split(ends).next().unwrap_or(""))
        .map(|url| {
            url.trim_end_matches(['.', ',', ';', ':'])
                .replace("&amp;", "&")
        })
        .collect()
}

/// Every relative link of a page.
fn links(html: &str) -> BTreeSet<String> {
    ["href=\"", "src=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| !link.contains(':') && !link.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

fn resolved(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl World {
    /// Why a place in the guide is none.
    fn missing(&self, place: &str) -> Option<String> {
        let (path, anchor) = place.split_once('#').unwrap_or((place, ""));
        let path = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        let Some(page) = self.guide.get(&path) else {
            return Some(format!("the guide has no `{path}`"));
        };
        let there = anchor.is_empty() || page.contains(&format!("id=\"{anchor}\""));
        (!there).then(|| format!("`{path}` has no place `{anchor}`"))
    }

    /// Why an address below the forge's repository is none.
    fn unforged(&self, place: &str) -> Option<String> {
        let place = place.split('#').next().unwrap_or("");
        if let Some(tag) = place.strip_prefix("/releases/tag/") {
            return (!self.tags.contains(tag)).then(|| format!("there is no release `{tag}`"));
        }
        if let Some((tag, path)) = place
            .strip_prefix("/blob/")
            .and_then(|rest| rest.split_once('/'))
        {
            let there = self
                .at_tag
                .get(tag)
                .is_some_and(|files| files.contains(path));
            return (!there).then(|| format!("`{tag}` has no `{path}`"));
        }
        (!["", "/releases", ".git"].contains(&place))
            .then(|| format!("`{place}` is no page of the forge"))
    }

    fn dead(&self) -> Vec<String> {
        let mut dead = Vec::new();
        for (name, text) in &self.artefacts {
            for url in addresses(text) {
                let why = match (url.strip_prefix(GUIDE), url.strip_prefix(FORGE)) {
                    (Some(place), _) => self.missing(place),
                    (_, Some(place)) => self.unforged(place),
                    _ => None,
                };
                dead.extend(why.map(|why| format!("{name}: {url}: {why}")));
            }
            let Some(page) = name
                .strip_prefix("guide/")
                .filter(|page| page.ends_with(".html"))
            else {
                continue;
            };
            for link in links(text) {
                let place = match link.strip_prefix("/below/") {
                    Some(served) => served.to_owned(),
                    None if link.starts_with('#') => format!("{page}{link}"),
                    None => resolved(page, &link),
                };
                dead.extend(
                    self.missing(&place)
                        .map(|why| format!("{name}: {link}: {why}")),
                );
            }
        }
        for link in links(&self.artefacts["guide.html"]) {
            let there = link.strip_prefix('#').is_some_and(|anchor| {
                self.artefacts["guide.html"].contains(&format!("id=\"{anchor}\""))
            });
            if !there {
                dead.push(format!("guide.html: {link}: no such place"));
            }
        }
        dead
    }
}

#[test]
fn every_address_leads_to_something_that_the_run_makes() {
    let world = world();
    let below: usize = world
        .artefacts
        .values()
        .map(|text| {
            addresses(text)
                .iter()
                .filter(|url| url.starts_with(GUIDE))
                .count()
        })
        .sum();
    assert!(below > 20, "only {below} addresses of the guide were found");
    let mails = world.artefacts.iter().filter(|(name, text)| {
        name.ends_with(".eml") && text.contains(&format!("{GUIDE}upgrade/"))
    });
    assert!(mails.count() >= 3, "mails lead to the guide");
    assert_eq!(world.dead(), Vec::<String>::new());
}

#[test]
fn a_dead_address_is_seen() {
    let mut world = world();
    for (name, address) in [
        ("out/release-note.txt", format!("{GUIDE}upgrade/1.5.1/")),
        (
            "out/mail/stark-1.eml",
            format!("{GUIDE}upgrade/1.5.1.html#nowhere"),
        ),
        (
            "out/support-matrix.ics",
            format!("{FORGE}/releases/tag/v9.9.9"),
        ),
        (
            "out/release-note.md",
            format!("{FORGE}/blob/v2.1.0/docs/none.md"),
        ),
        (
            "guide/releases/index.html",
            "\" href=\"nowhere.html\"".to_owned(),
        ),
    ] {
        let before = world.artefacts[name].clone();
        world
            .artefacts
            .get_mut(name)
            .unwrap()
            .push_str(&format!(" {address} "));
        assert_eq!(world.dead().len(), 1, "{address} in {name}");
        world.artefacts.insert(name.to_owned(), before);
    }
}
