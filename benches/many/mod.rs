//! A vendor with many releases and as many recipients, written as two repositories.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use tidings::adapters::Live;
use tidings::demo::{Commit, Stream};
use tidings::ports::{Action, FileSystem, Files};

pub const TOML: &str = include_str!("../../examples/acme/bootstrap/tidings.toml");

/// Releases over some twenty-five years: five patches a minor, twenty minors a major, a required action in every seventh release.
fn versions(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("{}.{}.{}", 1 + n / 100, n / 5 % 20, n % 5))
        .collect()
}

fn entry(version: &str, number: usize, of: usize) -> String {
    let action = match number % 7 {
        0 => format!(
            "- Rename the setting number {number} before you install.\n  Change: [the setting](tidings.toml#s{number})\n  Check: the status page names it\n  Downtime: 5 minutes"
        ),
        _ => "Nothing".to_owned(),
    };
    let day = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap()
        + chrono::Days::new((9_000 * number / of) as u64);
    format!(
        "## [{version}] - {day}\n\nThe agent does thing number {number} better than before. It is also a little faster on large installations.\n\n\
         ### Required action\n\n{action}\n\n### Added\n\n- A new way to do thing {number} with less effort.\n- Another thing that somebody asked for.\n\n\
         ### Fixed\n\n- Problem {number} no longer appears when the moon is full.\n- A second problem that was rarely seen.\n\n"
    )
}

fn pin(version: &str) -> Vec<u8> {
    let hex: String = version.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{{\"agent\": {{\"version\": \"{version}\", \"tag\": \"v{version}\", \"digest\": \"registry.acme.example/acme/agent@sha256:{hex:0<64}\", \
         \"certificate_identity\": \"https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v{version}\"}}}}\n"
    )
    .into_bytes()
}

/// `bootstrap` and `source` below `root`.
pub fn write(root: &Path, count: usize) {
    let versions = versions(count);
    let entries: Vec<String> = versions
        .iter()
        .enumerate()
        .map(|(number, version)| entry(version, number, count))
        .collect();
    let newest: String = entries.iter().rev().cloned().collect();
    let commits: Vec<Commit> = versions
        .iter()
        .enumerate()
        .map(|(number, version)| {
            let mut files = Files::from([
                ("pin.json".to_owned(), pin(version)),
                ("tidings.toml".to_owned(), TOML.into()),
            ]);
            if number + 1 == count {
                files.insert(
                    "CHANGELOG.md".into(),
                    format!("# Changelog\n\n{newest}").into_bytes(),
                );
            }
            Commit {
                message: "r\n".into(),
                time: chrono::DateTime::from_timestamp(1_000_000_000, 0).unwrap(),
                files,
                tag: Some((format!("v{version}"), "t\n".into())),
            }
        })
        .collect();
    Live.perform(&Action::MakeRepository {
        path: root.join("bootstrap"),
        remote: root.join("bootstrap.git"),
        stream: Stream::of(&commits),
    })
    .unwrap();
    let customers: String = (0..count)
        .map(|n| {
            format!(
                "[[customer]]\nid = \"c{n}\"\nrunning = \"{}\"\n[[customer.contact]]\nname = \"P {n}\"\nemail = \"p{n}@c{n}.example\"\n",
                versions[n * 37 % count]
            )
        })
        .collect();
    std::fs::create_dir_all(root.join("source")).unwrap();
    std::fs::write(
        root.join("source/operator.toml"),
        "bootstrap = \"../bootstrap\"\n[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"customers.toml\"\n",
    )
    .unwrap();
    std::fs::write(root.join("source/customers.toml"), customers).unwrap();
}
