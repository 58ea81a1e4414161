//! git, run as a command: the user's own, with nothing of the user's configuration that changes what it answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::adapters::{git_environment, secrets, temporary};
use crate::model::Tag;
use crate::ports::{Failure, FreshClone, RemoteTag, Tagged};

/// Of a file at a tag, no more than this is read.
const LARGEST: usize = 64 << 20;

/// git in a folder: no prompts, no pager, no hooks, no variables that point elsewhere, messages in English.
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).arg("--no-pager");
    git_environment::set(&mut command, folder);
    secrets::keep_from_git(&mut command);
    command.stdin(Stdio::null());
    command
}

fn failed(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new("cannot run `git`").help("install git; tidings reads tags with it")
        }
        _ => Failure::new(format!("cannot run `git`: {error}")),
    }
}

pub fn output(mut command: Command, folder: &Path) -> Result<Vec<u8>, Failure> {
    let output = command.output().map_err(|error| failed(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // What the other side says counts more than that it was refused.
    let remote: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(4)
        .collect();
    let remote = remote.join(" ");
    let said = said
        .lines()
        .filter(|_| remote.is_empty())
        .find(|line| line.starts_with("fatal:") || line.starts_with("error:"))
        .or_else(|| said.lines().next().filter(|_| remote.is_empty()))
        .unwrap_or(match remote.as_str() {
            "" => "it said nothing",
            remote => remote,
        });
    if said.contains("not a git repository") {
        return Err(
            Failure::new(format!("`{}` is not a git repository", folder.display())).help(
                "run this in a clone of the bootstrap repository: the tags hold what was shipped",
            ),
        );
    }
    if said.contains("dubious ownership") {
        return Err(Failure::new(format!(
            "git refuses `{}`, which belongs to somebody else",
            folder.display()
        ))
        .help(format!(
            "`git config --global --add safe.directory {}`",
            crate::diag::shell_word(&folder.display().to_string())
        )));
    }
    Err(Failure::new(format!(
        "git failed in `{}`: {}",
        folder.display(),
        secrets::struck(said.trim_start_matches("fatal: "))
    )))
}

/// All tags with what they lead to, and one file at each: one process lists them, one reads all the files.
pub fn tags(repository: &Path, file: &str) -> Result<Vec<Tagged>, Failure> {
    let mut list = git(repository);
    list.args([
        "for-each-ref",
        "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)",
        "refs/tags",
    ]);
    let listed = output(list, repository)?;
    let tags: Vec<Tag> = String::from_utf8_lossy(&listed)
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('\0');
            let (name, object, peeled) = (parts.next()?, parts.next()?, parts.next()?);
            let day = parts
                .next()
                .and_then(|seconds| chrono::DateTime::from_timestamp(seconds.parse().ok()?, 0))
                .map(|time| time.date_naive());
            let commit = if peeled.is_empty() { object } else { peeled };
            Some(Tag {
                name: name.to_owned(),
                commit: commit.to_owned(),
                day,
            })
        })
        .collect();
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    let requests: Vec<String> = tags
        .iter()
        .map(|tag| format!("{}:./{file}", tag.commit))
        .collect();
    let files = files(repository, requests)?;
    Ok(tags.into_iter().zip(files).collect())
}

/// One file at a commit.
pub fn file_at(repository: &Path, commit: &str, file: &str) -> Result<Option<Vec<u8>>, Failure> {
    Ok(files(repository, vec![format!("{commit}:./{file}")])?
        .pop()
        .flatten())
}

/// The same, by its path from the root of the repository.
pub fn file_at_root(
    repository: &Path,
    commit: &str,
    file: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    Ok(files(repository, vec![format!("{commit}:{file}")])?
        .pop()
        .flatten())
}

/// Clones `origin` at a tag, with all tags: a rollback checks another one out.
pub fn fresh_clone(repository: &Path, tag: &str) -> Result<FreshClone, Failure> {
    let start = std::time::Instant::now();
    let mut asked = git(repository);
    asked.args(["remote", "get-url", "origin"]);
    let address = String::from_utf8_lossy(&output(asked, repository)?)
        .trim()
        .to_owned();
    // A path is one from the repository.
    let address = std::fs::canonicalize(repository.join(&address))
        .map_or(address, |path| path.display().to_string());
    let folder = temporary::clone_folder();
    let folder =
        folder.map_err(|error| Failure::new(format!("cannot make a fresh folder: {error}")))?;
    let path = folder.path().join("clone");
    let mut command = git(folder.path());
    git_environment::plain_lines(&mut command);
    command
        .args([
            "-c",
            "advice.detachedHead=false",
            "clone",
            "--quiet",
            "--branch",
            tag,
            "--",
            &address,
        ])
        .arg(&path);
    output(command, folder.path())?;
    Ok(FreshClone {
        path,
        took: start.elapsed(),
        guard: Box::new(folder),
    })
}

