//! The page of a release as it should be, with its files.

use std::collections::HashSet;

use crate::diag::{Code, Finding, Findings};
use crate::model::{Digest, GuidePage, Release};
use crate::ports::Forge;
use crate::ports::forge::{Asset, From, Wanted};
use crate::project::bills::Bills;
use crate::project::operator::{Outward, tag};
use crate::project::session::{Session, Stop};
use crate::publish::{body, with_issues};

/// A page and the files beside it.
pub struct Made {
    pub wanted: Wanted,
    pub assets: Vec<Asset>,
}

/// What should be published.
///
/// # Errors
/// Findings about the files.
pub fn made(
    outward: &Outward<'_>,
    session: &Session<'_>,
    forge: &dyn Forge,
    release: &Release,
) -> Result<Made, Stop> {
    let engine = outward.loaded.engine(session)?;
    let note = outward.note(session, release);
    let markdown = engine.render("release-note.md", &note)?;
    let (mut assets, bills) = files(outward, session, release)?;
    let more = bills.sections(outward, session, forge, release)?;
    assets.push(of_bytes("release-note.md", markdown.clone().into_bytes()));
    assets.sort_by(|a, b| a.name.cmp(&b.name));
    let sums: String = assets
        .iter()
        .map(|asset| {
            format!(
                "{}  {}\n",
                asset.digest.trim_start_matches("sha256:"),
                asset.name
            )
        })
        .collect();
    assets.push(of_bytes("SHA256SUMS", sums.into_bytes()));
    let history = &outward.loaded.bootstrap.history;
    let newest = history.latest(session.today());
    Ok(Made {
        wanted: Wanted {
            tag: tag(outward.loaded, release),
            title: note.title.clone(),
            body: with_issues(
                &body(&markdown, &more),
                history.issues_of(&release.version),
                outward
                    .loaded
                    .bootstrap
                    .config
                    .product
                    .guide_page(GuidePage::KnownIssues)
                    .as_deref(),
            ),
            html: Some(engine.render("release-note.html", &note)?),
            prerelease: release.version.is_prerelease(),
            latest: newest.is_some_and(|newest| newest.version == release.version),
        },
        assets,
    })
}

fn of_bytes(name: &str, bytes: Vec<u8>) -> Asset {
    Asset {
        name: name.to_owned(),
        size: bytes.len() as u64,
        digest: Digest::of(&bytes).to_string(),
        from: From::Bytes(bytes),
    }
}

/// The files that `[forge] assets` names, and what can be read of bills of materials among them.
fn files(
    outward: &Outward<'_>,
    session: &Session<'_>,
    release: &Release,
) -> Result<(Vec<Asset>, Bills), Stop> {
    let root = &outward.operator.root;
    let (mut assets, mut bills, mut findings, mut names) = (
        Vec::new(),
        Bills::default(),
        Findings::new(),
        HashSet::new(),
    );
    let wrong = |what: String, help: &str| Finding::new(Code::Asset, what).help(help);
    for pattern in &outward.operator.config.forge.assets {
        let filled = pattern
            .replace("{version}", release.version.as_str())
            .replace("{tag}", &tag(outward.loaded, release));
        let found = session.world.matching(root, &filled)?;
        if found.is_empty() {
            findings.push(wrong(
                format!("`{filled}` names no file"),
                "build the file first, or take it out of `[forge] assets` in operator.toml",
            ));
        }
        for path in found {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let (size, digest) = session.world.measure(&path)?;
            let plain = name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
                && !name.starts_with('.');
            if !plain {
                findings.push(wrong(
                    format!("forges change the name `{name}`"),
                    "use letters, digits, `.`, `-` and `_` only",
                ));
            }
            if size == 0 {
                findings.push(wrong(
                    format!("`{name}` is empty"),
                    "build it again: an empty file helps nobody",
                ));
            }
            if !names.insert(name.to_lowercase())
                || matches!(name.as_str(), "release-note.md" | "SHA256SUMS")
            {
                findings.push(wrong(
                    format!("two files would be named `{name}`"),
                    "rename one of them: a page has each name once",
                ));
            }
            findings.extend(bills.take(session, release, &path, &name, size)?);
            assets.push(Asset {
                name,
                size,
                digest,
                from: From::File(path),
            });
        }
    }
    if !findings.iter().any(Finding::is_error) {
        session.show_findings(&findings);
        Ok((assets, bills))
    } else {
        Err(Stop::Findings(findings))
    }
}
