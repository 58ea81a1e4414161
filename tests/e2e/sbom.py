"""Bills of materials that others write: sbom.py WORK TIDINGS VENV

cyclonedx-py lists a Python environment in each version of CycloneDX, JSON and XML; npm lists a package, as CycloneDX and as SPDX;
spdx-tools writes the latter again as tag-value. What the page counts and compares is held against what pip and npm installed.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

from vendor import Vendor

work, tidings, venv = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
VERSIONS = {"JSON": ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"), "XML": ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")}


def run(*arguments, **more):
    return subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, text=True, **more).stdout


def python(release, *packages):
    """A fresh environment with these: the files, and what pip says is in it."""
    made = work / f"venv-{release}"
    run(sys.executable, "-m", "venv", made)
    run(made / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *packages)
    for form, versions in VERSIONS.items():
        for version in versions:
            run(venv / "bin/cyclonedx-py", "environment", made / "bin/python", "--of", form, "--sv", version,
                "-o", dist[release] / f"python-{version}.cdx.{form.lower()}")
    return {(one["name"].lower(), one["version"]) for one in json.loads(run(made / "bin/pip", "list", "--format", "json", "--disable-pip-version-check"))}


def npm(release, *packages):
    made = work / f"npm-{release}"
    made.mkdir()
    (made / "package.json").write_text('{"name": "ours", "version": "1.0.0"}')
    run("npm", "install", "--silent", "--no-audit", "--no-fund", *packages, cwd=made)
    for form in ("cyclonedx", "spdx"):
        (dist[release] / f"npm.{form}.json").write_text(run("npm", "sbom", f"--sbom-format={form}", cwd=made))
    # SPDX has no parts of seconds.
    spdx = made / "sbom.spdx.json"
    spdx.write_text(re.sub(r"\.\d+Z", "Z", (dist[release] / "npm.spdx.json").read_text()))
    run(venv / "bin/pyspdxtools", "--novalidation", "-i", spdx, "-o", dist[release] / "npm.tags.spdx")
    lock = json.loads((made / "package-lock.json").read_text())["packages"]
    return {(path.rsplit("node_modules/", 1)[1], one["version"]) for path, one in lock.items() if path}


vendor = Vendor(work / "vendor", tidings, operator='[forge]\nassets = ["dist/{version}/*"]\n')
dist = {version: vendor.source / "dist" / version for version in ("1.0.0", "1.1.0")}
for folder in dist.values():
    folder.mkdir(parents=True)
pip = [python("1.0.0", "six==1.16.0", "toml==0.10.2"), python("1.1.0", "six==1.17.0", "idna==3.7")]
node = [npm("1.0.0", "accepts@1.3.8", "left-pad@1.3.0"), npm("1.1.0", "accepts@2.0.0", "ms@2.1.3")]
for version in dist:
    vendor.tidings("smoke", "-q", version)
    vendor.tidings("publish", "-q", version)
page = (vendor.source / "release-page/v1.1.0/page.md").read_text()
for name in sorted(path.name for path in dist["1.1.0"].iterdir()):
    before, after = pip if name.startswith("python") else node
    part = page.split(f"\n`{name}` lists ", 1)[1].split("\n`", 1)[0]
    assert part.startswith(f"{len(after)} component"), (name, len(after), part)
    old, new = dict(before), dict(after)
    rows = set(re.findall(r"^- (.*)$", part, re.M))
    wanted = {f"`{package} {new[package]}`" for package in new.keys() - old.keys()}
    wanted |= {f"`{package} {old[package]}`" for package in old.keys() - new.keys()}
    wanted |= {f"`{package}` `{old[package]}` → `{new[package]}`" for package in old.keys() & new.keys() if old[package] != new[package]}
    assert rows == wanted and rows, (name, rows ^ wanted)
print(f"{len(list(dist['1.1.0'].iterdir()))} bills of materials of three tools: counted and compared as pip and npm installed them")
