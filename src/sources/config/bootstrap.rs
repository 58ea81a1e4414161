//! `tidings.toml`: the product, its policy, and where its sources lie. It is public to every customer.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::diag::{Code, Finding, Findings, Text, closest};
use crate::model::{
    Bootstrap, CONTRAST, CalverFormat, Colour, Contact, Extended, InstallWindow, LIGHT_GROUND,
    LevelRule, Line, Policy, Product, Role, Scheme, Version,
};
use crate::sources::changelog::Dialect;
use crate::sources::config::bootstrap_file::{
    File, LevelTable, PinTable, PolicyTable, SpannedText,
};
use crate::sources::config::dialect::{dialect, zone};
use crate::sources::{pin, toml_text};

/// What `tidings.toml` says, checked.
#[derive(Clone, Debug)]
pub struct BootstrapConfig {
    pub product: Product,
    pub policy: Policy,
    pub changelog_file: String,
    /// How the changelog is written: its package, further names of sections.
    pub dialect: Dialect,
    /// Whose day "today" is; the machine's where it is not said.
    pub zone: Option<chrono_tz::Tz>,
    pub pin: pin::Rules,
    pub known_issues_file: String,
    pub readme_file: String,
    pub policy_lines: Vec<PolicyLine>,
    /// No file pins images, and none is expected: a release is its tag alone. Never written in the file.
    pub unpinned: bool,
    /// The file as it was written.
    pub text: Text,
    /// The file as it is in force, for `tidings config` and for editors.
    pub file: File,
}

/// A line that the policy names, and where.
#[derive(Clone, Debug)]
pub struct PolicyLine {
    pub line: Line,
    pub span: std::ops::Range<usize>,
    /// It is supported longer; else it may not be jumped over.
    pub extended: bool,
}

const EXAMPLES: toml_text::Examples = &[
    (
        "product",
        "[product]\nname = \"Acme Agent\"\nvendor = \"Acme GmbH\"",
    ),
    ("name", "name = \"Acme Agent\""),
    ("vendor", "vendor = \"Acme GmbH\""),
    (
        "bootstrap",
        "[bootstrap]\nrepository = \"https://github.com/acme/agent-bootstrap\"",
    ),
    (
        "repository",
        "repository = \"https://github.com/acme/agent-bootstrap\"",
    ),
    (
        "support",
        "[support]\ncontact = \"support@acme.example\"\nresponse = \"within four business hours\"",
    ),
    ("contact", "contact = \"support@acme.example\""),
    ("response", "response = \"within four business hours\""),
    ("means", "means = \"Fixes only.\""),
    ("install", "install = \"business-hours\""),
    ("version", "version = \"2.0\""),
    ("line", "line = \"1.4\""),
    ("until", "until = \"2027-06-30\""),
];

/// Reads `tidings.toml`. `None` where too little of it can be read to go on.
pub fn read(text: &Text) -> (Option<BootstrapConfig>, Findings) {
    let (file, mut findings) = toml_text::read::<File>(text, EXAMPLES);
    let Some(mut file) = file else {
        return (None, findings);
    };
    let policy = policy(text, &file.policy, &mut findings);
    in_force(&mut file.policy, &policy);
    let repository = file
        .bootstrap
        .repository
        .value
        .trim_end_matches('/')
        .trim_end_matches(".git")
        .to_owned();
    if !(repository.starts_with("https://") || repository.starts_with("http://"))
        || repository
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "\"<>`".contains(c))
    {
        findings.push(
            Finding::new(Code::ConfigValue, "`repository` is no web address".to_owned())
                .at(text, file.bootstrap.repository.span.clone())
                .help("write the address that customers open, such as `https://github.com/acme/agent-bootstrap`"),
        );
    }
    facts(text, &file, &mut findings);
    paths(text, &file, &mut findings);
    let accent = accent(text, &file, &mut findings);
    let config = BootstrapConfig {
        product: Product {
            name: file.product.name.clone(),
            vendor: file.product.vendor.clone(),
            bootstrap: Bootstrap {
                repository,
                install: file.bootstrap.install.clone(),
                tag_prefix: file.bootstrap.tag_prefix.clone(),
                version_url: file.bootstrap.version_url.clone(),
                diagnostics: file.bootstrap.diagnostics.clone(),
            },
            contact: Contact {
                address: file.support.contact.clone(),
                response: file.support.response.clone(),
                emergency: file.support.emergency.clone(),
            },
            guide_url: file
                .guide
                .url
                .as_ref()
                .map(|url| format!("{}/", url.trim_end_matches('/'))),
            accent,
            logo: file.guide.logo.clone(),
        },
        changelog_file: file.changelog.file.value.clone(),
        dialect: dialect(
            text,
            &file.changelog,
            &file.bootstrap.tag_prefix,
            &mut findings,
        ),
        zone: zone(text, &file.changelog, &mut findings),
        pin: pin_rules(text, &file.pin, &mut findings),
        known_issues_file: file.known_issues.file.value.clone(),
        readme_file: file.readme.file.value.clone(),
        unpinned: false,
        policy_lines: policy_lines(&file.policy, &policy.scheme),
        text: text.clone(),
        policy,
        file,
    };
    (Some(config), findings)
}

