//! What would stop a release only after its tag is public, tried with the last pin before that: a version that is tagged and
//! cannot be finished is burnt.

use crate::cli::release_day::proposed_images::{signers, signing_tool};
use crate::documents::Row;
use crate::model::{Pin, Role, SignerFlaw, exact_identity, lasting, signer_flaw};
use crate::ports::hosting::Ways;
use crate::project::operator::{Outward, Patience};
use crate::project::proposal::main_branch;
use crate::project::session::{Session, Stop};

/// Every row. What nobody could look at says so.
///
/// # Errors
/// git or the ledger fail.
pub fn rehearsal(session: &Session<'_>, outward: &Outward<'_>) -> Result<Vec<Row>, Stop> {
    let history = &outward.loaded.bootstrap.history;
    let last = history
        .releases()
        .iter()
        .rev()
        .find(|release| release.tag.is_some() && release.pin.is_some());
    let mut rows = vec![branch(session, outward)?];
    match last.and_then(|release| Some((release.pin.as_ref()?, release.tag.as_ref()?))) {
        Some((pin, tag)) => {
            rows.extend(tools(session, outward, pin)?);
            rows.push(signer(outward, pin, &tag.name));
            rows.push(registry(session, pin));
        }
        None => rows.push(Row::not_checked(
            "rehearsal",
            "there is no earlier pin to try the review with",
        )),
    }
    rows.extend(merging(session, outward)?);
    Ok(rows)
}

/// Customers clone a branch that there is.
fn branch(session: &Session<'_>, outward: &Outward<'_>) -> Result<Row, Stop> {
    let name = "branch of customers";
    let repository = session.world.repository(&outward.loaded.root);
    Ok(match main_branch(repository.as_ref()) {
        Ok((branch, _)) => Row::pass(
            name,
            format!("{} at `origin`", branch.trim_start_matches("refs/heads/")),
        ),
        Err(Stop::Failure(failure)) => {
            Row::fail(name, failure.what, "push it, or make it the default branch")
        }
        Err(stop) => return Err(stop),
    })
}

/// The programs that verify the signatures are here.
fn tools(session: &Session<'_>, outward: &Outward<'_>, pin: &Pin) -> Result<Vec<Row>, Stop> {
    let mut rows: Vec<Row> = Vec::new();
    for image in pin
        .images()
        .iter()
        .filter(|image| image.role == Role::Product)
    {
        let row = match signing_tool(session, outward, image)? {
            Some((tool, true)) => Row::pass("signature", format!("{tool} is here to verify it")),
            Some((tool, false)) => Row::unseen(
                "signature",
                format!("{tool} is not installed here, so the review could not verify it"),
                format!(
                    "install {tool}; or accept it by name: `[[accepted]]` with `id = \"not-checked:signature\"`, a reason and a day"
                ),
            ),
            None => continue,
        };
        if !rows.iter().any(|known| known.why == row.why) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The form of the signer's identity is one that the review accepts.
fn signer(outward: &Outward<'_>, pin: &Pin, tag: &str) -> Row {
    let name = "form of the signer";
    let Some(signer) = &pin.signer else {
        return Row::fail(
            name,
            format!("the pin of {} names no signer", pin.version),
            "the next one must: `certificate_identity` and `certificate_oidc_issuer`, or `public_key`",
        );
    };
    let named = signers(outward, tag);
    if !named.is_empty() {
        let (exact, issuer) = (exact_identity(signer), lasting(signer).1);
        let known = named
            .iter()
            .any(|(identity, by)| exact.as_ref() == Some(identity) && issuer.as_ref() == Some(by));
        return match known {
            true => Row::pass(
                name,
                format!("that of {} is among `[[trust.signers]]`", pin.version),
            ),
            false => Row::not_checked(
                name,
                format!(
                    "that of {} is not among `[[trust.signers]]`: the next one must be",
                    pin.version
                ),
            ),
        };
    }
    match signer_flaw(signer, tag) {
        None => Row::pass(name, format!("as in {}", pin.version)),
        Some(flaw) => {
            let why = match flaw {
                SignerFlaw::NoIssuer => "names no issuer",
                SignerFlaw::Wide => "accepts others, too",
                SignerFlaw::OtherTag => "has no tag of the release in it",
            };
            Row::fail(
                name,
                format!(
                    "the identity in the pin of {} {why}; the next one could not pass the review",
                    pin.version
                ),
                "write it exactly; one that has no tag in it is named in operator.toml: `[[trust.signers]]` with `identity` and `issuer`",
            )
        }
    }
}

/// The registry lets this machine ask.
fn registry(session: &Session<'_>, pin: &Pin) -> Row {
    let name = "registry access";
    let Some(image) = &pin.image else {
        return Row::not_checked(name, format!("the pin of {} names no image", pin.version));
    };
    match session.world.manifest(image, pin.digest.as_str()) {
        Ok(Some(_)) => Row::pass(
            name,
            format!("{image} answers with the digest of {}", pin.version),
        ),
        Ok(None) => Row::not_checked(
            name,
            format!("{image} has no digest of {} any more", pin.version),
        ),
        // It answered, and does not let us in: so it would be on the day.
        Err(failure) if failure.what.replace(image.as_str(), "").contains("account") => Row::fail(
            name,
            failure.what,
            failure
                .help
                .unwrap_or_else(|| "`docker login` there, then run this again".to_owned()),
        ),
        Err(failure) => Row::not_checked(name, failure.what),
    }
}

/// The repository lets a proposal and a tag in.
fn merging(session: &Session<'_>, outward: &Outward<'_>) -> Result<Vec<Row>, Stop> {
    let Some(hosting) = outward.bootstrap_hosting(session)? else {
        return Ok(Vec::new());
    };
    let name = "merging";
    let ways = match Patience::new(session).read(|| hosting.ways()) {
        Ok(ways) => ways,
        Err(Stop::Failure(failure)) => return Ok(vec![Row::not_checked(name, failure.what)]),
        Err(stop) => return Err(stop),
    };
    let Some(ways) = ways else {
        return Ok(vec![Row::not_checked(
            name,
            "the forge does not say how the bootstrap repository lets changes in",
        )]);
    };
    Ok(vec![may_merge(name, &ways), may_tag(&ways)])
}

fn may_merge(name: &str, ways: &Ways) -> Row {
    if ways.archived {
        return Row::fail(
            name,
            "the bootstrap repository is archived",
            "nothing can be released into it: unarchive it",
        );
    }
    if ways.may_push == Some(false) {
        return Row::fail(
            name,
            "the token may not write to the bootstrap repository",
            "it needs `contents: write` and `pull-requests: write`",
        );
    }
    match ways.merge.first() {
        Some(way) => Row::pass(name, format!("by {way}")),
        None => Row::fail(
            name,
            "the bootstrap repository allows no way to merge",
            "allow one in its settings",
        ),
    }
}

fn may_tag(ways: &Ways) -> Row {
    let name = "tag rules";
    match &ways.tags_forbidden {
        None => Row::pass(
            name,
            "no rule that this token can read forbids to create tags",
        ),
        Some(rule) => Row::fail(
            name,
            format!("the rule `{rule}` of the bootstrap repository forbids to create tags"),
            "let whoever releases bypass it, or cut with a token that may",
        ),
    }
}
