//! `tidings withdraw`

use clap::Args;
use serde_json::json;

use crate::diag::{Code, Finding, Text};
use crate::model::{Leave, Release, Version};
use crate::ports::forge::{Page, Wanted};
use crate::ports::ledger::{REINSTATED, REVISED, WITHDRAWN};
use crate::ports::{Action, Failure, Forge};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience, tag};
use crate::project::session::{Exit, Session, Stop};
use crate::project::standing::{Revised, Standing, reason_of, text_digest};
use crate::project::version_source::written;
use crate::publish::has_banner;
use crate::sources::changelog::{marked_withdrawn, unmarked_withdrawn};

#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// The release
    version: String,
    /// Why, for customers to read
    #[arg(long, required_unless_present = "undo")]
    reason: Option<String>,
    /// Take a withdrawal back
    #[arg(long, conflicts_with = "reason")]
    undo: bool,
    /// Do it; without this, what would be done is printed
    #[arg(long)]
    yes: bool,
}

pub fn run(args: &WithdrawArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let loaded = load(session)?;
    let outward = Outward::of(session, &loaded)?;
    let release = loaded.release(session, Some(&args.version))?;
    let name = tag(&loaded, release);
    let log = &loaded.bootstrap.changelog.text;
    let marked = mark(log, &loaded.bootstrap.changelog, release, args.undo)?;
    // The pipeline proposes the source's changelog: without the mark there the next release would take the withdrawal back.
    let source = written(session, &outward)?;
    let source_marked = match source.changelog.entry(&release.version) {
        Some(_) if source.own => mark(
            &source.changelog.text,
            &source.changelog,
            release,
            args.undo,
        )?,
        _ => None,
    };
    let forge = outward.forge(session)?;
    let mut patience = Patience::new(session);
    let page = patience.read(|| forge.find(&name))?;
    let latest = patience.read(|| forge.latest())?;
    if page.is_none() && release.tag.is_none() {
        let what = format!(
            "{} was never published: it has no tag and no page",
            release.version
        );
        return Err(Failure::new(what)
            .help("take its entry out of the changelog, or leave it and release it later")
            .into());
    }
    if args.undo && !release.withdrawn && page.as_ref().is_none_or(|page| !has_banner(&page.body)) {
        return Err(
            Failure::new(format!("{} is not withdrawn", release.version))
                .help("there is nothing to take back")
                .into(),
        );
    }
    let history = &loaded.bootstrap.history;
    let instead = history
        .leave(&release.version, session.today())
        .map(Leave::release);
    let reason = args.reason.as_deref().unwrap_or("");
    // Who is the latest once this is done: the newest that stays.
    let newest = history.releases().iter().rev().find(|other| {
        !other.version.is_prerelease()
            && other.tag.is_some()
            && if other.version == release.version {
                args.undo
            } else {
                !other.withdrawn
            }
    });
    let mut plan: Vec<String> = Vec::new();
    if marked.is_some() {
        let word = if args.undo {
            "take the mark `[YANKED]` from"
        } else {
            "put the mark `[YANKED]` on"
        };
        plan.push(format!(
            "{word} the entry of {} in {}",
            release.version, log.name
        ));
    }
    let receipts = outward.ledger.receipts()?;
    if source_marked.is_some() {
        plan.push(format!(
            "the same in {} of the source repository, which the next proposal brings along: commit it there",
            source.name
        ));
    }
    let standing = Standing::new(&loaded, session, &release.version, !args.undo, &receipts)?;
    let why = (!args.undo).then_some(reason);
    let revised = page
        .as_ref()
        .map(|page| standing.page(page, release, why))
        .transpose()?;
    if revised.as_ref().is_some_and(|revised| !revised.own) {
        plan.push(format!(
            "the text of {name} was changed by hand: below the banner it is left as it is"
        ));
    }
    let neighbours = neighbours(&outward, forge.as_ref(), &mut patience, &standing)?;
    let body = |_: &Page| {
        revised
            .as_ref()
            .map(|revised| revised.body.clone())
            .unwrap_or_default()
    };
    let changed = page.as_ref().filter(|page| {
        page.body != body(page)
            || (latest.as_deref() == Some(&name))
                != (args.undo && newest.is_some_and(|newest| newest.version == release.version))
    });
    match (&page, changed) {
        (None, _) => plan.push(format!("nothing on the page: {name} has none")),
        (Some(page), Some(_)) => plan.push(format!(
            "{} {}",
            if args.undo {
                "take the banner from"
            } else {
                "put a banner on"
            },
            page.url
        )),
        _ => {}
    }
    let heir = newest
        .map(|newest| tag(&loaded, newest))
        .filter(|heir| latest.is_some() && latest.as_deref() != Some(heir));
    if let Some(heir) = &heir {
        plan.push(format!("make {heir} the latest release"));
    }
    for neighbour in &neighbours {
        plan.push(format!(
            "say the way that holds now on the page of {}",
            neighbour.page.tag
        ));
    }
    if plan.is_empty() {
        session.say(&format!(
            "nothing to do here: {} is {}withdrawn; `tidings status` shows what is owed",
            release.version,
            if args.undo { "no longer " } else { "" }
        ));
        return Ok(Exit::Done);
    }
    let path = loaded.root.join(&loaded.bootstrap.config.changelog_file);
    if !args.yes {
        let after = "then: commit and push the changelog, `tidings readme --write`, `tidings guide build`, `tidings email preview --kind withdrawal`";
        session.print(&format!(
            "{}\n{after}\nnothing was done; add `--yes` to do it\n",
            plan.join("\n")
        ))?;
        return Ok(Exit::Done);
    }
    if marked.is_some() {
        loaded.facts.writable(&loaded.root)?;
    }
    let _alone = outward.ledger.alone()?;
    if let Some(text) = marked {
        session.world.perform(&Action::WriteFile {
            path,
            bytes: text.into_bytes(),
        })?;
    }
    if let Some(text) = source_marked {
        session.world.perform(&Action::WriteFile {
            path: source.path,
            bytes: text.into_bytes(),
        })?;
    }
    if let Some(page) = changed {
        let own = args.undo && newest.is_some_and(|newest| newest.version == release.version);
        let html = revised.as_ref().map(|revised| revised.html.clone());
        set(forge.as_ref(), &mut patience, page, (body(page), html), own)?;
    }
    if let Some(heir) = heir.filter(|heir| *heir != name)
        && let Some(page) = patience
            .read(|| forge.find(&heir))?
            .filter(|page| !page.draft)
    {
        let body = page.body.clone();
        set(forge.as_ref(), &mut patience, &page, (body, None), true)?;
    }
    for neighbour in &neighbours {
        let is_latest = newest.is_some_and(|newest| newest.version == neighbour.release.version);
        revise(
            &outward,
            forge.as_ref(),
            &mut patience,
            neighbour,
            (&release.version, is_latest),
        )?;
    }
    let text = page.as_ref().map(|page| text_digest(&body(page)));
    let step = if args.undo { REINSTATED } else { WITHDRAWN };
    outward.record(
        step,
        release,
        &json!({ "reason": reason, "text": text, "instead": instead.map(|instead| instead.version.to_string()) }),
    )?;
    session.say(&format!(
        "{}\nnow `tidings status`: it lists what is left, from the README to the mail",
        plan.join("\n")
    ));
    Ok(Exit::Done)
}

