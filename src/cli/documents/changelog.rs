//! `tidings changelog`

use std::path::PathBuf;

use clap::Args;

use crate::documents::Reading;
use crate::ports::Failure;
use crate::project::load::configured;
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;
use crate::sources::changelog::Dialect;
use crate::sources::{changelog, utf8_text};

#[derive(Debug, Args)]
pub struct ChangelogArgs {
    /// The changelog, or `-` for standard input [default: the one of tidings.toml]
    file: Option<PathBuf>,
    /// In a changelog of several packages, only this one
    #[arg(long)]
    package: Option<String>,
}

pub fn run(args: &ChangelogArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let (path, dialect, bytes) = match &args.file {
        Some(file) => {
            let path = session.at(file);
            let bytes = if file.as_os_str() == "-" {
                Some(session.world.read_input()?)
            } else {
                session.world.read(&path)?
            };
            let dialect = Dialect {
                package: args.package.clone(),
                ..Dialect::default()
            };
            (path, dialect, bytes)
        }
        None => {
            let configured = configured(session)?;
            let (root, config) = (configured.root, configured.bootstrap);
            let bytes = configured
                .facts
                .bytes(session, &root, &config.changelog_file)?;
            let dialect = Dialect {
                package: args.package.clone().or(config.dialect.package),
                ..config.dialect
            };
            (root.join(config.changelog_file), dialect, bytes)
        }
    };
    let bytes = bytes.ok_or_else(|| Failure::new(format!("there is no `{}`", path.display())))?;
    // Shown as far as it can be read, whatever its encoding: this command is for looking.
    let (text, findings) = utf8_text(
        &path.strip_prefix(".").unwrap_or(&path).to_string_lossy(),
        bytes,
    );
    session.show_findings(&findings);
    let log = changelog::read_as(text, &dialect);
    let reading = Reading::of(&log, |markdown| {
        changelog::markdown(markdown, &log.references)
    });
    session.print(&if form == Format::Json {
        json(&reading)
    } else {
        table(&reading)
    })?;
    Ok(if findings.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn table(reading: &Reading) -> String {
    let width = reading
        .releases
        .iter()
        .filter_map(|release| release.version.as_deref())
        .map(|version| version.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let mut out = String::new();
    for release in &reading.releases {
        let version = release.version.as_deref().unwrap_or("Unreleased");
        let items: usize = release
            .sections
            .iter()
            .map(|section| section.items.len())
            .sum();
        let mark = if release.yanked { "yanked" } else { "" };
        let summary = release.summary.as_deref().unwrap_or("");
        let row = format!(
            "{:>6}  {version:<width$}  {:<10}  {mark:<6}  {items:>3}  {}",
            release.line,
            release.date.as_deref().unwrap_or("-"),
            crate::diag::clipped(summary, 60)
        );
        out.push_str(crate::diag::plain(&row).trim_end());
        out.push('\n');
    }
    out
}
