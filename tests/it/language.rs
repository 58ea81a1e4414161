//! The language of what customers read.

use tidings::diag::{Span, Text};
use tidings::lint::{Audience, imperative, language, sentences};

use crate::fixture::codes;

fn found(markdown: &str, audience: Audience) -> Vec<String> {
    let text = Text::new("CHANGELOG.md", markdown);
    language(&text, Span::new(0, markdown.len()), audience)
        .iter()
        .map(|finding| format!("{}: {}", finding.code.as_str(), text.slice(finding.span)))
        .collect()
}

#[test]
fn code_in_a_summary_is_pointed_at() {
    for (text, said) in [
        (
            "The `parse_config()` function is faster.",
            "code-reference: `parse_config()`",
        ),
        ("Now backup_job retries.", "code-reference: backup_job"),
        (
            "The parseConfig step is faster.",
            "code-reference: parseConfig",
        ),
        ("See src/main.rs for more.", "code-reference: src/main.rs"),
        (
            "Edit /etc/acme/agent.toml first.",
            "code-reference: /etc/acme/agent.toml",
        ),
        ("Use std::fs instead.", "code-reference: std::fs"),
        ("Fixes #4821.", "code-reference: #4821"),
        ("Fixed (acme/agent#12).", "code-reference: acme/agent#12"),
        ("Closes ACME-1234.", "code-reference: ACME-1234"),
        ("Thanks @ada for this.", "code-reference: @ada"),
        ("Reverts 1a2b3c4d.", "code-reference: 1a2b3c4d"),
        ("Pass --verbose to see it.", "code-reference: --verbose"),
        ("TODO: describe.", "placeholder: TODO"),
        (
            "See https://wiki.internal/x for more.",
            "private-host: https://wiki.internal/x",
        ),
        (
            "See http://10.0.0.5/x for more.",
            "private-host: http://10.0.0.5/x",
        ),
        (
            "See https://jira/browse for more.",
            "private-host: https://jira/browse",
        ),
    ] {
        assert_eq!(found(text, Audience::Customer), [said], "{text}");
    }
}

#[test]
fn plain_language_passes() {
    for text in [
        "Backups finish in half the time, e.g. at night.",
        "Works with TLS 1.3, UTF-8 and SHA-256; see CVE-2026-12345.",
        "Support for .NET, iOS, macOS and OpenID Connect and/or LDAP, 24/7.",
        "Version v1.2.3 of 2026-11-20 replaces 1.2.2.",
        "Read [the guide](docs/upgrade.md#zone) or https://docs.acme.example/a_b/c.html first.",
        "Write to support@acme.example, the #1 address.",
        "The deadbeef of our time, a facade; 1234567 files, 100%.",
    ] {
        assert_eq!(found(text, Audience::Customer), [""; 0], "{text}");
    }
}

#[test]
fn administrators_may_read_commands_but_no_tickets() {
    assert_eq!(
        found(
            "Set `backup.path` in agent.toml and run ./convert.sh",
            Audience::Administrator
        ),
        [""; 0]
    );
    assert_eq!(
        found("Set it (#12)", Audience::Administrator),
        ["code-reference: #12"]
    );
    assert_eq!(
        found("Renames parse_config (#12)", Audience::Reader),
        [""; 0]
    );
    assert_eq!(
        found(
            "Renames it (PROJ-1234), as UTF-8, see CVE-2026-1234",
            Audience::Reader
        ),
        ["code-reference: PROJ-1234"]
    );
    assert_eq!(found("TBD", Audience::Reader), ["placeholder: TBD"]);
}

#[test]
fn sentences_are_counted_as_people_do() {
    for (text, count) in [
        ("One.", 1),
        ("One. Two.", 2),
        ("One, e.g. this. Two, i.e. that.", 2),
        ("Version v1.2.3 replaces 1.2.2. It is faster.", 2),
        ("See https://docs.acme.example/a.b.html. Then go on.", 2),
        ("Works with .NET and Node.js etc. and more.", 1),
        ("Takes approx. 5 min. on a slow disk.", 1),
        ("Soft\nwrapped over\nlines. And more.", 2),
        ("Call `a.b()`. Done!", 2),
        ("Is it faster? Yes. Much!", 3),
        ("No full stop at the end", 1),
        ("", 0),
    ] {
        assert_eq!(sentences(text), count, "{text}");
    }
}

#[test]
fn actions_start_with_what_to_do() {
    for text in [
        "Set it.",
        "Rename the setting.",
        "Please run it.",
        "If you use LDAP, set the base.",
        "**Back up** first.",
        "Re-run the script.",
        "`Restart` it.",
        "Before you install: convert the file.",
    ] {
        assert!(imperative(text), "{text}");
    }
    for text in [
        "The setting was renamed.",
        "Configuration changes are needed.",
        "If you use LDAP, it breaks.",
        "You must set it.",
        "",
    ] {
        assert!(!imperative(text), "{text}");
    }
}

#[test]
fn places_are_exact() {
    let text = Text::new("CHANGELOG.md", "## 1.0.0\n\nÜber die `x_y` hinaus.\n");
    let at = text.body.find("Über").unwrap();
    let findings = language(&text, Span::new(at, text.body.len()), Audience::Customer);
    let (from, to) = findings[0].places().unwrap();
    assert_eq!((from.line, from.column, to.column), (3, 10, 15));
    assert_eq!(codes(&findings), ["code-reference"]);
}
