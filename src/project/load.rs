//! Finds the configuration and reads everything that it names.

use std::path::{Path, PathBuf};

use crate::diag::{Code, Finding, Findings, Span, Text, count};
use crate::documents::Standpoint;
use crate::lint::{Checked, check, readme_versions};
use crate::model::{Changelog, Customer, Release, Support, Version};
use crate::ports::{Failure, Inside, shown};
use crate::project::assumed::assumed;
use crate::project::beside::Beside;
use crate::project::facts::Facts;
use crate::project::session::{Session, Stop};
use crate::render::{Engine, TEMPLATES};
use crate::sources;
use crate::sources::config::{BootstrapConfig, OperatorConfig, read_bootstrap, read_operator};
use crate::sources::{Bootstrap, Input, changelog, customers, sheet_text, utf8_text};

pub const BOOTSTRAP_FILE: &str = "tidings.toml";
pub const OPERATOR_FILE: &str = "operator.toml";

/// Where the user's templates lie.
const TEMPLATE_FOLDER: &str = "templates";

/// Findings of one kind in one file that are shown before the rest is counted.
pub const SHOWN: usize = 3;

/// The two configuration files, found and read.
pub struct Configured {
    pub bootstrap: BootstrapConfig,
    /// The folder of `tidings.toml`.
    pub root: PathBuf,
    pub operator: Option<Operator>,
    pub facts: Facts,
    /// There is no `tidings.toml`: it is made of what was found.
    pub assumed: bool,
    pub findings: Findings,
}

pub struct Operator {
    pub config: OperatorConfig,
    /// The folder of `operator.toml`.
    pub root: PathBuf,
}

/// Everything, read.
pub struct Loaded {
    pub bootstrap: Bootstrap,
    pub root: PathBuf,
    pub facts: Facts,
    pub assumed: bool,
    pub operator: Option<Operator>,
    pub customers: Vec<Customer>,
    pub(in crate::project) findings: Findings,
}

/// Looks upwards from the working folder; the nearest of the two files decides.
pub fn configured(session: &Session<'_>) -> Result<Configured, Stop> {
    let (bootstrap_file, operator_file) = match places(session) {
        Err(nowhere) => return without_file(session)?.ok_or(nowhere),
        found => found?,
    };
    let mut findings = Findings::new();
    let operator = match operator_file {
        None => None,
        Some(file) => {
            let text = required(session, &file)?;
            let (config, found) = read_operator(&text);
            findings.extend(found);
            let Some(config) = config else {
                return Err(Stop::Findings(findings));
            };
            let secrets = config.secret_variables();
            session.world.withhold(&secrets, &config.pass_env);
            Some(Operator {
                config,
                root: folder(&file),
            })
        }
    };
    let file = match (bootstrap_file, &operator) {
        (Some(file), _) => file,
        (None, Some(operator)) => operator
            .root
            .join(&operator.config.bootstrap)
            .join(BOOTSTRAP_FILE),
        (None, None) => return Err(nowhere(session)),
    };
    // One that was named with `--config` is the word of whoever typed it.
    let text = match (file.file_name(), &session.globals.config) {
        (Some(name), None) => inside(session, &folder(&file), name)?,
        _ => optional(session, &file)?,
    };
    let prefix = text
        .as_ref()
        .and_then(|text| Some(read_bootstrap(text).0?.product.bootstrap.tag_prefix))
        .unwrap_or_else(|| "v".to_owned());
    let facts = Facts::of(session, &folder(&file), &prefix)?;
    let text = facts
        .configuration(session, &file)?
        .or(text)
        .ok_or_else(|| Failure::new(format!("there is no `{}`", shown(&file))))?;
    facts.announce(session);
    let (bootstrap, found) = read_bootstrap(&text);
    findings.extend(found);
    match bootstrap {
        Some(bootstrap) if !findings.iter().any(Finding::is_error) => Ok(Configured {
            bootstrap: in_zone(session, bootstrap),
            root: folder(&file),
            operator,
            facts,
            assumed: false,
            findings,
        }),
        _ => Err(Stop::Findings(findings)),
    }
}

