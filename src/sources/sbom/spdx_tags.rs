//! SPDX 2 as tag-value: a tag and its value a line, `<text>` over several.

use crate::sources::sbom::Sbom;
use crate::sources::sbom::json::{Scalar, Unreadable};
use crate::sources::sbom::spdx::{Checksum, Document, Package, Reference, Relationship};

/// `None` where no line says that it is SPDX.
pub fn read(body: &str) -> Result<Option<Sbom>, Unreadable> {
    let tags = || {
        body.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(tag, value)| (tag.trim(), value.trim()))
    };
    // YAML has the tag in another spelling.
    if !tags()
        .take(200)
        .any(|(tag, value)| tag == "SPDXVersion" && value.starts_with("SPDX-"))
    {
        return Ok(None);
    }
    let mut document = Document::default();
    let (mut in_package, mut in_text) = (false, false);
    for line in body.lines() {
        if in_text {
            in_text = !line.contains("</text>");
            continue;
        }
        let Some((tag, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        in_text = value.starts_with("<text>") && !value.contains("</text>");
        let value = value
            .trim_start_matches("<text>")
            .trim_end_matches("</text>");
        let said = || Scalar(value.to_owned());
        match tag.trim() {
            "SPDXVersion" => document.version = said(),
            "PackageName" => {
                in_package = true;
                document.packages.0.push(Package {
                    name: said(),
                    ..Package::default()
                });
            }
            "FileName" => {
                in_package = false;
                document.files.0.push(serde::de::IgnoredAny);
            }
            "SnippetSPDXID" | "LicenseID" => in_package = false,
            "Relationship" => {
                let words: Vec<&str> = value.split_whitespace().collect();
                if let [from, kind, to] = words[..] {
                    document.relationships.0.push(Relationship {
                        from: Scalar(from.into()),
                        kind: Scalar(kind.into()),
                        to: Scalar(to.into()),
                    });
                }
            }
            tag if in_package => {
                if let Some(package) = document.packages.0.last_mut() {
                    take(package, tag, value);
                }
            }
            _ => {}
        }
    }
    if in_text {
        return Err(Unreadable("a `<text>` is not closed".into()));
    }
    Ok(Some(document.into()))
}

fn take(package: &mut Package, tag: &str, value: &str) {
    let said = || Scalar(value.to_owned());
    match tag {
        "SPDXID" => package.id = said(),
        "PackageVersion" => package.version = said(),
        "PrimaryPackagePurpose" => package.purpose = said(),
        "PackageLicenseDeclared" => package.declared = said(),
        "PackageLicenseConcluded" => package.concluded = said(),
        "PackageChecksum" => {
            if let Some((algorithm, sum)) = value.split_once(':') {
                package.checksums.0.push(Checksum {
                    algorithm: Scalar(algorithm.trim().into()),
                    value: Scalar(sum.trim().into()),
                });
            }
        }
        "ExternalRef" => {
            let words: Vec<&str> = value.split_whitespace().collect();
            if let [_, kind, locator] = words[..] {
                package.references.0.push(Reference {
                    kind: Scalar(kind.into()),
                    locator: Scalar(locator.into()),
                });
            }
        }
        _ => {}
    }
}
