//! `tidings preflight`: the checklist before a cut.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::cli::release_day::rehearsal::rehearsal;
use crate::diag::{Findings, count};
use crate::documents::{Answer, Checklist, Row};
use crate::lint::{Checked, check};
use crate::model::Version;
use crate::ports::hosting::{AlertKind, State};
use crate::ports::ledger::{PREFLIGHT, SMOKE_MAIN};
use crate::ports::{Receipt, Tree};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience};
use crate::project::session::{Exit, Format, Session, Stop};
use crate::project::shipped::Everywhere;
use crate::project::version_source::{Canonical, Written, canonical, strays, tag_of, written};
use crate::release_day::{accept, accepted_rows, mentions, private};
use crate::render::json as printed;
use crate::sources;
use crate::sources::Input;

/// The hygiene script is given so long.
const LIMIT: Duration = Duration::from_secs(300);
/// Places of a stray version that are shown.
const SHOWN: usize = 5;
struct Preflight<'p, 'w> {
    session: &'p Session<'w>,
    outward: &'p Outward<'p>,
    tree: Tree,
    canonical: Canonical,
    written: Written,
}

/// Exit 1 where something is not so.
pub fn run(session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let tree = session.world.repository(&outward.operator.root).tree()?;
    let canonical = canonical(session, outward.operator)?;
    let written = written(session, &outward)?;
    let preflight = Preflight {
        session,
        outward: &outward,
        tree,
        canonical,
        written,
    };
    let version = preflight.canonical.place.version.clone();
    let rows = accepted_rows(
        preflight.rows(&version)?,
        &outward.acceptances(),
        session.today(),
    );
    let list = Checklist::new("preflight", version.to_string(), rows);
    if list.passed {
        let accepted: Vec<&Row> = list
            .rows
            .iter()
            .filter(|row| row.answer == Answer::Accepted)
            .collect();
        outward.ledger.record(&Receipt {
            step: PREFLIGHT.into(),
            version: version.to_string(),
            tag: tag_of(&outward, &version),
            commit: preflight.tree.commit,
            digest: String::new(),
            detail: json!({ "accepted": accepted }).to_string(),
        })?;
    }
    session.print(&if form == Format::Json {
        printed(&list)
    } else {
        crate::diag::plain(&list.text())
    })?;
    Ok(if list.passed {
        Exit::Done
    } else {
        Exit::Findings
    })
}

impl Preflight<'_, '_> {
    fn rows(&self, version: &Version) -> Result<Vec<Row>, Stop> {
        let mut rows = vec![self.hygiene()?];
        rows.extend(self.tree()?);
        rows.push(self.unreleased(version)?);
        rows.push(self.one_place(version)?);
        rows.push(self.entry(version)?);
        rows.extend(self.forge()?);
        rows.push(self.tried()?);
        rows.extend(self.bootstrap()?);
        rows.extend(rehearsal(self.session, self.outward)?);
        Ok(rows)
    }

    fn hygiene(&self) -> Result<Row, Stop> {
        let name = "hygiene script";
        let Some(line) = &self.outward.operator.config.source.hygiene else {
            return Ok(Row::not_checked(
                name,
                "none is named: `[source] hygiene` in operator.toml",
            ));
        };
        let ran =
            self.session
                .world
                .run(&self.outward.operator.root, line, &BTreeMap::new(), LIMIT)?;
        let end: Vec<&str> = ran.output.lines().rev().take(SHOWN).collect();
        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
        Ok(match ran.code {
            Some(0) => Row::pass(name, format!("`{line}` in {:.1} s", ran.took.as_secs_f64())),
            Some(code) => Row::fail(
                name,
                format!("`{line}` ended with {code}\n{end}"),
                "mend what it says; stop here until then",
            ),
            None => Row::fail(
                name,
                format!("`{line}` was stopped after {} s\n{end}", LIMIT.as_secs()),
                "make it quicker",
            ),
        })
    }

