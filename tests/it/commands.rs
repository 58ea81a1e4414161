//! The commands as their users type them.

use std::fs;
use std::path::Path;

use crate::fixture::{Repo, TOML, log, pin, tidings};

#[test]
fn dir_config_and_operator_are_found_upwards_or_given() {
    let repo = Repo::good();
    fs::create_dir_all(repo.path().join("a/b")).unwrap();
    tidings(&repo.path().join("a/b"), &["notes"]).says(0, &["# v1.1.0"]);
    tidings(repo.path(), &["-C", "a", "notes"]).says(0, &["# v1.1.0"]);
    repo.write("other.toml", TOML.replace("Acme Agent", "Other Agent"));
    repo.tidings(&["--config", "other.toml", "notes", "--format", "txt"])
        .says(0, &["Other Agent v1.1.0"]);
    repo.write("vendor/operator.toml", "bootstrap = \"..\"\n");
    tidings(&repo.path().join("vendor"), &["config"]).says(
        0,
        &[
            "operator.toml",
            "docs-internal",
            "transport = \"folder:outbox\"",
        ],
    );
}

#[test]
fn every_form_of_every_document_is_printed() {
    let repo = Repo::good();
    for (command, forms) in [
        ("notes", &["md", "html", "txt", "json"][..]),
        ("matrix", &["md", "html", "txt", "csv", "json", "ics"]),
        ("check", &["txt", "json", "github"]),
        ("changelog", &["txt", "json"]),
        ("config", &["txt", "json"]),
        ("support", &["txt", "json"]),
    ] {
        for form in forms {
            repo.tidings(&[command, "--format", form]).ok();
        }
    }
    repo.tidings(&["notes", "--format", "csv"])
        .says(2, &["does not print `csv`", "md, html, txt or json"]);
}

#[test]
fn generate_writes_everything_and_the_same_again() {
    let repo = Repo::good();
    repo.tidings(&["generate", "--out", "out"])
        .says(0, &["1.1.0: wrote 14 files to out"]);
    let names: Vec<String> = fs::read_dir(repo.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 13, "{names:?}");
    let before = fs::read(repo.path().join("out/context.json")).unwrap();
    repo.tidings(&["generate", "--out", "out", "--dry-run"])
        .says(0, &["replace out by 14 files"]);
    repo.tidings(&["generate", "--out", "out"]).ok();
    assert_eq!(
        fs::read(repo.path().join("out/context.json")).unwrap(),
        before
    );
}

#[test]
fn mails_are_never_written_where_customers_read() {
    let repo = Repo::good();
    let vendor = tempfile::TempDir::new().unwrap();
    let operator = |customers: &str| {
        format!(
            "bootstrap = \"{}\"\n[email]\nfrom = \"A <a@acme.example>\"\ncustomers = \"{customers}\"\n",
            repo.path().display()
        )
    };
    let customers = "[[customer]]\nid = \"globex\"\nrunning = \"1.0.0\"\n[[customer.contact]]\nemail = \"ada@globex.example\"\n";
    fs::write(
        vendor.path().join("operator.toml"),
        operator("customers.toml"),
    )
    .unwrap();
    fs::write(vendor.path().join("customers.toml"), customers).unwrap();
    tidings(vendor.path(), &["generate", "--out", "out"]).ok();
    assert!(vendor.path().join("out/mail/globex-1.eml").exists());
    tidings(
        vendor.path(),
        &[
            "generate",
            "--out",
            &repo.path().join("x/out").display().to_string(),
        ],
    )
    .says(2, &["lies in the bootstrap repository", "--out"]);
    tidings(vendor.path(), &["email", "preview"]).says(0, &["ada@globex.example", "You run 1.0.0"]);
    tidings(vendor.path(), &["email", "preview", "--customer", "globx"])
        .says(2, &["did you mean `globex`?"]);
    tidings(vendor.path(), &["email", "preview", "--eml"]).says(0, &["Message-ID: <"]);
    repo.write("customers.toml", customers);
    repo.git(&["add", "-A"]);
    fs::write(
        vendor.path().join("operator.toml"),
        operator(&repo.path().join("customers.toml").display().to_string()),
    )
    .unwrap();
    tidings(vendor.path(), &["check"])
        .says(1, &["customers-tracked", "every customer can read it"]);
    fs::write(
        vendor.path().join("operator.toml"),
        operator("customers.toml").replace("from =", "reply_to ="),
    )
    .unwrap();
    tidings(vendor.path(), &["generate", "--out", "out2"])
        .says(2, &["nobody is named as the sender"]);
    assert!(!vendor.path().join("out2").exists());
}

