//! The releases of the example, made from its changelog: what each tag holds.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde_json::json;

use crate::demo::Commit;
use crate::diag::Text;
use crate::model::{Changelog, Digest, Entry, INSTALL_NOTES, Tag};
use crate::ports::{Files, Tagged};
use crate::sources::changelog;

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../examples/acme/", $name))
    };
}

const CHANGELOG: &str = file!("bootstrap/CHANGELOG.md");

/// Files of the bootstrap repository that are the same at every tag.
const LASTING: &[(&str, &str)] = &[
    ("tidings.toml", file!("bootstrap/tidings.toml")),
    ("known-issues.toml", file!("bootstrap/known-issues.toml")),
    ("docs/upgrade.md", file!("bootstrap/docs/upgrade.md")),
    ("diagnostics.sh", file!("bootstrap/diagnostics.sh")),
    ("convert-config.sh", file!("bootstrap/convert-config.sh")),
];

const README: &str = file!("bootstrap/README.md");
const INSTALL: &str = file!("bootstrap/install.sh");

/// Where the warning of `tidings support --shell` goes in the install script.
const WARNING_MARK: &str = "#SUPPORT-WARNING#";

/// A release of the example: its version, its day, its summary, and the changelog as it was then.
struct Dated {
    version: String,
    day: NaiveDate,
    summary: String,
    changelog: String,
}

/// In the order in which they were released.
fn dated() -> Vec<Dated> {
    let log = changelog::read(Text::new("CHANGELOG.md", CHANGELOG), None);
    let mut entries: Vec<(&Entry, NaiveDate)> = log
        .entries
        .iter()
        .filter_map(|entry| Some((entry, entry.date?)))
        .collect();
    entries.sort_by_key(|(_, day)| *day);
    entries
        .into_iter()
        .filter_map(|(entry, day)| {
            Some(Dated {
                version: entry.version.as_ref()?.to_string(),
                day,
                summary: entry
                    .summary
                    .map(|span| changelog::markdown(log.text.slice(span), &log.references))
                    .unwrap_or_default(),
                changelog: as_of(&log, day),
            })
        })
        .collect()
}

/// The changelog without the entries that are younger than `day`; a release is not yet marked as withdrawn on its day.
fn as_of(log: &Changelog, day: NaiveDate) -> String {
    let mut out = log.text.body.to_string();
    let ends = log
        .entries
        .iter()
        .skip(1)
        .map(|entry| entry.heading.start)
        .chain([log.entries.last().map_or(0, |last| last.body.end)]);
    let spans: Vec<(&Entry, usize)> = log.entries.iter().zip(ends).collect();
    for (entry, end) in spans.into_iter().rev() {
        if entry.date.is_some_and(|date| date > day) {
            out.replace_range(entry.heading.start..end, "");
        } else if entry.yanked && entry.date == Some(day) {
            out = out.replacen(" [YANKED]", "", 1);
        }
    }
    out
}

fn afternoon(day: NaiveDate) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(14, 32, 0).unwrap_or(NaiveTime::MIN);
    DateTime::from_naive_utc_and_offset(day.and_time(time), Utc)
}

/// Where the agent answers, unless another port is asked for.
pub const PORT: u16 = 18080;

/// The same history with the agent on another port, and the registry on the one after it.
pub fn on_port(mut commits: Vec<Commit>, port: u16) -> Vec<Commit> {
    for bytes in commits
        .iter_mut()
        .flat_map(|commit| commit.files.values_mut())
    {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let moved = text.replace(&PORT.to_string(), &port.to_string());
            *bytes = moved
                .replace(&(PORT + 1).to_string(), &port.saturating_add(1).to_string())
                .into_bytes();
        }
    }
    commits
}

/// The source repository: one commit and one annotated tag a release, the operator's files on top.
pub fn source() -> Vec<Commit> {
    let releases = dated();
    let mut commits: Vec<Commit> = releases
        .iter()
        .map(|release| Commit {
            message: format!("Release {}\n", release.version),
            time: afternoon(release.day),
            files: source_files(release, false),
            tag: Some((
                format!("v{}", release.version),
                format!("{}\n", first_sentence(&release.summary)),
            )),
        })
        .collect();
    if let Some(last) = releases.iter().max_by_key(|release| release.day) {
        commits.push(Commit {
            message: "Keep the operator's settings here, and begin the next release\n".into(),
            time: afternoon(last.day),
            files: source_files(last, true),
            tag: None,
        });
    }
    commits
}

