//! Temporary repositories, the real binary, golden files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tidings::diag::{Finding, Text};
use tidings::model::{History, Version};
use tidings::ports::Tagged;
use tidings::sources;
use tidings::sources::config::{BootstrapConfig, read_bootstrap};
use tidings::sources::{Bootstrap, Input};

/// 2026-11-22, noon.
pub const TODAY: &str = "1795348800";

pub const TOML: &str = include_str!("../../examples/acme/bootstrap/tidings.toml");

pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// It ended with this code, and said all of these.
    pub fn says(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        let all = format!("{}\n{}", self.out, self.err);
        for word in words {
            assert!(all.contains(word), "no `{word}` in:\n{all}");
        }
        assert!(!all.contains("panicked"), "{all}");
        self
    }
}

/// Runs tidings in a folder.
pub fn tidings(folder: &Path, arguments: &[&str]) -> Run {
    run(Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(arguments)
        .current_dir(folder))
}

pub fn run(command: &mut Command) -> Run {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let output = command
        .env_clear()
        .env("PATH", path)
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("SOURCE_DATE_EPOCH", TODAY)
        .env("TIDINGS", env!("CARGO_BIN_EXE_tidings"))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A git repository in a temporary folder.
pub struct Repo {
    pub folder: TempDir,
}

impl Repo {
    pub fn new() -> Self {
        let repo = Repo {
            folder: TempDir::new().unwrap(),
        };
        repo.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repo
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn git(&self, arguments: &[&str]) -> Run {
        run(Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
            .args(arguments)
            .current_dir(self.path()))
        .ok()
    }

    pub fn write(&self, name: &str, body: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
        self
    }

    /// Commits everything and tags it.
    pub fn tag(&self, name: &str) -> &Self {
        self.git(&["add", "-A"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", name]);
        self.git(&["tag", "-a", name, "-m", name]);
        self
    }

    pub fn tidings(&self, arguments: &[&str]) -> Run {
        tidings(self.path(), arguments)
    }

    /// Two releases that have nothing wrong with them, 1.0.0 and 1.1.0.
    pub fn good() -> Self {
        let repo = Repo::new();
        repo.write("tidings.toml", TOML)
            .write("CHANGELOG.md", log(&[("1.0.0", "2026-01-10", "")]))
            .write("pin.json", pin("1.0.0"))
            .tag("v1.0.0");
        repo.write(
            "CHANGELOG.md",
            log(&[("1.1.0", "2026-03-10", ""), ("1.0.0", "2026-01-10", "")]),
        )
        .write("pin.json", pin("1.1.0"))
        .tag("v1.1.0");
        repo
    }
}

/// A changelog, newest first: version, date, what stands under the summary.
pub fn log(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(version, date, body): &(&str, &str, &str)| {
        format!("## [{version}] - {date}\n\nIt works better now.\n\n{body}\n\n")
    };
    format!(
        "# Changelog\n\n## [Unreleased]\n\n{}",
        entries.iter().map(entry).collect::<String>()
    )
}

pub fn digest(version: &str) -> String {
    let hex: String = version.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex:0<64}")
}

pub fn pin(version: &str) -> String {
    format!(
        r#"{{"agent": {{"version": "{version}", "tag": "v{version}", "digest": "registry.acme.example/agent@{}",
"signed_by": {{"certificate_identity": "https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v{version}", "certificate_oidc_issuer": "https://token.actions.githubusercontent.com"}},
"source_revision": "0123456789012345678901234567890123456789"}}}}"#,
        digest(version)
    )
}

pub fn version(text: &str) -> Version {
    Version::read(text).unwrap_or_else(|| panic!("{text} is a version"))
}

pub fn config(toml: &str) -> BootstrapConfig {
    let (config, findings) = read_bootstrap(&Text::new("tidings.toml", toml));
    config.unwrap_or_else(|| panic!("{findings:?}"))
}

/// A repository in memory: every release of the changelog is tagged and pinned.
pub fn read(toml: &str, changelog: &str) -> Bootstrap {
    let config = config(toml);
    let log = sources::changelog::read(Text::new("CHANGELOG.md", changelog), None);
    let tags: Vec<Tagged> = log
        .entries
        .iter()
        .filter_map(|entry| entry.version.as_ref())
        .map(|version| {
            let tag = tidings::model::Tag {
                name: format!("v{version}"),
                commit: "c".repeat(40),
                day: None,
            };
            (tag, Some(pin(version.as_str()).into_bytes()))
        })
        .collect();
    sources::read(
        Input {
            config,
            changelog: Text::new("CHANGELOG.md", changelog),
            pin: None,
            issues: None,
            tags,
        },
        &sources::alone,
    )
}

/// Releases by version and date.
pub fn history(toml: &str, releases: &[(&str, &str)]) -> History {
    let entries: String = releases
        .iter()
        .rev()
        .map(|(version, date)| format!("## {version} - {date}\n\nText.\n\n"))
        .collect();
    read(toml, &entries).history
}

pub fn codes(findings: &[Finding]) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Compares with a file below `tests/golden`; `UPDATE_GOLDEN=1` writes it.
pub fn golden(name: &str, actual: &str) {
    same_file(
        &PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name),
        actual,
    );
}

pub fn same_file(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    snapbox::assert_data_eq!(actual, snapbox::Data::text(expected).raw());
}
