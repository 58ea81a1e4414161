//! `tidings withdraw`

use clap::Args;
use serde_json::json;

use crate::diag::{Code, Finding, Text};
use crate::model::{Leave, Release};
use crate::ports::forge::{Page, Wanted};
use crate::ports::ledger::{REINSTATED, WITHDRAWN};
use crate::ports::{Action, Failure, Forge};
use crate::project::load::load;
use crate::project::operator::{Outward, Patience, tag};
use crate::project::session::{Exit, Session, Stop};
use crate::publish::{with_banner, without_banner};
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
    let forge = outward.forge(session)?;
    let mut patience = Patience::new(session);
    let page = patience.read(|| forge.find(&name))?;
    let latest = patience.read(|| forge.latest())?;
    let history = &loaded.bootstrap.history;
    let instead = history
        .leave(&release.version, session.world.today())
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
    let body = |page: &Page| match args.undo {
        true => without_banner(&page.body).to_owned(),
        false => with_banner(
            &page.body,
            reason,
            instead.map(|instead| instead.version.as_str()),
        ),
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
    let path = loaded.root.join(&loaded.bootstrap.config.changelog_file);
    if !args.yes {
        let after = "then: commit and push the changelog, `tidings readme --write`, `tidings guide build`, `tidings email preview --kind withdrawal`";
        session.print(&format!(
            "{}\n{after}\nnothing was done; add `--yes` to do it\n",
            plan.join("\n")
        ))?;
        return Ok(Exit::Done);
    }
    let _alone = outward.ledger.alone()?;
    if let Some(text) = marked {
        session.world.perform(&Action::WriteFile {
            path,
            bytes: text.into_bytes(),
        })?;
    }
    if let Some(page) = changed {
        let own = args.undo && newest.is_some_and(|newest| newest.version == release.version);
        let stands = Release {
            withdrawn: !args.undo,
            ..release.clone()
        };
        let html = loaded
            .engine(session)?
            .render("release-note.html", &outward.note(session, &stands))?;
        set(
            forge.as_ref(),
            &mut patience,
            page,
            (body(page), Some(html)),
            own,
        )?;
    }
    if let Some(heir) = heir.filter(|heir| *heir != name)
        && let Some(page) = patience
            .read(|| forge.find(&heir))?
            .filter(|page| !page.draft)
    {
        let body = page.body.clone();
        set(forge.as_ref(), &mut patience, &page, (body, None), true)?;
    }
    let step = if args.undo { REINSTATED } else { WITHDRAWN };
    outward.record(
        step,
        release,
        &json!({ "reason": reason, "instead": instead.map(|instead| instead.version.to_string()) }),
    )?;
    session.say(&format!(
        "{}\nnow commit and push {}, and tell the customers",
        plan.join("\n"),
        log.name
    ));
    Ok(Exit::Done)
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