fn source_files(release: &Dated, operator: bool) -> Files {
    let manifest = format!(
        "[package]\nname = \"acme-agent\"\nversion = \"{}\"\nedition = \"2024\"\n",
        release.version
    );
    let mut files = Files::from([
        ("Cargo.toml".to_owned(), manifest.into_bytes()),
        ("src/main.rs".to_owned(), b"fn main() {}\n".to_vec()),
        (
            "CHANGELOG.md".to_owned(),
            release.changelog.clone().into_bytes(),
        ),
    ]);
    if operator {
        let begun =
            release
                .changelog
                .replacen("## [Unreleased]\n", file!("source/unreleased.md"), 1);
        files.insert("CHANGELOG.md".into(), begun.into_bytes());
        files.insert("pipeline.sh".into(), file!("source/pipeline.sh").into());
        files.insert("operator.toml".into(), file!("source/operator.toml").into());
        files.insert(
            "docs-internal/customers.toml".into(),
            file!("source/docs-internal/customers.toml").into(),
        );
        files.insert(
            ".gitignore".into(),
            b"/.tidings/\n/dist/\n/outbox/\n/release-page/\n".to_vec(),
        );
        files.extend(dated().iter().map(|release| {
            (
                format!("dist/{}/sbom.cdx.json", release.version),
                sbom(release).into_bytes(),
            )
        }));
    }
    files
}

fn first_sentence(summary: &str) -> &str {
    summary.find(". ").map_or(summary, |at| &summary[..=at])
}

/// README and install notes, from the README's text, the changelog of the day and the pins so far.
pub type Made<'m> = dyn Fn(&str, &str, &[Tagged]) -> (String, String) + 'm;

/// The bootstrap repository. `revisions` are the source commits by version, `warning` the shell snippet for the install
/// script, `made` fills the generated blocks of the README, and makes the install notes, from the changelog of the day and the pins so far.
pub fn bootstrap(
    revisions: &dyn Fn(&str) -> String,
    warning: &str,
    made: &Made<'_>,
) -> Vec<Commit> {
    let mut pins: Vec<Tagged> = Vec::new();
    dated()
        .into_iter()
        .map(|release| {
            let tag = format!("v{}", release.version);
            let mut files: Files = LASTING
                .iter()
                .map(|(name, body)| ((*name).to_owned(), body.as_bytes().to_vec()))
                .collect();
            let pin = pin(&release, &revisions(&release.version)).into_bytes();
            pins.push((
                Tag {
                    name: tag.clone(),
                    commit: String::new(),
                    day: Some(release.day),
                },
                Some(pin.clone()),
            ));
            files.insert("pin.json".into(), pin);
            files.insert("sbom.cdx.json".into(), sbom(&release).into_bytes());
            files.insert(
                "CHANGELOG.md".into(),
                release.changelog.clone().into_bytes(),
            );
            files.insert(
                "install.sh".into(),
                INSTALL
                    .replace(WARNING_MARK, warning.trim_end())
                    .into_bytes(),
            );
            let text = README.replace("v2.1.0", &tag);
            let (readme, notes) = made(&text, &release.changelog, &pins);
            files.insert("README.md".into(), readme.into_bytes());
            files.insert(INSTALL_NOTES.into(), notes.into_bytes());
            Commit {
                message: format!("Pin {}\n", release.version),
                time: afternoon(release.day),
                files,
                tag: Some((tag, format!("{}\n", first_sentence(&release.summary)))),
            }
        })
        .collect()
}

/// What a build of that release would have: made up, but always the same.
fn digest(version: &str) -> String {
    Digest::of(format!("acme agent {version}").as_bytes()).to_string()
}

fn pin(release: &Dated, revision: &str) -> String {
    let version = &release.version;
    let document = json!({
        "agent": {
            "version": version,
            "tag": format!("v{version}"),
            "digest": format!("registry.acme.example/acme/agent@{}", digest(version)),
            "registry": "registry.acme.example",
            "signed_by": {
                "certificate_identity": format!("https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v{version}"),
                "certificate_oidc_issuer": "https://token.actions.githubusercontent.com"
            },
            "source_revision": revision,
            "released_utc": afternoon(release.day).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "sbom": format!("https://github.com/acme/agent-bootstrap/blob/v{version}/sbom.cdx.json")
        }
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// A small CycloneDX 1.6 bill of materials; its components move on from release to release.
fn sbom(release: &Dated) -> String {
    let months = release
        .day
        .signed_duration_since(NaiveDate::default() + Days::new(20_454))
        .num_days()
        / 30;
    let component = |name: &str, version: String| json!({ "type": "library", "name": name, "version": version, "purl": format!("pkg:cargo/{name}@{version}") });
    let mut components = vec![
        component("rustls", format!("0.23.{}", 20 + months)),
        component("tokio", format!("1.{}.0", 44 + months / 2)),
        component("zstd", "0.13.3".into()),
    ];
    if release.version.starts_with('2') {
        components.push(component("age", format!("0.11.{}", months / 4)));
    } else {
        components.push(component("openssl", "0.10.72".into()));
    }
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": afternoon(release.day).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "component": {
                "type": "container",
                "name": "registry.acme.example/acme/agent",
                "version": release.version,
                "hashes": [{ "alg": "SHA-256", "content": digest(&release.version).trim_start_matches("sha256:") }]
            }
        },
        "components": components
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
