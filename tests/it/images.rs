//! A release is all of its images: what each layout names, which one is the primary, and what is not by digest.

use std::collections::BTreeMap;

use tidings::diag::{Finding, Text};
use tidings::documents::{Answer, VerifyPart};
use tidings::model::{Image, Pin, Role, Signer};
use tidings::ports::registry::{Child, Manifest};
use tidings::release_day::containers::{compare, read as read_containers};
use tidings::release_day::{Proposed, Registered, other_changes_with, review};
use tidings::sources::changelog;
use tidings::sources::pin::{Fields, Rules, read};

use crate::fixture::{Repo, TOML, codes, version};

/// Reads the first of some files, with the others beside it.
fn read_files(rules: &Rules, files: &[(&str, &str)]) -> (Option<Pin>, Vec<Finding>) {
    let (name, body) = files[0];
    let rules = Rules {
        file: name.to_owned(),
        ..rules.clone()
    };
    let beside = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path)?;
        Some(Text::new(found.0, filled(found.1)))
    };
    read(&Text::new(name, filled(body)), &rules, None, &beside)
}

/// `<a>` is a digest of a letter.
fn filled(body: &str) -> String {
    ('a'..='f').fold(body.to_owned(), |body, letter| {
        body.replace(
            &format!("<{letter}>"),
            &format!("sha256:{}", letter.to_string().repeat(64)),
        )
    })
}

fn pinned(rules: &Rules, files: &[(&str, &str)]) -> Pin {
    let (pin, findings) = read_files(rules, files);
    assert!(
        codes(&findings)
            .iter()
            .all(|code| *code == "identity-missing"),
        "{}: {findings:?}",
        files[0].0
    );
    pin.unwrap_or_else(|| panic!("{}: {findings:?}", files[0].0))
}

/// Each image as `name=image@first letter of the digest`, the primary one first.
fn images(pin: &Pin) -> Vec<String> {
    pin.images()
        .iter()
        .map(|image| {
            format!(
                "{}={}@{}",
                image.name,
                image.image.as_deref().unwrap_or("?"),
                &image.digest.hex()[..1]
            )
        })
        .collect()
}

fn primary(name: &str) -> Rules {
    Rules {
        primary: Some(name.to_owned()),
        ..Rules::default()
    }
}

#[test]
fn every_image_of_a_compose_file_is_read() {
    let five = "services:\n  db:\n    image: postgres:16.4@<a>\n  worker:\n    image: r.example/worker:1.4.2@<b>\n  agent:\n    image: r.example/agent:1.4.2@<c>\nx-release:\n  version: 1.4.2\n";
    let (none, findings) = read_files(&Rules::default(), &[("docker-compose.yml", five)]);
    assert!(none.is_none());
    assert_eq!(codes(&findings), ["pin-primary"]);
    let help = findings[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("primary = \"worker\""), "{help}");
    let pin = pinned(&primary("agent"), &[("docker-compose.yml", five)]);
    assert_eq!(
        images(&pin),
        [
            "agent=r.example/agent@c",
            "db=postgres@a",
            "worker=r.example/worker@b"
        ]
    );
    assert_eq!(pin.others[0].role, Role::ThirdParty, "Docker's own");
    assert_eq!(pin.others[1].role, Role::Product);
    assert_eq!(pin.version.as_str(), "1.4.2");
}

