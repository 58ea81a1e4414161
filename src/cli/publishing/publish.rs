//! `tidings publish`

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use clap::Args;
use serde_json::json;

use crate::cli::publishing::withdraw::revise_others;
use crate::diag::{Code, Finding};
use crate::model::{Digest, Pin};
use crate::ports::forge::{Asset, Attached, Page};
use crate::ports::ledger::{DRAFTED, PUBLISH_BEGUN, PUBLISHED};
use crate::ports::{Failure, Forge, Unit, size};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience};
use crate::project::ready::Saying;
use crate::project::release_page::{Made, made};
use crate::project::session::{Exit, Session, Stop};
use crate::publish::{Facts, Next, bare, gate, next};

#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The release [default: the newest]
    version: Option<String>,
    /// Stop before the page is public
    #[arg(long)]
    draft: bool,
    /// Print what would be done
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &PublishArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let release = loaded.release(session, args.version.as_deref())?;
    loaded.ready(session, release, Saying::Release, false)?;
    let tag = crate::project::operator::tag(&loaded, release);
    let remote = session.world.remote_tag(&loaded.root, &tag)?;
    let receipts = outward.ledger.receipts()?;
    let working = loaded.bootstrap.working_pin.as_ref();
    let held = gate(&Facts {
        release,
        tag: &tag,
        remote: remote.as_ref(),
        working,
        receipts: &receipts,
        public: !args.draft,
    });
    if !held.is_empty() {
        return Err(Stop::Findings(held));
    }
    let forge = outward.forge(session)?;
    let made = made(&outward, session, forge.as_ref(), release)?;
    let begin = || {
        let begun = receipts
            .iter()
            .any(|recorded| recorded.receipt.step == PUBLISH_BEGUN && recorded.receipt.tag == tag);
        if begun {
            Ok(())
        } else {
            outward.record(PUBLISH_BEGUN, release, &json!({}))
        }
    };
    // A draft that an earlier run made, which the forge's list may not show yet.
    let drafted = outward
        .ledger
        .receipts()?
        .iter()
        .rev()
        .find_map(|recorded| {
            let detail: serde_json::Value = serde_json::from_str(&recorded.receipt.detail).ok()?;
            let own = recorded.receipt.step == DRAFTED && recorded.receipt.tag == tag;
            own.then(|| detail["id"].as_str().map(str::to_owned))?
        });
    let made_draft = |page: &Page| outward.record(DRAFTED, release, &json!({ "id": page.id }));
    let work = Work {
        session,
        drafted: RefCell::new(drafted),
        answered: RefCell::default(),
        made_draft: &made_draft,
        forge: forge.as_ref(),
        made: &made,
        digests: RefCell::default(),
        draft: args.draft,
        begin: &begin,
    };
    if args.dry_run {
        return work.show();
    }
    let _alone = outward.ledger.alone()?;
    let page = work.carry_out()?;
    if page.draft {
        session.say(&format!(
            "the draft of {tag} is complete; nobody sees it yet"
        ));
        return Ok(Exit::Done);
    }
    let files: Vec<_> = made
        .assets
        .iter()
        .map(|asset| json!({ "name": asset.name, "size": asset.size, "digest": asset.digest }))
        .collect();
    let issues: Vec<&str> = loaded
        .bootstrap
        .history
        .issues_of(&release.version)
        .map(|issue| issue.id.as_str())
        .collect();
    let object = remote.map(|remote| remote.object).unwrap_or_default();
    let pinned = release.pin.as_ref().map(Pin::images).unwrap_or_default();
    let images: BTreeMap<String, String> = pinned
        .iter()
        .map(|image| (image.name.clone(), image.reference()))
        .collect();
    let text = Digest::of(bare(&made.wanted.body).trim().as_bytes()).to_string();
    let detail = json!({ "url": page.url, "title": page.title, "text": text, "files": files, "issues": issues, "tag_object": object, "images": images });
    outward.record(PUBLISHED, release, &detail)?;
    session.say(&format!("{tag} is public"));
    for changed in revise_others(session, &outward, forge.as_ref(), release)? {
        session.say(&format!(
            "the page of {changed} says the way that holds now"
        ));
    }
    session.print(&format!("{}\n", page.url))?;
    Ok(Exit::Done)
}

