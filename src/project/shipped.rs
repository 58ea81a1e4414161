//! Gathers what changelog, ledger, clone, `origin` and registry know of each release, for the rules of `release_day::shipped`.

use chrono::NaiveDate;

use crate::diag::{Code, Finding, Findings};
use crate::documents::{Answer, Row};
use crate::model::Version;
use crate::ports::Recorded;
use crate::ports::ledger::{CUT, PUBLISHED};
use crate::ports::registry::Manifest;
use crate::project::load::Loaded;
use crate::project::operator::{acceptances, tag};
use crate::project::session::{Session, Stop};
use crate::release_day::{Acceptance, LivedWith, Shipped, digests_row, tag_faults, tags_row};

/// What each release is to everything that knows of it.
pub struct Everywhere {
    names: Vec<String>,
    /// What only the ledger knows.
    forgotten: Vec<(Version, String)>,
    remote: Vec<(String, String)>,
    receipts: Vec<Recorded>,
    asked: Vec<Option<Result<Option<Manifest>, String>>>,
    accepted: Vec<Acceptance>,
    today: NaiveDate,
}

impl Everywhere {
    /// # Errors
    /// There is no `origin`, or it cannot be asked. A registry that cannot be asked is no error.
    pub fn of(
        session: &Session<'_>,
        loaded: &Loaded,
        receipts: Vec<Recorded>,
    ) -> Result<Self, Stop> {
        let history = &loaded.bootstrap.history;
        let image = history
            .releases()
            .iter()
            .rev()
            .find_map(|release| release.pin.as_ref()?.image.clone());
        let wanted: Vec<Option<(String, String)>> = history
            .releases()
            .iter()
            .map(|release| match (&release.tag, &release.pin) {
                (Some(_), Some(pin)) => Some((pin.image.clone()?, pin.digest.to_string())),
                (None, _) if release.date.is_some() => Some((image.clone()?, tag(loaded, release))),
                _ => None,
            })
            .collect();
        let requests: Vec<(String, String)> = wanted.iter().flatten().cloned().collect();
        let mut answers = session.world.manifests(&requests).into_iter();
        let asked = wanted
            .iter()
            .map(|wanted| {
                wanted.as_ref()?;
                Some(answers.next()?.map_err(|failure| failure.what))
            })
            .collect();
        let names: Vec<String> = history.releases().iter().map(|r| tag(loaded, r)).collect();
        let mut forgotten: Vec<(Version, String)> = receipts
            .iter()
            .map(|recorded| &recorded.receipt)
            .filter(|receipt| [CUT, PUBLISHED].contains(&receipt.step.as_str()))
            .filter(|receipt| !names.contains(&receipt.tag))
            .filter_map(|receipt| Some((Version::read(&receipt.version)?, receipt.tag.clone())))
            .collect();
        forgotten.dedup();
        Ok(Everywhere {
            accepted: loaded
                .operator
                .as_ref()
                .map(acceptances)
                .unwrap_or_default(),
            today: session.today(),
            names,
            forgotten,
            remote: session.world.repository(&loaded.root).remote()?,
            receipts,
            asked,
        })
    }

    fn shipped<'s>(&'s self, loaded: &'s Loaded) -> Vec<Shipped<'s>> {
        let bootstrap = &loaded.bootstrap;
        let receipt = |name: &str| {
            let find = |step: &str| {
                let mut all = self.receipts.iter().map(|recorded| &recorded.receipt);
                all.find(|receipt| receipt.step == step && receipt.tag == name)
            };
            find(PUBLISHED).or_else(|| find(CUT))
        };
        let at_origin = |name: &str| {
            let whole = format!("refs/tags/{name}");
            let mut remote = self.remote.iter();
            let found = remote.find(|(known, _)| *known == whole);
            found.map(|(_, commit)| commit.as_str())
        };
        let forgotten = self.forgotten.iter().map(|(version, name)| Shipped {
            version,
            tag: name,
            entry: None,
            here: None,
            at_origin: at_origin(name),
            pin: None,
            other_pin: false,
            receipt: receipt(name),
            registry: None,
        });
        let releases = bootstrap.history.releases().iter();
        releases
            .zip(self.names.iter().zip(&self.asked))
            .map(|(release, (name, asked))| Shipped {
                version: &release.version,
                tag: name,
                entry: release.notes.as_ref().and(release.date),
                here: release.tag.as_ref().map(|tag| tag.commit.as_str()),
                at_origin: at_origin(name),
                pin: release.tag.as_ref().and(release.pin.as_ref()),
                other_pin: release.pin.is_none()
                    && bootstrap.findings.iter().any(|about| {
                        about.version.as_ref() == Some(&release.version)
                            && about.finding.code == Code::PinVersion
                    }),
                receipt: receipt(name),
                registry: asked.clone(),
            })
            .chain(forgotten)
            .collect()
    }

    fn lived_with(&self) -> LivedWith<'_> {
        LivedWith {
            accepted: &self.accepted,
            today: self.today,
        }
    }

    /// The rows of a checklist. A release that is being made needs no tag yet.
    pub fn rows(&self, loaded: &Loaded, being_made: Option<&Version>) -> Vec<Row> {
        let all = self.shipped(loaded);
        let lived_with = self.lived_with();
        vec![
            tags_row(&all, being_made, &lived_with),
            digests_row(&all, &lived_with),
        ]
    }

    /// Those that hold a proposal: digests of older releases that could not be asked for are the business of `preflight` and `verify`.
    pub fn proposal_rows(&self, loaded: &Loaded, version: &Version) -> Vec<Row> {
        let mut rows = self.rows(loaded, Some(version));
        rows.retain(|row| row.answer != Answer::NotChecked);
        rows
    }

    /// The same as findings, and what could not be looked at.
    pub fn findings(
        &self,
        loaded: &Loaded,
        being_made: Option<&Version>,
    ) -> (Findings, Vec<String>) {
        let all = self.shipped(loaded);
        let lived_with = self.lived_with();
        let (faults, _) = lived_with.tags(tag_faults(&all, being_made).0);
        let mut findings: Findings = faults
            .into_iter()
            .map(|fault| Finding::new(Code::TagGone, fault.what).help(fault.help))
            .collect();
        let digests = digests_row(&all, &lived_with);
        let mut unseen = Vec::new();
        match digests.answer {
            Answer::Fail => findings.extend(digests.why.lines().map(|why| {
                Finding::new(Code::DigestGone, why).help(digests.help.clone().unwrap_or_default())
            })),
            Answer::NotChecked => unseen.push(format!("{}: {}", digests.check, digests.why)),
            _ => {}
        }
        (findings, unseen)
    }
}
