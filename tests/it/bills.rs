//! Bills of materials in the forms that tools write, what a page says of them, and whether they are of the image that is released.

#![allow(
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    reason = "documents are written where they are read"
)]

use std::cell::Cell;
use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tidings::diag::{Finding, Text};
use tidings::publish::{Before, Platforms, of_another_image, order, sbom_section};
use tidings::sources::sbom::{Sbom, is_named_like_one, read};

use crate::fixture::digest;
use crate::github::{Fake, Vendor};

fn of(name: &str, body: impl ToString) -> Sbom {
    match read(&Text::new(name, body.to_string())) {
        Ok(Some(sbom)) => sbom,
        other => panic!("{name}: {other:?}"),
    }
}

fn refused(name: &str, body: impl ToString) -> Finding {
    match read(&Text::new(name, body.to_string())) {
        Err(finding) => finding,
        other => panic!("{name}: {other:?}"),
    }
}

fn is_none_at_all(name: &str, body: &str) -> bool {
    matches!(read(&Text::new(name, body)), Ok(None))
}

fn cyclonedx(parts: Value) -> Value {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts })
}

fn with_subject(mut document: Value, subject: Value) -> Value {
    document["metadata"]["component"] = subject;
    document
}

fn library(name: &str, version: &str) -> Value {
    json!({ "type": "library", "name": name, "version": version })
}

/// What is said since 1.0.0, without the frame: `raised: zlib 1.2 → 1.3`.
fn changes(before: &Sbom, after: &Sbom) -> Vec<String> {
    let before = Before {
        version: "1.0.0",
        sbom: Some(before),
    };
    let text = sbom_section("sbom.json", after, Some(&before), 30_000);
    let mut kind = String::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(row) = line.strip_prefix("- ") {
            rows.push(format!("{kind}: {}", row.replace('`', "")));
        } else if let Some(title) = line.strip_suffix(':') {
            kind = title.to_lowercase();
        }
    }
    assert_eq!(
        rows.is_empty(),
        text.contains("The same as in 1.0.0."),
        "{text}"
    );
    rows
}

fn zlib_is_raised(name: &str, of_version: impl Fn(&str) -> String) -> Sbom {
    let (before, after) = (of(name, of_version("1.2")), of(name, of_version("1.3")));
    assert_eq!(
        changes(&before, &after),
        ["raised: zlib 1.2 → 1.3"],
        "{name}"
    );
    assert_eq!(after.count(), 1, "{name}");
    after
}

