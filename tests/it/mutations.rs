//! Every reader takes real files with bytes changed, cut, doubled and swapped: findings, never a panic. What `fuzz/` does for hours,
//! for a moment and the same each time.

use std::path::Path;

use tidings::diag::report;
use tidings::sources::config::{read_bootstrap, read_operator};
use tidings::sources::{changelog, customers, issues, pin, sbom, utf8_text, version_answer};

/// Marsaglia's xorshift: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap()
    }
}

const PIECES: [&[u8]; 12] = [
    b"\0",
    b"\xff\xfe",
    b"[[",
    b"\"",
    b"{",
    b"\r",
    b"&a *a",
    b"---\n",
    b"<!--",
    b"99999999999999999999",
    b"\xe2\x80\xae",
    b"## ",
];

fn mutated(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(bytes.len());
        let end = (at + numbers.below(40)).min(bytes.len());
        match numbers.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            2 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            3 => bytes.truncate(bytes.len() - numbers.below(bytes.len() / 4)),
            _ => {
                let piece = PIECES[numbers.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

fn read_as(name: &str, bytes: Vec<u8>) {
    let (text, mut findings) = utf8_text(name, bytes);
    let body = text.body.clone();
    match name {
        "CHANGELOG.md" => {
            let log = changelog::read(text, None);
            for entry in &log.entries {
                findings.extend(changelog::notes(&log, entry).1);
            }
        }
        "customers.csv" | "customers.toml" => findings.extend(customers::read(&text).1),
        "known-issues.toml" => findings.extend(issues::read(&text).1),
        "tidings.toml" => findings.extend(read_bootstrap(&text).1),
        "operator.toml" => findings.extend(read_operator(&text).1),
        name if sbom::is_named_like_one(name) => drop(sbom::read(&text)),
        "version" => drop(version_answer::read(&body)),
        _ => {
            findings.extend(pin::read(&text, &pin::Rules::default(), Some("v1.0.0"), &pin::alone).1)
        }
    }
    report(&findings, false);
}

#[test]
fn readers_survive_real_files_with_bytes_changed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read(root.join(path)).unwrap();
    let pin = crate::fixture::pin("1.0.0").into_bytes();
    let compose = b"services:\n  agent: &a\n    image: registry.acme.example/agent:v1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000\n  other:\n    <<: *a\n".to_vec();
    let corpus: Vec<(&str, Vec<u8>)> = vec![
        ("CHANGELOG.md", read("CHANGELOG.md")),
        ("CHANGELOG.md", read("tests/corpus/files/crates-cookie.md")),
        ("CHANGELOG.md", read("tests/corpus/files/npm-cliui.md")),
        ("tidings.toml", read("examples/acme/bootstrap/tidings.toml")),
        ("operator.toml", b"bootstrap = \"..\"\n[email]\nfrom = \"a@b.example\"\ntransport = \"smtp://x@h:25\"\n[[accepted]]\nid = \"x\"\nreason = \"y\"\nuntil = 2027-01-01\n".to_vec()),
        ("customers.csv", b"customer,name,email,running,kinds\nglobex,\"Ada, B\",ada@globex.example,1.0.0,release\n".to_vec()),
        ("customers.toml", b"[[customer]]\nid = \"a\"\nname = \"A\"\nrunning = \"1.0.0\"\n[[customer.recipient]]\nemail = \"a@b.example\"\n".to_vec()),
        ("known-issues.toml", b"[[issue]]\nid = \"A-1\"\ntitle = \"t\"\nsymptoms = [\"E1\"]\nintroduced = \"1.0.0\"\nrollback = \"yes\"\n".to_vec()),
        ("pin.json", pin),
        ("pin.toml", b"version = \"1.0.0\"\ndigest = \"a@sha256:00\"\n".to_vec()),
        ("compose.yaml", compose),
        (".env", b"export VERSION='1.0.0' # x\nDIGEST=\"a@sha256:0\"\n".to_vec()),
        ("sbom.json", br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","version":"1","purl":"pkg:x/a@1"}]}"#.to_vec()),
        ("sbom.xml", br#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="container"><name>a</name></component></metadata><components><component type="library"><name>a&amp;b</name><version><![CDATA[1]]></version><licenses><license><id>MIT</id></license></licenses></component></components></bom>"#.to_vec()),
        ("sbom.spdx", b"SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1\nPackageComment: <text>a\nb</text>\nExternalRef: PACKAGE-MANAGER purl pkg:npm/%40a/b@1\n".to_vec()),
        ("sbom.spdx3.json", br#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"software_Package","spdxId":"urn:a","name":"a","software_packageVersion":"1"},{"type":"SpdxDocument","rootElement":["urn:a"]}]}"#.to_vec()),
        ("sbom.intoto.json", br#"{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="}"#.to_vec()),
        ("version", br#"{"version":"1.0.0","digest":"sha256:00","revision":"0123"}"#.to_vec()),
    ];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for (name, bytes) in &corpus {
        let times = if bytes.len() > 5000 { 60 } else { 250 };
        for _ in 0..times {
            read_as(name, mutated(bytes, &mut numbers));
        }
    }
    // Deep and wide: no stack and no time is used up.
    for (name, open) in [
        ("sbom.json", "[{\"a\":"),
        ("sbom.json", "{\"components\":["),
        (
            "sbom.xml",
            "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components><component>",
        ),
        ("pin.json", "["),
        ("compose.yaml", "- "),
        ("version", "["),
        ("tidings.toml", "a = [["),
        ("CHANGELOG.md", "> - "),
    ] {
        read_as(name, open.repeat(20_000).into_bytes());
    }
}