/// Asks `origin` for a tag.
pub fn remote_tag(repository: &Path, tag: &str) -> Result<Option<RemoteTag>, Failure> {
    let mut command = git(repository);
    let whole = format!("refs/tags/{tag}");
    command.args([
        "ls-remote",
        "--quiet",
        "--tags",
        "origin",
        &whole,
        &format!("{whole}^{{}}"),
    ]);
    let listed = output(command, repository).map_err(|failure| {
        failure.help("`git remote -v` names `origin`; can you fetch from it?")
    })?;
    let listed = String::from_utf8_lossy(&listed);
    let object = |name: &str| {
        listed
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .find(|(_, at)| *at == name)
            .map(|(id, _)| id.to_owned())
    };
    Ok(object(&whole).map(|id| RemoteTag {
        commit: object(&format!("{whole}^{{}}")).unwrap_or_else(|| id.clone()),
        object: id,
    }))
}

/// Reads many objects through one `git cat-file --batch`.
fn files(repository: &Path, requests: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, Failure> {
    if requests.iter().any(|request| request.contains('\n')) {
        return Err(Failure::new(
            "a file name with a line break cannot be read from git",
        ));
    }
    let mut command = git(repository);
    command
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let (count, first) = (
        requests.len(),
        requests.first().cloned().unwrap_or_default(),
    );
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::new("cannot talk to `git cat-file`"));
    };
    // Written on a thread of its own: both pipes may fill up.
    let writer =
        std::thread::spawn(move || input.write_all((requests.join("\n") + "\n").as_bytes()));
    let answers = answers(&mut BufReader::with_capacity(1 << 16, output), count);
    let _ = writer.join();
    if answers.is_ok() {
        end(&mut child);
    }
    answers.map_err(|error| {
        let _ = child.kill();
        let said = child.wait_with_output().map(|output| output.stderr);
        let said = String::from_utf8_lossy(&said.unwrap_or_default()).into_owned();
        let why = said.lines().next().map_or_else(
            || error.to_string(),
            |said| said.trim_start_matches("fatal: ").to_owned(),
        );
        Failure::new(format!(
            "git cannot read `{first}` in `{}`: {why}",
            repository.display()
        ))
    })
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn answers(
    output: &mut BufReader<ChildStdout>,
    count: usize,
) -> std::io::Result<Vec<Option<Vec<u8>>>> {
    let mut all = Vec::with_capacity(count);
    let mut header = String::new();
    for _ in 0..count {
        header.clear();
        if output.read_line(&mut header)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let mut parts = header.trim_end().rsplit(' ');
        let size = parts.next().and_then(|size| size.parse::<usize>().ok());
        let kind = parts.next().unwrap_or("");
        let Some(size) = size.filter(|_| matches!(kind, "blob" | "tree" | "commit" | "tag")) else {
            all.push(None);
            continue;
        };
        let mut bytes = vec![0; size.min(LARGEST)];
        output.read_exact(&mut bytes)?;
        std::io::copy(
            &mut output.by_ref().take((size - bytes.len()) as u64 + 1),
            &mut std::io::sink(),
        )?;
        all.push((kind == "blob").then_some(bytes));
    }
    Ok(all)
}

pub fn tracked(repository: &Path, file: &Path) -> Result<bool, Failure> {
    let mut command = git(repository);
    command
        .args(["ls-files", "--error-unmatch", "--"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
        .status()
        .map(|status| status.success())
        .map_err(|error| failed(&error))
}

/// Makes a repository from a `git fast-import` stream, pushes it to a bare remote beside it, and checks it out.
///
/// # Errors
/// git is not there, or refuses the stream.
pub fn import(folder: &Path, remote: &Path, stream: &[u8]) -> Result<(), Failure> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path).map_err(|error| Failure::file("write", path, &error))
    };
    make(folder)?;
    make(remote)?;
    let run = |folder: &Path, arguments: &[&str]| {
        let mut command = git(folder);
        command.args(arguments);
        output(command, folder)
    };
    run(
        remote,
        &["init", "--quiet", "--bare", "--initial-branch=main", "."],
    )?;
    run(folder, &["init", "--quiet", "--initial-branch=main", "."])?;
    let mut command = git(folder);
    command
        .args(["fast-import", "--quiet", "--done"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let written = child.stdin.take().map(|mut input| input.write_all(stream));
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() || !matches!(written, Some(Ok(()))) {
        return Err(Failure::new(format!(
            "git fast-import failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    run(folder, &["reset", "--quiet", "--hard", "main"])?;
    let address = format!(
        "../{}",
        remote
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("remote.git")
    );
    run(folder, &["remote", "add", "origin", &address])?;
    run(
        folder,
        &[
            "push",
            "--quiet",
            "--tags",
            "--set-upstream",
            "origin",
            "main",
        ],
    )
    .map(|_| ())
}