#[test]
fn what_customers_would_run_by_tag_is_an_error() {
    for (name, body) in [
        (
            "docker-compose.yml",
            "services:\n  web:\n    image: r.example/web:1.0.0@<a>\n  worker:\n    image: worker:latest\n",
        ),
        (
            "docker-compose.yml",
            "services:\n  web:\n    image: r.example/web:1.0.0@<a>\n  worker:\n    image: r.example/worker\n",
        ),
        (
            "values.yaml",
            "version: 1.0.0\nweb:\n  image:\n    repository: r.example/web\n    digest: <a>\nworker:\n  image:\n    repository: r.example/worker\n    tag: 1.0.0\n",
        ),
        (
            "k8s.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app.kubernetes.io/version: 1.0.0\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: r.example/web@<a>\n---\napiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - name: worker\n            image: busybox\n",
        ),
        (
            ".env",
            "VERSION=1.0.0\nWEB_IMAGE=r.example/web@<a>\nWORKER_IMAGE=r.example/worker:1.0.0\n",
        ),
        (
            "pin.json",
            "{\"version\": \"1.0.0\", \"images\": {\"web\": \"r.example/web@<a>\", \"worker\": \"r.example/worker:1\"}}",
        ),
        (
            "kustomization.yaml",
            "images:\n- name: web\n  newName: r.example/web\n  digest: <a>\n- name: worker\n  newTag: v1.0.0\ncommonAnnotations:\n  version: 1.0.0\n",
        ),
    ] {
        let (pin, findings) = read_files(&Rules::default(), &[(name, body)]);
        let pin = pin.unwrap_or_else(|| panic!("{name}: {findings:?}"));
        assert_eq!(pin.digest.hex(), "a".repeat(64), "{name}");
        let said: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.code.as_str() == "digest-tag")
            .collect();
        assert_eq!(said.len(), 1, "{name}: {findings:?}");
        assert!(
            said[0].is_error() && said[0].message.contains("worker"),
            "{name}: {findings:?}"
        );
        let text = said[0].text.as_ref().unwrap();
        assert!(
            text.slice(said[0].span).contains("worker") || name.ends_with("k8s.yaml"),
            "{name}: {said:?}"
        );
        assert_eq!(pin.by_tag.len(), 1, "{name}");
    }
}

#[test]
fn images_of_others_may_be_let_pass_with_a_warning() {
    let body = "services:\n  web:\n    image: r.example/web:1.0.0@<a>\n  cache:\n    image: redis:7\n  proxy:\n    image: ghcr.io/traefik/traefik:3\n";
    let (_, findings) = read_files(&Rules::default(), &[("compose.yaml", body)]);
    assert_eq!(
        findings.iter().filter(|finding| finding.is_error()).count(),
        2
    );
    let rules = Rules {
        third_party_warns: true,
        roles: BTreeMap::from([("proxy".to_owned(), Role::ThirdParty)]),
        ..Rules::default()
    };
    let (pin, findings) = read_files(&rules, &[("compose.yaml", body)]);
    assert!(!findings.iter().any(Finding::is_error), "{findings:?}");
    assert_eq!(codes(&findings), ["digest-tag", "identity-missing"]);
    assert_eq!(
        pin.unwrap().by_tag,
        ["redis:7", "ghcr.io/traefik/traefik:3"]
    );
}

#[test]
fn compose_is_read_as_its_specification_says() {
    let pin = pinned(
        &Rules::default(),
        &[(
            "docker-compose.yml",
            "x-agent: &agent\n  image: r.example/agent:1.4.2@<d>\nservices:\n  api:\n    <<: *agent\n  worker:\n    <<: [*agent]\n    restart: always\n",
        )],
    );
    assert_eq!(
        images(&pin),
        ["api=r.example/agent@d"],
        "one image under two names"
    );
    assert_eq!(pin.version.as_str(), "1.4.2", "of the image's tag");
    let pin = pinned(
        &Rules::default(),
        &[
            (
                "deploy/compose.yaml",
                "version: \"3.8\"\nservices:\n  agent:\n    image: ${REGISTRY:-r.example}/agent:${VERSION}@${DIGEST?}\n",
            ),
            ("deploy/.env", "BASE=2.0\nVERSION=${BASE}.1\nDIGEST=<a>\n"),
        ],
    );
    assert_eq!(images(&pin), ["agent=r.example/agent@a"]);
    assert_eq!(
        pin.version.as_str(),
        "2.0.1",
        "never that of the file's own `version`"
    );
    let pin = pinned(
        &primary("agent"),
        &[
            (
                "compose.yaml",
                "include:\n  - parts/db.yaml\n  - path: [parts/cache.yaml]\nservices:\n  agent:\n    extends: {file: parts/base.yaml, service: base}\n",
            ),
            (
                "parts/db.yaml",
                "services: {db: {image: 'r.example/db:9@<b>'}}\n",
            ),
            (
                "parts/cache.yaml",
                "services: {cache: {image: 'r.example/cache@<c>', profiles: [debug]}}\n",
            ),
            (
                "parts/base.yaml",
                "services:\n  base: {extends: inner}\n  inner: {image: 'r.example/agent:1.4.2@<a>'}\n  never: {image: 'not-run:latest'}\n",
            ),
        ],
    );
    assert_eq!(
        images(&pin),
        [
            "agent=r.example/agent@a",
            "db=r.example/db@b",
            "cache=r.example/cache@c"
        ]
    );
    let rules = Rules {
        over: vec!["compose.prod.yaml".to_owned(), "prod.env".to_owned()],
        ..primary("agent")
    };
    let pin = pinned(
        &rules,
        &[
            (
                "compose.yaml",
                "services: {agent: {image: 'r.example/agent:dev'}, tool: {build: .}}\nx-version: 1.4.2\n",
            ),
            (
                "compose.prod.yaml",
                "services: {agent: {image: 'r.example/agent@${AGENT}'}}\n",
            ),
            ("prod.env", "AGENT=<e>\n"),
        ],
    );
    assert_eq!(images(&pin), ["agent=r.example/agent@e"]);
}

