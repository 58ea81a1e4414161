//! What the outward commands share: the vendor's own side, the forge, the ledger, patience.

use std::collections::HashMap;
use std::time::Duration;

use crate::documents::ReleaseNote;
use crate::model::Release;
use crate::ports::forge::{Asked, ForgeKind};
use crate::ports::{Failure, Forge, Hosting, Ledger, LedgerKind, Receipt, loopback};
use crate::project::load::{Loaded, Operator};
use crate::project::session::{Session, Stop};
use crate::release_day::Acceptance;

/// Requests that fail in a row before it is given up.
const MOST_TROUBLES: u32 = 6;

/// The longest that is waited for a forge.
const LONGEST: Duration = Duration::from_secs(300);

/// The vendor's side of an outward act.
pub struct Outward<'l> {
    pub loaded: &'l Loaded,
    pub operator: &'l Operator,
    pub ledger: Box<dyn Ledger>,
}

impl<'l> Outward<'l> {
    /// What the operator lives with, by name, reason and day.
    pub fn acceptances(&self) -> Vec<Acceptance> {
        acceptances(self.operator)
    }

    /// # Errors
    /// There is no operator.toml, or its ledger cannot be opened.
    pub fn of(session: &Session<'_>, loaded: &'l Loaded) -> Result<Self, Stop> {
        let Some(operator) = &loaded.operator else {
            return Err(Failure::new(
                "publishing is the vendor's: there is no `operator.toml` here or above",
            )
            .help("run this in the source repository, or name the file with `--operator`")
            .into());
        };
        let config = &operator.config.ledger;
        let kind = match (
            config.url.strip_prefix("sqlite:"),
            config.url.split_once("://"),
        ) {
            (Some(path), _) => LedgerKind::File(operator.root.join(path.trim_start_matches("//"))),
            (_, Some(("postgres" | "postgresql", place))) => {
                if place
                    .split_once('@')
                    .is_some_and(|(user, _)| user.contains(':'))
                    || place.contains("password=")
                {
                    let failure = Failure::new(
                        "a password does not belong into a file: `[ledger] url` in operator.toml holds one",
                    );
                    return Err(failure.help("write `postgres://name@host/database`, and put the password into `PGPASSWORD`").into());
                }
                let password = session
                    .world
                    .variable(config.password_env.as_deref().unwrap_or("PGPASSWORD"));
                LedgerKind::Postgres {
                    url: config.url.clone(),
                    password: password.filter(|p| !p.is_empty()).map(Into::into),
                    root: operator.root.clone(),
                }
            }
            _ => {
                return Err(Failure::new(format!("`{}` is no ledger", crate::diag::clipped(&config.url, 80)))
                    .help("write `sqlite:.tidings/ledger.db` or `postgres://name@host/database` as `[ledger] url` in operator.toml")
                    .into());
            }
        };
        if let LedgerKind::File(path) = &kind
            && session.world.open_to_others(path)
        {
            session.say(&format!(
                "warning: others can read the ledger `{0}`, which says who was told what: `chmod 600 {1}`",
                path.display(),
                crate::diag::shell_word(&path.display().to_string())
            ));
        }
        Ok(Outward {
            loaded,
            operator,
            ledger: session.world.ledger(&kind)?,
        })
    }

    /// # Errors
    /// What `[forge]` says makes no forge.
    pub fn forge(&self, session: &Session<'_>) -> Result<Box<dyn Forge>, Stop> {
        let config = &self.operator.config.forge;
        Ok(session
            .world
            .forge(&self.forge_kind(session, config.repository.as_ref())?)?)
    }

    /// The bootstrap repository at the forge, where proposals are merged; `None` where the forge only keeps pages.
    ///
    /// # Errors
    /// As `forge`.
    pub fn bootstrap_hosting(
        &self,
        session: &Session<'_>,
    ) -> Result<Option<Box<dyn Hosting>>, Stop> {
        let config = &self.operator.config.forge;
        Ok(session
            .world
            .hosting(&self.forge_kind(session, config.repository.as_ref())?)?)
    }

    /// The source repository at the forge; `None` where none is named.
    ///
    /// # Errors
    /// As `forge`.
    pub fn source_hosting(&self, session: &Session<'_>) -> Result<Option<Box<dyn Hosting>>, Stop> {
        let repository = self.operator.config.source.repository.as_ref();
        if repository.is_none() {
            return Ok(None);
        }
        Ok(session
            .world
            .hosting(&self.forge_kind(session, repository)?)?)
    }

