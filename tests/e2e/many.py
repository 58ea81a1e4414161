"""A vendor with many releases, as a changelog: many.py FOLDER RELEASES"""
import datetime
import json
import pathlib
import subprocess
import sys

folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True)
toml = pathlib.Path(__file__).parents[2] / "examples/acme/bootstrap/tidings.toml"
(folder / "tidings.toml").write_text(toml.read_text())
words = "backup restore schedule storage upload agent proxy certificate tenant archive catalogue snapshot network retry".split()
entries = []
for number in range(count):
    day = datetime.date(2005, 1, 1) + datetime.timedelta(days=7500 * number // count)
    version = f"{1 + number // 100}.{number // 5 % 20}.{number % 5}"
    some = [words[(number * step + step) % len(words)] for step in (1, 3, 5, 7)]
    items = "\n".join(
        f"- The {some[i % 4]} of a {some[(i + 1) % 4]} no longer fails with E{1000 + (number * 7 + i) % 8000} when the {some[(i + 2) % 4]} is slow, "
        f"and says which {some[(i + 3) % 4]} it waits for while it tries again." for i in range(9))
    entries.append(f"## [{version}] - {day}\n\nThe {some[0]} is quicker, and the {some[1]} tells more of what it does.\n\n### Fixed\n\n{items}\n")
entries.reverse()
(folder / "CHANGELOG.md").write_text("# Changelog\n\n" + "\n".join(entries))
digest = "registry.example.com/acme/agent@sha256:" + "a1" * 32
(folder / "pin.json").write_text(json.dumps({"version": version, "digest": digest}))
subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