#[test]
fn facts_of_an_image_come_from_one_place() {
    let two = "migrations:\n  image:\n    repository: r.example/migrations\n    tag: v9.9.9\n    digest: <a>\nagent:\n  image:\n    repository: r.example/agent\n    tag: v1.4.2\n    digest: <d>\n";
    let pin = pinned(&primary("agent"), &[("values.yaml", two)]);
    assert_eq!(
        images(&pin),
        [
            "agent=r.example/agent@d",
            "migrations=r.example/migrations@a"
        ]
    );
    assert_eq!(
        (pin.version.as_str(), pin.image_tag.as_deref(), pin.tag),
        ("1.4.2", Some("v1.4.2"), None)
    );
    for (name, body, image) in [
        (
            "values.yaml",
            "global: {imageRegistry: ''}\nimage: {registry: r.example, repository: acme/agent, tag: v1.4.2, digest: '<d>'}\n",
            "r.example/acme/agent",
        ),
        (
            "values.yaml",
            "global: {imageRegistry: mirror.example}\nimage: {registry: r.example, repository: acme/agent, tag: v1.4.2, digest: '<d>'}\n",
            "mirror.example/acme/agent",
        ),
        (
            "values.yaml",
            "image: {repository: r.example/agent, tag: 'v1.4.2@<d>'}\n",
            "r.example/agent",
        ),
        (
            "terraform.tfvars",
            "agent_version = \"1.4.2\"\nagent_image = \"r.example/agent@<d>\"\n",
            "r.example/agent",
        ),
        (
            "agent.auto.tfvars.json",
            "{\"agent_version\": \"1.4.2\", \"agent_image\": \"r.example/agent@<d>\"}",
            "r.example/agent",
        ),
        (
            "group_vars.yml",
            "agent_version: 1.4.2\nagent_image: r.example/agent\nagent_digest: <d>\n",
            "r.example/agent",
        ),
        (
            "vars.json",
            "{\"agentVersion\": \"1.4.2\", \"agentImage\": \"r.example/agent@<d>\", \"database_version\": \"9\"}",
            "r.example/agent",
        ),
        (
            ".env",
            "AGENT_VERSION=1.4.2\nAGENT_REPO=r.example/agent\nAGENT_DIGEST=<d>\nDB_TAG=16\n",
            "r.example/agent",
        ),
        (
            "pin.json",
            "{\"agent\": {\"version\": \"1.4.2\", \"image\": \"r.example/agent\", \"digest\": \"<d>\"}, \"sbom\": {\"digest\": \"<e>\"}}",
            "r.example/agent",
        ),
    ] {
        let pin = pinned(&Rules::default(), &[(name, body)]);
        assert_eq!(pin.image.as_deref(), Some(image), "{name}: {body}");
        assert_eq!(
            (pin.version.as_str(), pin.digest.hex()),
            ("1.4.2", "d".repeat(64).as_str()),
            "{name}: {body}"
        );
        assert!(pin.others.is_empty(), "{name}: {body}");
    }
}

