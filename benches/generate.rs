//! `tidings generate` for many releases and recipients: where the time goes, beside writing the same bytes.
//! `cargo bench --bench generate [-- RELEASES]`

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod many;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tidings::adapters::Live;
use tidings::diag::Text;
use tidings::ports::{Action, FileSystem, Files, GitRead};
use tidings::sources;
use tidings::sources::Input;
use tidings::sources::config::read_bootstrap;

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
    let count = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000);
    let folder = tempfile::TempDir::new().unwrap();
    many::write(folder.path(), count);
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
    let (start, ()) = timed(|| {
        assert!(
            Command::new(program)
                .arg("--version")
                .output()
                .unwrap()
                .status
                .success()
        )
    });
    let (git, tags) = timed(|| Live.tags(&bootstrap, "pin.json").unwrap());
    let text = std::fs::read_to_string(bootstrap.join("CHANGELOG.md")).unwrap();
    let config = read_bootstrap(&Text::new("tidings.toml", many::TOML))
        .0
        .unwrap();
    let (reading, _) = timed(|| {
        let input = Input {
            config: config.clone(),
            changelog: Text::new("CHANGELOG.md", text.clone()),
            pin: None,
            issues: None,
            tags: tags.clone(),
        };
        sources::read(input, &sources::alone)
            .history
            .releases()
            .len()
    });
    let files: Files = walk(&folder.path().join("out"));
    let total: usize = files.values().map(Vec::len).sum();
    let (writing, ()) = timed(|| {
        let _ = std::fs::remove_dir_all(folder.path().join("copy"));
        Live.perform(&Action::ReplaceFolder {
            path: folder.path().join("copy"),
            files: files.clone(),
        })
        .unwrap();
    });
    let (copy, ()) = timed(|| {
        let _ = std::fs::remove_dir_all(folder.path().join("cp"));
        assert!(
            Command::new("cp")
                .arg("-r")
                .arg(folder.path().join("out"))
                .arg(folder.path().join("cp"))
                .status()
                .unwrap()
                .success()
        );
    });
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{count} releases, {count} recipients: {} files, {:.1} MB",
        files.len(),
        total as f64 / 1e6
    );
    println!(
        "generate, the whole program   {:>7.1} ms   {:.2} of `cp -r` of its output",
        ms(whole),
        ms(whole) / ms(copy)
    );
    println!("  start-up                    {:>7.1} ms", ms(start));
    println!("  git: tags and their pins    {:>7.1} ms", ms(git));
    println!("  reading, once               {:>7.1} ms", ms(reading));
    println!("  writing the files           {:>7.1} ms", ms(writing));
    println!(
        "  lint, documents, templates  {:>7.1} ms   (the rest)",
        ms(whole) - ms(start) - ms(git) - ms(reading) - ms(writing)
    );
    println!("floor: cp -r of the output    {:>7.1} ms", ms(copy));
}

fn walk(root: &Path) -> Files {
    Live.list(root)
        .into_iter()
        .map(|path| {
            (
                path.to_string_lossy().into_owned(),
                std::fs::read(root.join(&path)).unwrap(),
            )
        })
        .collect()
}
