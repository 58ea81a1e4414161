//! Every `console` block of the README and the book is typed into a shell, in the order of its page, and what the page shows is what appears.
//!
//! `$ ` begins a command, `> ` continues it; what follows is its output, where a line `...` stands for any lines and `[..]` for anything in
//! a line. A command that shows no output may say what it likes; all must succeed. A comment `<!-- before ... -->` is typed first, unseen.
//! `UPDATE_GOLDEN=1` writes what appeared instead of a single line `?`. (trycmd knows neither pipes nor `cd`.)

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use snapbox::Data;
use tempfile::TempDir;

use crate::fixture::TODAY;

/// A command of a page, and the output that stands below it.
struct Typed {
    /// Of the line that begins it, from 0.
    line: usize,
    command: String,
    shown: Option<String>,
}

const BEFORE: &str = "<!-- before";

fn read(page: &str) -> Vec<Typed> {
    let mut all: Vec<Typed> = Vec::new();
    let (mut inside, mut hidden) = (false, false);
    for (number, line) in page.lines().enumerate() {
        match line.trim_start() {
            "```console" => inside = true,
            "```" => inside = false,
            line if line.starts_with(BEFORE) => hidden = true,
            "-->" => hidden = false,
            text if hidden && text.contains("-->") => {
                panic!("line {} ends the comment", number + 1)
            }
            text if hidden => all.push(Typed {
                line: number,
                command: text.to_owned(),
                shown: None,
            }),
            text if inside => {
                if let Some(command) = text.strip_prefix("$ ") {
                    all.push(Typed {
                        line: number,
                        command: command.to_owned(),
                        shown: None,
                    });
                } else if let (Some(more), Some(last)) = (
                    text.strip_prefix("> ").or((text == ">").then_some("")),
                    all.last_mut().filter(|last| last.shown.is_none()),
                ) {
                    last.command.push('\n');
                    last.command.push_str(more);
                } else {
                    let last = all
                        .last_mut()
                        .unwrap_or_else(|| panic!("line {} shows output of nothing", number + 1));
                    let shown = last.shown.get_or_insert_default();
                    shown.push_str(line);
                    shown.push('\n');
                }
            }
            _ => {}
        }
    }
    all
}

/// A home of its own, with tidings in the path.
struct Desk {
    home: TempDir,
    port: u16,
}

impl Drop for Desk {
    fn drop(&mut self) {
        for state in ["tidings-demo/agent", "tidings-demo/registry"] {
            let state = self.home.path().join(state);
            let _ = Command::new(env!("CARGO_BIN_EXE_tidings"))
                .args(["demo-agent", "stop", "--state"])
                .arg(state)
                .output();
        }
    }
}

/// As the pages have it.
const PORTS: [&str; 2] = ["18080", "18081"];

impl Desk {
    fn new() -> Self {
        let desk = Desk {
            home: TempDir::new().unwrap(),
            port: free_pair(),
        };
        let bin = desk.home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, text) in [
            ("tidings", format!("exec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_tidings"))),
            // `.ci/run` has these for real.
            ("cargo", "[ \"$1\" = run ] || exit 0\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec tidings \"$@\"\n".to_owned()),
        ] {
            let file = bin.join(name);
            fs::write(&file, format!("#!/bin/sh\n{text}")).unwrap();
            let run = Command::new("chmod").arg("755").arg(&file).status().unwrap();
            assert!(run.success());
        }
        desk
    }

    /// The code and the output of each command, all typed into one shell.
    fn types(&self, commands: &[Typed]) -> Vec<(String, String)> {
        let mut script = String::new();
        for typed in commands {
            let (first, second) = (self.port.to_string(), (self.port + 1).to_string());
            let command = typed
                .command
                .replace(PORTS[0], &first)
                .replace(PORTS[1], &second);
            script.push_str(&format!("{command}\nprintf '\\036%s\\036' $?\n"));
        }
        let file = self.home.path().join("bin/script");
        fs::write(&file, script).unwrap();
        let path = format!(
            "{}:{}",
            self.home.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        // Into a file: programs that stay in the background would keep a pipe open.
        let said = self.home.path().join("bin/said");
        let out = fs::File::create(&said).unwrap();
        let mut command = Command::new("sh");
        command
            .arg(&file)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path());
        command
            .env("SOURCE_DATE_EPOCH", TODAY)
            .env("TIDINGS_DEMO_PORT", self.port.to_string())
            .env("COLUMNS", "100");
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_COUNT", "1");
        command
            .env("GIT_CONFIG_KEY_0", "init.defaultBranch")
            .env("GIT_CONFIG_VALUE_0", "main");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "T")
                .env(format!("GIT_{who}_EMAIL"), "t@example.org");
        }
        for (name, value) in std::env::vars().filter(|(name, _)| name.starts_with("BOOK_")) {
            command.env(name, value);
        }
        command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .status()
            .unwrap();
        let said = fs::read_to_string(said).unwrap();
        let said = said.replace(&*self.home.path().to_string_lossy(), "/home/you");
        let said = said
            .replace(&self.port.to_string(), PORTS[0])
            .replace(&(self.port + 1).to_string(), PORTS[1]);
        let mut parts = said.split('\u{1e}');
        let mut all = Vec::new();
        while let (Some(output), Some(code)) = (parts.next(), parts.next()) {
            all.push((code.to_owned(), output.to_owned()));
        }
        all
    }
}

