//! `tidings guide build` for many releases, beside copying the site and beside other generators on the same pages.
//! `cargo bench --bench guide [-- RELEASES]`
//!
//! CPU seconds, user and system, of the processes themselves. The floor is `cp -r` of the site. Peers that are installed
//! (`hugo`, `mdbook`, `zola`) get the same pages ready-made as Markdown, one a release and one an upgrade, and build them with
//! bare templates and their search on. What tidings does before (reading, deciding what an upgrade asks) is not asked of them.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod many;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// CPU seconds that a command takes.
fn cpu(command: &mut Command) -> f64 {
    let spent = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        let seconds =
            |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds(usage.user_time()) + seconds(usage.system_time())
    };
    let before = spent();
    let output = command.stdout(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    spent() - before
}

/// The least of some runs, each into a fresh folder.
fn least(runs: usize, folder: &Path, mut command: impl FnMut(&Path) -> Command) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..runs {
        let _ = fs::remove_dir_all(folder);
        best = best.min(cpu(&mut command(folder)));
    }
    best
}

fn size(folder: &Path) -> (usize, u64, u64) {
    let (mut files, mut bytes, mut largest) = (0, 0, 0);
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                let length = entry.metadata().unwrap().len();
                (files, bytes) = (files + 1, bytes + length);
                largest = if entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "html")
                {
                    length.max(largest)
                } else {
                    largest
                };
            }
        }
    }
    (files, bytes, largest)
}

fn main() {
    let given: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    // The peers come last: the peak of memory is that of any process so far.
    let built: Vec<_> = if given.is_empty() {
        vec![1_000, 5_000]
    } else {
        given
    }
    .into_iter()
    .map(own)
    .collect();
    for (count, folder, build) in built {
        println!("{count} releases, by others:");
        peers(
            folder.path(),
            &folder.path().join("bootstrap"),
            count,
            build,
        );
    }
}

fn own(count: usize) -> (usize, tempfile::TempDir, f64) {
    let folder = tempfile::TempDir::new().unwrap();
    many::write(folder.path(), count);
    let bootstrap = folder.path().join("bootstrap");
    let tidings = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(["--quiet", "-C"])
            .arg(&bootstrap)
            .args(["guide", "build", "--out"])
            .arg(out);
        command
    };
    let site = folder.path().join("site");
    let build = least(3, &site, tidings);
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    let again = cpu(&mut tidings(&site));
    let (files, bytes, largest) = size(&site);
    let copy = least(3, &folder.path().join("copy"), |to| {
        let mut command = Command::new("cp");
        command.arg("-r").arg(&site).arg(to);
        command
    });
    println!(
        "{count} releases: {files} files, {:.1} MB, the largest page {:.1} KB",
        bytes as f64 / 1e6,
        largest as f64 / 1e3
    );
    println!("  floor: cp -r of the site     {copy:>7.3} s");
    println!(
        "  tidings guide build          {build:>7.3} s  {:>5.1} of the floor (bar 5), peak {:.0} MiB",
        build / copy,
        peak as f64 / 1024.0
    );
    println!(
        "  the same again, no change    {again:>7.3} s  {:>5.1} of the floor",
        again / copy
    );
    let _ = fs::remove_dir_all(folder.path().join("copy"));
    (count, folder, build)
}

/// A page a release, and a page an upgrade from it with the next eight steps: name, title, Markdown.
fn markdown(entries: &[&str]) -> Vec<(String, String, String)> {
    let version = |entry: &str| entry.split(['[', ']']).nth(1).unwrap().to_owned();
    let asks = |entry: &&&str| entry.contains("Downtime:");
    let mut pages = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let name = version(entry).replace('.', "-");
        pages.push((
            format!("releases/v{name}"),
            version(entry),
            format!("## {entry}"),
        ));
        let steps: Vec<&&str> = entries[..index].iter().rev().filter(asks).take(8).collect();
        let action = |entry: &&&str| {
            let action = entry
                .split("### Required action")
                .nth(1)
                .unwrap()
                .split("###")
                .next()
                .unwrap();
            format!("## {}\n{action}\n", version(entry))
        };
        pages.push((
            format!("upgrade/v{name}"),
            format!("From {}", version(entry)),
            steps.iter().map(action).collect(),
        ));
    }
    pages
}

