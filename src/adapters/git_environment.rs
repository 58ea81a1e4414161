//! What of the user's configuration a git call takes over: who commits and signs, how a server is reached and asked for
//! credentials, whose folders are trusted, what is ignored. Everything else is switched off.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Variables of git that say who commits, how a server is reached, and where repositories are looked for.
const KEPT: [&str; 7] = [
    "GIT_SSH",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
    "GIT_ALLOW_PROTOCOL",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
];
const KEPT_KINDS: [&str; 5] = [
    "GIT_SSH_",
    "GIT_SSL_",
    "GIT_HTTP_",
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
];

/// Whole sections that are taken over, and single keys.
const SECTIONS: [&str; 8] = [
    "credential",
    "http",
    "user",
    "author",
    "committer",
    "gpg",
    "ssh",
    "protocol",
];
const NAMES: [&str; 10] = [
    "core.askpass",
    "core.autocrlf",
    "core.eol",
    "core.excludesfile",
    "core.gitproxy",
    "core.sshcommand",
    "safe.directory",
    "commit.gpgsign",
    "tag.gpgsign",
    "tag.forcesignannotated",
];

/// Off, also where the repository's own configuration says otherwise.
const OFF: [&str; 16] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.safecrlf=false",
    "color.ui=false",
    "column.ui=never",
    "diff.external=",
    "filter.lfs.process=",
    "filter.lfs.smudge=",
    "filter.lfs.clean=",
    "filter.lfs.required=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "gc.auto=0",
];

/// Gives a git command that works in `folder` its environment.
pub fn set(command: &mut Command, folder: &Path) {
    clean(command);
    for setting in OFF {
        command.args(["-c", setting]);
    }
    let settings = taken_over(folder);
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (name, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), name);
        command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TEMPLATE_DIR", "")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C");
}

/// Takes away the variables that lead git elsewhere.
pub fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("GIT_")
                && !KEPT.contains(&name)
                && !KEPT_KINDS.iter().any(|kind| name.starts_with(kind))
        }) {
            command.env_remove(name);
        }
    }
}

/// The same lines a checkout has everywhere.
pub fn plain_lines(command: &mut Command) {
    command.args(["-c", "core.autocrlf=false", "-c", "core.eol=lf"]);
}

type Settings = Vec<(String, String)>;

/// The settings of a folder, asked once.
fn taken_over(folder: &Path) -> Settings {
    static KNOWN: OnceLock<Mutex<HashMap<PathBuf, Settings>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(folder)
        .or_insert_with_key(|folder| chosen(&listed(folder)))
        .clone()
}

/// Scope, key and value of every setting, as the user's git has them; none where it cannot be asked.
fn listed(folder: &Path) -> Vec<(String, String, String)> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command.args(["config", "--list", "--show-scope", "--null"]);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"] {
        command.env_remove(name);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    let mut parts = text.split('\0');
    let mut all = Vec::new();
    while let (Some(scope), Some(setting)) = (parts.next(), parts.next()) {
        // A key without `=` is a yes.
        let (name, value) = setting.split_once('\n').unwrap_or((setting, "true"));
        all.push((scope.to_owned(), name.to_owned(), value.to_owned()));
    }
    all
}

fn wanted(name: &str) -> bool {
    let section = name.split('.').next().unwrap_or("");
    let last = name.rsplit('.').next().unwrap_or("");
    NAMES.contains(&name)
        || SECTIONS.contains(&section)
        || (section == "url" && matches!(last, "insteadof" | "pushinsteadof"))
        || (section == "remote" && last == "proxy")
}

/// Keys whose values add up, until an empty one.
fn adds_up(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or("");
    matches!(last, "helper" | "extraheader")
}

/// What is given to a command stands above the repository's own settings: of a key that it has too, it stays the last word.
fn chosen(all: &[(String, String, String)]) -> Settings {
    let own = |scope: &str| matches!(scope, "local" | "worktree");
    let owned = |name: &str| {
        all.iter()
            .any(|(scope, known, _)| own(scope) && known == name)
    };
    let mut settings = Settings::new();
    for (scope, name, value) in all.iter().filter(|(_, name, _)| wanted(name)) {
        let again = adds_up(name) && owned(name);
        if again && !settings.iter().any(|(known, _)| known == name) {
            settings.push((name.clone(), String::new()));
        }
        if again || scope == "command" || !(own(scope) || owned(name)) {
            settings.push((name.clone(), value.clone()));
        }
    }
    settings
}

/// Whether a variable is one that a program started by us gets.
pub fn leads_elsewhere(name: &OsStr) -> bool {
    matches!(
        name.to_str(),
        Some(
            "GIT_DIR"
                | "GIT_WORK_TREE"
                | "GIT_INDEX_FILE"
                | "GIT_OBJECT_DIRECTORY"
                | "GIT_COMMON_DIR"
                | "GIT_NAMESPACE"
        )
    )
}
