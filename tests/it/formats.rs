//! The examples of the file formats.

use tidings::diag::Text;
use tidings::model::{InstallWindow, NoticeKind, RollbackAdvice, Scheme, Signer};
use tidings::sources::config::{read_bootstrap, read_operator};
use tidings::sources::{customers, issues, pin, version_answer};

use crate::fixture::codes;

const TIDINGS: &str = r#"
[product]
name = "Acme Agent"
vendor = "Acme GmbH"

[bootstrap]
repository = "https://github.com/acme/agent-bootstrap"
install = "./install.sh"
tag_prefix = "v"
version_url = "http://localhost:8080/version"
# diagnostics = "./diagnostics.sh"     what the playbook tells on-call to run before staying on a version

[changelog]
file = "CHANGELOG.md"

[pin]
file = "pin.json"

[policy]
scheme = "semver"                  # or "calver", with format = "YYYY.0M.MICRO"
supported_minors = 2
warn_beyond_minors = 2
grace_days = 0
[policy.major]
means = "Configuration or behaviour may change incompatibly."
install = "maintenance-window"
[policy.minor]
means = "New features; existing configuration keeps working."
install = "business-hours"
[policy.patch]
means = "Fixes only."
install = "business-hours"
# [[policy.stop]] version = "2.0"     an upgrade may not jump over it
# [[policy.extended]] line = "1.4"  until = "2027-06-30"

[support]
contact = "support@acme.example"
response = "within four business hours"
# emergency = "+49 …"

[guide]
url = "https://guide.acme.example/"
"#;

#[test]
fn tidings_toml_is_read() {
    let (config, findings) = read_bootstrap(&Text::new("tidings.toml", TIDINGS));
    assert!(findings.is_empty(), "{findings:?}");
    let config = config.unwrap();
    assert_eq!(config.product.name, "Acme Agent");
    assert_eq!(config.policy.scheme, Scheme::Semver);
    assert_eq!(
        config.policy.major.install,
        InstallWindow::MaintenanceWindow
    );
    assert_eq!(
        config.product.guide_url.as_deref(),
        Some("https://guide.acme.example/")
    );
}

#[test]
fn stops_extended_lines_and_calver_are_read() {
    let toml = TIDINGS.replace("scheme = \"semver\"", "scheme = \"calver\"\nformat = \"YYYY.0M.MICRO\"").replace(
        "[support]",
        "[[policy.stop]]\nversion = \"2026.04\"\n[[policy.extended]]\nline = \"2025.10\"\nuntil = \"2027-06-30\"\n[support]",
    );
    let (config, findings) = read_bootstrap(&Text::new("tidings.toml", toml));
    assert_eq!(codes(&findings), ["policy-stop"]);
    let policy = config.unwrap().policy;
    assert!(matches!(policy.scheme, Scheme::Calver(_)));
    assert_eq!(policy.extended[0].line.as_str(), "2025.10");
}

#[test]
fn every_unknown_key_is_named_with_the_key_that_was_meant() {
    let toml = TIDINGS
        .replace("vendor =", "vendro = 1\nvendor =")
        .replace("grace_days", "grace_day")
        .replace("[guide]", "[gide]");
    let (_, findings) = read_bootstrap(&Text::new("tidings.toml", toml));
    assert_eq!(codes(&findings), ["config-unknown-key"]);
    let helps: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.help.as_deref())
        .collect();
    assert_eq!(findings.len(), 3);
    for meant in ["write `vendor`", "write `grace_days`", "write `guide`"] {
        assert!(helps.contains(&meant), "{helps:?}");
    }
    let (from, _) = findings[0].places().unwrap();
    assert!(from.line > 1 && from.column >= 1);
}

