//! What `--help` shows: the commands in groups, by who uses them, and an example of each.

use std::fmt::Write;

use clap::Command;

/// The groups of the commands, in the order of the book and of the folders.
pub const GROUPS: &[(&str, &[&str])] = &[
    (
        "Documents",
        &[
            "check",
            "generate",
            "notes",
            "matrix",
            "upgrade",
            "install-notes",
            "guide",
            "readme",
            "changelog",
        ],
    ),
    (
        "Release day",
        &["preflight", "bump", "cut", "review", "smoke", "status"],
    ),
    (
        "Publishing",
        &["publish", "verify", "withdraw", "known-issue", "ledger"],
    ),
    ("Customers", &["email"]),
    ("On call", &["identify", "support", "rollback", "incident"]),
    (
        "Set-up",
        &[
            "demo",
            "init",
            "pin",
            "config",
            "templates",
            "render",
            "schema",
            "completions",
            "man",
        ],
    ),
];

/// An example of each command: its path, and the line to type.
const EXAMPLES: &[(&str, &str)] = &[
    ("check", "tidings check --explain"),
    ("generate", "tidings generate 2.1.0 --out out"),
    ("notes", "tidings notes 2.1.0 --format md"),
    ("matrix", "tidings matrix --format csv"),
    ("upgrade", "tidings upgrade 1.4.0 2.1.0"),
    ("install-notes", "tidings install-notes --write"),
    ("guide", "tidings guide build --out site"),
    (
        "guide build",
        "tidings guide build --single-file --out guide.html",
    ),
    ("guide serve", "tidings guide serve"),
    ("readme", "tidings readme"),
    (
        "changelog",
        "curl -fsS https://example.com/CHANGELOG.md | tidings changelog -",
    ),
    ("preflight", "tidings preflight"),
    ("bump", "tidings bump minor --push"),
    ("cut", "tidings cut"),
    ("review", "tidings review 2.1.0"),
    ("smoke", "tidings smoke 2.1.0"),
    ("status", "tidings status"),
    ("publish", "tidings publish 2.1.0 --dry-run"),
    ("verify", "tidings verify 2.1.0"),
    (
        "withdraw",
        "tidings withdraw 2.1.0 --reason \"backups may be incomplete\"",
    ),
    (
        "known-issue",
        "tidings known-issue add KI-13 --title \"Restores from tape stop\" --introduced 2.1.0",
    ),
    (
        "known-issue add",
        "tidings known-issue add KI-13 --title \"Restores from tape stop\" --introduced 2.1.0",
    ),
    ("ledger", "tidings ledger"),
    (
        "ledger backup",
        "tidings ledger backup /var/backups/ledger-2026-11-27.db",
    ),
    ("ledger check", "tidings ledger check"),
    ("email", "tidings email preview"),
    ("email preview", "tidings email preview --customer initech"),
    ("email send", "tidings email send"),
    ("email resume", "tidings email resume"),
    ("email due", "tidings email due"),
    ("email status", "tidings email status --format csv"),
    ("email resolve", "tidings email resolve --help"),
    ("email suppress", "tidings email suppress --help"),
    ("identify", "tidings identify http://127.0.0.1:8080/version"),
    ("support", "tidings support 1.4.0"),
    ("rollback", "tidings rollback"),
    ("incident", "tidings incident --out incident.md"),
    ("demo", "tidings demo"),
    ("init", "tidings init"),
    ("pin", "tidings pin --resolve"),
    ("config", "tidings config"),
    ("templates", "tidings templates list"),
    ("templates list", "tidings templates list"),
    ("templates eject", "tidings templates eject"),
    (
        "render",
        "tidings render release-note.md --context out/context.json",
    ),
    ("schema", "tidings schema release-note"),
    (
        "completions",
        "tidings completions bash > /etc/bash_completion.d/tidings",
    ),
    ("man", "tidings man --out /usr/local/share/man/man1"),
];

const HEADING: &str = "\u{1b}[1m\u{1b}[4m";
const NAME: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// The same command line, with its commands in groups and an example below each help.
#[must_use]
pub fn with_groups(command: Command) -> Command {
    let list = grouped(&command);
    with_examples(command, "")
        .help_template("{about}\n\n{usage-heading} {usage}\n\n{before-help}{options}{after-help}")
        .before_help(list)
}

/// The commands of each group, one line each.
fn grouped(command: &Command) -> String {
    let mut text = String::new();
    for (group, names) in GROUPS {
        let _ = writeln!(text, "{HEADING}{group}:{PLAIN}");
        for name in *names {
            let about = command
                .find_subcommand(name)
                .and_then(Command::get_about)
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(text, "  {NAME}{name:<12}{PLAIN} {about}");
        }
        text.push('\n');
    }
    let _ = write!(text, "{HEADING}Options:{PLAIN}");
    text
}

fn with_examples(mut command: Command, path: &str) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let path = format!("{path} {name}").trim_start().to_owned();
        command = command.mut_subcommand(&name, |sub| {
            let example = EXAMPLES.iter().find(|(known, _)| *known == path);
            let sub = match example {
                Some((_, line)) => {
                    sub.after_help(format!("{HEADING}Example:{PLAIN}\n  {NAME}{line}{PLAIN}"))
                }
                None => sub,
            };
            with_examples(sub, &path)
        });
    }
    command
}