#[test]
fn a_set_names_roles_signers_and_the_primary_image() {
    let json = r#"{ "version": "2.1.0", "images": {
        "worker": { "image": "r.example/worker@<b>", "signed_by": { "public_key": "worker.pub" } },
        "agent":  { "image": "r.example/agent@<a>", "primary": true, "sbom": "https://r.example/agent.cdx.json",
                    "signed_by": { "certificate_identity": "https://ci.example/agent@refs/tags/v2.1.0", "certificate_oidc_issuer": "https://issuer.example" } },
        "helper": { "image": "r.example/helper@<d>" },
        "postgres": { "image": "docker.io/library/postgres@<c>", "role": "third-party" } } }"#;
    let pin = pinned(&Rules::default(), &[("pin.json", json)]);
    assert_eq!(pin.name, "agent");
    assert_eq!(
        pin.sbom.as_deref(),
        Some("https://r.example/agent.cdx.json")
    );
    let signer = |name: &str| {
        pin.images()
            .into_iter()
            .find(|image| image.name == name)
            .unwrap()
            .signer
    };
    assert_eq!(signer("worker"), Some(Signer::Key("worker.pub".into())));
    assert_eq!(
        signer("helper"),
        signer("agent"),
        "the release's own, where it names none"
    );
    assert_eq!(signer("postgres"), None);
    let other = |from: &str, to: &str| {
        let (pin, findings) =
            read_files(&Rules::default(), &[("pin.json", &json.replace(from, to))]);
        assert!(pin.is_none());
        codes(&findings).join(" ")
    };
    assert_eq!(other("\"primary\": true,", ""), "pin-primary", "which one?");
    assert_eq!(
        other(
            "\"image\": \"r.example/worker",
            "\"primary\": true, \"image\": \"r.example/worker"
        ),
        "pin-primary",
        "two"
    );
    let (_, findings) = read_files(&primary("nobody"), &[("pin.json", json)]);
    assert!(codes(&findings).contains(&"pin-primary"), "{findings:?}");
    let flat = "{\"version\": \"1.0.0\", \"web\": \"r.example/web@<a>\", \"worker\": \"r.example/worker@<b>\", \"sbom_ref\": \"r.example/sbom@<c>\"}";
    assert_eq!(
        images(&pinned(&primary("web"), &[("pin.json", flat)])),
        ["web=r.example/web@a", "worker=r.example/worker@b"]
    );
    let list = "version: 1.0.0\nimages:\n- name: web\n  image: r.example/web@<a>\n- r.example/worker@<b>\n";
    assert_eq!(
        images(&pinned(&primary("web"), &[("images.yaml", list)])),
        ["web=r.example/web@a", "worker=r.example/worker@b"]
    );
}

#[test]
fn kubernetes_is_read_in_all_its_documents() {
    let body = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: agent, labels: {app.kubernetes.io/version: 1.4.2}}\n  spec:\n    template:\n      spec:\n        initContainers: [{name: migrate, image: 'r.example/migrate@<b>'}]\n        containers:\n        - {name: agent, image: 'r.example/agent:1.4.2@<a>'}\n        ephemeralContainers: [{name: debug, image: 'r.example/debug@<c>'}]\n---\n\n---\napiVersion: example.com/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {image: 'r.example/db@<d>'}\n";
    let pin = pinned(&primary("agent"), &[("manifests.yaml", body)]);
    assert_eq!(
        images(&pin),
        [
            "agent=r.example/agent@a",
            "migrate=r.example/migrate@b",
            "debug=r.example/debug@c",
            "db=r.example/db@d"
        ]
    );
    assert_eq!(pin.version.as_str(), "1.4.2");
}

