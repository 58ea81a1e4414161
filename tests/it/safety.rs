//! What is started by us gets no secret, what is private is for its owner, the user's own git reaches into nothing, and a killed
//! run leaves nothing behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::day::Shop;
use crate::fixture::{Repo, Run, run};

const WORD: &str = "correct-horse-battery";
const TOKEN: &str = "ghp_0123456789abcdef";

/// Runs tidings as somebody with secrets in the environment, and a umask that hides nothing.
fn careless(shop: &Shop, arguments: &[&str]) -> Run {
    let output = shop
        .command("sh", "agent")
        .args(["-c", "umask 000; exec \"$TIDINGS\" \"$@\"", "tidings"])
        .args(arguments)
        .env("MAIL_WORD", WORD)
        .env("GITHUB_TOKEN", TOKEN)
        .env("PGPASSWORD", "the-database-word")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A release that was cut, with programs that look at their environment.
fn watched(operator: &str) -> Shop {
    let shop = Shop::new();
    let config = shop.read("agent/operator.toml").replace(
        "run = \"curl here\"",
        "run = \"env >$HOME/seen-operation; curl here\"",
    );
    let config = config.replace("[email]\n", "[email]\npassword_env = \"MAIL_WORD\"\n");
    assert!(config.contains("MAIL_WORD"));
    shop.write("agent/operator.toml", format!("{operator}{config}"));
    let install = shop.read("acme-agent-bootstrap/install.sh");
    shop.write(
        "acme-agent-bootstrap/install.sh",
        install.replacen("set -eu\n", "set -eu\nenv >\"$HOME/seen-install\"\n", 1),
    );
    shop.git("acme-agent-bootstrap", &["commit", "-qam", "look"]);
    shop.git("acme-agent-bootstrap", &["push", "-q"]);
    shop.develop("Added", "It makes backups.");
    shop.release("1.0.0", "1.0.0");
    shop
}

#[test]
fn programs_get_no_secret_and_private_files_are_private() {
    let shop = watched("");
    careless(&shop, &["smoke"]).says(0, &["passed its smoke test"]);
    for seen in ["seen-install", "seen-operation"] {
        let seen = shop.read(seen);
        for secret in [WORD, TOKEN, "the-database-word"] {
            assert!(!seen.contains(secret), "{seen}");
        }
    }
    careless(&shop, &["publish"]).ok();
    careless(&shop, &["email", "send", "--yes"]).says(0, &["1 written"]);
    careless(&shop, &["incident", "--write"]).ok();
    // A program that knows a secret all the same shows it to nobody.
    shop.program("cosign", &format!("echo the word is {WORD}; exit 1\n"));
    let run = careless(&shop, &["smoke"]).says(1, &["smoke-failed"]);
    assert!(
        !format!("{}{}", run.out, run.err).contains(WORD),
        "{}",
        run.err
    );
    let internal: Vec<_> = fs::read_dir(shop.at("agent/docs-internal"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("smoke-") || name.starts_with("incident-")
        })
        .collect();
    assert_eq!(internal.len(), 2, "{internal:?}");
    for path in &internal {
        assert_eq!(mode(path), 0o600, "{path:?}");
        assert!(!fs::read_to_string(path).unwrap().contains(WORD));
    }
    for folder in ["agent/.tidings", "agent/outbox"] {
        assert_eq!(mode(&shop.at(folder)), 0o700, "{folder}");
        for entry in fs::read_dir(shop.at(folder)).unwrap().flatten() {
            let right = if entry.path().is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&entry.path()), right, "{:?}", entry.path());
        }
    }
    fs::set_permissions(
        shop.at("agent/.tidings/ledger.db"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    careless(&shop, &["ledger"]).says(0, &["warning: others can read the ledger", "chmod 600"]);
}

#[test]
fn one_secret_is_let_through_by_name() {
    let shop = watched("pass_env = [\"GITHUB_TOKEN\"]\n");
    careless(&shop, &["smoke"]).ok();
    let seen = shop.read("seen-install");
    assert!(seen.contains(TOKEN) && !seen.contains(WORD), "{seen}");
}

/// Everything that a user's configuration can say, in a way that would break us.
const HOSTILE: &str = r#"
[core]
	hooksPath = HOME/hooks
	autocrlf = true
	safecrlf = true
	fsmonitor = HOME/hooks/fsmonitor
	pager = false
	editor = false
	attributesFile = HOME/attributes
	askPass = false
	whitespace = trailing-space
	quotePath = true
[init]
	templateDir = HOME/template
	defaultBranch = trunk
[filter "lfs"]
	clean = false
	smudge = false
	process = false
	required = true
[filter "shout"]
	clean = tr a-z A-Z
	smudge = tr a-z A-Z
	required = true
[alias]
	status = !false
	cat-file = !false
	for-each-ref = !false
[diff]
	external = false
	noprefix = true
	mnemonicPrefix = true
[color]
	ui = always
[column]
	ui = always
[status]
	showUntrackedFiles = no
	relativePaths = true
	branch = true
	short = true
[submodule]
	recurse = true
[fetch]
	prune = true
	pruneTags = true
	recurseSubmodules = yes
[push]
	followTags = true
	default = nothing
	recurseSubmodules = only
	gpgSign = true
[pull]
	rebase = true
[merge]
	ff = false
	verifySignatures = true
	conflictStyle = diff3
[commit]
	template = /nonexistent
	verbose = true
	status = true
[tag]
	sort = -version:refname
[log]
	showSignature = true
[clone]
	defaultRemoteName = elsewhere
	rejectShallow = true
[checkout]
	defaultRemote = elsewhere
[user]
	name = U
	email = u@example.org
"#;

#[test]
fn the_users_own_git_reaches_into_nothing() {
    let shop = Shop::new();
    let home = shop.at("").display().to_string();
    shop.write(".gitconfig", HOSTILE.replace("HOME/", &home));
    shop.write("attributes", "* text eol=crlf filter=shout\n");
    for hook in [
        "pre-commit",
        "commit-msg",
        "post-checkout",
        "pre-push",
        "post-merge",
        "reference-transaction",
        "fsmonitor",
    ] {
        for folder in ["hooks", "template/hooks", "agent/.git/hooks"] {
            let path = format!("{folder}/{hook}");
            shop.write(&path, "#!/bin/sh\ntouch \"$HOME/pwned\"\nexit 1\n");
            fs::set_permissions(shop.at(&path), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    fs::remove_dir_all(shop.at("agent/.git/hooks")).unwrap();
    shop.develop("Added", "It makes backups.");
    shop.release("1.0.0", "1.0.0");
    shop.tidings(&["smoke"]).says(0, &["passed its smoke test"]);
    shop.develop("Fixed", "It forgets less.");
    shop.release("patch", "1.0.1");
    shop.tidings(&["smoke"]).says(0, &["passed its smoke test"]);
    shop.tidings(&["verify", "1.0.0"]);
    shop.tidings_in("acme-agent-bootstrap", &["rollback", "--yes"])
        .ok();
    assert!(!shop.at("pwned").exists());
    assert_eq!(
        shop.git("agent", &["log", "-1", "--format=%an", "main"]),
        "T"
    );
}

/// A repository's own word is the last one: what the user says for all is not put over it.
#[test]
fn the_repositorys_own_name_of_the_committer_stays() {
    let shop = Shop::new();
    shop.write(
        ".gitconfig",
        "[user]\n\tname = Everywhere\n\temail = e@example.org\n",
    );
    shop.git("agent", &["config", "user.name", "Here"]);
    shop.git("agent", &["config", "user.email", "h@example.org"]);
    shop.develop("Added", "It makes backups.");
    let mut command = shop.command(env!("CARGO_BIN_EXE_tidings"), "agent");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env_remove(format!("GIT_{who}_NAME"))
            .env_remove(format!("GIT_{who}_EMAIL"));
    }
    let output = command
        .args(["bump", "minor", "--commit"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(shop.git("agent", &["log", "-1", "--format=%an"]), "Here");
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let repo = Repo::good();
    let mut child = Command::new("sleep")
        .arg("60")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let alive = format!(".tidings-{}-abc", child.id());
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let dead = format!(".tidings-{}-abc", gone.id());
    for name in [&alive, &dead] {
        repo.write(&format!("{name}/file"), "half");
    }
    repo.write(".tidings-notes", "the user's own");
    repo.tidings(&["guide", "build"]).ok();
    repo.tidings(&["generate", "--out", "made"]).ok();
    assert!(
        repo.path().join(&alive).exists(),
        "somebody else is at work there"
    );
    assert!(!repo.path().join(&dead).exists());
    assert!(repo.path().join(".tidings-notes").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    repo.tidings(&["guide", "build", "--out", "other"]).ok();
    assert!(!repo.path().join(&alive).exists());
}

#[test]
fn git_says_what_it_could_not_read() {
    let repo = Repo::good();
    fs::create_dir_all(repo.path().join("sub")).unwrap();
    let said = run(Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["notes"])
        .current_dir(repo.path())
        .env("X", "y"));
    said.ok();
    repo.git(&["config", "core.worktree", "/nonexistent-place"]);
    let run = repo.tidings(&["notes"]);
    assert!(!run.err.contains("unexpected end of file"), "{}", run.err);
}

#[test]
fn no_output_replaces_a_source() {
    let repo = Repo::good();
    let before = fs::read_to_string(repo.path().join("CHANGELOG.md")).unwrap();
    repo.write("notes.txt", "mine");
    let single = |out: &str| {
        vec!["guide", "build", "--single-file", "--out"]
            .into_iter()
            .chain([out])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let build = |out: &str, more: &[&str]| {
        let all = single(out);
        let all: Vec<&str> = all
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        repo.tidings(&all)
    };
    for source in ["CHANGELOG.md", "pin.json", "tidings.toml", "notes.txt"] {
        build(source, &[]).says(2, &[source, "was not made by tidings", "--force"]);
    }
    assert_eq!(
        fs::read_to_string(repo.path().join("CHANGELOG.md")).unwrap(),
        before
    );
    // Its own earlier output is replaced, unless git tracks it.
    build("guide.html", &[]).ok();
    build("guide.html", &[]).ok();
    repo.git(&["add", "guide.html"]);
    build("guide.html", &[]).says(2, &["is tracked by git"]);
    build("guide.html", &["--force"]).ok();
    build("notes.txt", &["--force"]).ok();
    repo.write("man/tidings-cut.1", "mine");
    repo.tidings(&["man", "--out", "man"])
        .says(2, &["tidings-cut.1", "was not made by tidings"]);
    for folder in ["content", "templates", "."] {
        repo.write("content/a.md", "A page.");
        repo.write("templates/style.css", "p {}");
        for command in [
            ["guide", "build", "--out"].as_slice(),
            &["generate", "--out"],
        ] {
            repo.tidings(&[command, &[folder]].concat())
                .says(2, &["was not made by tidings"]);
        }
    }
}

#[test]
fn a_reader_that_went_away_leaves_nothing_half_done() {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = shop.command(env!("CARGO_BIN_EXE_tidings"), "agent");
    let status = command
        .args(["bump", "minor", "--commit"])
        .stdout(writer)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(shop.git("agent", &["status", "--porcelain"]), "");
    assert!(shop.read("agent/Cargo.toml").contains("0.10.0"));
}