struct Work<'w, 's> {
    session: &'w Session<'s>,
    forge: &'w dyn Forge,
    made: &'w Made,
    /// Of attached files that the forge says no digest of, by its own name for them.
    digests: RefCell<HashMap<String, String>>,
    draft: bool,
    /// The forge's name of the draft that this ledger made.
    drafted: RefCell<Option<String>>,
    /// The page as the forge's answers to what was done say that it is: its lists lag behind.
    answered: RefCell<Option<Page>>,
    /// Writes down which one that is.
    made_draft: &'w dyn Fn(&Page) -> Result<(), Stop>,
    /// Writes down that this ledger was there before the page was public.
    begin: &'w dyn Fn() -> Result<(), Stop>,
}

impl Work<'_, '_> {
    /// Looks, does what is missing, looks again, until nothing is.
    fn carry_out(&self) -> Result<Page, Stop> {
        let mut patience = Patience::new(self.session);
        let most = 20 + 4 * self.made.assets.len();
        let (mut told, mut begun) = (false, false);
        for _ in 0..most {
            let (page, latest) = self.look(&mut patience)?;
            if !begun && page.as_ref().is_none_or(|page| page.draft) {
                (self.begin)()?;
                begun = true;
            }
            let step = self.next(page.as_ref(), latest.as_deref());
            let wanted = &self.made.wanted;
            let done = match (&step, &page) {
                (Next::Complete, Some(page)) => return Ok(page.clone()),
                (Next::Diverged(lines), _) => return Err(diverged(&wanted.tag, lines)),
                // A forge shows some release as the latest, also where the only one is not to be that.
                (Next::Promote, Some(page)) if told => {
                    let shown = latest.as_deref().unwrap_or("no release");
                    self.session.say(&format!(
                        "the forge was told, and goes on showing {shown} as the latest"
                    ));
                    return Ok(page.clone());
                }
                (Next::Create, _) => match self.forge.create(wanted) {
                    Ok(page) => {
                        (self.made_draft)(&page)?;
                        *self.drafted.borrow_mut() = Some(page.id.clone());
                        self.answered(page);
                        Ok(())
                    }
                    Err(trouble) => Err(trouble),
                },
                (Next::Rewrite, Some(page)) => self
                    .forge
                    .update(page, wanted, true)
                    .map(|page| self.answered(page)),
                (Next::Publish | Next::Annotate | Next::Promote, Some(page)) => self
                    .forge
                    .update(page, wanted, false)
                    .map(|page| self.answered(page)),
                (Next::Detach(attached), Some(page)) => {
                    let done = self.forge.detach(page, attached);
                    if let (Ok(()), Some(page)) = (&done, &mut *self.answered.borrow_mut()) {
                        page.assets.retain(|known| known.id != attached.id);
                    }
                    done
                }
                (Next::Attach(asset), Some(page)) => {
                    let progress =
                        self.session
                            .world
                            .progress(&asset.name, asset.size, Unit::Bytes);
                    let done = self.forge.attach(page, asset, &*progress);
                    if let (Ok(()), Some(page)) = (&done, &mut *self.answered.borrow_mut()) {
                        page.assets.push(Attached {
                            id: format!("sent:{}", asset.name),
                            name: asset.name.clone(),
                            size: asset.size,
                            digest: Some(asset.digest.clone()),
                            complete: true,
                        });
                    }
                    done
                }
                (_, None) => Ok(()),
            };
            let promoted = step == Next::Promote;
            told |= patience.bear_step(step.name(), done)?.is_some() && promoted;
        }
        Err(Failure::new(
            "the page does not come to rest: each time it is read something else is missing",
        )
        .help("is somebody else changing it? Look at it, then run this again")
        .into())
    }

    /// Keeps what the forge said of the page, where this run made it.
    fn answered(&self, page: Page) {
        if self.drafted.borrow().as_ref() == Some(&page.id) {
            *self.answered.borrow_mut() = Some(page);
        }
    }