#[test]
fn every_form_is_read() {
    let nine = "9".repeat(64);
    let described = vec![vec![format!("sha256:{nine}")]];
    for version in ["1.0", "1.4", "1.5", "1.6", "1.7"] {
        let xml = zlib_is_raised("sbom.cdx.xml", |zlib| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<c:bom xmlns:c=\"http://cyclonedx.org/schema/bom/{version}\" version=\"1\">\
             <c:metadata><c:tools><c:components><c:component type=\"application\"><c:name>maker</c:name></c:component></c:components></c:tools></c:metadata>\
             <c:components><c:component type=\"library\"><c:name>zl&#105;b</c:name><c:version><![CDATA[{zlib}]]></c:version>\
             <c:pedigree><c:ancestors><c:component type=\"library\"><c:name>old</c:name><c:version>0</c:version></c:component></c:ancestors></c:pedigree>\
             </c:component></c:components></c:bom>"
            )
        });
        assert_eq!(xml.format, format!("CycloneDX {version}"));
        let json = zlib_is_raised("sbom.json", |zlib| {
            let mut document = cyclonedx(json!([library("zlib", zlib)]));
            document["specVersion"] = version.into();
            document["metadata"]["tools"] = json!({ "components": [library("maker", "1")] });
            // As .NET's writers begin their files.
            format!("\u{feff}{document}")
        });
        assert_eq!(json.format, format!("CycloneDX {version}"));
    }
    zlib_is_raised("sbom.json", |zlib| {
        // GitHub's dependency graph.
        json!({ "sbom": { "spdxVersion": "SPDX-2.3", "packages": [{ "name": "zlib", "versionInfo": zlib }] } }).to_string()
    });
    for version in ["SPDX-2.2", "SPDX-2.3"] {
        let json = zlib_is_raised("s.spdx.json", |zlib| {
            json!({
            "spdxVersion": version, "SPDXID": "SPDXRef-DOCUMENT", "files": [{ "fileName": "a" }],
            "packages": [{ "SPDXID": "SPDXRef-i", "name": "agent", "versionInfo": format!("sha256:{nine}") }, { "SPDXID": "SPDXRef-a", "name": "zlib", "versionInfo": zlib }],
            "relationships": [{ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-i" }]
        }).to_string()
        });
        let tags = zlib_is_raised("sbom.spdx", |zlib| {
            format!(
                "SPDXVersion: {version}\nSPDXID: SPDXRef-DOCUMENT\nDocumentComment: <text>one\nPackageName: not one\n</text>\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-i\n\n\
             PackageName: agent\nSPDXID: SPDXRef-i\nPrimaryPackagePurpose: CONTAINER\nPackageChecksum: SHA256: {nine}\n\
             PackageName: zlib\r\nPackageVersion: {zlib}\r\n\nFileName: ./a\nSPDXID: SPDXRef-f\n"
            )
        });
        for sbom in [json, tags] {
            assert_eq!(sbom.format, version.replace('-', " "));
            assert_eq!((&sbom.subject, sbom.files), (&described, 1));
        }
    }
    let spdx3 = zlib_is_raised("sbom.spdx3.json", |zlib| {
        json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
        { "type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1" },
        { "type": "SpdxDocument", "spdxId": "urn:x:doc", "rootElement": ["urn:x:bom"] },
        { "type": "software_Sbom", "spdxId": "urn:x:bom", "rootElement": "urn:x:img" },
        { "type": "software_Package", "spdxId": "urn:x:img", "name": "agent", "software_primaryPurpose": "container", "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256", "hashValue": nine }] },
        { "type": "software_File", "spdxId": "urn:x:f", "name": "a" },
        { "type": "software_Package", "spdxId": "urn:x:z", "name": "zlib", "software_packageVersion": zlib, "verifiedUsing": ["_:hash"] }] }).to_string()
    });
    assert_eq!(
        (&*spdx3.format, &spdx3.subject, spdx3.files),
        ("SPDX 3.0.1", &described, 1)
    );
    let syft = zlib_is_raised("sbom.syft.json", |zlib| {
        json!({
        "artifacts": [{ "name": "zlib", "version": zlib, "type": "deb", "licenses": ["Zlib"] }, { "name": "zlib", "version": zlib, "type": "deb", "licenses": [{ "value": "Zlib", "spdxExpression": "" }] }],
        "source": { "type": "image", "target": { "manifestDigest": format!("sha256:{nine}"), "repoDigests": [] } }, "distro": { "id": "debian" }, "schema": { "version": "16.0.0" } }).to_string()
    });
    assert_eq!(
        (&*syft.format, &syft.subject, syft.systems),
        ("Syft JSON 16.0.0", &described, 1)
    );
}