/// A repository without configuration: what is found there is taken, and said.
fn without_file(session: &Session<'_>) -> Result<Option<Configured>, Stop> {
    let Some(assumed) = assumed(session)? else {
        return Ok(None);
    };
    assumed.announce(session);
    let name = format!("{} (assumed)", shown(&assumed.path()));
    let (config, findings) = read_bootstrap(&Text::new(name, assumed.text.as_str()));
    let Some(mut config) = config.filter(|_| !findings.iter().any(Finding::is_error)) else {
        return Err(Stop::Findings(findings));
    };
    config.unpinned = assumed.unpinned;
    let facts = Facts::of(session, &assumed.root, &config.product.bootstrap.tag_prefix)?;
    facts.announce(session);
    Ok(Some(Configured {
        bootstrap: config,
        root: assumed.root,
        operator: None,
        facts,
        assumed: true,
        findings,
    }))
}

/// From here on "today" is a day of the configured zone.
fn in_zone(session: &Session<'_>, config: BootstrapConfig) -> BootstrapConfig {
    if let Some(zone) = config.zone {
        let _ = session.zone.set(zone);
    }
    config
}

fn nowhere(session: &Session<'_>) -> Stop {
    Failure::new(format!("there is no `{BOOTSTRAP_FILE}` and no `{OPERATOR_FILE}` in `{}` or above", session.dir().display()))
        .help("run this in the bootstrap repository or the source repository, or see one work: `tidings demo`")
        .into()
}

/// The two files: given, or the nearest upwards.
fn places(session: &Session<'_>) -> Result<(Option<PathBuf>, Option<PathBuf>), Stop> {
    let given = |path: &PathBuf| session.at(path);
    let (config, operator) = (
        session.globals.config.as_ref().map(given),
        session.globals.operator.as_ref().map(given),
    );
    if config.is_some() || operator.is_some() {
        return Ok((config, operator));
    }
    let start = std::path::absolute(session.dir()).unwrap_or_else(|_| session.dir().to_path_buf());
    let mut up = session.dir().to_path_buf();
    for _ in start.ancestors() {
        let (operator, bootstrap) = (up.join(OPERATOR_FILE), up.join(BOOTSTRAP_FILE));
        if session.world.exists(&operator) {
            return Ok((None, Some(operator)));
        }
        if session.world.exists(&bootstrap) {
            return Ok((Some(bootstrap), None));
        }
        up = up.join("..");
    }
    Err(nowhere(session))
}

pub fn folder(file: &Path) -> PathBuf {
    file.parent().map(Path::to_path_buf).unwrap_or_default()
}

fn required(session: &Session<'_>, path: &Path) -> Result<Text, Stop> {
    let text = optional(session, path)?;
    text.ok_or_else(|| Failure::new(format!("there is no `{}`", shown(path))).into())
}

/// A text file that may be absent. One that is not UTF-8 stops.
pub fn optional(session: &Session<'_>, path: &Path) -> Result<Option<Text>, Stop> {
    let Some(bytes) = session.world.read(path)? else {
        return Ok(None);
    };
    match utf8_text(&shown(path), bytes) {
        (text, findings) if findings.is_empty() => Ok(Some(text)),
        (_, findings) => Err(Stop::Findings(findings)),
    }
}

/// The bytes of a file in a repository that others propose changes to, by its path from `root`; `None` where there is none.
///
/// # Errors
/// It cannot be read, or a link leads out of the repository.
pub fn bytes_inside(
    session: &Session<'_>,
    root: &Path,
    path: impl AsRef<Path>,
) -> Result<Option<Vec<u8>>, Stop> {
    match session.world.read_inside(root, path.as_ref())? {
        Inside::Absent => Ok(None),
        Inside::Bytes(bytes) => Ok(Some(bytes)),
        Inside::Outside => {
            let name = shown(&root.join(path));
            let what = format!("`{name}` leads out of its repository");
            Err(Finding::new(Code::PathOutside, what)
                .at(&Text::new(name, ""), Span::new(0, 0))
                .help("put the file itself there instead of the link")
                .into())
        }
    }
}

