//! `tidings smoke`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::commands::load::load;
use crate::commands::outward::{Outward, tag};
use crate::commands::session::{Exit, Format, Session, Stop};
use crate::diag::{Code, Finding, clipped};
use crate::documents::{SmokeTest, TimedStep};
use crate::model::Release;
use crate::render::json as printed;
use crate::sources::version_answer;
use crate::world::Failure;
use crate::world::ledger::SMOKE;

#[derive(Debug, Args)]
pub struct SmokeArgs {
    /// The release [default: the newest]
    version: Option<String>,
}

/// One step may take so long before it is stopped.
const LIMIT: Duration = Duration::from_secs(300);

/// The agent is given so long to answer after an install.
const UP: Duration = Duration::from_secs(20);

pub fn run(args: &SmokeArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let release = loaded.release(session, args.version.as_deref())?;
    let name = tag(&loaded, release);
    let config = &outward.operator.config.staging;
    let Some(url) = config.version_url.clone().or_else(|| loaded.bootstrap.config.product.bootstrap.version_url.clone()) else {
        let failure = Failure::new("nothing says where the agent on staging answers");
        return Err(failure.help("write `[staging] version_url` in operator.toml").into());
    };
    let root = session.world.real(&outward.operator.root).display().to_string();
    let environment = config.install_env.iter().map(|(name, value)| (name.clone(), value.replace("{root}", &root))).collect();
    let clone = session.world.fresh_clone(&loaded.root, &name)?;
    let mut smoke = Smoke {
        session,
        folder: &clone.path,
        install: loaded.bootstrap.config.product.bootstrap.install.clone(),
        environment,
        url,
        steps: Vec::new(),
    };
    smoke.passed(&format!("clone {name} into a fresh folder"), clone.took);
    smoke.install(&name)?;
    smoke.confirm(release)?;
    for operation in &config.operation {
        smoke.command(&operation.name, &operation.run.replace("{root}", &root))?;
    }
    match loaded.bootstrap.history.rollback_target(&release.version) {
        None => session.say("this is the first release: there is none to roll back to"),
        Some(target) => {
            for (to, at) in [(target, tag(&loaded, target)), (release, name.clone())] {
                smoke.command(&format!("check out {at}"), &format!("git checkout --quiet {at}"))?;
                smoke.install(&at)?;
                smoke.confirm(to)?;
            }
        }
    }
    let total: f64 = smoke.steps.iter().map(|(_, took)| took.as_secs_f64()).sum();
    let steps: Vec<TimedStep> =
        smoke.steps.iter().map(|(step, took)| TimedStep { step: step.clone(), seconds: rounded(took.as_secs_f64()) }).collect();
    outward.record(SMOKE, release, &json!({ "seconds": rounded(total), "steps": steps }))?;
    if form == Format::Json {
        let version = release.version.to_string();
        session.print(&printed(&SmokeTest { schema: SmokeTest::SCHEMA, version, tag: name, seconds: rounded(total), steps }))?;
    } else {
        session.print(&format!("{name} passed its smoke test in {total:.1} s\n"))?;
    }
    let budget = &outward.operator.config.budget.smoke;
    if seconds(budget).is_some_and(|budget| total > budget) {
        session.say(&format!("that is more than the budget of {budget}: the install script does too much that belongs into the image"));
    }
    Ok(Exit::Done)
}

struct Smoke<'s, 'w> {
    session: &'s Session<'w>,
    folder: &'s Path,
    install: String,
    environment: BTreeMap<String, String>,
    url: String,
    steps: Vec<(String, Duration)>,
}

impl Smoke<'_, '_> {
    fn passed(&mut self, step: &str, took: Duration) {
        self.session.say(&format!("{:>6.1} s  {step}", took.as_secs_f64()));
        self.steps.push((step.to_owned(), took));
    }

    fn failed(&self, step: &str, why: &str) -> Stop {
        Finding::new(Code::SmokeFailed, format!("{step}: {why}")).help("customers are not told; mend it, and cut another release").into()
    }

    fn command(&mut self, step: &str, line: &str) -> Result<(), Stop> {
        let ran = self.session.world.run(self.folder, line, &self.environment, LIMIT)?;
        match ran.code {
            Some(0) => {
                self.passed(step, ran.took);
                Ok(())
            }
            code => {
                let how = code.map_or("it took too long".to_owned(), |code| format!("`{line}` ended with {code}"));
                let said: Vec<&str> = ran.output.lines().rev().take(10).collect();
                Err(self.failed(step, &format!("{how}\n{}", said.into_iter().rev().collect::<Vec<_>>().join("\n"))))
            }
        }
    }

    fn install(&mut self, tag: &str) -> Result<(), Stop> {
        let line = self.install.clone();
        self.command(&format!("install {tag}"), &line)
    }

    /// `/version` says what the pin says, field by field.
    fn confirm(&mut self, release: &Release) -> Result<(), Stop> {
        let step = format!("/version names {}", release.version);
        let Some(pin) = &release.pin else { return Err(self.failed(&step, "the release has no pin")) };
        let pause = Duration::from_millis(100);
        let mut waited = Duration::ZERO;
        loop {
            let answer = self.session.world.version_answer(&self.url);
            let read = answer.as_ref().map(|answer| version_answer::read(answer));
            let why = match read {
                Err(failure) => failure.what.clone(),
                Ok(said) => {
                    let digest = said.digest.as_deref().map(|digest| digest.rsplit('@').next().unwrap_or(digest));
                    let fields = [
                        ("version", said.version.as_deref(), Some(pin.version.as_str())),
                        ("digest", digest, Some(pin.digest.as_str())),
                        ("revision", said.revision.as_deref(), pin.source_revision.as_deref()),
                    ];
                    let apart = fields.into_iter().find(|(_, said, pinned)| pinned.is_some() && said != pinned);
                    match apart {
                        None => {
                            self.passed(&step, waited);
                            return Ok(());
                        }
                        Some((name, said, pinned)) => {
                            format!("{name} is `{}`, and the pin says `{}`", clipped(said.unwrap_or("not there"), 80), pinned.unwrap_or(""))
                        }
                    }
                }
            };
            if waited >= UP {
                return Err(self.failed(&step, &why));
            }
            self.session.world.pause(pause);
            waited += pause;
        }
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// `90s`, `10m`
fn seconds(budget: &str) -> Option<f64> {
    let (number, unit) = budget.trim().split_at(budget.trim().len().checked_sub(1)?);
    let number: f64 = number.parse().ok()?;
    match unit {
        "s" => Some(number),
        "m" => Some(number * 60.0),
        "h" => Some(number * 3600.0),
        _ => None,
    }
}