#[test]
fn bad_pins_are_refused_at_their_place() {
    let laughs: String = (1..9).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(),
        |text, n| {
            let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
            format!("{text}a{n}: &a{n} [{aliases}]\n")
        },
    );
    for (name, body, code, word) in [
        (
            "pin.yaml",
            "version: 1.0.0\nimage: r.example/a@<a>\nversion: 2.0.0\n",
            "pin-unreadable",
            "`version` stands twice",
        ),
        (
            "pin.json",
            "{\"digest\": \"r.example/a@<a>\", \"digest\": \"r.example/a@<b>\"}",
            "pin-unreadable",
            "stands twice",
        ),
        ("pin.yaml", laughs.as_str(), "pin-unreadable", "aliases"),
        ("pin.yaml", "a: &a\n  b: *a\n", "pin-unreadable", ""),
        (
            "compose.yaml",
            "services: {web: {image: 'r.example/web@${MISSING}'}}\n",
            "pin-field",
            "`MISSING` has no value",
        ),
        (
            "compose.yaml",
            "services: {a: {extends: b}, b: {extends: a}}\n",
            "pin-field",
            "extends",
        ),
        (
            "compose.yaml",
            "include: [../outside.yaml]\nservices: {web: {image: 'r.example/web:1.0.0@<a>'}}\n",
            "pin-unreadable",
            "outside.yaml",
        ),
        (
            "compose.yaml",
            "services: {web: {image: 'r.example/web@sha512:<a>'}}\n",
            "digest-malformed",
            "not a sha256",
        ),
        (
            "pin.nix",
            "{ version = \"1.4.2\"; }\n",
            "pin-unreadable",
            "`.nix`",
        ),
        (
            "pin.json",
            "{\"version\": \"1.0.0\", \"digest\": \"r.example/a@<a>\", \"public_key\": \"-----BEGIN PUBLIC KEY-----\\nMFkw\\n\"}",
            "pin-field",
            "the key itself",
        ),
    ] {
        let body = body.replace("sha512:<a>", &format!("sha512:{}", "a".repeat(128)));
        let (_, findings) = read_files(&Rules::default(), &[(name, &body)]);
        let said = findings
            .iter()
            .find(|finding| finding.code.as_str() == code && finding.message.contains(word));
        let said = said.unwrap_or_else(|| panic!("{name} {body:.80}: {findings:?}"));
        assert!(
            said.is_error() && said.help.is_some() && said.text.is_some(),
            "{said:?}"
        );
    }
}

#[test]
fn an_older_release_may_have_had_another_name_for_its_image() {
    let text = Text::new(
        "v1.0.0:compose.yaml",
        filled("services: {server: {image: 'r.example/agent:1.0.0@<a>'}}\n"),
    );
    let (pin, findings) = read(&text, &primary("agent"), Some("v1.0.0"), &|_| None);
    assert!(
        pin.is_some() && !codes(&findings).contains(&"pin-primary"),
        "{findings:?}"
    );
}

#[test]
fn what_fields_name_is_the_primary_image() {
    let body = "services:\n  db:\n    image: r.example/db@<a>\n  agent:\n    image: r.example/agent:1.4.2@<d>\n";
    let rules = Rules {
        fields: Fields::from([("digest".into(), "/services/agent/image".into())]),
        ..Rules::default()
    };
    assert_eq!(
        images(&pinned(&rules, &[("compose.yaml", body)])),
        ["agent=r.example/agent@d", "db=r.example/db@a"]
    );
    let nowhere = Rules {
        fields: Fields::from([("digest".into(), "/services/nobody/image".into())]),
        ..Rules::default()
    };
    let (pin, findings) = read_files(&nowhere, &[("compose.yaml", body)]);
    assert!(
        pin.is_none() && codes(&findings).contains(&"pin-field"),
        "{findings:?}"
    );
}

fn set(version: &str, digests: [&str; 3]) -> String {
    let [agent, worker, postgres] = digests;
    format!(
        r#"{{ "version": "{version}", "tag": "v{version}", "source_revision": "{}", "public_key": "cosign.pub", "images": {{
        "agent": {{ "image": "r.example/agent@<{agent}>", "primary": true }},
        "worker": {{ "image": "r.example/worker@<{worker}>" }},
        "postgres": {{ "image": "docker.io/library/postgres@<{postgres}>", "role": "third-party" }} }} }}"#,
        "0123456789".repeat(4)
    )
}

fn found(image: &Image) -> Registered {
    let child = |platform: &str| Child {
        platform: platform.to_owned(),
        digest: format!("sha256:{}", "0".repeat(64)),
        there: true,
        attestation: false,
    };
    let manifest = Manifest {
        digest: image.digest.to_string(),
        children: vec![child("linux/amd64"), child("linux/arm64")],
    };
    Registered {
        image: image.clone(),
        by_digest: Ok(Some(manifest.clone())),
        by_tag: Ok(Some(manifest)),
    }
}