#[test]
fn statements_and_envelopes_are_opened() {
    let nine = "9".repeat(64);
    let statement = |kind: &str, predicate: Value| json!({ "_type": "https://in-toto.io/Statement/v0.1", "predicateType": kind, "subject": [{ "name": "agent", "digest": { "sha256": nine } }], "predicate": predicate });
    let envelope = |inner: &Value| json!({ "payloadType": "application/vnd.in-toto+json", "payload": STANDARD.encode(inner.to_string()), "signatures": [] });
    let bare = |zlib: &str| {
        statement(
            "https://cyclonedx.org/bom",
            cyclonedx(json!([library("zlib", zlib)])),
        )
    };
    let forms: [(&str, &dyn Fn(&str) -> Value); 4] = [
        ("sbom.intoto.json", &|zlib| bare(zlib)),
        ("sbom.dsse.json", &|zlib| envelope(&bare(zlib))),
        (
            "bundle.json",
            &|zlib| json!({ "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope(&bare(zlib)) }),
        ),
        ("sbom.json", &|zlib| {
            statement(
                "https://spdx.dev/Document/v2.3",
                json!({ "spdxVersion": "SPDX-2.3", "packages": [{ "name": "zlib", "versionInfo": zlib }] }),
            )
        }),
    ];
    for (name, form) in forms {
        let sbom = zlib_is_raised(name, |zlib| form(zlib).to_string());
        assert_eq!(sbom.subject, [[format!("sha256:{nine}")]], "{name}");
    }
    // Provenance is no bill of materials.
    let provenance = statement("https://slsa.dev/provenance/v1", json!({}));
    assert!(is_none_at_all(
        "provenance.intoto.json",
        &provenance.to_string()
    ));
    // No envelope in an envelope in an envelope.
    let twice = envelope(&envelope(&bare("1")));
    assert_eq!(refused("sbom.json", twice).code.as_str(), "sbom-unknown");
    let hollow = statement("https://cyclonedx.org/bom", json!({ "Data": "{}" }));
    assert_eq!(refused("a.json", hollow).code.as_str(), "sbom-unreadable");
}

#[test]
fn what_is_nested_counts() {
    let server = |parts: Value| {
        of(
            "sbom.json",
            cyclonedx(
                json!([{ "type": "library", "name": "server", "version": "1", "components": parts }]),
            ),
        )
    };
    let before = server(json!([
        library("libtls", "3.0.1"),
        library("zstd", "1.5.0")
    ]));
    let after = server(
        json!([library("libtls", "3.0.9"), { "type": "library", "name": "zstd", "version": "1.5.0", "components": [library("backdoor", "0.1")] }]),
    );
    assert_eq!(after.count(), 4);
    assert_eq!(
        changes(&before, &after),
        ["added: backdoor 0.1", "raised: libtls 3.0.1 → 3.0.9"]
    );
    let xml = of(
        "bom.xml",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.5\"><metadata><component type=\"application\"><name>agent</name><components><component type=\"library\"><name>part</name></component></components></component></metadata>\
        <components><component type=\"library\"><name>server</name><version>1</version><components><component type=\"library\"><name>libtls</name><version>3</version></component></components></component></components></bom>",
    );
    let names: Vec<&str> = xml.components.values().map(|part| &*part.name).collect();
    assert_eq!(names, ["libtls", "part", "server"]);
}

#[test]
fn the_package_address_is_the_identity() {
    let part = |purl: &str, name: &str| {
        let version = purl.rsplit_once('@').unwrap().1;
        json!({ "type": "library", "name": name, "version": version, "purl": purl })
    };
    let named = |purls: &[(&str, &str)]| {
        let parts: Vec<Value> = purls.iter().map(|(purl, name)| part(purl, name)).collect();
        of("sbom.json", cyclonedx(parts.into()))
    };
    let before = named(&[
        ("pkg:npm/%40babel/core@7.1.0", "core"),
        ("pkg:npm/%40angular/core@1.0.0", "core"),
    ]);
    let after = named(&[
        ("pkg:npm/@angular/core@7.1.0", "core"),
        ("pkg:npm/@babel/core@1.0.0", "core"),
    ]);
    assert_eq!(
        changes(&before, &after),
        [
            "raised: @angular/core 1.0.0 → 7.1.0",
            "lowered: @babel/core 7.1.0 → 1.0.0"
        ]
    );
    let before = named(&[
        ("pkg:pypi/redis@5.0", "redis"),
        ("pkg:deb/debian/redis@7.2", "redis"),
    ]);
    let after = named(&[
        ("pkg:pypi/Redis@5.0", "Redis"),
        ("pkg:deb/debian/redis@7.4", "redis"),
    ]);
    assert_eq!(changes(&before, &after), ["raised: redis (deb) 7.2 → 7.4"]);
    // Neither where it was found nor for which machine is part of it.
    let before = of(
        "sbom.json",
        cyclonedx(
            json!([{ "name": "zlib1g", "purl": "pkg:deb/debian/zlib1g@1%3A1.2-1?arch=amd64&distro=debian-12" }]),
        ),
    );
    let after = of(
        "sbom.json",
        cyclonedx(
            json!([{ "name": "zlib1g", "purl": "pkg:deb/debian/zlib1g@1%3A1.2-1?arch=arm64&distro=debian-13" }]),
        ),
    );
    assert_eq!(changes(&before, &after), Vec::<String>::new());
    // Without an address, the group and the type say it.
    let grouped = |group: &str, version: &str| json!({ "type": "library", "group": group, "name": "core", "version": version });
    let before = of(
        "sbom.json",
        cyclonedx(json!([grouped("a", "1"), grouped("b", "1")])),
    );
    let after = of(
        "sbom.json",
        cyclonedx(json!([grouped("a", "1"), grouped("b", "2")])),
    );
    assert_eq!(changes(&before, &after), ["raised: b/core 1 → 2"]);
}

#[test]
fn files_the_system_and_duplicates_do_not_count() {
    let sbom = of(
        "sbom.json",
        cyclonedx(json!([
            library("zlib", "1.2"), library("zlib", "1.2"), library("zlib", "1.2"), library("zlib", "1.1"),
            { "type": "file", "name": "/usr/bin/a" }, { "type": "file", "name": "/usr/bin/b" },
            { "type": "operating-system", "name": "debian", "version": "13" },
            { "type": "application", "name": "app/composer.lock", "properties": [{ "name": "aquasecurity:trivy:Class", "value": "lang-pkgs" }] },
        ])),
    );
    assert_eq!(sbom.count(), 2, "one in two versions");
    let text = sbom_section("sbom.json", &sbom, None, 30_000);
    assert!(text.contains("`sbom.json` lists 2 components (CycloneDX 1.6; 3 files and the operating system not counted)."), "{text}");
}

#[test]
fn changes_are_told_apart() {
    let part = |name: &str, version: &str, licence: &str| json!({ "type": "library", "name": name, "version": version, "licenses": [{ "license": { "id": licence } }] });
    let before = of(
        "sbom.json",
        cyclonedx(json!([
            part("a", "1.9", "MIT"),
            part("b", "2.0", "MIT"),
            part("c", "1", "MIT"),
            part("d", "0123456789abcdef", "MIT"),
            part("e", "1", "Apache-2.0"),
            part("g", "1", ""),
            part("h", "1", "MIT"),
            part("h", "2", "MIT")
        ])),
    );
    let after = of(
        "sbom.json",
        cyclonedx(json!([
            part("a", "1.10", "MIT"),
            part("b", "1.9", "MIT"),
            part("d", "fedcba9876543210", "MIT"),
            part("e", "1", "BUSL-1.1"),
            part("f", "1", "MIT"),
            part("g", "1", "MIT"),
            part("h", "1", "MIT"),
            part("h", "3", "MIT")
        ])),
    );
    assert_eq!(
        changes(&before, &after),
        [
            "added: f 1",
            "removed: c 1",
            "raised: a 1.9 → 1.10",
            "lowered: b 2.0 → 1.9",
            "changed: d 0123456789abcdef → fedcba9876543210",
            "changed: h 1, 2 → 1, 3",
            "under another licence: e Apache-2.0 → BUSL-1.1",
        ]
    );
    let spdx = of(
        "s.spdx.json",
        json!({ "spdxVersion": "SPDX-2.3", "packages": [{ "name": "a", "versionInfo": "1.9", "licenseDeclared": "NOASSERTION", "licenseConcluded": "MIT" }] }),
    );
    assert!(
        spdx.components
            .values()
            .all(|part| part.licences.contains("MIT"))
    );
    let other = sbom_section(
        "sbom.json",
        &after,
        Some(&Before {
            version: "1.0.0",
            sbom: Some(&spdx),
        }),
        30_000,
    );
    assert!(other.contains("another form (SPDX 2.3)"), "{other}");
    let unread = sbom_section(
        "sbom.json",
        &after,
        Some(&Before {
            version: "1.0.0",
            sbom: None,
        }),
        30_000,
    );
    assert!(
        unread.contains("It was not compared: the one of 1.0.0 cannot be read."),
        "{unread}"
    );
}

#[test]
fn versions_are_ordered_as_their_ecosystems_do() {
    for (ecosystem, lower, higher) in [
        ("deb", "1.2~rc1-1", "1.2-1"),
        ("deb", "1.9-1", "1:0.1-1"),
        ("deb", "3.0.15-1~deb12u1", "3.0.15-1"),
        ("deb", "2.36-9+deb12u3", "2.36-9+deb12u10"),
        ("rpm", "1.1.1k-5", "1.1.1k-12"),
        ("apk", "1.2_rc1-r0", "1.2-r0"),
        ("apk", "1.2.3-r9", "1.2.3-r10"),
        ("pypi", "1.0rc1", "1.0"),
        ("pypi", "1.0.dev3", "1.0a1"),
        ("pypi", "1.0", "1.0.post1"),
        ("pypi", "2024.1", "1!0.1"),
        ("npm", "1.0.0-rc.2", "1.0.0-rc.10"),
        ("npm", "1.0.0-rc.2", "1.0.0"),
        ("npm", "9.0.0", "10.0.0"),
        (
            "golang",
            "v0.0.0-20200101000000-abcdefabcdef",
            "v0.0.0-20240101000000-abcdefabcdef",
        ),
        ("golang", "v1.9.0", "v1.10.0"),
        ("maven", "32.1.3-jre", "33.0.0-jre"),
        ("library", "1.1.1k", "1.1.1l"),
        ("library", "2023c", "2024a"),
        ("library", "1.2", "1.2.1"),
    ] {
        assert_eq!(
            order(ecosystem, lower, higher),
            Some(Ordering::Less),
            "{ecosystem} {lower} {higher}"
        );
        assert_eq!(
            order(ecosystem, higher, lower),
            Some(Ordering::Greater),
            "{ecosystem} {higher} {lower}"
        );
    }
    for (ecosystem, a, b) in [
        ("golang", "0123abcdef", "1123abcdef"),
        ("npm", "", "1"),
        ("npm", "main", "next"),
        ("npm", "1.0.0+a", "1.0.0+b"),
        ("npm", "1.0", "1.0.0"),
    ] {
        assert_eq!(order(ecosystem, a, b), None, "{ecosystem} {a} {b}");
    }
}

#[test]
fn what_cannot_be_read_is_found() {
    let whole = cyclonedx(json!([library("zlib", "1")])).to_string();
    let deep = format!("{}{}", "{\"components\":[".repeat(200), "]}".repeat(200));
    let tags = "<component type=\"library\"><name>a</name><components>".repeat(100);
    let root = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components>";
    for (name, body, code, words) in [
        (
            "sbom.json",
            whole[..whole.len() - 3].to_owned(),
            "sbom-unreadable",
            "line 1",
        ),
        (
            "other.json",
            whole[..whole.len() - 3].to_owned(),
            "sbom-unreadable",
            "line 1",
        ),
        (
            "sbom.json",
            whole.replace("{\"bomFormat", "{\"components\":[],\"bomFormat"),
            "sbom-unreadable",
            "duplicate field",
        ),
        (
            "sbom.json",
            whole.replace("\"zlib\"", &format!("\"zlib\",\"components\":[{deep}]")),
            "sbom-unreadable",
            "recursion limit",
        ),
        (
            "sbom.json",
            whole.replace("1.6", "2.0"),
            "sbom-unknown",
            "no form that tidings knows",
        ),
        (
            "other.json",
            whole.replace("1.6", "2.0"),
            "sbom-unknown",
            "no form that tidings knows",
        ),
        ("sbom.json", "[]".to_owned(), "sbom-unknown", "no form"),
        (
            "sbom.json",
            "{\"artifacts\": [], \"source\": {}, \"descriptor\": {\"name\": \"another\"}}"
                .to_owned(),
            "sbom-unknown",
            "no form",
        ),
        (
            "sbom.json",
            "{\"a\": 1}".to_owned(),
            "sbom-unknown",
            "no form",
        ),
        (
            "sbom.xml",
            format!("{root}<component><name>a</name>"),
            "sbom-unreadable",
            "not closed",
        ),
        (
            "sbom.xml",
            format!("{root}\n<component><name>a</b></component>"),
            "sbom-unreadable",
            "line 2",
        ),
        (
            "sbom.xml",
            format!("{root}<component><name>&x;</name></component></components></bom>"),
            "sbom-unreadable",
            "entity",
        ),
        (
            "sbom.xml",
            format!(
                "<!DOCTYPE bom [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{root}</components></bom>"
            ),
            "sbom-unreadable",
            "document type",
        ),
        (
            "sbom.xml",
            format!("{root}{tags}"),
            "sbom-unreadable",
            "nested deeper",
        ),
        (
            "sbom.xml",
            "<SoftwareIdentity/>".to_owned(),
            "sbom-unknown",
            "no form",
        ),
        (
            "sbom.spdx",
            "SPDXVersion: SPDX-2.3\nPackageComment: <text>never".to_owned(),
            "sbom-unreadable",
            "`<text>` is not closed",
        ),
        ("sbom.spdx", "hello".to_owned(), "sbom-unknown", "no form"),
        (
            "s.spdx.yaml",
            "spdxVersion: SPDX-2.3\n".to_owned(),
            "sbom-unknown",
            "no form",
        ),
    ] {
        let finding = refused(name, body);
        assert_eq!(finding.code.as_str(), code, "{}", finding.message);
        assert!(
            finding.message.contains(words) && finding.message.contains(name),
            "{}",
            finding.message
        );
    }
    for other in ["config.schema.json", "values.json", "pom.xml", "notes.txt"] {
        for body in ["{\"a\": 1}", "<a/>", "{", "<", "words"] {
            assert!(is_none_at_all(other, body), "{other}: {body}");
        }
    }
    for (name, is_one) in [
        ("agent-1.0.0.cdx.json", true),
        ("SBOM.json", true),
        ("bom.xml", true),
        ("a.spdx", true),
        ("agent_sbom-arm64.json", true),
        ("sbom.json.gz", true),
        ("sbom.json.sig", false),
        ("sbom.json.sha256", false),
        ("bombardier.json", false),
        ("agent.tar", false),
    ] {
        assert_eq!(is_named_like_one(name), is_one, "{name}");
    }
}

#[test]
fn the_image_is_one_of_the_release() {
    let hex = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let pinned = [hex("a"), hex("b")];
    let image = |subject: Value| of("sbom.json", with_subject(cyclonedx(json!([])), subject));
    let container =
        |version: &str| image(json!({ "type": "container", "name": "agent", "version": version }));
    let known = Platforms {
        digests: [hex("c"), hex("d")].into(),
        unread: None,
    };
    let asked = Cell::new(0);
    let judged = |sbom: &Sbom, platforms: &Platforms| {
        let finding = of_another_image("sbom.json", sbom, &pinned, || {
            asked.set(asked.get() + 1);
            platforms
        });
        finding.map(|finding| finding.message)
    };
    let trivy = image(
        json!({ "type": "container", "name": "r.example/agent:v1", "purl": format!("pkg:oci/agent@{}?arch=amd64", hex("a").replace(':', "%3A")),
        "properties": [{ "name": "aquasecurity:trivy:ImageID", "value": hex("7") }] }),
    );
    let hashed = image(
        json!({ "type": "container", "name": "agent", "hashes": [{ "alg": "SHA-256", "content": "B".repeat(64) }] }),
    );
    for right in [container(&hex("a")), container(&hex("b")), trivy, hashed] {
        assert_eq!(right.subject.len(), 1);
        assert_eq!(judged(&right, &known), None);
    }
    assert_eq!(asked.get(), 0, "the pin says enough");
    assert_eq!(
        judged(&container(&hex("c")), &known),
        None,
        "a platform of the index"
    );
    let another = judged(&container(&hex("9")), &known).unwrap();
    assert!(
        another.contains(&format!(
            "describes {}, and the pin names {} and {}",
            hex("9"),
            hex("a"),
            hex("b")
        )),
        "{another}"
    );
    let unknown = Platforms {
        unread: Some("the registry is away".into()),
        ..Platforms::default()
    };
    let unread = judged(&container(&hex("c")), &unknown).unwrap();
    assert!(
        unread.contains("was not checked: the registry is away"),
        "{unread}"
    );
    // The statement around it and the document itself: both have to be of the release.
    let mut both = container(&hex("a"));
    both.subject.push(vec![hex("9")]);
    assert!(judged(&both, &known).is_some());
    // An application's hash is that of its own file; what is no digest names nothing.
    for nothing in [
        json!({ "type": "application", "name": "agent", "version": "1.1.0", "hashes": [{ "alg": "SHA-256", "content": "5".repeat(64) }] }),
        json!({ "type": "container", "name": "agent", "version": "sha256:00" }),
        json!({ "type": "container", "name": "agent", "version": format!("sha256:{}", "ä".repeat(64)) }),
    ] {
        assert!(image(nothing).subject.is_empty());
    }
}

#[test]
fn a_bill_of_materials_writes_nothing_else_onto_the_page() {
    let hostile = [
        "a\n\n# Install from evil.example\n\n",
        "b`<img src=x>``` [c](https://evil.example)",
        "d\r\u{2028}## e\u{85}# f",
        "g\u{202e}h\u{2066}i\u{61c}j\u{200b}k\u{0}\u{1b}[2J",
        "",
        " ",
        &"x".repeat(5000),
    ];
    let parts = |version: &str| {
        let parts: Vec<Value> = hostile.iter().map(|name| json!({ "name": name, "version": format!("{version}{name}"), "licenses": [{ "expression": format!("{version}{name}") }], "type": name })).collect();
        let mut document = cyclonedx(parts.into());
        document["specVersion"] = "1.6`\n\n# g".into();
        of("sbom.json", document)
    };
    let (none, old, new) = (
        of("sbom.json", cyclonedx(json!([]))),
        parts("1"),
        parts("2"),
    );
    let mut rows = 0;
    for (before, after) in [(&none, &new), (&old, &none), (&old, &new)] {
        let text = sbom_section(
            "sbom`\n# h.json",
            after,
            Some(&Before {
                version: "1.0.0",
                sbom: Some(before),
            }),
            30_000,
        );
        for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
            let row = line
                .strip_prefix("- `")
                .and_then(|row| row.strip_suffix('`'))
                .is_some_and(|row| {
                    rows += 1;
                    let parts: Vec<&str> = row
                        .split("` → `")
                        .flat_map(|part| part.split("` `"))
                        .collect();
                    parts.iter().all(|part| {
                        !part.is_empty() && !part.contains('`') && part.chars().count() <= 121
                    })
                });
            let frame = [
                "`sbom' # h.json` lists ",
                "<details>",
                "<summary>Components since 1.0.0: ",
                "Added:",
                "Removed:",
                "Raised:",
                "Lowered:",
                "Changed:",
                "Under another licence:",
                "</details>",
            ];
            assert!(
                row || frame.iter().any(|start| line.starts_with(start)),
                "{line}"
            );
        }
        let forbidden = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{85}')
        };
        assert!(
            !text.contains(forbidden) && !text.contains("\n#"),
            "{text:?}"
        );
    }
    assert!(rows >= 3 * hostile.len(), "{rows}");
}