    fn look(
        &self,
        patience: &mut Patience<'_, '_>,
    ) -> Result<(Option<Page>, Option<String>), Stop> {
        let found = patience.read(|| self.forge.find(&self.made.wanted.tag))?;
        let drafted = self.drafted.borrow().clone();
        let page = match (found, drafted) {
            // The list lags behind: what the forge said when it made the draft is believed.
            (None, Some(id)) => patience
                .read(|| self.forge.by_id(&id))?
                .or_else(|| self.answered.borrow().clone()),
            // Somebody was quicker, on another machine: theirs is the page, and ours goes.
            (Some(page), Some(id)) if page.id != id => {
                let ours = patience.read(|| self.forge.by_id(&id))?;
                let ours = ours.or_else(|| self.answered.borrow_mut().take());
                if let Some(ours) = ours.filter(|ours| ours.draft && ours.tag == page.tag) {
                    patience.read(|| self.forge.remove(&ours))?;
                    self.session
                        .say("another machine made the page, too: the second draft was taken away");
                }
                *self.drafted.borrow_mut() = None;
                Some(page)
            }
            (found, _) => found,
        };
        let latest = match &page {
            Some(page) if !page.draft => patience.read(|| self.forge.latest())?,
            _ => None,
        };
        for attached in page.iter().flat_map(|page| &page.assets) {
            let ours = self
                .made
                .assets
                .iter()
                .any(|asset| asset.name == attached.name && asset.size == attached.size);
            if ours
                && attached.complete
                && attached.digest.is_none()
                && !self.digests.borrow().contains_key(&attached.id)
            {
                let Some(page) = &page else { continue };
                let digest = patience.read(|| self.forge.digest(page, attached))?;
                self.digests
                    .borrow_mut()
                    .insert(attached.id.clone(), digest);
            }
        }
        Ok((page, latest))
    }

    fn next<'p>(&'p self, page: Option<&'p Page>, latest: Option<&str>) -> Next<'p> {
        let digest = |attached: &Attached| {
            attached
                .digest
                .clone()
                .or_else(|| self.digests.borrow().get(&attached.id).cloned())
        };
        next(
            &self.made.wanted,
            &self.made.assets,
            page,
            &digest,
            latest,
            self.draft,
        )
    }

    /// What would be done, without doing it.
    fn show(&self) -> Result<Exit, Stop> {
        let mut patience = Patience::new(self.session);
        let (page, latest) = self.look(&mut patience)?;
        let wanted = &self.made.wanted;
        let file = |asset: &Asset| {
            format!(
                "attach {} ({}, {})\n",
                asset.name,
                size(asset.size as usize),
                asset.digest
            )
        };
        let public = |lines: &mut String| {
            if !self.draft {
                lines.push_str(&format!(
                    "make it public{}\n",
                    if wanted.latest {
                        ", as the latest release"
                    } else {
                        ""
                    }
                ));
            }
        };
        let mut lines = String::new();
        match (self.next(page.as_ref(), latest.as_deref()), &page) {
            (Next::Complete, _) => lines.push_str("nothing is missing\n"),
            (Next::Diverged(why), _) => return Err(diverged(&wanted.tag, &why)),
            (step, Some(page)) if !page.draft => {
                if step == Next::Annotate {
                    lines.push_str("bring the known issues on the page up to date\n");
                }
                lines.extend(
                    self.made
                        .assets
                        .iter()
                        .filter(|asset| !page.assets.iter().any(|there| there.name == asset.name))
                        .map(file),
                );
                if wanted.latest != (latest.as_deref() == Some(&wanted.tag)) {
                    lines.push_str(if wanted.latest {
                        "make it the latest release\n"
                    } else {
                        "make it the latest release no longer\n"
                    });
                }
            }
            (_, page) => {
                lines.push_str(&format!(
                    "{} a draft `{}` for {}\n",
                    if page.is_some() { "complete" } else { "make" },
                    wanted.title,
                    wanted.tag
                ));
                let there = |asset: &&Asset| {
                    page.as_ref().is_some_and(|page| {
                        page.assets
                            .iter()
                            .any(|there| there.name == asset.name && there.size == asset.size)
                    })
                };
                lines.extend(
                    self.made
                        .assets
                        .iter()
                        .filter(|asset| !there(asset))
                        .map(file),
                );
                public(&mut lines);
            }
        }
        self.session.print(&lines)?;
        Ok(Exit::Done)
    }
}

fn diverged(tag: &str, lines: &[String]) -> Stop {
    Finding::new(Code::PageDiverged, format!("the page of {tag} is public and says something else:\n{}", lines.join("\n")))
        .help("put the sources back to what was published, or change the page by hand and know why; a public page is not overwritten")
        .into()
}
