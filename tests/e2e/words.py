"""Law: what a viewer of Markdown shows of an entry is read. markdown-it-py is the viewer; hundreds of real changelogs are the texts.

    words.py TIDINGS CORPUS

Every word between two releases (headings and what is hidden aside) must stand in what `tidings changelog` says of the first."""
import json
import pathlib
import re
import subprocess
import sys

from markdown_it import MarkdownIt

program, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
viewer = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WORD = re.compile(r"[^\W_]+")
total = lost = files = 0
samples = []


def shown(text):
    """The words of each line: (first line of the block, words)."""
    tokens = viewer.parse(text)
    heading = False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        if heading or token.map is None:
            continue
        if token.type in ("fence", "code_block"):
            yield token.map[0] + 1, WORD.findall(token.content)
        elif token.type == "inline":
            words = []
            for child in token.children:
                if child.type in ("text", "code_inline"):
                    words += WORD.findall(child.content)
                elif child.type == "image":
                    words += WORD.findall(child.content)
            yield token.map[0] + 1, words


for path in sorted(corpus.rglob("changelog.md")):
    text = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    out = subprocess.run([program, "changelog", str(path), "--format", "json"], capture_output=True)
    releases = json.loads(out.stdout)["releases"]
    if not releases:
        continue
    files += 1
    said = {}
    for release in releases:
        words = json.dumps(release, ensure_ascii=False).encode().decode("unicode_escape", "ignore") + json.dumps(release, ensure_ascii=False)
        said.setdefault(release["line"], set()).update(word.lower() for word in WORD.findall(words.replace("\\n", " ")))
    lines = sorted(said)
    first_versions = {}
    for line, words in shown(text):
        above = [head for head in lines if head <= line]
        if not above:
            continue
        known = said[above[-1]]
        for word in words:
            total += 1
            if word.lower() not in known:
                lost += 1
                if len(samples) < 30:
                    samples.append(f"{path.parent.name}:{line}: {word}")
print("\n".join(samples))
print(f"{files} files, {total} words, {lost} not read ({100 * lost / max(total, 1):.2f}%)")
sys.exit(files < 60 or lost > total * 0.01)
