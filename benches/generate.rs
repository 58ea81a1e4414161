//! `tidings generate` for many releases and recipients: where the time goes, beside writing the same bytes.
//! `cargo bench --bench generate [-- RELEASES]`

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tidings::diag::Text;
use tidings::example::{Commit, Stream};
use tidings::sources::config::read_bootstrap;
use tidings::sources::{self, Input};
use tidings::world::{Action, Files, Live, World};

const TOML: &str = include_str!("../examples/acme/bootstrap/tidings.toml");

/// Five patches a minor, twenty minors a major, a required action in every seventh release.
fn versions(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{}.{}.{}", 1 + n / 100, n / 5 % 20, n % 5)).collect()
}

fn entry(version: &str, number: usize) -> String {
    let action = match number % 7 {
        0 => format!(
            "- Rename the setting number {number} before you install.\n  Change: [the setting](tidings.toml#s{number})\n  Check: the status page names it\n  Downtime: 5 minutes"
        ),
        _ => "Nothing".to_owned(),
    };
    let day = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(9 * number as u64);
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

fn write(root: &Path, count: usize) {
    let versions = versions(count);
    let entries: Vec<String> = versions.iter().enumerate().map(|(number, version)| entry(version, number)).collect();
    let newest: String = entries.iter().rev().cloned().collect();
    let commits: Vec<Commit> = versions
        .iter()
        .enumerate()
        .map(|(number, version)| {
            let mut files = Files::from([("pin.json".to_owned(), pin(version)), ("tidings.toml".to_owned(), TOML.into())]);
            if number + 1 == count {
                files.insert("CHANGELOG.md".into(), format!("# Changelog\n\n{newest}").into_bytes());
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

fn timed<T>(work: impl Fn() -> T) -> (Duration, T) {
    let mut best = (Duration::MAX, work());
    for _ in 0..5 {
        let start = Instant::now();
        let value = work();
        if start.elapsed() < best.0 {
            best = (start.elapsed(), value);
        }
    }
    best
}

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    let folder = tempfile::TempDir::new().unwrap();
    write(folder.path(), count);
    let bootstrap = folder.path().join("bootstrap");
    let program = env!("CARGO_BIN_EXE_tidings");
    let run = |arguments: &[&str]| {
        assert!(
            Command::new(program)
                .args(["--quiet", "-C"])
                .arg(folder.path().join("source"))
                .args(arguments)
                .output()
                .unwrap()
                .status
                .success()
        )
    };
    let (whole, ()) = timed(|| run(&["generate", "--out", "../out"]));
    let (start, ()) = timed(|| assert!(Command::new(program).arg("--version").output().unwrap().status.success()));
    let (git, tags) = timed(|| Live.tags(&bootstrap, "pin.json").unwrap());
    let text = std::fs::read_to_string(bootstrap.join("CHANGELOG.md")).unwrap();
    let config = read_bootstrap(&Text::new("tidings.toml", TOML)).0.unwrap();
    let (reading, _) = timed(|| {
        let input = Input {
            config: config.clone(),
            changelog: Text::new("CHANGELOG.md", text.clone()),
            pin: None,
            issues: None,
            tags: tags.clone(),
        };
        sources::read(input).history.releases().len()
    });
    let files: Files = walk(&folder.path().join("out"));
    let total: usize = files.values().map(Vec::len).sum();
    let (writing, ()) = timed(|| {
        let _ = std::fs::remove_dir_all(folder.path().join("copy"));
        Live.perform(&Action::ReplaceFolder { path: folder.path().join("copy"), files: files.clone() }).unwrap();
    });
    let (copy, ()) = timed(|| {
        let _ = std::fs::remove_dir_all(folder.path().join("cp"));
        assert!(Command::new("cp").arg("-r").arg(folder.path().join("out")).arg(folder.path().join("cp")).status().unwrap().success());
    });
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{count} releases, {count} recipients: {} files, {:.1} MB", files.len(), total as f64 / 1e6);
    println!("generate, the whole program   {:>7.1} ms   {:.2} of `cp -r` of its output", ms(whole), ms(whole) / ms(copy));
    println!("  start-up                    {:>7.1} ms", ms(start));
    println!("  git: tags and their pins    {:>7.1} ms", ms(git));
    println!("  reading, once               {:>7.1} ms", ms(reading));
    println!("  writing the files           {:>7.1} ms", ms(writing));
    println!("  lint, documents, templates  {:>7.1} ms   (the rest)", ms(whole) - ms(start) - ms(git) - ms(reading) - ms(writing));
    println!("floor: cp -r of the output    {:>7.1} ms", ms(copy));
}

fn walk(root: &Path) -> Files {
    Live.list(root).into_iter().map(|path| (path.to_string_lossy().into_owned(), std::fs::read(root.join(&path)).unwrap())).collect()
}
