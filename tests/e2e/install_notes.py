"""What the install script says: by four shells and four awks the same, on a terminal a question, quick for a thousand releases.

install_notes.py TIDINGS WORK
"""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

tidings = str(pathlib.Path(sys.argv[1]).resolve())
work = pathlib.Path(tempfile.mkdtemp(prefix="tidings-notes-"))
subprocess.run([tidings, "demo", work / "demo"], check=True, capture_output=True)
clone = work / "demo" / "bootstrap"
part = subprocess.run([tidings, "-C", clone, "install-notes", "--shell"], check=True, capture_output=True, text=True).stdout
(work / "part.sh").write_text(part)
subprocess.run(["shellcheck", "--shell=sh", work / "part.sh"], check=True)


def git(*arguments):
    subprocess.run(["git", "-C", clone, *arguments], check=True, capture_output=True)


SCRIPT = f'. {work}/part.sh; tidings_install_notes "$1" "$2" {work}/log'


def said(shell, awk, to, source):
    """Standard error, with this awk in front of the path."""
    tools = work / f"tools-{awk.replace(' ', '-')}"
    if not tools.exists():
        tools.mkdir()
        (tools / "awk").write_text(f'#!/bin/sh\nexec {awk} "$@"\n')
        (tools / "awk").chmod(0o755)
    ran = subprocess.run([*shell.split(), "-c", SCRIPT, "x", to, source], cwd=clone, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
    assert ran.returncode == 0 and ran.stdout == "", (shell, awk, ran)
    return ran.stderr


shells = ["dash", "busybox sh", "bash --posix", "zsh --emulate sh"]
awks = ["gawk", "mawk", "original-awk", "busybox awk"]
pairs = [("2.1.0", "1.4.0"), ("2.1.0", "2.0.2"), ("2.0.0", "2.1.0"), ("1.4.0", "2.1.0"), ("2.0.1", "2.0.0"), ("2.1.0", "2.1.0"), ("2.1.0", "0.1")]
for to, source in pairs:
    git("checkout", "--quiet", f"v{to}")
    answers = {(shell, awk): said(shell, awk, to, source) for shell in shells for awk in awks}
    assert len(set(answers.values())) == 1 and said("dash", "mawk", to, source), (to, source, answers)
print(f"{len(shells)} shells and {len(awks)} awks say the same on {len(pairs)} ways")


def on_terminal(keys, **more):
    """Types into a terminal; gives the exit code and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(clone)
        os.environ.update(more)
        os.execvp("dash", ["dash", "-c", SCRIPT + "; echo code $?", "x", "2.1.0", "1.4.0"])
    shown, typed, end = b"", False, time.time() + 20
    while time.time() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                got = os.read(terminal, 4096)
            except OSError:
                break
            if not got:
                break
            shown += got
        if b"[y/N]" in shown and not typed:
            os.write(terminal, keys)
            typed = True
    os.waitpid(child, 0)
    return shown.decode()


git("checkout", "--quiet", "v2.1.0")
assert "code 0" in on_terminal(b"y\n"), "yes"
assert "code 1" in on_terminal(b"n\n") and "code 1" in on_terminal(b"\n"), "no"
shown = on_terminal(b"", INSTALL_YES="1")
assert "code 0" in shown and "[y/N]" not in shown
print("on a terminal it asks once: y goes on, everything else does not, INSTALL_YES=1 asks nothing")

# A thousand releases, and the shell that Debian installs with.
big = work / "big"
big.mkdir()
subprocess.run(["git", "-C", big, "init", "--quiet"], check=True)
rows = ["notes\t1\t999.0.0\thttps://g.example/"] + [f"release\t{n}.0.0\t2026-01-01\thttps://g.example/{n}" for n in range(1000)]
rows += [f"step\t{n}\taction\t{n}.0.0\t5 minutes\tDo what {n} asks." for n in range(1000)]
rows += [f"from\t{n}.0.0\t\t{' '.join(str(step) for step in range(n + 1, 1000))}\t\thttps://g.example/u/{n}" for n in range(999)]
(big / "install-notes.tsv").write_text("\n".join(rows) + "\n")
for arguments in (["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "--quiet", "-m", "x"], ["tag", "v999.0.0"]):
    subprocess.run(["git", "-C", big, *arguments], check=True)
times = []
for _ in range(7):
    start = time.perf_counter()
    subprocess.run(["dash", "-c", SCRIPT, "x", "999.0.0", "3.0.0"], cwd=big, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    times.append(time.perf_counter() - start)
size = (big / "install-notes.tsv").stat().st_size / 1e6
print(f"1,000 releases ({size:.1f} MB of notes) in dash: {min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms")
shutil.rmtree(work, ignore_errors=True)
