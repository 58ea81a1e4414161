//! Pins in every layout, and what is wrong with them.

use tidings::diag::{Finding, Text};
use tidings::model::{IdentityFlaw, Pin, identity_flaws};
use tidings::sources::pin::{Fields, Rules, alone, read};

use crate::fixture::{codes, digest, pin};

fn read_as(name: &str, body: &str) -> (Option<Pin>, Vec<Finding>) {
    read(&Text::new(name, body), &Rules::default(), None, &alone)
}

#[test]
fn common_layouts_need_no_configuration() {
    let d = digest("1.4.2");
    for (name, body) in [
        (
            "pin.toml",
            format!(
                "[agent]\nversion = \"1.4.2\"\ndigest = \"{d}\"\nimage = \"r.example/agent\"\n"
            ),
        ),
        ("pin.yaml", format!("version: 1.4.2\ndigest: {d}\n")),
        (
            "docker-compose.yml",
            format!(
                "x-a: &a\n  restart: always\nservices:\n  agent:\n    <<: *a\n    image: r.example:5000/agent:1.4.2@{d}\n"
            ),
        ),
        (
            "values.yaml",
            format!("image:\n  repository: r.example/agent\n  tag: v1.4.2\n  digest: {d}\n"),
        ),
        (
            "kustomization.yaml",
            format!(
                "images:\n- name: agent\n  newName: r.example/agent\n  newTag: v1.4.2\n  digest: {d}\n"
            ),
        ),
        (
            ".env",
            format!(
                "# pinned\nexport AGENT_VERSION=1.4.2\nAGENT_IMAGE='r.example/agent@{d}' # the image\n"
            ),
        ),
        (
            "pin.json",
            format!("{{\n\t\"version\": \"1.4.2\",\n\t\"digest\": \"{d}\"\n}}"),
        ),
    ] {
        let (pin, findings) = read_as(name, &body);
        let pin = pin.unwrap_or_else(|| panic!("{name}: {findings:?}"));
        assert_eq!(pin.version.as_str(), "1.4.2", "{name}");
        assert_eq!(pin.digest.as_str(), d, "{name}");
        assert_eq!(codes(&findings), ["identity-missing"], "{name}");
    }
}

#[test]
fn versions_stay_as_written() {
    let (pin, _) = read_as(
        "pin.yaml",
        &format!("version: 1.10\ndigest: {}\n", digest("x")),
    );
    assert_eq!(pin.unwrap().version.as_str(), "1.10");
}

#[test]
fn fields_say_where_facts_lie() {
    let fields = Fields::from([
        ("version".into(), "/release/number".into()),
        ("digest".into(), "/release/what/0".into()),
    ]);
    let body = format!("release:\n  number: 3.1.4\n  what: ['{}']\n", digest("p"));
    let (pin, _) = read(
        &Text::new("p.yaml", body),
        &Rules {
            fields,
            ..Rules::default()
        },
        None,
        &alone,
    );
    assert_eq!(pin.unwrap().version.as_str(), "3.1.4");
}

#[test]
fn what_is_wrong_is_named() {
    let good = pin("1.4.2");
    for (from, to, code) in [
        (
            format!("@{}", digest("1.4.2")),
            ":v1.4.2".to_owned(),
            "digest-tag",
        ),
        (digest("1.4.2"), "sha256:abc".to_owned(), "digest-malformed"),
        (
            digest("1.4.2"),
            digest("1.4.2").replace("312e", "312E"),
            "digest-malformed",
        ),
        (
            digest("1.4.2"),
            format!("sha512:{}", "a".repeat(128)),
            "digest-malformed",
        ),
        (
            "\"tag\": \"v1.4.2\"".into(),
            "\"tag\": \"v1.4.3\"".into(),
            "pin-version",
        ),
        (
            "\"version\": \"1.4.2\"".into(),
            "\"version\": \"latest\"".into(),
            "pin-field",
        ),
        (
            "0123456789012345678901234567890123456789".into(),
            "main".into(),
            "pin-field",
        ),
        (
            "\"source_revision\"".into(),
            "\"released_utc\": \"yesterday\", \"source_revision\"".into(),
            "pin-field",
        ),
        ("}}".into(), "".into(), "pin-unreadable"),
        (
            "{\"agent\"".into(),
            "<<<<<<< HEAD\n{\"agent\"".into(),
            "pin-unreadable",
        ),
    ] {
        let body = good.replacen(&from, &to, 1);
        assert_ne!(body, good);
        let (_, findings) = read_as("pin.json", &body);
        assert!(codes(&findings).contains(&code), "{to}: {findings:?}");
        assert!(
            findings.iter().all(|finding| finding.help.is_some()),
            "{to}: no help"
        );
    }
    let (_, findings) = read(
        &Text::new("pin.json", good),
        &Rules::default(),
        Some("v9.9.9"),
        &alone,
    );
    assert_eq!(codes(&findings), ["pin-version"]);
}

#[test]
fn only_an_exact_identity_expression_has_no_flaw() {
    let exact =
        r"^https://github\.com/vendor/agent/\.github/workflows/release\.yml@refs/tags/v1\.4\.2$";
    let flaws = |expression: &str| identity_flaws(expression, Some("v1.4.2"));
    assert_eq!(flaws(exact), []);
    assert_eq!(
        flaws(&exact[1..]),
        [IdentityFlaw::Unanchored {
            start: false,
            end: true
        }]
    );
    assert!(
        flaws(&exact[..exact.len() - 1]).contains(&IdentityFlaw::Unanchored {
            start: true,
            end: false
        })
    );
    assert!(matches!(
        flaws(&exact.replace(r"github\.com", "github.com"))[..],
        [IdentityFlaw::Unescaped(_)]
    ));
    assert!(matches!(
        flaws(&exact.replace(r"v1\.4\.2", ".*"))[..],
        [IdentityFlaw::Wide(_)]
    ));
    assert_eq!(
        flaws(&exact.replace(r"1\.4\.2", r"1\.4\.1")),
        [IdentityFlaw::OtherTag]
    );
    assert!(
        flaws(r"^https://github\.com/vendor/(agent|other)@refs/tags/v1\.4\.2$")
            .iter()
            .any(|flaw| matches!(flaw, IdentityFlaw::Wide(_)))
    );
    assert!(flaws("").contains(&IdentityFlaw::Unanchored {
        start: false,
        end: false
    }));
}
