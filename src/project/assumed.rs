//! What is assumed of a repository with a changelog and tags that has no `tidings.toml`: read from its remote, its tags and its files, and written
//! as the file that `tidings init` would put there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diag::list;
use crate::model::Version;
use crate::ports::{Failure, shown};
use crate::project::load::BOOTSTRAP_FILE;
use crate::project::session::{Session, Stop};

/// Looked for, in this order.
const CHANGELOGS: [&str; 10] = [
    "CHANGELOG.md",
    "Changelog.md",
    "changelog.md",
    "CHANGES.md",
    "CHANGELOG",
    "HISTORY.md",
    "NEWS.md",
    "RELEASES.md",
    "docs/CHANGELOG.md",
    "docs/changelog.md",
];
const PINS: [&str; 6] = [
    "pin.json",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "values.yaml",
];
const ISSUES: &str = "known-issues.toml";
const README: &str = "README.md";

/// What was found, as a configuration.
pub struct Assumed {
    pub root: PathBuf,
    /// `tidings.toml`, as `init` would write it.
    pub text: String,
    /// No file pins images: a release is its tag alone.
    pub unpinned: bool,
    assumed: Vec<String>,
    missing: Vec<String>,
}

/// The nearest repository upwards that has a changelog and tags that name versions; `None` where there is none.
///
/// # Errors
/// git fails.
pub fn assumed(session: &Session<'_>) -> Result<Option<Assumed>, Stop> {
    let start = std::path::absolute(session.dir()).unwrap_or_else(|_| session.dir().to_path_buf());
    let mut up = session.dir().to_path_buf();
    for _ in start.ancestors() {
        let here = |name: &&&str| session.world.exists(&up.join(name));
        let found = CHANGELOGS.iter().find(here);
        if session.world.exists(&up.join(".git")) {
            return match found {
                Some(changelog) => of(session, up, changelog),
                None => Ok(None),
            };
        }
        up = up.join("..");
    }
    Ok(None)
}

fn of(session: &Session<'_>, root: PathBuf, changelog: &str) -> Result<Option<Assumed>, Stop> {
    let names: Vec<String> = session
        .world
        .tags(&root, changelog)?
        .into_iter()
        .map(|(tag, _)| tag.name)
        .collect();
    let Some((prefix, versions)) = prefix(&names) else {
        return Ok(None);
    };
    let exists = |name: &str| session.world.exists(&root.join(name));
    let (mut assumed, mut missing) = (Vec::new(), Vec::new());
    let remote = session.world.repository(&root).address()?;
    let address = remote.as_deref().and_then(web_address);
    let folder = session.world.real(&root);
    let folder = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_else(|| "product".to_owned());
    let (name, vendor, repository) = match &address {
        Some(address) => {
            let mut parts = address.rsplit('/');
            let name = parts.next().unwrap_or("product").to_owned();
            let vendor = parts.next().unwrap_or("vendor").to_owned();
            (name, vendor, address.clone())
        }
        None => {
            let address = format!("https://repository.invalid/{folder}");
            missing.push(format!(
                "the web address of the repository (`origin` names none): links lead to {address}"
            ));
            (folder.clone(), folder, address)
        }
    };
    let name = spoken(&name);
    let source = if address.is_some() {
        "`origin`"
    } else {
        "the folder"
    };
    assumed.push(format!(
        "the product is `{name}` of `{vendor}`, by {source}"
    ));
    let tags = if prefix.is_empty() {
        "tags are bare versions".to_owned()
    } else {
        format!("tags start with `{prefix}`")
    };
    assumed.push(tags);
    let (scheme, format) = scheme(&versions);
    if let Some(format) = &format {
        assumed.push(format!("versions are calendar versions, `{format}`"));
    }
    let pin = PINS.iter().find(|name| exists(name));
    match pin {
        Some(pin) => assumed.push(format!("images are pinned in {pin}")),
        None => missing.push("a file that pins the images by digest: a release is its tag alone, and no digest is named".to_owned()),
    }
    let compose = pin.filter(|pin| pin.contains("compose"));
    let found = match compose {
        _ if exists("install.sh") => Some("./install.sh".to_owned()),
        Some(file) => Some(format!("docker compose --file {file} up --detach")),
        None => None,
    };
    if let Some(found) = &found {
        assumed.push(format!("`{found}` installs"));
    }
    let install = found.unwrap_or_else(|| {
        let reads = if exists(README) {
            "cat README.md"
        } else {
            "git show"
        };
        missing.push(format!("an install command: documents say `{reads}`"));
        reads.to_owned()
    });
    assumed.push("the last two minor versions are supported".to_owned());
    let contact = match &address {
        Some(address) => format!("{address}/issues"),
        None => "the vendor".to_owned(),
    };
    missing.push(format!(
        "whom customers ask, and how soon they get an answer: documents say {contact}"
    ));
    let format = format
        .map(|format| format!("format = \"{format}\"\n"))
        .unwrap_or_default();
    let pin = pin.unwrap_or(&"pin.json");
    let text = format!(
        "# Found in this repository by `tidings init`; correct what is not so. Customers may read this file.\n\n\
         [product]\nname = {}\nvendor = {}\n\n\
         [bootstrap]\nrepository = {}\ninstall = {}\ntag_prefix = {}\n\n\
         [changelog]\nfile = {}\n\n[pin]\nfile = {}\n\n[known_issues]\nfile = {}\n\n\
         [policy]\nscheme = \"{scheme}\"\n{format}supported_minors = 2\n\n\
         [support]\ncontact = {}\nresponse = \"as soon as we can\"\n",
        quoted(&name),
        quoted(&vendor),
        quoted(&repository),
        quoted(&install),
        quoted(&prefix),
        quoted(changelog),
        quoted(pin),
        quoted(ISSUES),
        quoted(&contact),
    );
    Ok(Some(Assumed {
        unpinned: !exists(pin),
        root,
        text,
        assumed,
        missing,
    }))
}

