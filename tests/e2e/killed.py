"""Every command that writes, killed at random moments and typed again: killed.py FOLDER TIDINGS [TRIES] [PORT]

The second run must end well, with the same files as a run that nobody killed; nothing half, no hidden rest, no lock. Then signals, a
closed pipe, a full disk and two at once. Prints a table; a cell that is not `ok` makes it fail."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

work, program = pathlib.Path(sys.argv[1]).absolute(), os.path.abspath(sys.argv[2])
tries = int(sys.argv[3]) if len(sys.argv) > 3 else 50
port = sys.argv[4] if len(sys.argv) > 4 else "18080"
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
environment = {
    "PATH": os.environ["PATH"], "HOME": str(work), "SOURCE_DATE_EPOCH": "1795348800", "TMPDIR": str(work / "tmp"),
    "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org",
}
(work / "tmp").mkdir()
random.seed(7)

# Command, the state it starts from, its folder there, its arguments.
COMMANDS = [
    ("init", None, "new", ["init", "--product", "P", "--vendor", "V", "--repository", "https://github.com/acme/p", "--contact", "s@acme.example"]),
    ("generate", "fresh", "bootstrap", ["generate", "--out", "made"]),
    ("guide", "fresh", "bootstrap", ["guide", "build", "--out", "site"]),
    ("guide again", "fresh", "bootstrap", ["guide", "build", "--out", "site", "--as-of", "2027-06-01"]),
    ("readme", "fresh", "bootstrap", ["readme", "--write"]),
    ("bump", "fresh", "source", ["bump", "minor", "--commit", "--push"]),
    ("cut", "proposed", "source", ["cut", "--yes"]),
    ("smoke", "fresh", "source", ["smoke"]),
    ("publish", "smoked", "source", ["publish"]),
    ("email", "published", "source", ["email", "send", "--yes", "--new-ledger"]),
    ("incident", "smoked", "source", ["incident", "--observed", "it hangs", "--write"]),
    ("withdraw", "published", "source", ["withdraw", "2.1.0", "--reason", "Restores stop.", "--yes"]),
    ("rollback", "smoked", "bootstrap", ["rollback", "--yes"]),
]
# They take seconds: fewer moments, the same law.
SLOW = {"cut": 5, "smoke": 4, "rollback": 5, "bump": 3}


def run(arguments, folder, **more):
    return subprocess.run([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **more)


def must(done):
    if done.returncode:
        sys.exit(f"preparing: {done.args} ended with {done.returncode}\n{done.stdout}{done.stderr}")


def stop(root):
    """The agent and the registry of a copy end; what is started next has the port to itself."""
    if (root / "source").exists():
        run(["demo", "--stop", "."], root)


def state(name):
    return work / "states" / name


def copied(source, target):
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    return target


def prepare():
    fresh = state("fresh")
    fresh.mkdir(parents=True)
    must(run(["demo", ".", "--port", port], fresh))
    must(run(["guide", "build", "--out", "site"], fresh / "bootstrap"))
    smoked = copied(fresh, state("smoked"))
    must(run(["smoke"], smoked / "source"))
    published = copied(smoked, state("published"))
    must(run(["publish"], published / "source"))
    stop(smoked)
    proposed = copied(fresh, state("proposed"))
    for arguments in (["bump", "minor", "--commit", "--push"], ["preflight"]):
        must(run(arguments, proposed / "source"))
    cut = subprocess.Popen([program, "cut", "--yes"], cwd=proposed / "source", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not subprocess.run(["git", "ls-remote", "--exit-code", "--tags", "../source.git", "v2.2.0"], cwd=proposed / "source", env=environment, capture_output=True).stdout:
        time.sleep(0.05)
    cut.kill()
    cut.wait()
    # The registry that it starts stays: every copy asks it.
    must(subprocess.run(["./pipeline.sh", "v2.2.0"], cwd=proposed / "source", env=environment, capture_output=True, text=True))


def files(root):
    """What a run left, by path; git's own folders, the ledger and the agent aside: they hold times."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        parts = set(name.split("/"))
        if parts & {".git", ".tidings", "agent", "registry", "bootstrap.git", "source.git"} or path.is_dir():
            continue
        found[name] = os.readlink(path) if path.is_symlink() else path.read_bytes()
    return found


def rests(root):
    left = [str(path.relative_to(root)) for path in root.rglob(".tidings-*")]
    left += [str(path.relative_to(root)) for path in root.rglob("*.lock") if ".git" in str(path)]
    left += [str(path.relative_to(work)) for path in (work / "tmp").iterdir() if path.name.startswith("tidings-")]
    return left


def start(name, number):
    root = work / "now" / f"{name.replace(' ', '-')}-{number}"
    shutil.rmtree(root, ignore_errors=True)
    row = next(row for row in COMMANDS if row[0] == name)
    if row[1]:
        copied(state(row[1]), root)
    (root / row[2]).mkdir(parents=True, exist_ok=True)
    if name == "init":
        subprocess.run(["git", "init", "--quiet", "."], cwd=root / row[2], env=environment, check=True)
    if name == "incident":
        subprocess.run(["./install.sh"], cwd=root / "bootstrap", env=environment | {"TIDINGS": program, "ACME_STATE": str(root / "agent")}, capture_output=True)
    if name == "cut":
        # Whatever is merged already is reviewed as well, and the review asks the registry.
        subprocess.Popen([program, "demo-agent", "registry", "--state", str(root / "registry"), "--port", str(int(port) + 1)],
                         cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.2)
    return root, root / row[2], row[3]


