"""Opens the documents with parsers of others: documents.py OUT SCHEMAS TIDINGS DEMO"""
import csv
import email
import email.policy
import json
import pathlib
import subprocess
import sys

import icalendar
import jsonschema

out, schemas, tidings, demo = (pathlib.Path(argument) for argument in sys.argv[1:5])


def valid(name, document):
    schema = json.loads((schemas / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)


def printed(*arguments):
    ran = subprocess.run([tidings, *arguments, "--format", "json"], capture_output=True)
    assert ran.returncode in (0, 1), ran.stderr
    return json.loads(ran.stdout)


source, bootstrap = str(demo / "source"), str(demo / "bootstrap")
for name, file in [("release-note", "release-note.json"), ("endoflife", "support-matrix.json"), ("known-issues", "known-issues.json"), ("context", "context.json")]:
    valid(name, json.loads((out / file).read_text()))
for name, arguments in [
    ("release-note", ["-C", bootstrap, "notes", "1.5.1"]),
    ("upgrade-guide", ["-C", bootstrap, "upgrade", "1.4.0"]),
    ("notice", None),
    ("support", ["-C", bootstrap, "support", "1.4.0"]),
    ("changelog", ["-C", bootstrap, "changelog"]),
    ("findings", ["-C", bootstrap, "check", "-v"]),
    ("incident", ["-C", source, "incident", "--version", "2.1.0", "--observed", "restore progress stays at 0 %"]),
]:
    documents = [printed(*arguments)] if arguments else printed("-C", source, "email", "preview")
    for document in documents:
        valid(name, document)
        assert document["schema"].startswith("tidings/"), document["schema"]

mails = sorted((out / "mail").glob("*.eml"))
seen = set()
for mail in mails:
    raw = mail.read_bytes()
    assert b"\n" not in raw.replace(b"\r\n", b""), f"{mail}: a bare line feed"
    message = email.message_from_bytes(raw, policy=email.policy.strict)
    assert not message.defects, (mail, message.defects)
    assert message["Auto-Submitted"] == "auto-generated" and message["List-Id"] and message["Date"].datetime
    assert len(message["To"].addresses) == 1
    assert message["Message-ID"] not in seen
    seen.add(message["Message-ID"])
    text, html = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
    assert len(text.splitlines()) < 15, f"{mail}: {len(text.splitlines())} lines"
    for body in (text, html):
        assert "https://github.com/acme/agent-bootstrap/releases/tag/v2.1.0" in body
    assert "encrypted" not in text, "the note is repeated"
    assert message.get_content_type() == "multipart/alternative"
print(f"{len(mails)} mails")

calendar = icalendar.Calendar.from_ical((out / "support-matrix.ics").read_bytes())
events = calendar.walk("VEVENT")
assert not calendar.errors and all(not event.errors for event in events)
assert {str(event.decoded("DTSTART")) for event in events} == {"2026-11-17", "2026-06-09"}
assert all(event.decoded("DTEND") > event.decoded("DTSTART") for event in events)
print(f"{len(events)} events")

rows = list(csv.DictReader((out / "support-matrix.csv").open(newline="")))
assert [row["line"] for row in rows] == ["2.1", "2.0", "1.5", "1.4"] and all(row["digest"].startswith("sha256:") for row in rows)
print(f"{len(rows)} lines of support")