/// The same, as text. A file that is not UTF-8 stops.
///
/// # Errors
/// As `bytes_inside`.
pub fn inside(
    session: &Session<'_>,
    root: &Path,
    path: impl AsRef<Path>,
) -> Result<Option<Text>, Stop> {
    let path = path.as_ref();
    let Some(bytes) = bytes_inside(session, root, path)? else {
        return Ok(None);
    };
    match utf8_text(&shown(&root.join(path)), bytes) {
        (text, findings) if findings.is_empty() => Ok(Some(text)),
        (_, findings) => Err(Stop::Findings(findings)),
    }
}

/// Configuration, changelog, pins of all tags, known issues, customers.
pub fn load(session: &Session<'_>) -> Result<Loaded, Stop> {
    let configured = configured(session)?;
    let Configured {
        bootstrap: config,
        root,
        operator,
        facts,
        assumed,
        mut findings,
    } = configured;
    let Some(changelog) = facts.text(session, &root, &config.changelog_file)? else {
        let path = root.join(&config.changelog_file);
        return Err(Failure::new(format!("there is no `{}`", shown(&path)))
            .help("write it, or name another: `[changelog] file` in tidings.toml")
            .into());
    };
    let customers = match &operator {
        Some(operator) => customers_text(session, &root, operator)?,
        None => None,
    };
    // git and the reader of the bootstrap repository have work beside the one of many customers.
    std::thread::scope(|scope| {
        let customers = customers
            .as_ref()
            .map(|text| scope.spawn(|| customers::read(text)));
        let input = Input {
            pin: facts.text(session, &root, &config.pin.file)?,
            issues: facts.text(session, &root, &config.known_issues_file)?,
            tags: session.world.tags(&root, &config.pin.file)?,
            changelog,
            config,
        };
        let beside = Beside::new(session, &root, &facts);
        let bootstrap = sources::read(input, &|tag, path| beside.file(tag, path));
        let read = customers
            .map(|reading| {
                reading
                    .join()
                    .map_err(|_| Failure::new("the customers file could not be read"))
            })
            .transpose()?;
        let (customers, found) = read.unwrap_or_default();
        findings.extend(found);
        Ok(Loaded {
            bootstrap,
            root,
            facts,
            assumed,
            operator,
            customers,
            findings,
        })
    })
}

/// The customers file. One that customers could read is refused.
fn customers_text(
    session: &Session<'_>,
    bootstrap: &Path,
    operator: &Operator,
) -> Result<Option<Text>, Stop> {
    let Some(name) = &operator.config.email.customers else {
        return Ok(None);
    };
    let path = operator.root.join(name);
    let Some(bytes) = session.world.read(&path)? else {
        return Err(Failure::new(format!("there is no `{}`", shown(&path)))
            .help("write it, or remove `customers` from `[email]` in operator.toml")
            .into());
    };
    let (text, found) = sheet_text(&shown(&path), bytes);
    if !found.is_empty() {
        return Err(Stop::Findings(found));
    }
    let real = session.world.real(&path);
    if real.starts_with(session.world.real(bootstrap)) && session.world.tracked(bootstrap, &real)? {
        let finding = Finding::new(
            Code::CustomersTracked,
            format!(
                "git tracks `{}` in the bootstrap repository, where every customer can read it",
                shown(&path)
            ),
        );
        return Err(finding
            .at(&text, text.first_line())
            .help("move it to the source repository and remove it from the history here")
            .into());
    }
    Ok(Some(text))
}

impl Loaded {
    /// How many there are, whatever they want to be told.
    pub fn recipients(&self) -> usize {
        self.customers
            .iter()
            .map(|customer| customer.recipients.len())
            .sum()
    }

