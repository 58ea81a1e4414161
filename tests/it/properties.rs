//! Laws: readers never panic, versions are ordered, paths add up, rendering twice gives the same bytes.

use proptest::prelude::*;
use tidings::diag::{Text, report};
use tidings::model::{CalverFormat, Digest, Scheme, Support, Version, identity_flaws};
use tidings::sources::config::{read_bootstrap, read_operator};
use tidings::sources::{changelog, customers, issues, pin, version_answer};

use crate::fixture::{TOML, history, read};

fn semver() -> impl Strategy<Value = String> {
    (
        0u64..4,
        0u64..4,
        0u64..4,
        prop_oneof![
            Just(String::new()),
            "-(rc|alpha|beta)\\.[0-9]",
            "-[a-z]{1,3}",
            "-[1-9]"
        ],
    )
        .prop_map(|(a, b, c, pre)| format!("{a}.{b}.{c}{pre}"))
}

/// Text that looks like changelogs, with everything that hurts.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("# ".to_owned()),
        Just("## ".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("- ".to_owned()),
        Just("```\n".to_owned()),
        Just("> ".to_owned()),
        Just("[".to_owned()),
        Just("](".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("~~".to_owned()),
        Just("===\n".to_owned()),
        Just("\t".to_owned()),
        Just("2026-11-20".to_owned()),
        Just("Unreleased".to_owned()),
        Just("/".to_owned()),
        Just("and ".to_owned()),
        Just("### Required action\n\n".to_owned()),
        Just("Downtime: ".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("é🎉".to_owned()),
        Just("\0".to_owned()),
        semver(),
        "[a-zA-Z .,:()@#-]{0,12}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_is_that_of_semver(a in semver(), b in semver()) {
        let (own_a, own_b) = (Version::read(&a).unwrap(), Version::read(&b).unwrap());
        let (std_a, std_b) = (a.parse::<semver::Version>().unwrap(), b.parse::<semver::Version>().unwrap());
        prop_assert_eq!(own_a.cmp(&own_b), std_a.cmp(&std_b));
    }

    #[test]
    fn order_is_total(a in "[0-9a-z.+-]{1,9}", b in "[0-9a-z.+-]{1,9}", c in "[0-9a-z.+-]{1,9}") {
        if let (Some(a), Some(b), Some(c)) = (Version::read(&a), Version::read(&b), Version::read(&c)) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert!(!(a <= b && b <= c) || a <= c);
            prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        }
    }

    #[test]
    fn readers_take_anything(text in markdown(), name in "(c\\.csv|c\\.toml|p\\.json|p\\.yaml|p\\.toml|\\.env)") {
        let source = Text::new(name, text.clone());
        let log = changelog::read(source.clone(), None);
        for entry in &log.entries {
            prop_assert!(entry.heading.end <= text.len() && entry.body.end <= text.len());
            prop_assert!(text.is_char_boundary(entry.version_span.start) && text.is_char_boundary(entry.version_span.end));
            let (_, findings) = changelog::notes(&log, entry);
            report(&findings, false);
        }
        let mut findings = pin::read(&source, &pin::Rules::default(), Some("v1.0.0"), &pin::alone).1;
        findings.extend(customers::read(&source).1);
        findings.extend(issues::read(&source).1);
        findings.extend(read_bootstrap(&source).1);
        findings.extend(read_operator(&source).1);
        report(&findings, true);
        version_answer::read(&text);
        identity_flaws(&text, Some("v1"));
        let _ = Digest::read(&text);
        let _ = CalverFormat::read(&text);
    }

    #[test]
    fn spans_point_at_the_version(version in semver(), before in "(## |## \\[|# v|### Version |## \\*\\*)", after in "(| - 2026-01-02|\\] - 2026-01-02|\\*\\*)") {
        let text = format!("intro\n\n{before}{version}{after}\n\ntext\n");
        let log = changelog::read(Text::new("c", text.clone()), None);
        prop_assert_eq!(log.entries.len(), 1, "{}", text);
        prop_assert_eq!(&text[log.entries[0].version_span.range()], version);
    }

    #[test]
    fn a_path_is_the_sum_of_its_parts(cut in 1usize..6) {
        let entries: String = (0..7).rev().map(|n| format!("## 1.{n}.0 - 2026-0{}-01\n\nT.\n\n### Required action\n\n- Do {n}.\n  Downtime: {n} minutes\n\n", n + 1)).collect();
        let history = read(TOML, &entries).history;
        let v = |n: usize| Version::read(&format!("1.{n}.0")).unwrap();
        let path = |from, to| history.upgrade_path(&v(from), &v(to)).unwrap();
        let texts = |path: &tidings::model::UpgradePath<'_>| path.actions().map(|(_, action)| action.text.clone()).collect::<Vec<_>>();
        let (whole, first, second) = (path(0, 6), path(0, cut), path(cut, 6));
        prop_assert_eq!(texts(&whole), [texts(&first), texts(&second)].concat());
        prop_assert_eq!(whole.downtime, first.downtime + second.downtime);
        prop_assert_eq!(whole.window, first.window.max(second.window));
    }

    #[test]
    fn support_only_ever_ends(releases in prop::collection::btree_map((1u64..3, 0u64..6, 0u64..3), 1u32..28, 1..12), day in 1u32..28) {
        let list: Vec<(String, String)> = releases.iter().map(|((a, b, c), day)| (format!("{a}.{b}.{c}"), format!("2026-01-{day:02}"))).collect();
        let list: Vec<(&str, &str)> = list.iter().map(|(version, date)| (version.as_str(), date.as_str())).collect();
        let history = history(TOML, &list);
        let on = |day: u32| Support::on(&history, chrono::NaiveDate::from_ymd_opt(2026, 1, day).unwrap());
        let (today, tomorrow) = (on(day), on(day + 1));
        prop_assert!(today.supported().count() <= 2);
        prop_assert!(today.lines.is_empty() || today.lines[0].status.as_str() == "supported", "the newest line is supported");
        for row in &today.lines {
            let later = tomorrow.line(&row.line).unwrap();
            prop_assert!(row.status == later.status || row.status.as_str() == "supported", "an ended line never comes back");
        }
    }

    #[test]
    fn calendar_versions_fit_their_own_format(year in 2020u64..2030, month in 1u64..13, micro in 0u64..20) {
        let scheme = Scheme::Calver(CalverFormat::read("YYYY.0M.MICRO").unwrap());
        let padded = Version::read(&format!("{year}.{month:02}.{micro}")).unwrap();
        prop_assert!(padded.fits(&scheme));
        let unpadded = Version::read(&format!("{year}.{month}.{micro}")).unwrap();
        prop_assert_eq!(unpadded.fits(&scheme), month >= 10);
    }
}