/// Two ports beside each other, below those that the system gives away, and of no other page.
fn free_pair() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 100) as u16 * 100;
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (0..500)
        .map(|_| start + 2 * NEXT.fetch_add(1, Ordering::SeqCst))
        .find(|first| free(*first) && free(first + 1))
        .unwrap()
}

/// The page with what appeared in place of `?`.
fn filled(page: &str, commands: &[Typed], appeared: &[(String, String)]) -> String {
    let asked: BTreeMap<usize, &str> = commands
        .iter()
        .zip(appeared)
        .filter(|(typed, _)| {
            typed
                .shown
                .as_deref()
                .is_some_and(|shown| shown.trim() == "?")
        })
        .map(|(typed, (_, output))| {
            (
                typed.line + typed.command.lines().count(),
                output.trim_end(),
            )
        })
        .collect();
    page.lines()
        .enumerate()
        .map(|(number, line)| format!("{}\n", asked.get(&number).unwrap_or(&line)))
        .collect()
}

fn try_page(path: &Path) -> Vec<String> {
    let page = fs::read_to_string(path).unwrap();
    let commands = read(&page);
    let desk = Desk::new();
    let appeared = desk.types(&commands);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, filled(&page, &commands, &appeared)).unwrap();
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut say = |typed: &Typed, what: &str| {
        wrong.push(format!(
            "{}:{}: `{}` {what}",
            path.display(),
            typed.line + 1,
            typed.command
        ))
    };
    for (number, typed) in commands.iter().enumerate() {
        let Some((code, output)) = appeared.get(number) else {
            say(typed, "was not reached");
            break;
        };
        if code != "0" {
            say(typed, &format!("ended with {code}:\n{output}"));
        }
        if let Some(shown) = &typed.shown {
            let ends = |text: &str| {
                text.lines()
                    .map(|line| format!("{}\n", line.trim_end()))
                    .collect::<String>()
            };
            let (shown, output) = (ends(shown.trim()), ends(output.trim()));
            if let Err(error) = snapbox::Assert::new().try_eq(
                Some(&typed.command),
                Data::text(output),
                Data::text(shown),
            ) {
                say(typed, &format!("shows something else:\n{error}"));
            }
        }
    }
    wrong
}

/// The README and the pages of the book that have such a block.
fn pages() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![root.join("README.md")];
    for folder in ["book/src", "book/src/how-to", "book/src/reference"] {
        all.extend(
            fs::read_dir(root.join(folder))
                .unwrap()
                .flatten()
                .map(|entry| entry.path()),
        );
    }
    all.retain(|path| {
        path.is_file() && fs::read_to_string(path).is_ok_and(|text| text.contains("```console"))
    });
    all.sort();
    all
}

/// Their commands need a PostgreSQL; `tests/e2e` starts one and sets BOOK_DATABASE.
const NEEDS_A_DATABASE: &str = "several-operators.md";

#[test]
fn what_the_book_shows_is_what_happens() {
    let only = std::env::var("BOOK_PAGE").ok();
    let pages: Vec<PathBuf> = pages()
        .into_iter()
        .filter(|page| match &only {
            Some(name) => page.ends_with(name),
            None => {
                std::env::var_os("BOOK_DATABASE").is_some() || !page.ends_with(NEEDS_A_DATABASE)
            }
        })
        .collect();
    assert!(!pages.is_empty(), "no page");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> = pages
            .iter()
            .map(|page| scope.spawn(|| try_page(page)))
            .collect();
        tried
            .into_iter()
            .flat_map(|page| page.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_cargo_does_in_the_book_is_done_by_the_checks() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let checks = fs::read_to_string(root.join(".ci/run")).unwrap()
        + &fs::read_to_string(root.join("tests/e2e/run")).unwrap();
    for page in pages() {
        for typed in read(&fs::read_to_string(&page).unwrap())
            .iter()
            .filter(|typed| typed.command.starts_with("cargo "))
        {
            assert!(
                checks.contains(&typed.command),
                "{}: nothing does `{}`",
                page.display(),
                typed.command
            );
        }
    }
}