/// The same pages by others.
fn peers(root: &Path, bootstrap: &Path, count: usize, build: f64) {
    let log = fs::read_to_string(bootstrap.join("CHANGELOG.md")).unwrap();
    let entries: Vec<&str> = log.split("\n## ").skip(1).collect();
    assert_eq!(entries.len(), count);
    let pages = markdown(&entries);
    let have = |program: &str| {
        Command::new(program)
            .arg("--help")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let row = |name: &str, seconds: f64| {
        println!(
            "  {name:<28} {seconds:>7.3} s  {:>5.1} times tidings",
            seconds / build
        )
    };
    if have("hugo") {
        let hugo = root.join("hugo");
        fs::create_dir_all(hugo.join("content/releases")).unwrap();
        fs::create_dir_all(hugo.join("layouts/_default")).unwrap();
        fs::write(
            hugo.join("hugo.toml"),
            "baseURL = 'https://guide.acme.example/'\ntitle = 'Guide'\n[outputs]\nhome = ['HTML', 'RSS', 'JSON']\n",
        )
        .unwrap();
        let page = "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{{ .Title }}</title></head><body><main><h1>{{ .Title }}</h1>{{ .Content }}</main></body></html>";
        fs::write(hugo.join("layouts/_default/single.html"), page).unwrap();
        fs::write(hugo.join("layouts/_default/list.html"), page).unwrap();
        fs::write(
            hugo.join("layouts/index.json"),
            "[{{ range $i, $p := site.RegularPages }}{{ if $i }},{{ end }}{{ dict \"t\" .Title \"u\" .RelPermalink \"b\" .Plain | jsonify }}{{ end }}]",
        )
        .unwrap();
        fs::create_dir_all(hugo.join("content/upgrade")).unwrap();
        for (name, title, body) in &pages {
            fs::write(
                hugo.join(format!("content/{name}.md")),
                format!("---\ntitle: \"{title}\"\n---\n\n{body}"),
            )
            .unwrap();
        }
        let seconds = least(2, &root.join("hugo-out"), |to| {
            let mut command = Command::new("hugo");
            command
                .arg("--source")
                .arg(&hugo)
                .arg("--destination")
                .arg(to)
                .arg("--quiet");
            command
        });
        row("hugo, with a search index", seconds);
    }
    if have("zola") {
        let zola = root.join("zola");
        fs::create_dir_all(zola.join("content/releases")).unwrap();
        fs::create_dir_all(zola.join("templates")).unwrap();
        fs::write(
            zola.join("config.toml"),
            "base_url = 'https://guide.acme.example'\nbuild_search_index = true\n",
        )
        .unwrap();
        let page = "<!DOCTYPE html><html lang=en><head><meta charset=utf-8></head><body><main>{{ page.content | safe }}</main></body></html>";
        for (name, body) in [
            ("page.html", page),
            ("index.html", "<html></html>"),
            ("section.html", "<html></html>"),
        ] {
            fs::write(zola.join("templates").join(name), body).unwrap();
        }
        fs::write(zola.join("content/_index.md"), "+++\n+++\n").unwrap();
        fs::write(zola.join("content/releases/_index.md"), "+++\n+++\n").unwrap();
        fs::create_dir_all(zola.join("content/upgrade")).unwrap();
        fs::write(zola.join("content/upgrade/_index.md"), "+++\n+++\n").unwrap();
        for (name, title, body) in &pages {
            fs::write(
                zola.join(format!("content/{name}.md")),
                format!("+++\ntitle = \"{title}\"\n+++\n\n{body}"),
            )
            .unwrap();
        }
        let seconds = least(2, &root.join("zola-out"), |to| {
            let mut command = Command::new("zola");
            command
                .arg("--root")
                .arg(&zola)
                .args(["build", "--force", "--output-dir"])
                .arg(to);
            command
        });
        row("zola, with search", seconds);
    }
    if have("mdbook") && count <= 1_000 {
        let book = root.join("mdbook");
        fs::create_dir_all(book.join("src/releases")).unwrap();
        fs::create_dir_all(book.join("src/upgrade")).unwrap();
        fs::write(book.join("book.toml"), "[book]\ntitle = 'Guide'\n").unwrap();
        let summary: String = pages
            .iter()
            .map(|(name, title, _)| format!("- [{title}]({name}.md)\n"))
            .collect();
        fs::write(
            book.join("src/SUMMARY.md"),
            format!("# Summary\n\n{summary}"),
        )
        .unwrap();
        for (name, title, body) in &pages {
            fs::write(
                book.join(format!("src/{name}.md")),
                format!("# {title}\n\n{body}"),
            )
            .unwrap();
        }
        let seconds = least(1, &root.join("mdbook-out"), |to| {
            let mut command = Command::new("mdbook");
            command.arg("build").arg(&book).arg("--dest-dir").arg(to);
            command
        });
        row("mdbook, with search", seconds);
    }
}
