//! What a running agent answers at `/version`: JSON under one of the usual names, or a bare version.

use crate::diag::Text;
use crate::model::Version;
use crate::sources::node;

/// The facts of an answer, each as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub version: Option<String>,
    pub digest: Option<String>,
    pub revision: Option<String>,
    /// The answer was a bare version, not JSON.
    pub bare: bool,
}

/// Reads any answer. Facts that it does not hold are `None`.
pub fn read(answer: &str) -> Answer {
    let trimmed = answer.trim();
    if !trimmed.starts_with('{') {
        let version = trimmed.lines().next().and_then(|line| {
            line.split_whitespace()
                .find(|word| Version::read(word).is_some())
        });
        return Answer {
            version: version.map(|version| version.trim_start_matches('v').to_owned()),
            bare: true,
            ..Answer::default()
        };
    }
    let Ok(tree) = node::yaml(&Text::new("/version", trimmed)) else {
        return Answer::default();
    };
    let maps = tree.maps();
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            maps.iter()
                .flat_map(|map| map.entries())
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .and_then(|(_, node)| node.text())
                .map(|text| text.chars().take(256).collect::<String>())
        })
    };
    Answer {
        version: find(&["version"]).map(|version| version.trim_start_matches('v').to_owned()),
        digest: find(&["digest", "image_digest", "imageDigest"]),
        revision: find(&[
            "revision",
            "source_revision",
            "sourceRevision",
            "commit",
            "git_commit",
            "gitCommit",
        ]),
        bare: false,
    }
}