def done_before(name, root, answer):
    """The first run had ended already, or left what only the operator can decide."""
    if name == "bump" and "entry-empty" in answer:
        ask = lambda *words: subprocess.run(["git", *words], cwd=root / "source", env=environment, capture_output=True, text=True).stdout.strip()
        return not ask("status", "--porcelain", "--untracked-files=no") and ask("rev-parse", "main") == ask("ls-remote", "origin", "main").split("\t")[0]
    # A message whose last answer nobody heard is never sent again by itself.
    return name == "email" and " unknown" in answer and "failed" not in answer


def judged(name, root, folder, arguments, expected, twice=False):
    """Typed again: what is wrong, or nothing."""
    again = run(arguments, folder)
    answer = again.stdout + again.stderr
    if name == "bump" and "entry-empty" in answer and not done_before(name, root, answer):
        # The entry was written and not yet committed or pushed: the operator looks at it, and does that with git.
        return "-asks"
    if again.returncode and not done_before(name, root, answer):
        return f"ended with {again.returncode}: {answer.strip().splitlines()[0][:90] if answer.strip() else ''}"
    left = rests(root)
    if left:
        return "left " + ", ".join(left[:3])
    if "panicked" in answer:
        return "panicked"
    if expected is not None and not twice and files(root) != expected:
        other = files(root)
        return "other files: " + ", ".join([key for key in other.keys() | expected.keys() if other.get(key) != expected.get(key)][:3])
    return None


def killed(name, times):
    root, folder, arguments = start(name, "whole")
    begun = time.monotonic()
    whole = run(arguments, folder)
    took = time.monotonic() - begun
    if whole.returncode:
        return f"does not run: {(whole.stdout + whole.stderr).strip()[:120]}", took
    # A report has a number, mail and versions go on: only what is the same each time is compared.
    expected = files(root) if name in ("generate", "guide", "guide again", "readme", "init") else None
    stop(root)
    wrong = None
    for number in range(times):
        root, folder, arguments = start(name, "killed")
        child = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, took))
        child.kill()
        child.wait()
        wrong = wrong or judged(name, root, folder, arguments, expected)
        stop(root)
    return wrong, took


def interrupted(name, what):
    root, folder, arguments = start(name, "signal")
    child = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.05)
    child.send_signal(what)
    child.wait(timeout=60)
    wrong = judged(name, root, folder, arguments, None)
    stop(root)
    return wrong


def closed_pipe(name):
    root, folder, arguments = start(name, "pipe")
    reader, writer = os.pipe()
    os.close(reader)
    subprocess.run([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.DEVNULL, timeout=120)
    os.close(writer)
    wrong = judged(name, root, folder, arguments, None)
    stop(root)
    return wrong


def two_at_once(name):
    root, folder, arguments = start(name, "two")
    both = [subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    for child in both:
        child.wait(timeout=120)
    wrong = judged(name, root, folder, arguments, None)
    stop(root)
    return wrong


def full_disk(name):
    """The copy lies on a file system that has hardly room; then it gets some."""
    root, folder, arguments = start(name, "full")
    small = work / "small"
    small.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", small], capture_output=True).returncode:
        return "not tried: no right to mount"
    try:
        copied(root, small)
        here = small / folder.relative_to(root)
        used = (shutil.disk_usage(small).used >> 10) + 16
        subprocess.run(["mount", "-o", f"remount,size={used}k", small], check=True)
        first = run(arguments, here)
        if "panicked" in first.stderr:
            return "panicked"
        subprocess.run(["mount", "-o", "remount,size=256m", small], check=True)
        return judged(name, small, here, arguments, None)
    finally:
        stop(small)
        subprocess.run(["umount", "-l", small], check=True)


prepare()
print(f"{'command':<14}{'took':>7}  {'killed':<10}{'TERM':<6}{'INT':<6}{'HUP':<6}{'pipe':<6}{'two':<6}{'full disk'}")
wrongs = []
only = sys.argv[5:]
for name, *_ in [row for row in COMMANDS if not only or row[0] in only]:
    times = max(2, tries // SLOW.get(name, 1) // 2) if name in SLOW else tries
    wrong, took = killed(name, times)
    cells = [wrong, *(interrupted(name, what) for what in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)), closed_pipe(name), two_at_once(name)]
    cells.append(full_disk(name) if name in ("generate", "guide", "readme", "publish", "email", "incident") else "-")
    shown = [("ok" if cell is None else cell.lstrip("-") or "-" if cell.startswith(("-", "not")) else "WRONG") for cell in cells]
    print(f"{name:<14}{took:>6.2f}s  {shown[0] + f' {times}x':<10}{shown[1]:<6}{shown[2]:<6}{shown[3]:<6}{shown[4]:<6}{shown[5]:<6}{shown[6]}", flush=True)
    wrongs += [f"{name}: {cell}" for cell in cells if cell and not cell.startswith(("-", "not"))]
for root in (state("published"), state("proposed")):
    stop(root)
print("\n".join(wrongs) or "every second run ended well, and nothing was left over")
sys.exit(1 if wrongs else 0)
