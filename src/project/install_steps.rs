//! Installing a release and asking it, step by step, each timed: what the smoke test and the rollback share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::diag::clipped;
use crate::documents::TimedStep;
use crate::model::Pin;
use crate::ports::Failure;
use crate::project::load::{Loaded, Operator};
use crate::project::session::{Session, Stop};
use crate::sources::config::Operation;
use crate::sources::version_answer;

/// The agent is given so long to answer after an install.
const UP: Duration = Duration::from_secs(20);
/// An engine is given so long for an answer.
const ENGINE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);
/// Of what a program said, so many lines are shown.
const SHOWN: usize = 10;

/// A step that did not do what it should.
pub struct Broken {
    pub step: String,
    pub why: String,
    /// The end of what a program said.
    pub output: String,
}

pub enum Ended {
    Broken(Broken),
    Stop(Stop),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Stop(failure.into())
    }
}

pub struct Steps<'s, 'w> {
    session: &'s Session<'w>,
    folder: PathBuf,
    install: String,
    environment: BTreeMap<String, String>,
    /// In what programs are told, `{root}` stands for this.
    root: String,
    url: String,
    engine: Option<String>,
    /// All steps together; what runs longer is stopped.
    limit: Duration,
    pub passed: Vec<(String, Duration)>,
    /// What the agent answered last.
    pub answer: Option<String>,
    /// What nobody looked at, and why.
    pub unseen: Vec<(String, String)>,
}

impl<'s, 'w> Steps<'s, 'w> {
    /// # Errors
    /// Nothing says where the agent answers.
    pub fn new(
        session: &'s Session<'w>,
        loaded: &Loaded,
        folder: &Path,
        limit: Duration,
    ) -> Result<Self, Stop> {
        let bootstrap = &loaded.bootstrap.config.product.bootstrap;
        let staging = loaded
            .operator
            .as_ref()
            .map(|operator| &operator.config.staging);
        let Some(url) = staging
            .and_then(|staging| staging.version_url.clone())
            .or_else(|| bootstrap.version_url.clone())
        else {
            let failure = Failure::new("nothing says where the agent answers");
            return Err(failure
                .help("write `[bootstrap] version_url` in tidings.toml, or `[staging] version_url` in operator.toml")
                .into());
        };
        let root = root(session, loaded.operator.as_ref());
        let environment = staging
            .map(|staging| staging.install_env.clone())
            .unwrap_or_default();
        let environment = environment
            .into_iter()
            .map(|(name, value)| (name, value.replace("{root}", &root)))
            .collect();
        let install = bootstrap.install.clone();
        Ok(Steps {
            session,
            folder: folder.to_path_buf(),
            install,
            environment,
            root,
            url,
            engine: staging.and_then(|staging| staging.engine.clone()),
            limit,
            passed: Vec::new(),
            answer: None,
            unseen: Vec::new(),
        })
    }

    pub fn pass(&mut self, step: &str, took: Duration) {
        self.session
            .say(&format!("{:>6.1} s  {step}", took.as_secs_f64()));
        self.passed.push((step.to_owned(), took));
    }

    pub fn total(&self) -> Duration {
        self.passed.iter().map(|(_, took)| *took).sum()
    }

    pub fn timed(&self) -> Vec<TimedStep> {
        self.passed
            .iter()
            .map(|(step, took)| TimedStep {
                step: step.clone(),
                seconds: rounded(*took),
            })
            .collect()
    }

    /// # Errors
    /// The clone has no such tag, or a changed file stands in the way.
    pub fn check_out(&mut self, tag: &str) -> Result<(), Ended> {
        let (step, start) = (format!("check out {tag}"), Instant::now());
        let repository = self.session.world.repository(&self.folder);
        match repository.check_out(&format!("refs/tags/{tag}")) {
            Ok(()) => {
                self.pass(&step, start.elapsed());
                Ok(())
            }
            Err(failure) => Err(Ended::Broken(Broken {
                step,
                why: failure.what.clone(),
                output: failure.what,
            })),
        }
    }

    pub fn command(&mut self, step: &str, line: &str) -> Result<(), Ended> {
        let left = self
            .limit
            .saturating_sub(self.total())
            .max(Duration::from_secs(1));
        let ran = self
            .session
            .world
            .run(&self.folder, line, &self.environment, left)?;
        if ran.code == Some(0) {
            self.pass(step, ran.took);
            return Ok(());
        }
        let how = match ran.code {
            Some(code) => format!("`{line}` ended with {code}"),
            None if ran.took < left => format!("`{line}` was stopped"),
            None => {
                let limit = self.limit.as_secs_f64();
                format!(
                    "`{line}` was stopped after {:.0} s: all steps together may take {limit:.0} s",
                    ran.took.as_secs_f64()
                )
            }
        };
        let said: Vec<&str> = ran.output.lines().rev().take(SHOWN).collect();
        let why = std::iter::once(how.as_str())
            .chain(said.into_iter().rev())
            .collect::<Vec<_>>()
            .join("\n");
        Err(Ended::Broken(Broken {
            step: step.to_owned(),
            why,
            output: ran.output,
        }))
    }

    pub fn install(&mut self, tag: &str) -> Result<(), Ended> {
        let line = self.install.clone();
        self.command(&format!("install {tag}"), &line)
    }