    /// The release that a command is about: the one named, or the newest stable one that is not withdrawn.
    pub fn release(&self, session: &Session<'_>, named: Option<&str>) -> Result<&Release, Stop> {
        let history = &self.bootstrap.history;
        let Some(named) = named else {
            let newest = history.newest().or(history.releases().last());
            return match newest {
                Some(newest) => Ok(newest),
                None => Err(Stop::Findings(self.check(session, None, false)?)),
            };
        };
        let prefix = &self.bootstrap.config.product.bootstrap.tag_prefix;
        let version = Version::read(named.strip_prefix(prefix.as_str()).unwrap_or(named));
        version
            .as_ref()
            .and_then(|version| history.release(version))
            .ok_or_else(|| self.unknown(named))
    }

    /// A version that nobody released, with the nearest that somebody did.
    pub fn unknown(&self, named: &str) -> Stop {
        let text = &self.bootstrap.changelog.text;
        let known = self
            .bootstrap
            .history
            .releases()
            .iter()
            .map(|release| release.version.as_str());
        let help = match crate::diag::closest(named, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "`tidings changelog` lists the {} that {} names",
                count(self.bootstrap.history.releases().len(), "release"),
                text.name
            ),
        };
        Finding::new(
            Code::VersionUnknown,
            format!("there is no release `{}`", crate::diag::clipped(named, 40)),
        )
        .help(help)
        .into()
    }

    /// All findings for a release, those of old history as warnings.
    pub fn check(
        &self,
        session: &Session<'_>,
        target: Option<&Version>,
        online: bool,
    ) -> Result<Findings, Stop> {
        let exists = |path: &str| self.facts.exists(session, &self.root, path);
        let reach = |url: &str| session.world.reach(url);
        let at_tag = self.changelog_at_tag(session, target)?;
        let checked = Checked {
            target,
            today: session.today(),
            customers: &self.customers,
            at_tag: at_tag.as_ref(),
            reach: online.then_some(&reach),
            exists: &exists,
        };
        let mut findings = self.findings.clone();
        findings.extend(check(&self.bootstrap, &checked));
        let being_made = target.is_none_or(|target| self.being_made(target));
        let closed = [
            Code::EntryMissing,
            Code::EntryEmpty,
            Code::PinMissing,
            Code::VersionUnknown,
        ];
        if !being_made {
            let customer = |finding: &Finding| finding.code.as_str().starts_with("customer");
            findings = findings
                .into_iter()
                .map(|f| {
                    if closed.contains(&f.code) || customer(&f) {
                        f
                    } else {
                        f.warn()
                    }
                })
                .collect();
        }
        Ok(findings)
    }

    /// The changelog at the release's tag, where it is another than today's. Those of all tags would be hundreds of megabytes.
    fn changelog_at_tag(
        &self,
        session: &Session<'_>,
        target: Option<&Version>,
    ) -> Result<Option<Changelog>, Stop> {
        let tag = target.and_then(|target| self.bootstrap.history.release(target)?.tag.as_ref());
        let Some(tag) = tag else { return Ok(None) };
        let file = &self.bootstrap.config.changelog_file;
        let bytes = session.world.file_at(&self.root, &tag.commit, file)?;
        Ok(bytes
            .filter(|bytes| bytes.as_slice() != self.bootstrap.changelog.text.body.as_bytes())
            .map(|bytes| {
                changelog::read_as(
                    utf8_text(&format!("{}:{file}", tag.name), bytes).0,
                    &self.bootstrap.config.dialect,
                )
            }))
    }

    /// Whether a release is the one being made: the newest by version or by date, or not tagged yet.
    fn being_made(&self, target: &Version) -> bool {
        let releases = self.bootstrap.history.releases();
        let Some(release) = self.bootstrap.history.release(target) else {
            return true;
        };
        let newest = releases
            .iter()
            .filter(|r| !r.version.is_prerelease())
            .max_by(|a, b| a.version.cmp(&b.version));
        let youngest = releases.iter().filter_map(|r| r.date).max();
        release.tag.is_none()
            || newest.is_some_and(|newest| newest.version == *target)
            || release.date == youngest
    }

    /// Releases that the README names outside its blocks and that are not the newest; nothing where an older one is at hand.
    pub fn readme_versions(&self, session: &Session<'_>, target: &Version) -> Findings {
        let newest = self.bootstrap.history.newest();
        let file = &self.bootstrap.config.readme_file;
        if newest.is_some_and(|newest| newest.version > *target) {
            return Findings::new();
        }
        match self.facts.text(session, &self.root, file) {
            Ok(Some(readme)) => readme_versions(&self.bootstrap, &readme, Some(target)),
            _ => Findings::new(),
        }
    }

    /// What names customers is never written into the bootstrap repository, where all of them read.
    pub fn refuse_public(
        &self,
        session: &Session<'_>,
        path: &Path,
        why: &str,
        help: &str,
    ) -> Result<(), Stop> {
        if session
            .world
            .real(path)
            .starts_with(session.world.real(&self.root))
        {
            return Err(Failure::new(format!(
                "`{}` lies in the bootstrap repository, and {why}",
                path.display()
            ))
            .help(help)
            .into());
        }
        Ok(())
    }

    /// Support as a release stands at its own date; today where it has none. A withdrawn one stands at the last release's:
    /// what takes its place came later than itself.
    pub fn support_at(&self, session: &Session<'_>, release: &Release) -> Support<'_> {
        let (history, today) = (&self.bootstrap.history, session.today());
        Support::on(
            history,
            match release.date {
                Some(_) if release.withdrawn => history.last_day(today),
                date => date.unwrap_or(today),
            },
        )
    }

    pub fn standpoint<'s>(&'s self, support: &'s Support<'s>) -> Standpoint<'s> {
        Standpoint::new(
            &self.bootstrap.config.product,
            &self.bootstrap.history,
            support,
        )
    }

    /// The templates, with those of the bootstrap repository's `templates/` and then the operator's in their place.
    pub fn engine(&self, session: &Session<'_>) -> Result<Engine, Stop> {
        let folders = [
            Some(&self.root),
            self.operator.as_ref().map(|operator| &operator.root),
        ];
        let mut own = Vec::new();
        for root in folders.into_iter().flatten() {
            own.extend(templates(session, root)?);
        }
        Engine::new(own).map_err(Stop::Findings)
    }
}