    fn tree(&self) -> Result<Vec<Row>, Stop> {
        let repository = self.session.world.repository(&self.outward.operator.root);
        let remote = repository.remote()?;
        let named = &self.outward.operator.config.source.branch;
        let there = |branch: &str| {
            remote
                .iter()
                .any(|(name, _)| *name == format!("refs/heads/{branch}"))
        };
        let default = match there(named) {
            true => None,
            false => repository.default_branch()?.filter(|branch| there(branch)),
        };
        let wanted = &default.unwrap_or_else(|| named.clone());
        let changed = &self.tree.changed;
        let clean = match changed.first() {
            None => Row::pass("tree clean", "nothing differs from the last commit"),
            Some(first) => Row::fail(
                "tree clean",
                format!("{} differ, `{first}` first", count(changed.len(), "file")),
                "commit them, or put them aside: `git stash -u`",
            ),
        };
        let branch = match &self.tree.branch {
            Some(branch) if branch == wanted => {
                let by = match wanted == named {
                    true => "as in operator.toml",
                    false => "the default branch of `origin`",
                };
                Row::pass("branch", format!("{wanted}, {by}"))
            }
            Some(branch) => Row::fail(
                "branch",
                format!("this is `{branch}`"),
                format!("releases are cut from `{wanted}`: `git switch {wanted}`"),
            ),
            None => Row::fail(
                "branch",
                "the head is detached",
                format!("`git switch {wanted}`"),
            ),
        };
        let at = remote
            .iter()
            .find(|(name, _)| *name == format!("refs/heads/{wanted}"));
        let pushed = match at {
            Some((_, commit)) if *commit == self.tree.commit => Row::pass(
                "pushed",
                format!("{} here and at `origin`", &commit[..12.min(commit.len())]),
            ),
            Some(_) => Row::fail(
                "pushed",
                format!("`{wanted}` is another commit at `origin`"),
                "`git pull --ff-only`, then `git push`",
            ),
            None => Row::fail(
                "pushed",
                format!("`origin` has no branch `{wanted}`"),
                format!("`git push -u origin {wanted}`"),
            ),
        };
        Ok(vec![clean, branch, pushed])
    }

    fn unreleased(&self, version: &Version) -> Result<Row, Stop> {
        let tag = format!("refs/tags/{}", tag_of(self.outward, version));
        let there = self
            .session
            .world
            .repository(&self.outward.operator.root)
            .remote()?
            .iter()
            .any(|(name, _)| *name == tag);
        Ok(match there {
            true => Row::fail(
                "version",
                format!("{version} was tagged before"),
                "raise it: `tidings bump patch`, `minor` or `major`",
            ),
            false => Row::pass("version", format!("{version}: no tag of it at `origin`")),
        })
    }

    /// The version stands in the canonical file; lock files, the changelog and named files aside nowhere else.
    fn one_place(&self, version: &Version) -> Result<Row, Stop> {
        let strays = strays(
            self.session,
            self.outward,
            &self.canonical,
            &self.written,
            version,
        )?;
        let once = mentions(&self.canonical.text.body, version.as_str()).len();
        if strays.is_empty() {
            return Ok(match once {
                0 | 1 => Row::pass(
                    "one version",
                    format!("{version} stands in {} only", self.canonical.name),
                ),
                more => Row::accepted(
                    "one version",
                    format!(
                        "{version} stands {more} times in {}, one of which counts",
                        self.canonical.name
                    ),
                ),
            });
        }
        let more = strays.len().saturating_sub(SHOWN);
        let shown = strays
            .iter()
            .take(SHOWN)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let help = format!(
            "let them read it from {}, or name them: `[source] version_elsewhere` in operator.toml",
            self.canonical.name
        );
        Ok(Row::fail(
            "one version",
            format!("{version} stands in {shown}{more} too"),
            help,
        ))
    }

    /// The entry of the release to be, by the rules of `check`.
    fn entry(&self, version: &Version) -> Result<Row, Stop> {
        let loaded = self.outward.loaded;
        let text = self.written.changelog.text.clone();
        let name = text.name.clone();
        let config = loaded.bootstrap.config.clone();
        let read = sources::read(
            Input {
                config,
                changelog: text,
                pin: None,
                issues: None,
                tags: Vec::new(),
            },
            &sources::alone,
        );
        let exists = |path: &str| self.session.world.leads_inside(&loaded.root, path.as_ref());
        let checked = Checked {
            target: Some(version),
            today: self.session.today(),
            customers: &[],
            at_tag: None,
            reach: None,
            exists: &exists,
        };
        let findings: Findings = check(&read, &checked)
            .into_iter()
            .filter(|f| f.is_error() && f.file().is_none_or(|file| file == &*name))
            .collect();
        let findings: Findings = findings
            .into_iter()
            .filter(|f| !f.code.as_str().starts_with("pin") && !f.code.as_str().starts_with("tag"))
            .collect();
        Ok(match findings.first() {
            None => Row::pass(
                "changelog entry",
                format!("{version} in {}", self.written.name),
            ),
            Some(first) => {
                let why = format!("{}: {}", first.code.as_str(), first.message);
                let more = if findings.len() > 1 {
                    format!(", and {} more", findings.len() - 1)
                } else {
                    String::new()
                };
                Row::fail(
                    "changelog entry",
                    format!("{why}{more}"),
                    "`tidings bump` makes the entry from `[Unreleased]`; `tidings check` shows the places",
                )
            }
        })
    }