fn revise(
    outward: &Outward<'_>,
    forge: &dyn Forge,
    patience: &mut Patience<'_, '_>,
    neighbour: &Neighbour<'_>,
    (because, is_latest): (&Version, bool),
) -> Result<(), Stop> {
    let (page, revised) = (&neighbour.page, &neighbour.revised);
    let text = (revised.body.clone(), Some(revised.html.clone()));
    set(forge, patience, page, text, is_latest)?;
    let detail = json!({ "text": text_digest(&revised.body), "because": because.as_str() });
    outward.record(REVISED, neighbour.release, &detail)
}

/// A release that is public now is a way on, or back, for others: their pages say it. Gives the tags of those that were changed.
///
/// # Errors
/// The forge cannot be asked, or the ledger cannot be written.
pub fn revise_others(
    session: &Session<'_>,
    outward: &Outward<'_>,
    forge: &dyn Forge,
    public: &Release,
) -> Result<Vec<String>, Stop> {
    let mut patience = Patience::new(session);
    let receipts = outward.ledger.receipts()?;
    let standing = Standing::new(outward.loaded, session, &public.version, false, &receipts)?;
    let newest = outward.loaded.bootstrap.history.newest();
    let mut changed = Vec::new();
    for neighbour in neighbours(outward, forge, &mut patience, &standing)? {
        let is_latest = newest.is_some_and(|newest| newest.version == neighbour.release.version);
        revise(
            outward,
            forge,
            &mut patience,
            &neighbour,
            (&public.version, is_latest),
        )?;
        changed.push(neighbour.page.tag);
    }
    Ok(changed)
}

/// A public page that leads somewhere else once this is done.
struct Neighbour<'l> {
    release: &'l Release,
    page: Page,
    revised: Revised,
}

/// The pages of other releases that are to be changed. Those that were changed by hand are left alone.
fn neighbours<'l>(
    outward: &Outward<'l>,
    forge: &dyn Forge,
    patience: &mut Patience<'_, '_>,
    standing: &Standing<'l, '_>,
) -> Result<Vec<Neighbour<'l>>, Stop> {
    let receipts = outward.ledger.receipts()?;
    let mut all = Vec::new();
    for release in standing.neighbours() {
        let name = tag(outward.loaded, release);
        let page = patience.read(|| forge.find(&name))?;
        let Some(page) = page.filter(|page| !page.draft) else {
            continue;
        };
        let reason = reason_of(&receipts, &page);
        let revised = standing.page(&page, release, reason.as_deref())?;
        if revised.own && revised.body != page.body {
            all.push(Neighbour {
                release,
                page,
                revised,
            });
        }
    }
    Ok(all)
}

/// The changelog with the mark set or taken; `None` where it is as it should be.
fn mark(
    text: &Text,
    log: &crate::model::Changelog,
    release: &Release,
    undo: bool,
) -> Result<Option<String>, Stop> {
    let Some(entry) = log.entry(&release.version) else {
        let finding = Finding::new(
            Code::EntryMissing,
            format!("the changelog has no entry for {}", release.version),
        );
        return Err(finding
            .help("write one: a withdrawal is said there too")
            .into());
    };
    let new = if undo {
        unmarked_withdrawn(text, entry)
    } else {
        marked_withdrawn(text, entry)
    };
    new.ok_or_else(|| {
        Failure::new(format!(
            "the heading of {} cannot be changed by a program",
            release.version
        ))
        .help("edit it by hand: add or remove `[YANKED]`")
        .into()
    })
    .map(|new| (new != *text.body).then_some(new))
}

fn set(
    forge: &dyn Forge,
    patience: &mut Patience<'_, '_>,
    page: &Page,
    text: (String, Option<String>),
    latest: bool,
) -> Result<(), Stop> {
    let (body, html) = text;
    let wanted = Wanted {
        tag: page.tag.clone(),
        title: page.title.clone(),
        body,
        html,
        prerelease: page.prerelease,
        latest,
    };
    loop {
        if patience
            .bear(forge.update(page, &wanted, page.draft))?
            .is_some()
        {
            return Ok(());
        }
    }
}