/// Fills in the levels that the file leaves to the default, so that `tidings config` shows them.
fn in_force(table: &mut PolicyTable, policy: &Policy) {
    let level = |rule: &LevelRule| LevelTable {
        means: rule.means.clone(),
        install: SpannedText {
            value: rule.install.as_str().to_owned(),
            span: 0..0,
        },
    };
    table.major.get_or_insert_with(|| level(&policy.major));
    table.minor.get_or_insert_with(|| level(&policy.minor));
    table.patch.get_or_insert_with(|| level(&policy.patch));
}

/// Who proposes a change to this file names no file of the machine that reads it.
fn paths(text: &Text, file: &File, findings: &mut Findings) {
    for path in [
        &file.changelog.file,
        &file.pin.file,
        &file.known_issues.file,
        &file.readme.file,
    ]
    .into_iter()
    .chain(&file.pin.files)
    .chain(&file.pin.also)
    {
        let parts = || path.value.split(['/', '\\']);
        let inside = !path.value.trim().is_empty()
            && !path.value.starts_with(['/', '\\'])
            && !path.value.contains(|c: char| c.is_control() || c == ':')
            && !parts().any(|part| part == ".." || part.eq_ignore_ascii_case(".git"));
        if !inside {
            let what = "is no file of this repository";
            let help = "write the path of a file in this repository, from the folder of tidings.toml: no `/` at its front, no `..`, nothing in `.git`";
            findings.push(Finding {
                code: Code::PathOutside,
                ..value(text, path, what, help)
            });
        }
    }
}

/// How the pin is written.
fn pin_rules(text: &Text, table: &PinTable, findings: &mut Findings) -> pin::Rules {
    let mut files = table.files.iter().map(|file| file.value.clone());
    let file = files.next().unwrap_or_else(|| table.file.value.clone());
    let third_party = table.third_party.value.as_str();
    if !matches!(third_party, "error" | "warn") {
        let what = "is no way to take an image that is not by digest";
        findings.push(value(
            text,
            &table.third_party,
            what,
            "write `error` or `warn`",
        ));
    }
    let mut roles = BTreeMap::new();
    for (name, image) in &table.images {
        match Role::read(&image.role.value) {
            Some(role) => drop(roles.insert(name.clone(), role)),
            None => findings.push(value(
                text,
                &image.role,
                "is no role of an image",
                "write `product` or `third-party`",
            )),
        }
    }
    pin::Rules {
        file,
        over: files.collect(),
        also: table.also.iter().map(|file| file.value.clone()).collect(),
        fields: table.fields.clone(),
        primary: table.primary.clone(),
        roles,
        third_party_warns: third_party == "warn",
    }
}

/// `[pin.fields]` names facts that there are.
fn facts(text: &Text, file: &File, findings: &mut Findings) {
    for name in file
        .pin
        .fields
        .keys()
        .filter(|name| !pin::fact_names().any(|known| known == name.as_str()))
    {
        let at = text.body.find(name.as_str()).unwrap_or(0);
        let help = closest(name, pin::fact_names()).map_or_else(
            || {
                format!(
                    "known facts: {}",
                    pin::fact_names().collect::<Vec<_>>().join(", ")
                )
            },
            |meant| format!("write `{meant}`"),
        );
        findings.push(
            Finding::new(
                Code::ConfigUnknownKey,
                format!("a pin has no fact `{name}`"),
            )
            .at(text, at..at + name.len())
            .help(help),
        );
    }
}

/// The accent colour, where text in it can be read.
fn accent(text: &Text, file: &File, findings: &mut Findings) -> Option<Colour> {
    let written = file.guide.accent.as_ref()?;
    let Some(colour) = Colour::read(&written.value) else {
        findings.push(value(
            text,
            written,
            "is no colour",
            "write red, green and blue as `#0b57b0`",
        ));
        return None;
    };
    let contrast = colour.contrast(LIGHT_GROUND);
    if contrast < CONTRAST {
        let what = format!(
            "cannot be read on a light page: its contrast is {contrast:.1}, and text needs {CONTRAST}"
        );
        let near = colour.readable_on(LIGHT_GROUND);
        let help = format!("write `{near}`, the nearest that can");
        findings.push(value(text, written, &what, &help));
        return None;
    }
    Some(colour)
}

