//! The changelog reader beside its floor and its best peer. `cargo bench --bench reader [-- CORPUS]`
//!
//! The floor is pulldown-cmark's own event loop with offsets over the same bytes; the peer is `parse-changelog`, with its
//! headings' shape as it comes. Without a folder made by `tests/corpus/collect.py` the changelogs of the tests are read.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pulldown_cmark::Parser;
use tidings::diag::Text;
use tidings::sources::changelog::{DIALECT, read};

fn changelogs(folder: &Path, all: &mut Vec<Text>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            changelogs(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            all.push(Text::new(
                path.display().to_string(),
                String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
            ));
        }
    }
}

/// The quickest of several rounds that alternate, so that a busy machine hurts all alike.
fn quickest(rounds: usize, works: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; works.len()];
    for _ in 0..rounds {
        for (best, work) in best.iter_mut().zip(works.iter_mut()) {
            let start = Instant::now();
            work();
            *best = (*best).min(start.elapsed());
        }
    }
    best
}

fn main() {
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = given.clone().map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files"),
        PathBuf::from,
    );
    let mut texts = Vec::new();
    changelogs(&folder, &mut texts);
    let bytes: usize = texts.iter().map(|text| text.body.len()).sum();
    let rounds = (200_000_000 / bytes.max(1)).clamp(5, 200);
    let mut floor = || {
        texts.iter().for_each(|text| {
            Parser::new_ext(&text.body, DIALECT)
                .into_offset_iter()
                .for_each(|event| drop(black_box(event)))
        })
    };
    let mut ours = || {
        texts
            .iter()
            .for_each(|text| drop(black_box(read(text.clone(), None))))
    };
    let mut peer = || {
        texts
            .iter()
            .for_each(|text| drop(black_box(parse_changelog::parse(&text.body))))
    };
    let best = quickest(rounds, &mut [&mut floor, &mut ours, &mut peer]);
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!(
        "{} changelogs, {:.1} MB, the quickest of {rounds} rounds",
        texts.len(),
        bytes as f64 / 1e6
    );
    if given.is_none() {
        println!(
            "these are the tests' odd shapes; the bar is for what the registries hold: tests/corpus/collect.py FOLDER, then its folder here"
        );
    }
    println!(
        "floor: pulldown-cmark's events with offsets  {:>7.0} MB/s",
        rate(best[0])
    );
    println!(
        "tidings: entries, sections, items, spans     {:>7.0} MB/s  {:.2} of the floor (bar 0.8)",
        rate(best[1]),
        rate(best[1]) / rate(best[0])
    );
    println!(
        "parse-changelog: headings and bodies         {:>7.0} MB/s  {:.2} of the floor",
        rate(best[2]),
        rate(best[2]) / rate(best[0])
    );
    let found = |count: usize| format!("{count} releases");
    let ours: usize = texts
        .iter()
        .map(|text| {
            read(text.clone(), None)
                .entries
                .iter()
                .filter(|entry| entry.version.is_some())
                .count()
        })
        .sum();
    let peers: usize = texts
        .iter()
        .map(|text| parse_changelog::parse(&text.body).map_or(0, |log| log.len()))
        .sum();
    println!(
        "found: tidings {}, parse-changelog {}",
        found(ours),
        found(peers)
    );
}