#[test]
fn wrong_values_are_named_where_they_stand() {
    for (from, to, code) in [
        ("scheme = \"semver\"", "scheme = \"romver\"", "config-value"),
        ("scheme = \"semver\"", "scheme = \"calver\"", "config-value"),
        (
            "scheme = \"semver\"",
            "scheme = \"calver\"\nformat = \"YYYY.QQ\"",
            "config-value",
        ),
        (
            "supported_minors = 2",
            "supported_minors = \"two\"",
            "config-value",
        ),
        (
            "install = \"maintenance-window\"",
            "install = \"at night\"",
            "config-value",
        ),
        (
            "https://github.com/acme/agent-bootstrap",
            "git@github.com:acme",
            "config-value",
        ),
        ("[product]", "[product", "config-syntax"),
        (
            "[guide]",
            "[[policy.stop]]\nversion = \"two\"\n[guide]",
            "policy-version",
        ),
    ] {
        let (_, findings) = read_bootstrap(&Text::new("tidings.toml", TIDINGS.replace(from, to)));
        assert!(codes(&findings).contains(&code), "{to}: {findings:?}");
        assert!(
            findings.iter().all(|finding| finding.text.is_some()),
            "{to}: no place"
        );
    }
}

const OPERATOR: &str = r#"
bootstrap = "../agent-bootstrap"

[source]
version_file = "Cargo.toml"
internal_docs = "docs-internal"

[forge]
kind = "github"                       # "folder" is the default
repository = "acme/agent-bootstrap"
token_env = "GITHUB_TOKEN"
# api = "https://ghe.acme.example/api/v3"

[email]
from = "Acme Releases <releases@acme.example>"
customers = "docs-internal/customers.toml"   # or .csv
transport = "smtp://mail.acme.example:587"   # "folder:outbox" is the default
password_env = "SMTP_PASSWORD"
# test_recipients, rate = "10/s", connections = 4, unsubscribe, [email.dkim]

[staging]
install_env = { TENANT = "staging" }
version_url = "http://localhost:8080/version"
[[staging.operation]]
name = "create a backup"
run = "curl -fsS -XPOST http://localhost:8080/backup"

[[accepted]]                          # alerts the vendor lives with
id = "GHSA-…"
reason = "not reachable: …"
until = 2027-01-31

[ledger]
url = "sqlite:.tidings/ledger.db"      # ignored by git, kept; or postgres://…

[budget]
pre_cut = "10m"
cut = "10m"
post_cut = "15m"
smoke = "90s"
"#;

#[test]
fn operator_toml_is_read() {
    let (config, findings) = read_operator(&Text::new("operator.toml", OPERATOR));
    assert!(findings.is_empty(), "{findings:?}");
    let config = config.unwrap();
    assert_eq!(config.bootstrap, "../agent-bootstrap");
    assert_eq!(config.staging.operation[0].name, "create a backup");
    assert_eq!(config.accepted[0].until.to_string(), "2027-01-31");
    assert_eq!(config.email.password_env.as_deref(), Some("SMTP_PASSWORD"));
}

const PIN: &str = r#"{
  "agent": {
    "version": "1.4.2",
    "tag": "v1.4.2",
    "digest": "registry.example.com/vendor/agent@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "registry": "registry.example.com",
    "signed_by": {
      "certificate_identity_regexp": "^https://github\\.com/vendor/agent/\\.github/workflows/release\\.yml@refs/tags/v1\\.4\\.2$",
      "certificate_oidc_issuer": "https://token.actions.githubusercontent.com"
    },
    "source_revision": "0123456789abcdef0123456789abcdef01234567",
    "released_utc": "2026-06-02T14:32:00Z",
    "build_provenance": "…",
    "sbom": "https://…"
  }
}"#;

