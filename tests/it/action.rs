//! The composite action's own script, run by sh as a runner would.

use std::process::Command;

use crate::fixture::Repo;

/// What stands behind the `run: |` number so many, without its indentation.
fn script(number: usize) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).unwrap();
    let block = text.split("run: |\n").nth(number).unwrap();
    block
        .lines()
        .take_while(|line| line.starts_with("        "))
        .map(|line| format!("{}\n", &line[8..]))
        .collect()
}

#[test]
fn the_action_runs_a_command_and_gives_what_it_printed() {
    let repo = Repo::good();
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_tidings"))
        .parent()
        .unwrap();
    let run = |command: &str| {
        let output = repo.path().join("output");
        std::fs::write(&output, "").unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut sh = Command::new("sh");
        sh.args(["-e", "-c", &script(2)])
            .current_dir(repo.path())
            .env("PATH", path)
            .env("COMMAND", command);
        let ran = sh
            .env("RUNNER_TEMP", repo.path())
            .env("GITHUB_OUTPUT", &output)
            .output()
            .unwrap();
        (ran.status.code(), std::fs::read_to_string(output).unwrap())
    };
    let (code, given) = run("notes 1.1.0 --format md");
    let (first, last) = (given.lines().next().unwrap(), given.lines().last().unwrap());
    assert_eq!(
        (code, first.strip_prefix("text<<")),
        (Some(0), Some(last)),
        "{given}"
    );
    assert!(given.contains("v1.1.0"), "{given}");
    let (code, _) = run("notes 9.9.9; touch pwned $(touch pwned)");
    assert!(code != Some(0) && !repo.path().join("pwned").exists());
    assert!(script(1).contains("cargo install --locked --path"));
}
