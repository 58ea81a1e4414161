#!/usr/bin/env python3
"""Compares what `tidings changelog` reads with what the registries know.

    measure.py TIDINGS CORPUS [--misses]

Named: a published version that an ATX or setext heading of the file names (outside fences and comments).
Found: read as a release. Complete: a file all of whose named versions are found. False: read as a release, not
published, and its heading says more than a version, a date, the names of packages (a changelog may be of several, and
the registry was asked for one) and the usual words. Dates: read from a heading in which
an own reading of the same line finds exactly one date; right if both are the same day.

Exits 1 where a bar is missed.
"""
import collections
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys

TOKEN = re.compile(r"(?<![\w.])(?:[vV]\.?)?(\d+(?:\.\d+)+(?:[-+._]?[A-Za-z0-9][A-Za-z0-9.+-]*)?)")
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d\d?)[-/.](\d\d?)(?!\d)")
WORDS = [
    re.compile(r"(?i)\b(\d{1,2})(?:st|nd|rd|th|\.)?(?: of)?[ -]([a-z]{3,9})\.?,?[ -]((?:19|20)\d\d)\b"),
    re.compile(r"(?i)\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)\b"),
]
USUAL = re.compile(
    r"(?i)^[#\s\[\]*~`(<>/\"':.,|!&+=\-–—_]*(?:(?:v|version|release[ds]?|npm|small|crate|stable|not|yet|never|on|to|be|unreleased|skipped|yanked|deprecated|pending"
    r"|mon|tue|wed|thu|fri|sat|sun|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|st|nd|rd|th|rc|u|h\d|id|and|next|later|the|x|of)\b"
    r"|[\d\s\[\]*~`()<>/\"':.,|!&+=\-–—_#@?]|[^\x00-\x7f])*$"
)


def half(name):
    return "tuned on" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0 else "held out"


def normal(version):
    match = re.match(r"v?(\d+(?:\.\d+)*)(.*)$", version)
    if not match:
        return version
    core = ".".join(str(int(part)) for part in re.sub(r"(\.0+)+$", "", match.group(1)).split("."))
    return core + re.sub(r"^[-._]", "-", match.group(2).split("+")[0]).lower()


def headings(text):
    lines, fence, comment = text.split("\n"), None, False
    for number, line in enumerate(lines):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and set(bare) <= set(fence[0]):
                fence = None
            continue
        if comment:
            comment = "-->" not in line
            continue
        opened = re.match(r" {0,3}(```+|~~~+)", line)
        if opened:
            fence = opened.group(1)
            continue
        if bare.startswith("<!--"):
            comment = "-->" not in bare
            continue
        below = lines[number + 1] if number + 1 < len(lines) else ""
        setext = re.match(r" {0,3}(=+|-+)\s*$", below) and len(below.strip()) > 2 and bare and not bare.startswith(("-", "*", "|", ">"))
        if re.match(r" {0,3}#{1,6}([ \t]|$)", line) or setext:
            yield number + 1, line


def dates(line):
    found = set()
    for year, month, day in ISO.findall(line):
        found.add((int(year), int(month), int(day)))
    for day, month, year in WORDS[0].findall(line):
        if month[:3].lower() in MONTHS:
            found.add((int(year), MONTHS.index(month[:3].lower()) + 1, int(day)))
    for month, day, year in WORDS[1].findall(line):
        if month[:3].lower() in MONTHS:
            found.add((int(year), MONTHS.index(month[:3].lower()) + 1, int(day)))
    valid = set()
    for date in found:
        try:
            valid.add(datetime.date(*date).isoformat())
        except ValueError:
            pass
    return valid


def plain(line):
    line = re.sub(r"\]\([^)]*\)", "]", line)
    return re.sub(r"https?://\S+", "", re.sub(r"<[^>]*>", " ", line))


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    packages = set((root / "packages.txt").read_text().split())
    total = collections.defaultdict(collections.Counter)
    misses = []
    for folder in sorted(root.glob("*/*")):
        published = {normal(version) for version in json.loads((folder / "versions.json").read_text())}
        text = (folder / "changelog.md").read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\ufeff")
        ran = subprocess.run([program, "changelog", str(folder / "changelog.md"), "--format", "json"], capture_output=True)
        assert ran.returncode in (0, 1), f"{folder}: {ran.stderr.decode()}"
        releases = json.loads(ran.stdout)["releases"]
        lines = text.split("\n")
        named = {}
        for number, line in headings(text):
            # `0.2 and earlier` heads what is not told in this file.
            if re.search(r"(?i)\b(and|or) (earlier|older)\b", line):
                continue
            for match in TOKEN.finditer(plain(line)):
                version = normal(match.group(1).rstrip(".-+_"))
                if version in published:
                    named.setdefault(version, line)
        got = {normal(release["version"]) for release in releases if release["version"]}
        for counts in (total[half(folder.name)], total["all"]):
            counts["files"] += 1
            counts["releases"] += len(got)
            if named:
                counts["files with named versions"] += 1
                counts["named"] += len(named)
                counts["found"] += len(named.keys() & got)
                counts["complete"] += named.keys() <= got
            for release in releases:
                line = lines[release["line"] - 1] if release["line"] <= len(lines) else ""
                if release["version"] and normal(release["version"]) not in published:
                    rest = " ".join(word for word in re.split(r"[\s`/,]+", plain(line).replace(release["version"], " ")) if word not in packages)
                    if not USUAL.match(rest) and not (release["package"] or re.search(r"(?i)(version|release|^#+ *\[?v?)\W*" + re.escape(release["version"]), plain(line))):
                        counts["false"] += 1
                        misses.append(f"false? {folder.name}:{release['line']} {line}") if counts is total["all"] else None
                said = dates(plain(line))
                if len(said) == 1 and release["version"] and release["version"] not in said:
                    counts["dated"] += 1
                    right = release["date"] in said
                    counts["dates right"] += right
                    if not right and counts is total["all"]:
                        misses.append(f"date {folder.name}:{release['line']} {line} read {release['date']}")
        misses += [f"missed {folder.name}: {line.strip()}" for version, line in named.items() if version not in got]
    failed = False
    for name, counts in sorted(total.items()):
        recall, complete = counts["found"] / counts["named"], counts["complete"] / counts["files with named versions"]
        right = counts["dates right"] / counts["dated"]
        print(
            f"{name:>9}: {counts['files']} files, {counts['named']} named versions, {recall:.2%} found (bar 99.5%), {complete:.2%} of files complete (bar 98%), "
            f"{counts['false']} of {counts['releases']} releases perhaps none (bar 0.5%), {right:.2%} of {counts['dated']} dates right (bar 99%)"
        )
        failed |= recall < 0.995 or complete < 0.98 or right < 0.99 or counts["false"] > 0.005 * counts["releases"]
    if "--misses" in sys.argv:
        print("\n".join(misses))
    sys.exit(failed)


main()
