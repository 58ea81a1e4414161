"""One answer: agreement.py OUT GUIDE

Reads every artefact of `generate` (OUT) and of `guide build` of the release's day (GUIDE) by itself, and finds no two answers to one
question. Then changes one statement at a time, and finds each.
"""
import collections
import csv
import email
import email.policy
import html
import io
import json
import pathlib
import re
import sys

WINDOWS = {"business hours": "business", "maintenance window": "maintenance", "business-hours": "business", "maintenance-window": "maintenance"}


def words(text):
    """What an action says, without the marks of any form: its first words."""
    bare = re.sub(r"<[^>]*>", "", html.unescape(text))
    return " ".join(re.findall(r"[\w.]+", re.sub(r"\]\([^)]*\)", "", bare))[:7]).rstrip(".").lower()


def read(out, guide):
    """Every artefact by name; a mail as its parts."""
    world = {}
    for name, folder in (("out", out), ("guide", guide)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in {".md", ".html", ".txt", ".json", ".csv", ".ics", ".js", ".xml", ".eml"}:
                world[f"{name}/{path.relative_to(folder)}"] = path.read_bytes()
    for name in [name for name in world if name.endswith(".eml")]:
        mail = email.message_from_bytes(world.pop(name), policy=email.policy.default)
        world[name + "#subject"] = mail["Subject"].encode()
        for form in ("plain", "html"):
            world[f"{name}#{form}"] = mail.get_body((form,)).get_content().encode()
    world = {name: data.decode().replace("\r\n ", "").replace("\r\n", "\n") for name, data in world.items()}
    # What leads about a page says nothing of its own.
    return {name: re.sub(r"<nav.*?</nav>", "", text, flags=re.S) if name.endswith(".html") else text for name, text in world.items()}


class Answers:
    """Who answers which question how, and the place of the answer in its artefact."""

    def __init__(self):
        self.all = collections.defaultdict(list)

    def say(self, question, value, name, span):
        self.all[question].append((value, name, span))

    def find(self, question, pattern, name, text, value=lambda found: found, flags=re.M | re.S, start=0, end=None):
        """Each match of the pattern in this part is an answer; the list of them, where the question is about several."""
        found = list(re.compile(pattern, flags).finditer(text, start, len(text) if end is None else end))
        for match in found:
            self.say(question, value(match.group(1)), name, match.span(1))
        return found

    def one(self, question, pattern, name, text, value=lambda found: found, **limits):
        assert self.find(question, pattern, name, text, value, **limits), f"{name} does not say {question}"

    def ordered(self, question, pattern, name, text, start=0, end=None):
        found = list(re.compile(pattern, re.M | re.S).finditer(text, start, len(text) if end is None else end))
        for number, match in enumerate(found, 1):
            self.say(f"{question} {number}", words(match.group(1)), name, match.span(1))
        self.say(f"{question}: how many", len(found), name, None)


ACTIONS = {"md": r"^\d+\. (.*?)$", "txt": r"^ +\d+\. (.*?)$", "html": r"<li><p>(.*?)</p>"}
TAG = r"git checkout v(\S+) "


def decision(answers, of, name, text):
    """Window and downtime as a sentence says them: of a note, or of an upgrade."""
    match = re.search(r"(?:Plan a|[Uu]pgrade in|Do this in|Install it in) (?:<strong>)?(?:a )?(maintenance window|business hours)", text)
    assert match, name
    answers.say(f"{of}: window", WINDOWS[match.group(1)], name, match.span(1))
    down = re.search(r"with ([\w ]+?) of downtime", text)
    answers.say(f"{of}: downtime", down.group(1) if down else "none", name, down.span(1) if down else None)


def note(answers, version, name, text):
    form = name.rsplit(".", 1)[1]
    answers.one(f"{version}: date", r"v" + re.escape(version) + r" — (\d{4}-\d\d-\d\d)", name, text)
    need, wrong = text.index("What you need to do"), text.index("If something goes wrong")
    decision(answers, version, name, text[:wrong])
    answers.ordered(f"{version}: action", ACTIONS[form], name, text, need, wrong)
    answers.one(f"{version}: install", TAG, name, text, start=need, end=wrong)
    answers.one(f"{version}: way back", TAG, name, text, start=wrong)
    answers.one(f"{version}: way back", r"Go back to (\d[\w.+-]*?) with", name, text, start=wrong)
    answers.one(f"{version}: digest", r"@(sha256:[0-9a-f]{64})", name, text)
    answers.one(f"{version}: support effect", r"(Support of \S+ ends[^.:]*)", name, text)


def upgrade(answers, name, text):
    form = name.rsplit(".", 1)[1]
    start = text.find("<main")
    text_from = max(start, 0)
    where = re.search(r"rom (\d\S*) to (\d\S*?)(?:<|\n)", text[text_from:])
    source, target = where.groups()
    of = f"from {source}"
    begin = text_from + where.start(2)
    answers.say(f"{of}: to", target, name, (begin, begin + len(target)))
    body = text[text_from:]
    if "go back to" in body[:600] and "releases away" not in body and "one release away" not in body:
        return
    head = re.search(r"It is .*? away, with (nothing|one|\d+)", body)
    answers.say(f"{of}: actions", {"nothing": "0", "one": "1"}.get(head.group(1), head.group(1)), name, (text_from + head.start(1), text_from + head.end(1)))
    match = re.search(r"(?:Plan a|Upgrade in) (?:<strong>)?(maintenance window|business hours)", body)
    answers.say(f"{of}: window", WINDOWS[match.group(1)], name, (text_from + match.start(1), text_from + match.end(1)))
    down = re.search(r"with ([\w ]+?) of downtime", body)
    answers.say(f"{of}: downtime", down.group(1) if down else "none", name, down and (text_from + down.start(1), text_from + down.end(1)))
    install = re.search(r"^## Install|<h2 id=\"install\"|^## Gone|<h2 id=\"gone\"|Known issues of", body, re.M)
    answers.ordered(f"{of}: action", ACTIONS[form], name, text, text_from, text_from + install.start())
    commands = list(re.finditer(TAG, body))
    answers.say(f"{of}: installs", commands[-2].group(1), name, (text_from + commands[-2].start(1), text_from + commands[-2].end(1)))
    answers.say(f"{of}: way back", commands[-1].group(1), name, (text_from + commands[-1].start(1), text_from + commands[-1].end(1)))
    ended = re.search(r"Support of \S+ ended on (\d{4}-\d\d-\d\d)", body)
    if ended:
        line = source.rsplit(".", 1)[0]
        answers.say(f"{line}: ends", ended.group(1), name, (text_from + ended.start(1), text_from + ended.end(1)))


def matrix(answers, name, text):
    rows = {
        "txt": r"^(\d\S*) +(\S+) +(\d{4}-\d\d-\d\d) +(\w+)(?: \(extended\))? +(\S.*?)$",
        "md": r"^\| (\d\S*) \| \[(\S+?)\]\([^)]*\) \| (\S+) \| (\w+)[^|]*\| (.*?) \|",
        "html": r"<tr><th scope=\"row\">(\S+?)</th><td><a[^>]*>(\S+?)</a></td><td>(?:<[^>]*>)?(\d[\d-]+)(?:<[^>]*>)?</td><td[^>]*>(?:<[^>]*>)?(\w+)(?:<[^>]*>)?[^<]*</td><td>(?:<[^>]*>)?([^<]*)(?:<[^>]*>)?</td>",
    }[name.rsplit(".", 1)[1]]
    found = list(re.finditer(rows, text, re.M))
    assert found, name
    for row in found:
        line = row.group(1)
        for number, what in ((2, "latest"), (3, "released"), (4, "status"), (5, "ends")):
            answers.say(f"{line}: {what}", row.group(number), name, row.span(number))
    if name.endswith(".md"):
        for row in re.finditer(r"^\| (\S+) .*`(sha256:\w+)` \|$", text, re.M):
            answers.say(f"{row.group(1)}: digest", row.group(2), name, row.span(2))


def place(text, needle, after=0):
    at = text.find(needle, after)
    return (at, at + len(needle)) if at >= 0 else None


def lifecycle(answers, name, text):
    """endoflife.date's schema."""
    at = 0
    for row in json.loads(text)["result"]["releases"]:
        line, latest = row["name"], row["latest"]
        at = text.index(f'"name": "{line}"', at)
        for what, value in (("latest", latest["name"]), ("released", latest["date"]), ("digest", row["custom"]["digest"])):
            answers.say(f"{line}: {what}", value, name, place(text, value, text.index('"latest"', at)))
        if row["eolFrom"]:
            answers.say(f"{line}: ends", row["eolFrom"], name, place(text, row["eolFrom"], at))
        key = '"isMaintained": '
        flag = text.index(key, at) + len(key)
        answers.say(f"{line}: status", "supported" if row["isMaintained"] else "unsupported", name, (flag, flag + len(json.dumps(row["isMaintained"]))))


def calendar(answers, name, text):
    for event in re.finditer(r"BEGIN:VEVENT.*?END:VEVENT", text, re.S):
        line = re.search(r"SUMMARY:.* (\S+): support ends", event.group()).group(1)
        for question, pattern, value in (
            ("ends", r"DTSTART;VALUE=DATE:(\d+)", lambda day: f"{day[:4]}-{day[4:6]}-{day[6:]}"),
            ("latest", r"Its last release is (\S+)\.$", str),
            ("latest", r"releases/tag/v(\S+)", str),
        ):
            found = re.search(pattern, event.group(), re.M)
            answers.say(f"{line}: {question}", value(found.group(1)), name, (event.start() + found.start(1), event.start() + found.end(1)))


def mail(answers, name, parts):
    text, page, subject = (parts[form] for form in ("plain", "html", "subject"))
    running = None
    for form, body in (("plain", text), ("html", page)):
        flat = body
        where = re.search(r"(?:You\s+(?:already\s+)?run|Coming\s+from)\s+(\d[\d.]*\d)", flat)
        running = running or where.group(1)
        answers.say(f"{name}: addressee runs", where.group(1), f"{name}#{form}", where.span(1))
        for link in re.finditer(r"upgrade/(\d[\w.]*?)\.html", flat):
            answers.say(f"{name}: addressee runs", link.group(1), f"{name}#{form}", link.span(1))
        asked = re.search(r"(\d+)\s+required\s+actions?", flat)
        answers.say(f"from {running}: actions", asked.group(1) if asked else "0", f"{name}#{form}", asked and asked.span(1))
        down = re.search(r"(\d+)\s+minutes\s+of\s+downtime", flat)
        answers.say(f"from {running}: downtime", f"{down.group(1)} minutes" if down else "none", f"{name}#{form}", down and down.span(1))
        window = re.search(r"Install it in (?:<strong>)?(?:a )?(maintenance window|business hours)", flat)
        answers.say(f"from {running}: window", WINDOWS[window.group(1)], f"{name}#{form}", window.span(1))
        page_of = re.search(r"releases/tag/v([\w.]+)", flat)
        answers.say(f"from {running}: to", page_of.group(1), f"{name}#{form}", page_of.span(1))
        ended = re.search(r"Support\s+of\s+(\S+)\s+ended\s+on\s+(\d{4}-\d\d-\d\d)", flat)
        if ended:
            answers.say(f"{ended.group(1)}: ends", ended.group(2), f"{name}#{form}", ended.span(2))
    found = re.search(r" (\d[\d.]*\d): (maintenance window|business hours), (no|\d+) action", subject)
    answers.say(f"from {running}: to", found.group(1), f"{name}#subject", found.span(1))
    answers.say(f"from {running}: window", WINDOWS[found.group(2)], f"{name}#subject", found.span(2))
    answers.say(f"from {running}: actions", found.group(3).replace("no", "0"), f"{name}#subject", found.span(3))


def machine(answers, version, world):
    name = "out/release-note.json"
    text = world[name]
    said = json.loads(text)
    for question, value, after in (("date", said["date"], '"date"'), ("digest", said["verify"]["digest"], '"digest"'), ("way back", said["rollback"]["version"], '"rollback"')):
        answers.say(f"{version}: {question}", value, name, place(text, value, text.index(after)))
    at = text.index('"install_window"')
    answers.say(f"{version}: window", WINDOWS[said["install_window"]], name, place(text, said["install_window"], at))
    answers.say(f"{version}: downtime", said["downtime"] or "none", name, said["downtime"] and place(text, f'"{said["downtime"]}"', at))
    for number, action in enumerate(said["actions"], 1):
        answers.say(f"{version}: action {number}", words(action["text"]), name, place(text, action["text"]))
    for name in ("out/known-issues.json", "guide/known-issues.json"):
        at = 0
        for issue in json.loads(world[name]):
            for affected in issue["affected"]:
                at = world[name].index(f'"{issue["id"]}"', at)
                for event in affected["ranges"][0]["events"]:
                    for what, value in event.items():
                        answers.say(f"{issue['id']}: {what}", value, name, place(world[name], f'"{value}"', at))
                answers.say(f"{issue['id']}: versions", " ".join(affected["versions"]), name, place(world[name], f'"{affected["versions"][-1]}"', world[name].index('"versions"', at)) if affected["versions"] else None)
    name = "guide/data/releases.js"
    rows = json.loads(re.search(r"JSON\.parse\('(.*)'\)", world[name], re.S).group(1).replace("\\\\", "\\").replace("\\'", "'"))
    answers.say("latest", rows["latest"], name, place(world[name], rows["latest"]))
    for row in rows["rows"]:
        at = world[name].index(f'["{row[0]}"')
        answers.say(f"{row[0]}: digest prefix", row[1], name, place(world[name], row[1], at))
        answers.say(f"{row[0]}: date", row[5], name, place(world[name], row[5], at))
        if row[3] is not None and row[0] == version:
            answers.say(f"{version}: way back", rows["rows"][row[3]][0], name, None)


def answers_of(world):
    answers = Answers()
    version = json.loads(world["out/release-note.json"])["version"]
    for form in ("md", "html", "txt"):
        note(answers, version, f"out/release-note.{form}", world[f"out/release-note.{form}"])
        matrix(answers, f"out/support-matrix.{form}", world[f"out/support-matrix.{form}"])
    note(answers, version, f"guide/releases/{version}.html", world[f"guide/releases/{version}.html"])
    matrix(answers, "guide/support.html", world["guide/support.html"])
    for name, text in world.items():
        if re.match(r"(out|guide)/upgrade/\d[^/]*\.(md|html)$", name):
            upgrade(answers, name, text)
        if name in ("out/support-matrix.json", "guide/support.json"):
            lifecycle(answers, name, text)
        if name.endswith(".ics"):
            calendar(answers, name, text)
    name = "out/support-matrix.csv"
    for row in csv.DictReader(io.StringIO(world[name])):
        for what, column in (("latest", "latest"), ("released", "released"), ("status", "status"), ("ends", "ends"), ("digest", "digest")):
            start = world[name].index(f"\n{row['line']},")
            answers.say(f"{row['line']}: {what}", row[column], name, place(world[name], row[column], start + len(row["line"]) + 2))
    parts = collections.defaultdict(dict)
    for name, text in world.items():
        if "#" in name:
            parts[name.split("#")[0]][name.split("#")[1]] = text
    for name in parts:
        mail(answers, name, parts[name])
    machine(answers, version, world)
    for row in re.finditer(r"releases/(\d\S*?)\.html\">[^<]*</a></dt><dd class=\"digest\"><code>sha256:([0-9a-f]{16})([0-9a-f]{48})", world["guide/identify.html"]):
        answers.say(f"{row.group(1)}: digest prefix", row.group(2), "guide/identify.html", row.span(2))
    start = world["guide/index.html"]
    answers.one(f"{version}: way back", TAG, "guide/index.html", start[: start.index("<dl")] if "<dl" in start else start)
    answers.one("latest", r"(?i)latest(?: release)?:? *<a[^>]*>v?(\S+?)</a>", "guide/index.html", start)
    for entry in re.finditer(r"<title>[^<]* v(\S+?)</title>.*?<published>(\d{4}-\d\d-\d\d)", world.get("guide/feed.xml", ""), re.S):
        answers.say(f"{entry.group(1)}: date", entry.group(2), "guide/feed.xml", entry.span(2))
    return answers


def disagreements(world, expected=None):
    """Questions with two answers, and with fewer answers than there were."""
    try:
        answers = answers_of(world)
    except (AssertionError, AttributeError, KeyError, ValueError, IndexError) as error:
        return [f"cannot be read: {error!r}"]
    found = [f"{question}: {[answer[:2] for answer in all]}" for question, all in answers.all.items() if len({answer[0] for answer in all}) > 1]
    for question, count in (expected or {}).items():
        if len(answers.all.get(question, ())) != count:
            found.append(f"{question}: {len(answers.all.get(question, ()))} answers instead of {count}")
    return found


def altered(said):
    """The same statement with another content."""
    swap = {"maintenance window": "business hours", "business hours": "maintenance window", "maintenance-window": "business-hours", "business-hours": "maintenance-window",
            "supported": "unsupported", "unsupported": "supported", "true": "false", "false": "true", "nothing": "7", "no": "7", "one": "7"}
    if said in swap:
        return swap[said]
    digit = max((at for at, c in enumerate(said) if c.isdigit()), default=None)
    if digit is None:
        return "Never " + said
    return said[:digit] + str((int(said[digit]) + 1) % 10) + said[digit + 1:]


def main():
    world = read(*(pathlib.Path(argument) for argument in sys.argv[1:3]))
    answers_of(world)
    found = disagreements(world)
    assert not found, "\n".join(found)
    answers = answers_of(world)
    expected = {question: len(all) for question, all in answers.all.items()}
    alone = [question for question, count in expected.items() if count == 1]
    seeds, missed, seen = 0, [], set()
    for question, all in answers.all.items():
        for _, name, span in all:
            if span is None or len(all) < 2 or (name, span) in seen:
                continue
            seen.add((name, span))
            seeded = dict(world)
            text = world[name]
            seeded[name] = text[: span[0]] + altered(text[span[0]: span[1]]) + text[span[1]:]
            seeds += 1
            if not disagreements(seeded, expected):
                missed.append(f"{question} in {name}: {text[span[0]:span[1]]!r}")
    assert not missed, "not found:\n" + "\n".join(missed)
    assert seeds >= 40, f"only {seeds} disagreements were seeded"
    print(f"one answer to each of {len(expected) - len(alone)} questions in {len(world)} artefacts; {seeds} seeded disagreements, each found")


main()