impl Assumed {
    /// What is assumed and what is missing, in lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "no `{BOOTSTRAP_FILE}` here; assumed: {}",
            self.assumed.join("; ")
        )];
        lines.extend(self.missing.iter().map(|what| format!("missing: {what}")));
        lines.push("`tidings init` writes it down, to be corrected".to_owned());
        lines
    }

    /// Says it, once.
    pub fn announce(&self, session: &Session<'_>) {
        if session.assumed_said.set(()).is_ok() {
            for line in self.lines() {
                session.say(&line);
            }
        }
    }

    pub fn path(&self) -> PathBuf {
        self.root.join(BOOTSTRAP_FILE)
    }
}

/// A command that acts is not run on what is assumed.
///
/// # Errors
/// Always.
pub fn refused(root: &Path) -> Stop {
    Failure::new(format!(
        "there is no `{BOOTSTRAP_FILE}` in `{}`",
        shown(root)
    ))
    .help("`tidings init` writes down what was found; correct it, then run this again")
    .into()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let safe: String = text
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("\"{safe}\"")
}

/// What stands before the version in most tags, and those versions.
fn prefix(names: &[String]) -> Option<(String, Vec<Version>)> {
    let mut by: BTreeMap<&str, Vec<Version>> = BTreeMap::new();
    for name in names {
        let Some(at) = name.find(|c: char| c.is_ascii_digit()) else {
            continue;
        };
        if let Some(version) = Version::read(&name[at..]) {
            by.entry(&name[..at]).or_default().push(version);
        }
    }
    by.into_iter()
        .max_by_key(|(_, versions)| versions.len())
        .map(|(prefix, versions)| (prefix.to_owned(), versions))
}

/// Calendar versions start with a year.
fn scheme(versions: &[Version]) -> (&'static str, Option<String>) {
    let parts = |version: &Version| -> Vec<String> {
        version.as_str().split('.').map(str::to_owned).collect()
    };
    let year = |parts: &Vec<String>| {
        parts.len() > 1
            && parts[0].len() == 4
            && parts[0]
                .parse::<u32>()
                .is_ok_and(|year| (2000..2100).contains(&year))
    };
    let all: Vec<Vec<String>> = versions.iter().map(parts).collect();
    if all.is_empty() || !all.iter().all(year) {
        return ("semver", None);
    }
    let padded = all.iter().any(|parts| parts[1].starts_with('0'));
    let month = all.iter().all(|parts| {
        parts[1]
            .parse::<u32>()
            .is_ok_and(|month| (1..=12).contains(&month))
    });
    let second = match (month, padded) {
        (true, true) => "0M",
        (true, false) => "MM",
        _ => "MINOR",
    };
    let rest = if all.iter().any(|parts| parts.len() > 2) {
        ".MICRO"
    } else {
        ""
    };
    ("calver", Some(format!("YYYY.{second}{rest}")))
}

/// `agent-deploy` → `Agent Deploy`
fn spoken(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let words: Vec<String> = words
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        })
        .collect();
    words.join(" ")
}

/// What a browser opens for a remote: without the account and the port of ssh. `None` for a folder.
pub fn web_address(remote: &str) -> Option<String> {
    let remote = remote.trim().trim_end_matches('/');
    let remote = remote.strip_suffix(".git").unwrap_or(remote);
    let (host, path) = match remote.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => {
            let (host, path) = rest.split_once('/')?;
            let host = host.rsplit('@').next()?;
            let port = remote.starts_with("http");
            let host = if port { host } else { host.split(':').next()? };
            (host, path)
        }
        Some(_) => return None,
        // `git@host:owner/name`, and no drive of Windows
        None => {
            let (host, path) = remote.split_once(':')?;
            (!host.contains('/') && host.len() > 1).then_some(())?;
            (host.rsplit('@').next()?, path.trim_start_matches('/'))
        }
    };
    let sound = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._~/:".contains(c))
            && !text.split('/').any(|part| part.is_empty() || part == "..")
    };
    let scheme = if remote.starts_with("http://") {
        "http"
    } else {
        "https"
    };
    (sound(host) && sound(path)).then(|| format!("{scheme}://{host}/{path}"))
}

/// Names for what a person has to give where nothing was found.
pub fn needed(given: &[(&str, bool)]) -> Failure {
    let missing: Vec<String> = given
        .iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| format!("`--{name}`"))
        .collect();
    Failure::new(format!("{} missing", list(&missing, "and")))
        .help("give all of `--product`, `--vendor`, `--repository` and `--contact`; or none of them in a repository that has a changelog and tags, to write down what is found there")
}
