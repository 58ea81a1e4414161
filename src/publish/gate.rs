//! The gate before a page is drafted, and the one before it is public: every reason that holds it, at once.

use crate::diag::{Code, Finding, Findings, shell_word};
use crate::model::{Pin, Release};
use crate::ports::ledger::{CUT, SMOKE};
use crate::ports::{Recorded, RemoteTag};

/// What the gate is shown.
pub struct Facts<'f> {
    pub release: &'f Release,
    /// Its tag's name, made or to be made.
    pub tag: &'f str,
    /// What the remote says of the tag.
    pub remote: Option<&'f RemoteTag>,
    /// The pin of the working tree.
    pub working: Option<&'f Pin>,
    pub receipts: &'f [Recorded],
    /// The page is to be public, not a draft.
    pub public: bool,
}

/// Why it may not be published. Empty where nothing holds it.
pub fn gate(facts: &Facts<'_>) -> Findings {
    let mut held = Findings::new();
    let mut hold = |code: Code, message: String, help: String| {
        held.push(Finding::new(code, message).help(help))
    };
    let tag = facts.tag;
    if facts.release.withdrawn {
        hold(
            Code::GateWithdrawn,
            format!("{tag} was withdrawn"),
            "publish another release; `tidings withdraw --undo` takes it back".into(),
        );
    }
    let local = facts.release.tag.as_ref();
    match (local, facts.remote) {
        (None, _) => {
            hold(Code::GateTag, format!("there is no tag `{tag}` here"), format!("tag the bootstrap repository: `git tag -a {}`", shell_word(tag)))
        }
        (Some(_), None) => hold(Code::GateTag, format!("the remote has no tag `{tag}`"), format!("`git push origin {}`", shell_word(tag))),
        (Some(local), Some(remote)) if local.commit != remote.commit => hold(
            Code::GateTag,
            format!("the tag `{tag}` is {} at the remote and {} here", short(&remote.commit), short(&local.commit)),
            "a tag that moved is no release any more: find out who moved it, and make a new release".into(),
        ),
        _ => {}
    }
    let mut cuts = facts.receipts.iter().map(|recorded| &recorded.receipt);
    let cut = cuts.rfind(|receipt| receipt.is_of(CUT, tag) && !receipt.commit.is_empty());
    if let (Some(local), Some(cut)) = (local, cut)
        && local.commit != cut.commit
    {
        hold(
            Code::GateTag,
            format!(
                "the tag `{tag}` leads to {}, and {} was reviewed and tagged",
                short(&local.commit),
                short(&cut.commit)
            ),
            "a tag that moved is no release any more: find out who moved it, and make a new release".into(),
        );
    }
    let Some(pin) = &facts.release.pin else {
        hold(
            Code::GateTag,
            format!("there is no pin at `{tag}`"),
            "the tag must hold the pin file of this release".into(),
        );
        return held;
    };
    if let Some(working) = facts
        .working
        .filter(|working| working.version == pin.version && working.digest != pin.digest)
    {
        hold(
            Code::GateTag,
            format!(
                "the pin at `{tag}` names {}, and the working tree {}",
                pin.digest, working.digest
            ),
            "the tag must hold the pin that is reviewed: make a new release if it does not".into(),
        );
    }
    if facts.public
        && let Some(local) = local
    {
        let passed = facts.receipts.iter().any(|recorded| {
            recorded
                .receipt
                .is_for(SMOKE, tag, &local.commit, pin.digest.as_str())
        });
        if !passed {
            hold(
                Code::GateSmoke,
                format!(
                    "no smoke test has passed for `{tag}` at {} with {}",
                    short(&local.commit),
                    short(pin.digest.as_str())
                ),
                format!("`tidings smoke {}` first", facts.release.version),
            );
        }
    }
    held
}

fn short(id: &str) -> &str {
    id.get(..if id.starts_with("sha256:") { 19 } else { 12 })
        .unwrap_or(id)
}
