//! The user's own programs: install scripts, operations, run by `sh` in a folder; credential helpers, told something and asked for an answer.
//! All with a limit of time, after which they end with all that they started.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::adapters::{git_environment, secrets, terminal};
use crate::ports::{Failure, Ran};

/// Of what a program says, the end is kept.
const KEPT: usize = 16 << 10;

/// An answer is not longer.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Once a program has ended, its answer is there.
const AFTERWARDS: Duration = Duration::from_secs(1);

pub fn run(
    folder: &Path,
    line: &str,
    environment: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<Ran, Failure> {
    let start = Instant::now();
    let fail = |error: std::io::Error| Failure::new(format!("cannot run `{line}`: {error}"));
    // Into a file: a program that leaves another one behind would keep a pipe open for ever.
    let mut said = tempfile::tempfile().map_err(fail)?;
    let (out, err) = (
        said.try_clone().map_err(fail)?,
        said.try_clone().map_err(fail)?,
    );
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(line)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    for (name, _) in std::env::vars_os().filter(|(name, _)| git_environment::leads_elsewhere(name))
    {
        command.env_remove(name);
    }
    secrets::keep_from(&mut command);
    command.envs(environment);
    let mut child = in_own_group(&mut command).spawn().map_err(fail)?;
    let code = ended(&mut child, limit)
        .map_err(fail)?
        .and_then(|status| status.code());
    let took = start.elapsed();
    let mut output = Vec::new();
    use std::io::{Seek, SeekFrom};
    let length = said.seek(SeekFrom::End(0)).map_err(fail)?;
    said.seek(SeekFrom::Start(length.saturating_sub(KEPT as u64)))
        .map_err(fail)?;
    said.read_to_end(&mut output).map_err(fail)?;
    Ok(Ran {
        code,
        output: secrets::struck(&crate::diag::plain(&String::from_utf8_lossy(&output))),
        took,
    })
}

/// What a program answers on its standard output to what it is told, and whether it ended well; `None` where it took too long.
pub fn ask(
    command: &mut Command,
    told: &str,
    limit: Duration,
) -> std::io::Result<Option<(bool, Vec<u8>)>> {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = in_own_group(command).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read its input has said all it has to say.
        let _ = input.write_all(told.as_bytes());
    }
    let output = child.stdout.take();
    let (done, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = output.map(|output| output.take(LONGEST_ANSWER).read_to_end(&mut said));
        let _ = done.send(said);
    });
    let Some(status) = ended(&mut child, limit)? else {
        return Ok(None);
    };
    let said = answer.recv_timeout(AFTERWARDS).or_else(|_| {
        // It left something behind that keeps the pipe open.
        end(&mut child);
        answer.recv_timeout(AFTERWARDS)
    });
    Ok(said.ok().map(|said| (status.success(), said)))
}

/// So that what it starts ends with it.
fn in_own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// How a program ended; `None` where it was ended by us, after too long or because we are asked to end.
fn ended(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let (start, ends) = (Instant::now(), terminal::asked_to_end());
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            // Ctrl-C reaches us only: the program is in a group of its own.
            None if start.elapsed() > limit || ends.load(Ordering::SeqCst) => {
                end(child);
                return Ok(None);
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Ends a program with all that it started; on Windows the program alone.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