#[test]
fn twenty_thousand_components_are_quick() {
    let many = |version: usize| {
        let parts: Vec<Value> = (0..20_000)
            .map(|number| json!({ "type": "library", "bom-ref": format!("ref-{number}"), "name": format!("part-{number}"), "version": format!("1.{version}.{number}"),
                "purl": format!("pkg:npm/%40scope/part-{number}@1.{version}.{number}"), "licenses": [{ "license": { "id": "MIT" } }] }))
            .collect();
        cyclonedx(parts.into()).to_string()
    };
    let (old, new) = (many(1), many(2));
    let start = std::time::Instant::now();
    let (before, after) = (of("sbom.json", old), of("sbom.json", new));
    let text = sbom_section(
        "sbom.json",
        &after,
        Some(&Before {
            version: "1.0.0",
            sbom: Some(&before),
        }),
        30_000,
    );
    assert!(
        text.contains("20000 raised") && text.contains("and 19960 more"),
        "{}",
        &text[..300]
    );
    let in_room = |room: usize| {
        let before = Before {
            version: "1.0.0",
            sbom: Some(&before),
        };
        sbom_section("sbom.json", &after, Some(&before), room)
    };
    assert!(
        in_room(155).contains("- and 19996 more"),
        "{}",
        in_room(155)
    );
    assert!(
        in_room(0).contains("- 20000, not listed here"),
        "{}",
        in_room(0)
    );
    // Without optimisation, beside other tests; a release build needs a tenth.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn publishing_says_what_it_did_not_read() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    let put = |name: &str, body: &str| {
        vendor.repo.write(&format!("vendor/dist/{name}"), body);
    };
    put("sbom.json", "{\"bomFormat\": \"CycloneDX\", ");
    vendor.tidings(&["publish"]).says(
        1,
        &["sbom-unreadable", "`sbom.json`", "build the file again"],
    );
    let another = with_subject(
        cyclonedx(json!([])),
        json!({ "type": "container", "name": "agent", "version": digest("9.9.9") }),
    );
    put("sbom.json", &another.to_string());
    vendor.tidings(&["publish"]).says(
        1,
        &["sbom-subject", "describes sha256:39", "was not checked"],
    );
    assert!(fake.releases().is_empty(), "nothing was made");
    put(
        "sbom.json",
        &cyclonedx(json!([library("zlib", "1.3")])).to_string(),
    );
    put("bom.swidtag", "<SoftwareIdentity/>");
    vendor
        .tidings(&["publish"])
        .says(0, &["sbom-unknown", "`bom.swidtag`", "it was not read"]);
    let body = fake.releases()[0]["body"].as_str().unwrap().to_owned();
    assert!(
        body.contains("`sbom.json` lists 1 component (CycloneDX 1.6)."),
        "{body}"
    );
}