    fn forge_kind(
        &self,
        session: &Session<'_>,
        repository: Option<&String>,
    ) -> Result<ForgeKind, Stop> {
        let config = &self.operator.config.forge;
        if config.kind == "folder" {
            return Ok(ForgeKind::Folder(self.operator.root.join(&config.folder)));
        }
        let missing = || {
            Failure::new("`[forge]` in operator.toml names no `repository`")
                .help("write `repository = \"acme/agent-bootstrap\"`")
        };
        let repository = repository.cloned().ok_or_else(missing)?;
        let sound = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if repository.split('/').count() != 2 || !repository.split('/').all(sound) {
            return Err(Failure::new(format!("`{repository}` is no repository"))
                .help("write `owner/name`")
                .into());
        }
        if let Some(api) = config
            .api
            .as_ref()
            .filter(|api| !api.starts_with("https://") && !loopback(api))
        {
            return Err(
                Failure::new(format!("`{api}` would be sent the token unencrypted"))
                    .help("write an `https://` address for `[forge] api`")
                    .into(),
            );
        }
        let name = config.token_env.as_deref().unwrap_or("GITHUB_TOKEN");
        let token =
            session.world.variable(name).map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()).ok_or_else(|| {
                Failure::new(format!("there is no token: the environment has no `{name}`"))
                    .help("create a token with `contents: write` on the repository, and put it into that variable")
            })?;
        Ok(ForgeKind::GitHub {
            repository,
            api: config.api.clone(),
            token: token.into(),
        })
    }

    /// Writes down that a step passed for this release.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn record(
        &self,
        step: &str,
        release: &Release,
        detail: &serde_json::Value,
    ) -> Result<(), Stop> {
        let receipt = Receipt {
            step: step.to_owned(),
            version: release.version.to_string(),
            tag: tag(self.loaded, release),
            commit: release
                .tag
                .as_ref()
                .map(|tag| tag.commit.clone())
                .unwrap_or_default(),
            digest: release
                .pin
                .as_ref()
                .map(|pin| pin.digest.to_string())
                .unwrap_or_default(),
            detail: detail.to_string(),
        };
        Ok(self.ledger.record(&receipt)?)
    }

    /// The note of a release, as it stands at its own date.
    pub fn note(&self, session: &Session<'_>, release: &Release) -> ReleaseNote {
        let support = self.loaded.support_at(session, release);
        ReleaseNote::of(self.loaded.standpoint(&support), release)
    }
}

/// What the operator lives with, by name, reason and day.
pub fn acceptances(operator: &Operator) -> Vec<Acceptance> {
    let all = operator.config.accepted.iter();
    all.map(|accepted| Acceptance {
        id: accepted.id.clone(),
        reason: accepted.reason.clone(),
        until: accepted.last_day(),
    })
    .collect()
}

pub fn tag(loaded: &Loaded, release: &Release) -> String {
    release.tag.as_ref().map_or_else(
        || {
            loaded
                .bootstrap
                .config
                .product
                .bootstrap
                .tag(&release.version)
        },
        |tag| tag.name.clone(),
    )
}

/// Tries again where that may help, and waits as long as the forge asks.
pub struct Patience<'s, 'w> {
    session: &'s Session<'w>,
    troubles: u32,
    /// Of each step, how often it failed; looking in between does not make it good.
    steps: HashMap<&'static str, u32>,
}

impl<'s, 'w> Patience<'s, 'w> {
    pub fn new(session: &'s Session<'w>) -> Self {
        Patience {
            session,
            troubles: 0,
            steps: HashMap::new(),
        }
    }

    /// `None` where the request failed and it is worth looking again.
    ///
    /// # Errors
    /// It is not worth it, or it failed too often in a row.
    pub fn bear<T>(&mut self, asked: Asked<T>) -> Result<Option<T>, Stop> {
        let trouble = match asked {
            Ok(answer) => {
                self.troubles = 0;
                return Ok(Some(answer));
            }
            Err(trouble) => trouble,
        };
        self.troubles += 1;
        match trouble.again {
            Some(wait) if self.troubles < MOST_TROUBLES && wait <= LONGEST => {
                let longer = wait.max(Duration::from_millis(150 << self.troubles));
                self.session.say(&format!(
                    "{}; trying again in {:.1} s",
                    trouble.failure.what,
                    longer.as_secs_f64()
                ));
                self.session.world.pause(longer);
                Ok(None)
            }
            Some(wait) if wait > LONGEST => {
                let minutes = wait.as_secs().div_ceil(60);
                let help = format!("it asks to wait {minutes} minutes: run this again then");
                Err(trouble.failure.help(help).into())
            }
            _ => Err(trouble.failure.into()),
        }
    }

    /// The same for a step that changes something: what fails again and again ends with the server's own reason.
    ///
    /// # Errors
    /// As `bear`.
    pub fn bear_step<T>(&mut self, step: &'static str, asked: Asked<T>) -> Result<Option<T>, Stop> {
        let failed = self.steps.entry(step).or_default();
        match asked {
            Ok(answer) => {
                *failed = 0;
                self.bear(Ok(answer))
            }
            Err(trouble) => {
                *failed += 1;
                self.troubles = self.troubles.max(*failed - 1);
                self.bear(Err(trouble))
            }
        }
    }

    /// A request that changes nothing, repeated until it is answered.
    ///
    /// # Errors
    /// As `bear`.
    pub fn read<T>(&mut self, ask: impl Fn() -> Asked<T>) -> Result<T, Stop> {
        loop {
            if let Some(answer) = self.bear(ask())? {
                return Ok(answer);
            }
        }
    }
}