#[test]
fn readme_blocks_are_written_once_and_drift_is_found() {
    let repo = Repo::good();
    repo.write(
        "README.md",
        "# A\n\n<!-- tidings:policy -->\n<!-- /tidings:policy -->\n\ntext\n\n<!-- tidings:matrix -->\nold\n<!-- /tidings:matrix -->\nend\n",
    );
    repo.tidings(&["readme", "--check"]).says(
        1,
        &["readme-drift", "README.md:3:1", "tidings readme --write"],
    );
    repo.tidings(&["readme", "--write", "--dry-run"])
        .says(0, &["write README.md"]);
    repo.tidings(&["readme", "--write"])
        .says(0, &["wrote 2 blocks"]);
    repo.tidings(&["readme", "--check"]).ok();
    repo.tidings(&["readme", "--check", "--as-of", "2027-01-01"])
        .ok();
    let text = fs::read_to_string(repo.path().join("README.md")).unwrap();
    assert!(
        text.starts_with("# A\n") && text.ends_with("\nend\n") && text.contains("\n\ntext\n\n")
    );
    repo.tidings(&["readme", "--write"])
        .says(0, &["up to date"]);
    repo.write("README.md", "# A\n<!-- tidings:policy -->\n");
    repo.tidings(&["readme", "--check"])
        .says(1, &["readme-marker", "is never closed"]);
    repo.write("README.md", "# A\n");
    repo.tidings(&["readme", "--write"])
        .says(1, &["has no place for the policy"]);
}

#[test]
fn templates_are_ejected_changed_and_used() {
    let repo = Repo::good();
    repo.tidings(&["templates", "eject", "release-note.md", "--dry-run"])
        .says(0, &["write templates/release-note.md"]);
    assert!(!repo.path().join("templates").exists());
    repo.tidings(&["templates", "eject", "release-note.md"])
        .ok();
    repo.write(
        "templates/release-note.md",
        "Mine: {{ version }} {{ summary | plain }}\n",
    );
    repo.tidings(&["notes"])
        .says(0, &["Mine: 1.1.0 It works better now."]);
    repo.tidings(&["notes", "--format", "txt"])
        .says(0, &["What changed"]);
    repo.tidings(&["templates", "eject", "release-note.md"])
        .says(2, &["with changes of yours"]);
    repo.tidings(&["templates", "eject", "release-note.mdd"])
        .says(2, &["did you mean `release-note.md`?"]);
    repo.write("templates/release-note.md", "line\n{{ versoin }}\n");
    repo.tidings(&["notes"])
        .says(1, &["template-broken", "release-note.md:2:", "versoin"]);
    repo.write("templates/release-note.md", "{% if %}");
    repo.tidings(&["generate", "--out", "out"])
        .says(1, &["template-broken"]);
    assert!(!repo.path().join("out").exists());
}

#[test]
fn a_saved_context_is_rendered_again() {
    let repo = Repo::good();
    repo.tidings(&["generate", "--out", "out"]).ok();
    let note = fs::read_to_string(repo.path().join("out/release-note.md")).unwrap();
    assert_eq!(
        repo.tidings(&["render", "--context", "out/context.json", "release-note.md"])
            .ok()
            .out,
        note
    );
    repo.write("my.html", "<p>{{ note.summary }}</p>{{ \"<\" }}");
    repo.tidings(&["render", "--context", "out/context.json", "my.html"])
        .says(0, &["<p>It works better now.</p>&lt;"]);
    repo.write("bad.json", "{\n  \"a\": }\n");
    repo.tidings(&["render", "--context", "bad.json", "my.html"])
        .says(1, &["is no JSON", "bad.json:2:"]);
}