/// The rows of a review of 1.0.1 that are not so.
fn not_so(
    before: &str,
    after: &str,
    trusted: &[String],
    spoil: &dyn Fn(&mut Vec<Registered>),
) -> Vec<String> {
    let before = pinned(&Rules::default(), &[("pin.json", before)]);
    let (pin, findings) = read_files(&Rules::default(), &[("pin.json", after)]);
    let flaws: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| finding.message.clone())
        .collect();
    let mut answers: Vec<Registered> = pin
        .iter()
        .flat_map(Pin::images)
        .map(|image| found(&image))
        .collect();
    spoil(&mut answers);
    let log = changelog::read(Text::new("CHANGELOG.md", "## 1.0.1\n\nText.\n"), None);
    let rows = review(&Proposed {
        version: &version("1.0.1"),
        tag: "v1.0.1",
        pin: pin.as_ref(),
        flaws: &flaws,
        trusted,
        signers: &[],
        before: Some(&before),
        source_commit: Some(&"0123456789".repeat(4)),
        changelog: &log,
        source_changelog: None,
        changed: &[],
        expected: &[],
        answers: &answers,
        other_facts: Some(Vec::new()),
        published: None,
    });
    rows.into_iter()
        .filter(|row| row.answer == Answer::Fail)
        .map(|row| format!("{}: {}", row.check, row.why))
        .collect()
}

