//! No bytes make a reader panic, and every place it names is in the text. `cargo +nightly fuzz run readers`

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::diag::report;
use tidings::sources::config::{read_bootstrap, read_operator};
use tidings::sources::{changelog, customers, issues, pin, sbom, utf8_text, version_answer};

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the file that the rest is read as.
    let names = ["CHANGELOG.md", "pin.json", "pin.toml", ".env", "customers.csv", "customers.toml", "known-issues.toml", "tidings.toml", "operator.toml", "/version", "sbom.json", "sbom.xml", "sbom.spdx"];
    let Some((first, rest)) = bytes.split_first() else { return };
    let name = names[usize::from(*first) % names.len()];
    let (text, mut findings) = utf8_text(name, rest.to_vec());
    match name {
        "CHANGELOG.md" => {
            let log = changelog::read(text, None);
            for entry in &log.entries {
                assert!(log.text.body.get(entry.version_span.range()).is_some());
                assert!(log.text.body.get(entry.date_span.range()).is_some());
                assert!(log.text.body.get(entry.body.range()).is_some());
                findings.extend(changelog::notes(&log, entry).1);
            }
        }
        "customers.csv" | "customers.toml" => findings.extend(customers::read(&text).1),
        "known-issues.toml" => findings.extend(issues::read(&text).1),
        "tidings.toml" => findings.extend(read_bootstrap(&text).1),
        "operator.toml" => findings.extend(read_operator(&text).1),
        "sbom.json" | "sbom.xml" | "sbom.spdx" => findings.extend(sbom::read(&text).err()),
        "/version" => drop(version_answer::read(&text.body)),
        _ => findings.extend(pin::read(&text, &pin::Rules::default(), Some("v1.0.0"), &pin::alone).1),
    }
    report(&findings, false);
});
