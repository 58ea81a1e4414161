//! The source repository: its one version, its changelog.

use std::path::PathBuf;

use crate::diag::Text;
use crate::model::{Changelog, Version};
use crate::ports::{Failure, Inside, shown};
use crate::project::load::{Operator, inside, optional};
use crate::project::operator::Outward;
use crate::project::session::{Session, Stop};
use crate::release_day::{Place, VersionFile, mentions};
use crate::sources::changelog;

/// Looked for where operator.toml names no file.
const USUAL: [&str; 6] = [
    "Cargo.toml",
    "pyproject.toml",
    "package.json",
    "Chart.yaml",
    "VERSION",
    "VERSION.txt",
];
const CHANGELOG: &str = "CHANGELOG.md";

/// Larger files are not looked through for the version.
const LARGEST: usize = 1 << 20;
/// They follow the canonical file by themselves.
const LOCKS: [&str; 10] = [
    "Cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "go.sum",
    "Gemfile.lock",
];

/// The file that holds the version.
pub struct Canonical {
    pub name: String,
    pub path: PathBuf,
    pub text: Text,
    pub kind: VersionFile,
    pub place: Place,
}

/// # Errors
/// There is none, or it holds no version.
pub fn canonical(session: &Session<'_>, operator: &Operator) -> Result<Canonical, Stop> {
    let config = &operator.config.source;
    let usual = || {
        USUAL
            .into_iter()
            .find(|name| session.world.exists(&operator.root.join(name)))
            .map(str::to_owned)
    };
    let Some(name) = config.version_file.clone().or_else(usual) else {
        let failure = Failure::new("nothing says which file holds the version");
        return Err(failure
            .help("write `[source] version_file = \"VERSION\"` in operator.toml")
            .into());
    };
    let path = operator.root.join(&name);
    // What operator.toml names may lie anywhere; what is only found there may not.
    let read = match &config.version_file {
        Some(_) => optional(session, &path)?,
        None => inside(session, &operator.root, &name)?,
    };
    let Some(text) = read else {
        return Err(Failure::new(format!("there is no `{}`", shown(&path)))
            .help("`[source] version_file` in operator.toml names it")
            .into());
    };
    let kind = VersionFile::of(&name, config.version_pattern.as_deref()).ok_or_else(|| {
        Failure::new(format!("`{name}` is of no kind that tidings knows"))
            .help("say where the version stands: `[source] version_pattern = \"version = \\\"{version}\\\"\"` in operator.toml")
    })?;
    let place = kind.find(&text.body).ok_or_else(|| {
        Failure::new(format!("`{name}` holds no version where it should stand"))
            .help("write one, or name another file: `[source] version_file`")
    })?;
    Ok(Canonical {
        name,
        path,
        text,
        kind,
        place,
    })
}

/// The version that a command is about: the one named, or the one in the source repository. It need not be released.
///
/// # Errors
/// What is named is no version, or the source repository holds none.
pub fn wanted(
    session: &Session<'_>,
    outward: &Outward<'_>,
    named: Option<&str>,
) -> Result<Version, Stop> {
    match named {
        Some(named) => Version::read(named.trim_start_matches('v'))
            .ok_or_else(|| outward.loaded.unknown(named)),
        None => canonical(session, outward.operator).map(|canonical| canonical.place.version),
    }
}

/// The changelog that is written in: the source repository's own, else the bootstrap repository's.
pub struct Written {
    pub path: PathBuf,
    /// From the root of the repository it lies in.
    pub name: String,
    pub own: bool,
    pub changelog: Changelog,
}

/// # Errors
/// It cannot be read, or the one that is named is not there.
pub fn written(session: &Session<'_>, outward: &Outward<'_>) -> Result<Written, Stop> {
    let config = &outward.operator.config.source;
    let bootstrap = &outward.loaded.bootstrap.config;
    let name = config
        .changelog
        .clone()
        .unwrap_or_else(|| CHANGELOG.to_owned());
    let path = outward.operator.root.join(&name);
    let dialect = &bootstrap.dialect;
    let read = match &config.changelog {
        Some(_) => optional(session, &path)?,
        None => inside(session, &outward.operator.root, &name)?,
    };
    match read {
        Some(text) => Ok(Written {
            path,
            name,
            own: true,
            changelog: changelog::read_as(text, dialect),
        }),
        None if config.changelog.is_some() => {
            Err(Failure::new(format!("there is no `{}`", shown(&path))).into())
        }
        None => {
            let path = outward.loaded.root.join(&bootstrap.changelog_file);
            let text = outward.loaded.bootstrap.changelog.text.clone();
            Ok(Written {
                path,
                name: bootstrap.changelog_file.clone(),
                own: false,
                changelog: changelog::read_as(text, dialect),
            })
        }
    }
}

/// The tag of a version, in both repositories.
pub fn tag_of(outward: &Outward<'_>, version: &Version) -> String {
    outward
        .loaded
        .bootstrap
        .config
        .product
        .bootstrap
        .tag(version)
}

/// Tracked files that name the version too, as `path:line`: lock files, the changelog, internal docs, the customers file and named exceptions aside.
///
/// # Errors
/// git fails, or `[source] version_elsewhere` holds no pattern.
pub fn strays(
    session: &Session<'_>,
    outward: &Outward<'_>,
    canonical: &Canonical,
    written: &Written,
    version: &Version,
) -> Result<Vec<String>, Stop> {
    let (root, config) = (&outward.operator.root, &outward.operator.config);
    // These speak of versions by their nature.
    let internal = format!("{}/", config.source.internal_docs.trim_matches('/'));
    let mut named: Vec<PathBuf> = config
        .email
        .customers
        .iter()
        .map(|file| root.join(file))
        .collect();
    for pattern in &config.source.version_elsewhere {
        named.extend(session.world.matching(root, pattern)?);
    }
    let mut strays = Vec::new();
    for path in session.world.repository(root).tracked()? {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let whole = root.join(&path);
        if LOCKS.contains(&name)
            || path == canonical.name
            || path == written.name
            || path.starts_with(&internal)
            || named.contains(&whole)
        {
            continue;
        }
        let Ok(Inside::Bytes(bytes)) = session.world.read_inside(root, path.as_ref()) else {
            continue;
        };
        if bytes.len() > LARGEST {
            continue;
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        strays.extend(
            mentions(text, version.as_str())
                .into_iter()
                .map(|line| format!("{path}:{line}")),
        );
    }
    Ok(strays)
}