    pub fn operations(&mut self, operations: &[Operation]) -> Result<(), Ended> {
        for operation in operations {
            self.command(
                &operation.name,
                &operation.run.replace("{root}", &self.root),
            )?;
        }
        Ok(())
    }

    /// `/version` says what it should, field by field: those that are not known are not compared.
    pub fn confirm(&mut self, what: &str, fields: [(&str, Option<&str>); 3]) -> Result<(), Ended> {
        let step = format!("/version names {what}");
        let mut waited = Duration::ZERO;
        loop {
            let answer = self.session.world.version_answer(&self.url);
            self.answer = answer.as_ref().ok().cloned().or(self.answer.take());
            let why = match answer.as_ref().map(|answer| version_answer::read(answer)) {
                Err(failure) => failure.what.clone(),
                Ok(said) => {
                    let digest = said
                        .digest
                        .as_deref()
                        .map(|digest| digest.rsplit('@').next().unwrap_or(digest));
                    let said = [said.version.as_deref(), digest, said.revision.as_deref()];
                    match fields
                        .iter()
                        .zip(said)
                        .find(|((_, wanted), said)| wanted.is_some() && wanted != said)
                    {
                        None => {
                            self.pass(&step, waited);
                            return Ok(());
                        }
                        Some(((name, wanted), said)) => {
                            format!(
                                "{name} is `{}`, and should be `{}`",
                                clipped(said.unwrap_or("not there"), 80),
                                wanted.unwrap_or("")
                            )
                        }
                    }
                }
            };
            if waited >= UP {
                return Err(Ended::Broken(Broken {
                    step,
                    why,
                    output: String::new(),
                }));
            }
            self.session.world.pause(LOOK);
            waited += LOOK;
        }
    }

    /// The containers run what a pin names, as their engine says it.
    pub fn confirm_containers(&mut self, pin: &Pin) -> Result<(), Ended> {
        let Some(engine) = self.engine.clone() else {
            let why = "`/version` repeats what the install script passed in; `[staging] engine` in operator.toml names the engine to ask";
            self.not_seen("containers", why);
            return Ok(());
        };
        let step = format!("containers run the images of {}", pin.version);
        let start = Instant::now();
        let broken = |why: String, output: String| {
            let step = step.clone();
            Ended::Broken(Broken { step, why, output })
        };
        let ask = |line: String| -> Result<String, Ended> {
            let ran = self
                .session
                .world
                .run(&self.folder, &line, &self.environment, ENGINE)?;
            match ran.code {
                Some(0) => Ok(ran.output),
                _ => Err(broken(
                    format!("`{}` does not answer", clipped(&line, 80)),
                    ran.output,
                )),
            }
        };
        let ids = ask(format!("{engine} ps --quiet --no-trunc"))?;
        let ids: Vec<&str> = ids
            .split_whitespace()
            .filter(|id| id.len() >= 12 && id.bytes().all(|b| b.is_ascii_hexdigit()))
            .collect();
        let mut containers = Vec::new();
        if !ids.is_empty() {
            let named = ask(format!(
                "{engine} inspect --format '{{{{.Name}}}}={{{{.Image}}}}' {}",
                ids.join(" ")
            ))?;
            let mut images: Vec<&str> = named
                .lines()
                .filter_map(|line| Some(line.split_once('=')?.1.trim()))
                .filter(|id| {
                    id.trim_start_matches("sha256:")
                        .bytes()
                        .all(|b| b.is_ascii_hexdigit())
                })
                .collect();
            images.sort_unstable();
            images.dedup();
            let digests = ask(format!(
                "{engine} image inspect --format '{{{{.Id}}}}={{{{.RepoDigests}}}}' {}",
                images.join(" ")
            ))?;
            containers = crate::release_day::containers::read(&named, &digests);
        }
        let compared = crate::release_day::containers::compare(pin, &containers);
        if !compared.wrong.is_empty() {
            return Err(broken(compared.wrong.join("\n"), String::new()));
        }
        for name in &compared.absent {
            self.not_seen(&format!("image {name}"), "no container runs it here");
        }
        self.pass(&step, start.elapsed());
        Ok(())
    }

    fn not_seen(&mut self, what: &str, why: &str) {
        if !self.unseen.iter().any(|(known, _)| known == what) {
            self.unseen.push((what.to_owned(), why.to_owned()));
        }
    }

    /// `/version` says what a pin says.
    pub fn confirm_pin(&mut self, pin: &Pin) -> Result<(), Ended> {
        let (version, digest) = (pin.version.to_string(), pin.digest.to_string());
        self.confirm(
            &version,
            [
                ("version", Some(&version)),
                ("digest", Some(&digest)),
                ("revision", pin.source_revision.as_deref()),
            ],
        )
    }
}

/// The folder of operator.toml, as programs are told it.
pub fn root(session: &Session<'_>, operator: Option<&Operator>) -> String {
    operator
        .map(|operator| session.world.real(&operator.root).display().to_string())
        .unwrap_or_default()
}

pub fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// `90s`, `10m`, `2h`
///
/// # Errors
/// It is no time.
pub fn budget(text: &str) -> Result<Duration, Failure> {
    let read = || {
        let (number, unit) = text
            .trim()
            .split_at_checked(text.trim().len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()
    };
    read().ok_or_else(|| {
        Failure::new(format!("`{}` is no time", clipped(text, 40)))
            .help("write `90s` or `10m` under `[budget]` in operator.toml")
    })
}
