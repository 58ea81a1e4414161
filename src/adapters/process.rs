//! The user's own programs: install scripts, operations. Run by `sh`, in a folder, with a limit of time.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::adapters::{git_environment, secrets, terminal};
use crate::ports::{Failure, Ran};

/// Of what a program says, the end is kept.
const KEPT: usize = 16 << 10;

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
    // A group of its own: what it starts ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let ends = terminal::asked_to_end();
    let mut child = command.spawn().map_err(fail)?;
    let code = loop {
        match child.try_wait().map_err(fail)? {
            Some(status) => break status.code(),
            // Ctrl-C reaches us only: the program is in a group of its own.
            None if start.elapsed() > limit || ends.load(Ordering::SeqCst) => {
                end(&mut child);
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
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
