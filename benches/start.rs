//! How large the program is, and how long it takes to begin: beside `git --version`, and beside the smallest program there is.
//! `cargo bench --bench start`

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::process::{Command, Stdio};
use std::time::Instant;

const TIMES: usize = 300;

/// The median of so many runs, in milliseconds.
fn median(program: &str, arguments: &[&str]) -> f64 {
    let mut all: Vec<f64> = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(program)
                .args(arguments)
                .stdout(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[TIMES / 2]
}

fn main() {
    let ours = env!("CARGO_BIN_EXE_tidings");
    let (floor, git, begin) = (
        median("true", &[]),
        median("git", &["--version"]),
        median(ours, &["--version"]),
    );
    println!(
        "the program: {:.1} MB",
        std::fs::metadata(ours).unwrap().len() as f64 / 1e6
    );
    println!("`true`               {floor:.2} ms");
    println!("`git --version`      {git:.2} ms");
    println!(
        "`tidings --version`  {begin:.2} ms, {:.2} of git's",
        begin / git
    );
}