/// The user's templates in `templates/` of a repository: files that have the name of one of ours, and `partials/`.
pub fn templates(session: &Session<'_>, root: &Path) -> Result<Vec<(String, Text)>, Stop> {
    let mut own = Vec::new();
    for path in session.world.list(&root.join(TEMPLATE_FOLDER)) {
        let name = path.to_string_lossy().replace('\\', "/");
        if (TEMPLATES.iter().any(|(known, _)| *known == name) || name.starts_with("partials/"))
            && let Some(text) = inside(session, root, Path::new(TEMPLATE_FOLDER).join(&path))?
        {
            own.push((name, text));
        }
    }
    Ok(own)
}

/// An output never replaces a file that tidings did not make (it would hold `mark`), or that git tracks.
///
/// # Errors
/// There is such a file.
pub fn refuse_to_replace(session: &Session<'_>, path: &Path, mark: &str) -> Result<(), Stop> {
    let why = match session.world.read(path)? {
        None => return Ok(()),
        Some(old) if !String::from_utf8_lossy(&old).contains(mark) => "was not made by tidings",
        Some(_) => {
            let real = session.world.real(path);
            if !session.world.tracked(&folder(&real), &real)? {
                return Ok(());
            }
            "is tracked by git"
        }
    };
    Err(
        Failure::new(format!("`{}` is there already and {why}", shown(path)))
            .help("give another place with `--out`; `--force` replaces it")
            .into(),
    )
}