#[test]
fn one_image_that_is_not_so_is_found_by_its_name() {
    let (old, new) = (set("1.0.0", ["a", "b", "c"]), set("1.0.1", ["d", "e", "c"]));
    let as_is = |_: &mut Vec<Registered>| ();
    assert_eq!(not_so(&old, &new, &[], &as_is), [""; 0]);
    type Spoil<'s> = &'s dyn Fn(&mut Vec<Registered>);
    let spoils: [(&str, Spoil<'_>); 7] = [
        ("image worker: the registry has no", &|all| {
            all[1].by_digest = Ok(None)
        }),
        ("image postgres: it does not answer", &|all| {
            all[2].by_digest = Err("it does not answer".into())
        }),
        ("image worker: the registry lost linux/arm64", &|all| {
            all[1]
                .by_digest
                .as_mut()
                .unwrap()
                .as_mut()
                .unwrap()
                .children[1]
                .there = false;
        }),
        ("image worker: leads to sha256:9", &|all| {
            all[1].by_tag.as_mut().unwrap().as_mut().unwrap().digest = "sha256:9".into();
        }),
        (
            "image postgres: the registry answers with sha256:9",
            &|all| {
                all[2].by_digest.as_mut().unwrap().as_mut().unwrap().digest = "sha256:9".into();
            },
        ),
        ("digest: the registry has no", &|all| {
            all[0].by_digest = Ok(None)
        }),
        ("tag of the image: leads to sha256:9", &|all| {
            all[0].by_tag.as_mut().unwrap().as_mut().unwrap().digest = "sha256:9".into();
        }),
    ];
    for (said, spoil) in spoils {
        let rows = not_so(&old, &new, &[], spoil);
        assert!(
            rows.iter().any(|row| row.starts_with(said)),
            "{said}: {rows:?}"
        );
    }
    for (said, from, to) in [
        (
            "image worker: r.example/other@",
            "r.example/worker@",
            "r.example/other@",
        ),
        ("image name: ", "r.example/agent@", "mallory.example/agent@"),
        (
            "signing identity: `worker`: signed by the key other.pub, and before by the key cosign.pub",
            "\"worker\": {",
            "\"worker\": { \"signed_by\": { \"public_key\": \"other.pub\" },",
        ),
        (
            "pin: `worker`: `r.example/worker:1.0.1` is a tag",
            "r.example/worker@<e>",
            "r.example/worker:1.0.1",
        ),
        (
            "pin: `agent` and `worker` both say",
            "\"worker\": {",
            "\"worker\": { \"primary\": true,",
        ),
    ] {
        let rows = not_so(&old, &new.replace(from, to), &[], &as_is);
        assert!(
            rows.iter().any(|row| row.starts_with(said)),
            "{said}: {rows:?}"
        );
    }
    let new = new.replace("r.example/worker@", "r.example/other@");
    assert_eq!(
        not_so(&old, &new, &["r.example/other".to_owned()], &as_is),
        [""; 0],
        "the vendor added it"
    );
}

#[test]
fn the_note_verifies_every_image_of_the_vendor_in_one_command() {
    let pin = pinned(
        &Rules::default(),
        &[("pin.json", &set("1.0.1", ["d", "e", "c"]))],
    );
    let verify = VerifyPart::of(&pin).unwrap();
    let names: Vec<&str> = verify
        .images
        .iter()
        .map(|image| image.name.as_str())
        .collect();
    assert_eq!(names, ["agent", "worker", "postgres"]);
    // The customer pastes it: a shell runs it, with a cosign that accepts one image only.
    let script = format!(
        "cosign() {{ case \"$*\" in *agent@*) return 0 ;; *) echo no >&2; return 1 ;; esac; }}\n{}",
        verify.command
    );
    let ran = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(
        said,
        filled("verified: r.example/agent@<d>\nNOT VERIFIED: r.example/worker@<e>\n")
    );
}

#[test]
fn what_containers_really_run_is_compared_with_the_pin() {
    let pin = pinned(
        &Rules::default(),
        &[("pin.json", &set("1.0.1", ["d", "e", "c"]))],
    );
    let id = |letter: &str| letter.repeat(64);
    let ps = format!(
        "/agent=sha256:{}\n/worker={}\n/db=sha256:{}\n/other=sha256:{}\n",
        id("1"),
        id("2"),
        id("3"),
        id("4")
    );
    let images = |worker: &str| {
        filled(&format!(
            "{}=[r.example/agent@<d> mirror.example/agent@<d>]\nsha256:{}=[{worker}]\nsha256:{}=[postgres@<c>]\nsha256:{}=[]\nwarning: something\n",
            id("1"),
            id("2"),
            id("3"),
            id("4")
        ))
    };
    let compared = compare(&pin, &read_containers(&ps, &images("r.example/worker@<e>")));
    assert_eq!(
        (compared.right, compared.wrong.len(), compared.absent.len()),
        (3, 0, 0),
        "{compared:?}"
    );
    // A container that runs another image than `/version` says.
    let compared = compare(&pin, &read_containers(&ps, &images("r.example/worker@<f>")));
    assert_eq!(
        compared.wrong,
        [filled(
            "`worker` runs r.example/worker@<f>, and the pin names r.example/worker@<e>"
        )]
    );
    // A profile may leave it out; nobody looked at it.
    let compared = compare(&pin, &read_containers(&ps, &images("")));
    assert_eq!(
        (compared.wrong, compared.absent),
        (vec![], vec!["worker".to_owned()])
    );
    let compared = compare(&pin, &[]);
    assert_eq!(
        compared.wrong,
        [filled("no container runs r.example/agent@<d>")]
    );
}

#[test]
fn a_release_is_known_by_the_digest_of_any_of_its_images() {
    let repo = Repo::new();
    repo.write("tidings.toml", TOML);
    for (name, digests) in [
        ("1.0.0", ["a", "b", "c"]),
        ("1.0.1", ["d", "b", "c"]),
        ("1.0.2", ["e", "f", "c"]),
    ] {
        repo.write("pin.json", filled(&set(name, digests)));
        let entries: String = ["1.0.2", "1.0.1", "1.0.0"]
            .iter()
            .filter(|version| **version <= name)
            .map(|version| format!("## {version} - 2026-05-01\n\nText.\n\n"))
            .collect();
        repo.write("CHANGELOG.md", format!("# Changelog\n\n{entries}"));
        repo.tag(&format!("v{name}"));
    }
    let identify = |answer: &str| {
        repo.write("answer.json", filled(answer));
        repo.tidings(&["-q", "identify", "answer.json", "--format", "json"])
            .out
    };
    let says =
        |out: &str, version: &str| out.contains(&format!("\"version\": \"{version}\",\n  \"tag\""));
    let newest = identify("{\"digest\": \"<e>\"}");
    assert!(says(&newest, "1.0.2"), "{newest}");
    assert!(
        says(&identify("{\"digest\": \"<f>\"}"), "1.0.2"),
        "of the worker"
    );
    // The worker of two releases: the version says which.
    let both = identify("{\"version\": \"1.0.1\", \"digest\": \"<b>\"}");
    assert!(
        says(&both, "1.0.1") && both.contains("\"disagreements\": []"),
        "{both}"
    );
    let other = identify("{\"version\": \"1.0.2\", \"digest\": \"<a>\"}");
    assert!(
        says(&other, "1.0.0") && !other.contains("\"disagreements\": []"),
        "{other}"
    );
}

#[test]
fn a_file_beside_the_pin_changes_in_facts_and_numbers_only() {
    let pin =
        |version: &str, digests| pinned(&Rules::default(), &[("pin.json", &set(version, digests))]);
    let (old, new) = (pin("1.0.0", ["a", "b", "c"]), pin("1.0.1", ["d", "e", "c"]));
    let chart = "name: agent\nversion: 3.1.0\nappVersion: 1.0.0\nimage: r.example/agent@<a>\n";
    let good = "name: agent\nversion: 3.2.0\nappVersion: 1.0.1\nimage: r.example/agent@<d>\n";
    let other = |after: &str| other_changes_with((&filled(chart), &old), (&filled(after), &new));
    assert_eq!(other(good), [""; 0]);
    assert_eq!(
        other(&good.replace("name: agent", "name: evil")),
        ["name: evil", "gone: name: agent"]
    );
    assert_eq!(
        other(&format!("{good}privileged: true\n")),
        ["privileged: true"]
    );
    assert_eq!(
        other(&good.replace("r.example", "mallory.example")).len(),
        2
    );
}

#[test]
fn a_signer_that_the_vendor_names_counts_whatever_its_form() {
    let keyless = |version: &str, identity: &str| {
        format!(
            "{{\"version\": \"{version}\", \"tag\": \"v{version}\", \"digest\": \"r.example/agent@<a>\", \"source_revision\": \"{}\",\n\"certificate_identity\": \"{identity}\", \"certificate_oidc_issuer\": \"https://accounts.example\"}}",
            "0123456789".repeat(4)
        )
    };
    let mail = "releaser@acme.example";
    let judged = |identity: &str, signers: &[(String, String)]| -> Vec<String> {
        let before = pinned(&Rules::default(), &[("pin.json", &keyless("1.0.0", mail))]);
        let pin = pinned(
            &Rules::default(),
            &[(
                "pin.json",
                &keyless("1.0.1", identity).replace("<a>", "<b>"),
            )],
        );
        let answers: Vec<Registered> = pin.images().iter().map(found).collect();
        let log = changelog::read(Text::new("CHANGELOG.md", "## 1.0.1\n\nText.\n"), None);
        let rows = review(&Proposed {
            version: &version("1.0.1"),
            tag: "v1.0.1",
            pin: Some(&pin),
            flaws: &[],
            trusted: &[],
            signers,
            before: Some(&before),
            source_commit: Some(&"0123456789".repeat(4)),
            changelog: &log,
            source_changelog: None,
            changed: &[],
            expected: &[],
            answers: &answers,
            other_facts: Some(Vec::new()),
            published: None,
        });
        rows.into_iter()
            .filter(|row| row.answer == Answer::Fail)
            .map(|row| row.why)
            .collect()
    };
    let named = |identity: &str| vec![(identity.to_owned(), "https://accounts.example".to_owned())];
    assert!(judged(mail, &[])[0].contains("is not of `v1.0.1`"));
    assert_eq!(judged(mail, &named(mail)), [""; 0]);
    for (identity, signers) in [
        ("mallory@acme.example", named(mail)),
        ("releaser@acme.example.evil", named(mail)),
        (
            mail,
            vec![(mail.to_owned(), "https://other.example".to_owned())],
        ),
    ] {
        assert!(
            judged(identity, &signers)[0].contains("is not among"),
            "{identity}"
        );
    }
}