    fn forge(&self) -> Result<Vec<Row>, Stop> {
        let names = ["checks", "dependency alerts", "code scanning"];
        let Some(hosting) = self.outward.source_hosting(self.session)? else {
            return Ok(names
                .map(|name| {
                    Row::not_checked(
                        name,
                        "not asked: `[source] repository` in operator.toml names none",
                    )
                })
                .to_vec());
        };
        let checks = Patience::new(self.session).read(|| hosting.checks(&self.tree.commit))?;
        let not: Vec<String> = checks
            .iter()
            .filter(|check| check.state == State::Failed)
            .map(|check| format!("{} failed {}", check.name, check.url))
            .collect();
        let running = checks
            .iter()
            .filter(|check| check.state == State::Running)
            .count();
        let mut rows = vec![match (not.is_empty(), running, checks.len()) {
            (false, ..) => Row::fail(
                names[0],
                not.join("\n"),
                "mend it, push, and run this again",
            ),
            (_, 1.., _) => Row::fail(
                names[0],
                format!("{} still run", count(running, "check")),
                "wait for them, then run this again",
            ),
            (_, _, 0) => Row::fail(
                names[0],
                "no check ran for this commit",
                "a release is cut from a commit that was tested",
            ),
            (.., all) => Row::pass(names[0], format!("{} passed", count(all, "check"))),
        }];
        let accepted = self.outward.acceptances();
        for (name, kind) in [
            (names[1], AlertKind::Dependency),
            (names[2], AlertKind::CodeScanning),
        ] {
            rows.push(
                match Patience::new(self.session).read(|| hosting.alerts(kind)) {
                    Ok(Some(alerts)) => accept(name, &alerts, &accepted, self.session.today()),
                    Ok(None) => Row::not_checked(name, "the forge does not look for them"),
                    // Switched off, or the token may not read it: nobody looked.
                    Err(Stop::Failure(failure)) => Row::not_checked(
                        name,
                        format!(
                            "{}; switch it on and let the token read it, or accept it by name: `not-checked:{}`",
                            failure.what,
                            name.replace(' ', "-")
                        ),
                    ),
                    Err(stop) => return Err(stop),
                },
            );
        }
        Ok(rows)
    }

    /// The latest build was tried on staging.
    fn tried(&self) -> Result<Row, Stop> {
        let name = "tried on staging";
        if self.outward.operator.config.staging.main_install.is_none() {
            return Ok(Row::not_checked(
                name,
                "nothing says how: `[staging] main_install` in operator.toml",
            ));
        }
        let passed = self
            .outward
            .ledger
            .receipts()?
            .iter()
            .any(|r| r.receipt.step == SMOKE_MAIN && r.receipt.commit == self.tree.commit);
        Ok(match passed {
            true => Row::pass(name, "the latest build passed"),
            false => Row::fail(name, "no receipt for this commit", "`tidings smoke --main`"),
        })
    }

    /// What customers have is as it was shipped, and nothing there is not for them.
    fn bootstrap(&self) -> Result<Vec<Row>, Stop> {
        let (loaded, config) = (self.outward.loaded, &self.outward.operator.config);
        let repository = self.session.world.repository(&loaded.root);
        let tracked = repository.tracked()?;
        let private = private(
            &tracked,
            &config.source.internal_docs,
            config.email.customers.as_deref(),
        );
        let clean = match private.first() {
            None => Row::pass(
                "nothing internal",
                format!(
                    "{} in the bootstrap repository",
                    count(tracked.len(), "file")
                ),
            ),
            Some(first) => Row::fail(
                "nothing internal",
                format!(
                    "the bootstrap repository tracks {}, `{first}` first",
                    count(private.len(), "file")
                ),
                "every customer can read them: remove them, also from the history",
            ),
        };
        let everywhere = Everywhere::of(self.session, loaded, self.outward.ledger.receipts()?)?;
        let mut rows = vec![clean];
        rows.extend(everywhere.rows(loaded, Some(&self.canonical.place.version)));
        Ok(rows)
    }
}