#[test]
fn check_prints_as_rustc_as_json_and_as_annotations() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]).replacen(
            "It works better now.",
            "The `parse()` call is faster. TODO",
            1,
        ),
    );
    repo.tidings(&["check"]).says(
        1,
        &[
            "error[placeholder]",
            "--> CHANGELOG.md:7:",
            "warning[code-reference]",
            "name the behaviour",
            "1 error and 2 warnings",
        ],
    );
    let report: serde_json::Value =
        serde_json::from_str(&repo.tidings(&["check", "--format", "json"]).out).unwrap();
    assert_eq!(report["errors"], 1);
    assert_eq!(report["findings"][0]["line"], 7);
    repo.tidings(&["check", "--format", "github"]).says(
        1,
        &[
            "::error file=CHANGELOG.md,line=7,endLine=7,col=",
            "title=placeholder::",
        ],
    );
    repo.tidings(&["notes"]).says(1, &["placeholder"]);
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]).replacen(
            "It works better now.",
            "The `parse()` call is faster.",
            1,
        ),
    );
    repo.tidings(&["check"]).says(0, &["2 warnings"]);
    repo.tidings(&["check", "--strict"])
        .says(1, &["2 warnings"]);
}

#[test]
fn reports_are_written_in_the_source_repository_only() {
    let repo = Repo::good();
    repo.tidings(&["incident", "--version", "1.1.0", "--write"])
        .says(2, &["source repository only"]);
    let vendor = tempfile::TempDir::new().unwrap();
    let operator = |docs: &str| {
        format!(
            "bootstrap = \"{}\"\n[source]\ninternal_docs = \"{docs}\"\n",
            repo.path().display()
        )
    };
    fs::write(
        vendor.path().join("operator.toml"),
        operator("docs-internal"),
    )
    .unwrap();
    for name in [
        "incident-2026-11-22-1-1-0.md",
        "incident-2026-11-22-1-1-0-2.md",
    ] {
        tidings(
            vendor.path(),
            &["incident", "--version", "1.1.0", "--write"],
        )
        .says(0, &[name]);
        assert!(
            fs::read_to_string(vendor.path().join("docs-internal").join(name))
                .unwrap()
                .contains("The way back is 1.0.0")
        );
    }
    fs::write(
        vendor.path().join("operator.toml"),
        operator(&repo.path().join("docs").display().to_string()),
    )
    .unwrap();
    tidings(
        vendor.path(),
        &["incident", "--version", "1.1.0", "--write"],
    )
    .says(2, &["lies in the bootstrap repository"]);
}

#[test]
fn an_answer_that_disagrees_with_the_pin_is_said() {
    let repo = Repo::good();
    repo.write(
        "answer.json",
        format!(
            "{{\"version\": \"1.0.0\", \"digest\": \"{}\"}}",
            crate::fixture::digest("1.1.0")
        ),
    );
    repo.tidings(&["incident", "--answer", "answer.json"]).says(
        0,
        &[
            "# Incident with Acme Agent 1.1.0",
            "/version says version 1.0.0; the pin says 1.1.0",
        ],
    );
}

#[test]
fn support_answers_in_a_sentence() {
    let repo = Repo::good();
    repo.tidings(&["support", "1.0.0"]).says(
        0,
        &["Acme Agent 1.0.0 is supported; support ends when 1.2 ships"],
    );
    repo.tidings(&["support", "v1.1.0"])
        .says(0, &["is supported"]);
    repo.tidings(&["support", "9.0.0"])
        .says(0, &["is unreleased"]);
    repo.tidings(&["support", "nine"])
        .says(1, &["version-unknown"]);
}

#[test]
fn a_patch_on_an_older_line_is_a_release_like_any_other() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.0.1", "2026-06-01", ""),
            ("1.1.0", "2026-03-10", ""),
            ("1.0.0", "2026-01-10", ""),
        ]),
    )
    .write("pin.json", pin("1.0.1"))
    .tag("v1.0.1");
    repo.tidings(&["check", "1.0.1", "--strict"]).ok();
    repo.tidings(&["notes", "1.0.1"])
        .says(0, &["# v1.0.1", "git checkout v1.0.0"]);
}

#[test]
fn an_entry_that_was_changed_after_its_tag_is_said() {
    let repo = Repo::good();
    repo.tidings(&["check", "--strict"]).ok();
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]).replacen(
            "better now",
            "much better now",
            1,
        ),
    );
    repo.tidings(&["check"]).says(
        0,
        &[
            "warning[tag-changed]",
            "is not the one at tag `v1.1.0`",
            "git diff v1.1.0 -- CHANGELOG.md",
        ],
    );
}

/// A server that knows one page, for as long as it is asked.
fn server() -> String {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut line);
            let status = if line.contains("/there") {
                "200 OK"
            } else {
                "404 Not Found"
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
    });
    address
}