#[test]
fn the_pin_is_read() {
    let (pin, findings) = pin::read(
        &Text::new("pin.json", PIN),
        &pin::Rules::default(),
        Some("v1.4.2"),
        &pin::alone,
    );
    assert!(findings.is_empty(), "{findings:?}");
    let pin = pin.unwrap();
    assert_eq!(pin.version.to_string(), "1.4.2");
    assert_eq!(
        pin.image.as_deref(),
        Some("registry.example.com/vendor/agent")
    );
    assert!(matches!(pin.signer, Some(Signer::Expression { .. })));
    assert_eq!(
        pin.released.unwrap().to_rfc3339(),
        "2026-06-02T14:32:00+00:00"
    );
}

#[test]
fn customers_are_read_from_toml_and_csv() {
    let toml = "[[customer]]\nid = \"globex\"\nname = \"Globex\"\nrunning = \"1.3.2\"          # last known version, optional\n[[customer.contact]]\nname = \"Ada Example\"\nemail = \"ada@globex.example\"\nkinds = [\"release\", \"security\", \"end-of-support\"]    # default: all\n";
    let csv = "customer,name,email,running,kinds\nglobex,Ada Example,ada@globex.example,1.3.2,release security end-of-support\n";
    for (name, text) in [("customers.toml", toml), ("customers.csv", csv)] {
        let (customers, findings) = customers::read(&Text::new(name, text));
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(customers[0].id, "globex");
        assert_eq!(customers[0].running.as_ref().unwrap().to_string(), "1.3.2");
        let recipient = &customers[0].recipients[0];
        assert_eq!(recipient.name.as_deref(), Some("Ada Example"));
        assert!(recipient.wants(NoticeKind::Security) && !recipient.wants(NoticeKind::Withdrawal));
    }
}

#[test]
fn known_issues_are_read() {
    let toml = r#"
[[issue]]
id = "KI-7"
title = "Scheduled backups stop after a clock change"
symptoms = ["backup status shows \"overdue\"", "next run in the past"]
introduced = "1.4.0"
fixed = "1.5.1"
workaround = "Restart the agent."
rollback = "yes"           # yes | no | ask
"#;
    let (known, findings) = issues::read(&Text::new("known-issues.toml", toml));
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(known[0].issue.rollback, RollbackAdvice::Yes);
    let has = |version: &str| {
        known[0]
            .issue
            .affected
            .contains(&crate::fixture::version(version))
    };
    assert!(has("1.4.0") && has("1.5.0") && !has("1.5.1") && !has("1.3.9"));
}

#[test]
fn an_issue_against_rolling_back_owes_a_reason() {
    let issue = |more: &str| {
        issues::read(&Text::new(
            "k",
            format!("[[issue]]\nid = \"A-1\"\ntitle = \"t\"\n{more}"),
        ))
        .1
    };
    assert_eq!(codes(&issue("rollback = \"no\"")), ["issue-reason"]);
    assert_eq!(
        codes(&issue("rollback = \"no\"\nreason = \"because\"")),
        [""; 0]
    );
    assert_eq!(codes(&issue("rollback = \"maybe\"")), ["issue-field"]);
    assert_eq!(codes(&issue("fixed = \"soon\"")), ["issue-field"]);
    assert_eq!(
        codes(&issue("[[issue]]\nid = \"A-1\"\ntitle = \"u\"\n")),
        ["issue-duplicate"]
    );
}

#[test]
fn version_answers_are_read_in_their_usual_forms() {
    let answer = version_answer::read(
        r#"{"build": {"version": "v1.2.3", "git_commit": "abc", "imageDigest": "sha256:1"}}"#,
    );
    assert_eq!(
        (
            answer.version.as_deref(),
            answer.revision.as_deref(),
            answer.digest.as_deref()
        ),
        (Some("1.2.3"), Some("abc"), Some("sha256:1"))
    );
    assert_eq!(
        version_answer::read("1.2.3\n").version.as_deref(),
        Some("1.2.3")
    );
    assert!(version_answer::read("1.2.3\n").bare);
    assert_eq!(version_answer::read("<html>no</html>").version, None);
    assert_eq!(version_answer::read("{broken").version, None);
}
