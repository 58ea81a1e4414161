#!/usr/bin/env python3
"""Collects the changelogs of real packages together with the versions their registry knows.

The rule, so that nothing is chosen because it passes: every package in the dependency closure of the roots named in
`crates.txt` and `npm.txt` whose archive holds, at its top, a file named CHANGELOG, CHANGES, HISTORY, RELEASES or NEWS
(.md, .markdown or no ending; the first of that list when there are several). One version of each package: the newest.
The registry's list of versions comes from the clients' own index, as they downloaded it.

    collect.py OUT        writes OUT/<registry>/<package>/{changelog.md,versions.json}

`versions.json` maps each version to the day it was published, or to null where the index does not say.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NAMES = ["changelog", "changes", "history", "releases", "news"]
ENDINGS = ["", ".md", ".markdown"]


def changelog_in(folder):
    wanted = {stem + ending: rank for rank, (stem, ending) in enumerate((s, e) for s in NAMES for e in ENDINGS)}
    found = [p for p in folder.iterdir() if p.is_file() and not p.is_symlink() and p.name.lower() in wanted]
    return min(found, key=lambda p: wanted[p.name.lower()], default=None)


def keep(out, registry, name, changelog, versions):
    folder = out / registry / name.replace("/", "__")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(changelog, folder / "changelog.md")
    (folder / "versions.json").write_text(json.dumps(versions, indent=0))


def note_names(out, names):
    """Every package that was looked at, also those without a changelog: headings name siblings."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "packages.txt").open("a") as file:
        file.writelines(f"{name}\n" for name in sorted(set(names)))


def numbers(version):
    return [int(n) for n in re.findall(r"\d+", version)[:3]]


def crates(out, work):
    roots = (HERE / "crates.txt").read_text().split()
    (work / "src").mkdir(parents=True, exist_ok=True)
    (work / "src/lib.rs").touch()
    (work / "Cargo.toml").write_text(
        '[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n'
        + "".join(f'{root} = "*"\n' for root in roots)
    )
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=work, check=True)
    packages = json.loads(
        subprocess.run(["cargo", "metadata", "--format-version", "1", "--offline"], cwd=work, check=True, capture_output=True).stdout
    )["packages"]
    newest = {}
    for package in packages:
        if package["source"]:
            known = newest.get(package["name"])
            if known is None or numbers(known["version"]) < numbers(package["version"]):
                newest[package["name"]] = package
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    note_names(out, newest)
    caches = list(home.glob("registry/index/*/.cache"))
    count = 0
    for name, package in sorted(newest.items()):
        changelog = changelog_in(pathlib.Path(package["manifest_path"]).parent)
        if changelog is None:
            continue
        low = name.lower()
        place = {1: "1", 2: "2"}.get(len(low)) or (f"3/{low[0]}" if len(low) == 3 else f"{low[:2]}/{low[2:4]}")
        versions = {}
        for cache in caches:
            index = cache / place / low
            if index.exists():
                for line in index.read_bytes().split(b"\0"):
                    if line.startswith(b'{"name"'):
                        row = json.loads(line)
                        versions[row["vers"]] = (row.get("pubtime") or "")[:10] or None
        if versions:
            keep(out, "crates", name, changelog, versions)
            count += 1
    return count


def npm(out, work):
    roots = (HERE / "npm.txt").read_text().split()
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "node_modules").exists():
        (work / "package.json").write_text('{"name": "corpus", "version": "0.0.0", "private": true}')
        subprocess.run(
            ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", *roots],
            cwd=work, check=True,
        )
    found = {}
    modules = work / "node_modules"
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        name = manifest.parent.relative_to(modules).as_posix()
        changelog = changelog_in(manifest.parent)
        if changelog:
            found[name] = changelog
    note_names(out, [manifest.parent.name for manifest in modules.glob("**/package.json") if manifest.parent.parent.name == "node_modules"])
    script = """
const path = require('path'), cp = require('child_process');
const globals = cp.execSync('npm root -g', {stdio: ['ignore', 'pipe', 'ignore']}).toString().trim();
const pacote = require(path.join(globals, 'npm/node_modules/pacote'));
const config = key => cp.execSync('npm config get ' + key, {stdio: ['ignore', 'pipe', 'ignore']}).toString().trim();
const options = {registry: config('registry'), cache: path.join(config('cache'), '_cacache'), preferOffline: true};
(async () => {
  const names = JSON.parse(require('fs').readFileSync(0)); const out = {};
  const one = async () => { for (let n; (n = names.pop());) { try { out[n] = Object.keys((await pacote.packument(n, options)).versions); } catch (e) { out[n] = []; } } };
  await Promise.all(Array.from({length: 12}, one));
  process.stdout.write(JSON.stringify(out));
})();"""
    answer = subprocess.run(["node", "-e", script], input=json.dumps(list(found)).encode(), check=True, capture_output=True).stdout
    count = 0
    for name, versions in json.loads(answer).items():
        if versions:
            keep(out, "npm", name, found[name], {version: None for version in versions})
            count += 1
    return count


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]).resolve()
    work = target.parent / (target.name + "-work")
    print(f"{crates(target, work / 'crates')} changelogs of crates")
    print(f"{npm(target, work / 'npm')} changelogs of npm packages")