#[test]
fn web_addresses_are_asked_only_when_told_to() {
    let (repo, address) = (Repo::good(), server());
    let changes = format!(
        "### Fixed\n\n- [a](http://{address}/there)\n- [b](http://{address}/gone)\n- [c](http://{address}/gone)"
    );
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", &changes),
            ("1.0.0", "2026-01-10", ""),
        ]),
    );
    repo.tidings(&["check"]).says(0, &["tag-changed"]);
    let ran = repo.tidings(&["check", "--online"]).says(
        1,
        &[
            "link-broken",
            "/gone` does not answer: it answers 404",
            "2 errors",
        ],
    );
    assert!(!ran.out.contains("/there` does not"));
}

#[test]
fn an_old_entry_without_a_date_has_that_of_its_tag() {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML)
        .write("CHANGELOG.md", "## 1.0.0\n\nText.\n")
        .write("pin.json", pin("1.0.0"));
    repo.git(&["add", "-A"]);
    repo.git(&[
        "commit",
        "--quiet",
        "-m",
        "x",
        "--date",
        "2020-01-01T00:00:00Z",
    ]);
    let mut tag = std::process::Command::new("sh");
    tag.args(["-c", "GIT_COMMITTER_DATE=2020-02-03T12:00:00Z git -c user.name=T -c user.email=t@example.org tag -a v1.0.0 -m x"])
        .current_dir(repo.path());
    crate::fixture::run(&mut tag).ok();
    repo.write(
        "CHANGELOG.md",
        log(&[("1.1.0", "2026-03-10", "")]) + "## 1.0.0\n\nText.\n",
    )
    .write("pin.json", pin("1.1.0"))
    .tag("v1.1.0");
    repo.tidings(&["check"]).says(
        0,
        &["the entry of `1.0.0` has no date; the pin or the tag says 2020-02-03"],
    );
    repo.tidings(&["matrix"])
        .says(0, &["1.0      1.0.0        2020-02-03"]);
}

#[test]
fn shells_and_man_know_every_command() {
    let folder = tempfile::TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = tidings(folder.path(), &["completions", shell]).ok().out;
        assert!(
            ["preflight", "rollback", "suppress"]
                .iter()
                .all(|command| script.contains(command)),
            "{shell}"
        );
    }
    tidings(folder.path(), &["man", "--out", "man"]).ok();
    let page = std::fs::read_to_string(folder.path().join("man/tidings-email-send.1")).unwrap();
    assert!(page.contains("override") && page.contains(".TH"), "{page}");
    assert!(
        folder.path().join("man/tidings.1").exists()
            && !folder.path().join("man/tidings-demo-agent.1").exists()
    );
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let repo = Repo::good();
    repo.write("CHANGELOG.md", "# Changelog\n\n## [1.2.0] - 2026-04-01\n");
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
            .arg("check")
            .args(arguments)
            .current_dir(repo.path())
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    assert!(!coloured(&[], &[]), "this is no terminal");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(
        coloured(&["--color", "always"], &[("NO_COLOR", "1")]),
        "who asks for it gets it"
    );
}

#[test]
fn every_command_stands_in_one_group_and_has_an_example() {
    use clap::CommandFactory;
    let definition = tidings::cli::help::with_groups(tidings::cli::Cli::command());
    let grouped: Vec<&str> = tidings::cli::help::GROUPS
        .iter()
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    for command in definition
        .get_subcommands()
        .filter(|one| !one.is_hide_set())
    {
        let name = command.get_name();
        let times = grouped.iter().filter(|known| **known == name).count();
        assert_eq!(
            times, 1,
            "`{name}` stands in {times} groups of src/cli/help.rs"
        );
        for one in std::iter::once(command).chain(command.get_subcommands()) {
            let name = one.get_name();
            assert!(one.get_after_help().is_some(), "`{name}` has no example");
        }
    }
    for name in grouped {
        assert!(
            definition.find_subcommand(name).is_some(),
            "there is no `{name}`"
        );
    }
}

#[test]
fn the_short_help_fits_on_one_screen() {
    let help = tidings(Path::new("/"), &["-h"]).ok().out;
    assert!(help.lines().count() <= 57, "{} lines", help.lines().count());
    for line in help.lines() {
        assert!(line.chars().count() <= 98, "{line}");
    }
}