fn policy(text: &Text, table: &PolicyTable, findings: &mut Findings) -> Policy {
    let default = Policy::default();
    let scheme = scheme(text, table, findings);
    let mut level = |own: &Option<LevelTable>, default: LevelRule| match own {
        None => default,
        Some(own) => LevelRule {
            means: own.means.clone(),
            install: InstallWindow::read(&own.install.value).unwrap_or_else(|| {
                findings.push(value(
                    text,
                    &own.install,
                    "is no install window",
                    "write `business-hours` or `maintenance-window`",
                ));
                default.install
            }),
        },
    };
    let (major, minor, patch) = (
        level(&table.major, default.major),
        level(&table.minor, default.minor),
        level(&table.patch, default.patch),
    );
    Policy {
        supported_minors: table.supported_minors.max(1),
        warn_beyond_minors: table.warn_beyond_minors,
        grace_days: table.grace_days,
        stops: stops(text, table, findings),
        extended: extended(text, table, &scheme, findings),
        scheme,
        major,
        minor,
        patch,
    }
}

fn value(text: &Text, at: &SpannedText, what: &str, help: &str) -> Finding {
    Finding::new(
        Code::ConfigValue,
        format!("`{}` {what}", crate::diag::clipped(&at.value, 40)),
    )
    .at(text, at.span.clone())
    .help(help)
}

fn scheme(text: &Text, table: &PolicyTable, findings: &mut Findings) -> Scheme {
    match (table.scheme.value.as_str(), &table.format) {
        ("semver", None) => Scheme::Semver,
        ("pep440", None) => Scheme::Pep440,
        ("semver" | "pep440", Some(format)) => {
            findings.push(value(
                text,
                format,
                "is a calendar format, and the scheme is none",
                "remove `format`, or write `scheme = \"calver\"`",
            ));
            Scheme::Semver
        }
        ("calver", Some(format)) => CalverFormat::read(&format.value)
            .map(Scheme::Calver)
            .unwrap_or_else(|why| {
                findings.push(value(
                    text,
                    format,
                    &format!("is no calendar format: {why}"),
                    "write calver.org's tokens joined by dots: `YYYY.0M.MICRO`",
                ));
                Scheme::Semver
            }),
        ("calver", None) => {
            findings.push(value(
                text,
                &table.scheme,
                "needs a format",
                "add `format = \"YYYY.0M.MICRO\"`",
            ));
            Scheme::Semver
        }
        _ => {
            findings.push(value(
                text,
                &table.scheme,
                "is no versioning scheme",
                "write `semver`, `calver` or `pep440`",
            ));
            Scheme::Semver
        }
    }
}

fn stops(text: &Text, table: &PolicyTable, findings: &mut Findings) -> Vec<Version> {
    let mut stops = Vec::new();
    for stop in &table.stop {
        match Version::read(&stop.version.value) {
            Some(version) => {
                findings.push(
                    Finding::new(Code::PolicyStop, format!("an upgrade may not jump over `{version}`"))
                        .at(text, stop.version.span.clone())
                        .help(
                            "a customer cannot go from any release to the latest in one step; give later releases the migration if you can",
                        ),
                );
                stops.push(version);
            }
            None => findings.push(
                Finding::new(
                    Code::PolicyVersion,
                    format!("`{}` is no version", stop.version.value),
                )
                .at(text, stop.version.span.clone())
                .help("write `2.0` or `2.0.3`"),
            ),
        }
    }
    stops.sort();
    stops
}

fn extended(
    text: &Text,
    table: &PolicyTable,
    scheme: &Scheme,
    findings: &mut Findings,
) -> Vec<Extended> {
    let mut extended: Vec<Extended> = Vec::new();
    for row in &table.extended {
        let Some(line) = Line::read(&row.line.value, scheme) else {
            let finding = Finding::new(
                Code::PolicyVersion,
                format!("`{}` is no line of the scheme", row.line.value),
            );
            findings.push(
                finding.at(text, row.line.span.clone()).help(
                    "write a version without its last part: `1.4`, or `2026.09` of `2026.09.1`",
                ),
            );
            continue;
        };
        if extended.iter().any(|other| other.line == line) {
            let finding = Finding::new(Code::PolicyVersion, format!("`{line}` is extended twice"));
            findings.push(
                finding
                    .at(text, row.line.span.clone())
                    .help("keep one of the two days"),
            );
            continue;
        }
        match row.until.value.parse::<NaiveDate>() {
            Ok(until) => extended.push(Extended { line, until }),
            Err(_) => findings.push(value(text, &row.until, "is no date", "write `2027-06-30`")),
        }
    }
    extended
}

/// The lines that the policy names, with their places.
fn policy_lines(table: &PolicyTable, scheme: &Scheme) -> Vec<PolicyLine> {
    let stops = table.stop.iter().filter_map(|stop| {
        Some(PolicyLine {
            line: Line::of(&Version::read(&stop.version.value)?, scheme),
            span: stop.version.span.clone(),
            extended: false,
        })
    });
    let extended = table.extended.iter().filter_map(|row| {
        Some(PolicyLine {
            line: Line::read(&row.line.value, scheme)?,
            span: row.line.span.clone(),
            extended: true,
        })
    });
    stops.chain(extended).collect()
}