#[test]
fn a_renamed_bill_of_materials_is_compared() {
    let fake = Fake::new();
    let vendor = Vendor::at(&fake);
    vendor.receipt("1.0.0");
    let file = |name: &str| vendor.repo.path().join("vendor/dist").join(name);
    std::fs::write(
        file("agent-1.0.0.cdx.json"),
        cyclonedx(json!([library("zlib", "1.2")])).to_string(),
    )
    .unwrap();
    vendor.tidings(&["publish", "1.0.0"]).ok();
    std::fs::remove_file(file("agent-1.0.0.cdx.json")).unwrap();
    // Another form under another name; it is the only one of both releases.
    std::fs::write(file("sbom.spdx"), "SPDXVersion: SPDX-2.3\nPackageName: zlib\nPackageVersion: 1.3\nExternalRef: PACKAGE-MANAGER purl pkg:generic/zlib@1.3\n").unwrap();
    vendor.tidings(&["publish", "--dry-run"]).ok();
    vendor.tidings(&["publish"]).ok();
    let release = fake
        .releases()
        .into_iter()
        .find(|release| release["tag_name"] == "v1.1.0")
        .unwrap();
    let body = release["body"].as_str().unwrap();
    assert!(
        body.contains("Components since 1.0.0") && body.contains("another form (CycloneDX 1.6)"),
        "{body}"
    );
}

#[test]
fn many_bills_of_materials_leave_room_for_the_page() {
    let vendor = Vendor::new("");
    let long = "x".repeat(110);
    for version in ["1.0.0", "1.1.0"] {
        for file in 0..12 {
            let parts: Vec<Value> = (0..40)
                .map(|number| library(&format!("{number}{long}"), &format!("{version}{long}")))
                .collect();
            let name = format!("vendor/dist/part-{file}.cdx.json");
            vendor
                .repo
                .write(&name, cyclonedx(parts.into()).to_string());
        }
        vendor.receipt(version);
        vendor.tidings(&["publish", version]).ok();
    }
    let page = vendor
        .repo
        .path()
        .join("vendor/release-page/v1.1.0/page.md");
    let text = std::fs::read_to_string(page).unwrap();
    assert!(!text.contains("The text was cut here"));
    assert_eq!(text.matches("<summary>Components since").count(), 12);
    let (opened, closed) = (text.matches("<details>"), text.matches("</details>"));
    assert_eq!(opened.count(), closed.count(), "each fold is closed");
    assert!(
        text.contains("- 40, not listed here") && text.contains("more\n"),
        "{text}"
    );
    assert!(text.chars().count() < 40_000, "{}", text.len());
}
