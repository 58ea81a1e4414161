"""Calendars and the feed, as the strictest readers found take them: feeds.py OUT GUIDE"""
import pathlib
import sys

import feedparser
import icalendar
import ics

out, guide = (pathlib.Path(argument) for argument in sys.argv[1:3])

for path in (out / "support-matrix.ics", guide / "support.ics"):
    text = path.read_bytes().decode()
    for name in ("VERSION", "PRODID", "CALSCALE"):
        assert text.count(f"\r\n{name}:") == 1, f"{path}: {name} is not there once (RFC 5545 3.6)"
    strict = ics.Calendar(text)
    theirs = icalendar.Calendar.from_ical(text)
    assert not theirs.errors, theirs.errors
    events = theirs.walk("VEVENT")
    assert len(events) == len(strict.events) > 0
    days = {event.name: event.begin.date() for event in strict.events}
    for event in events:
        assert not event.errors, event.errors
        assert days[str(event["SUMMARY"])] == event.decoded("DTSTART"), event["SUMMARY"]
        assert (event.decoded("DTEND") - event.decoded("DTSTART")).days == 1 and event["DTSTAMP"] and event["UID"]
    assert len({str(event["UID"]) for event in events}) == len(events), "an identifier twice"

feed = feedparser.parse((guide / "feed.xml").read_bytes())
assert not feed.bozo, feed.bozo_exception
assert feed.version == "atom10" and feed.feed.id and feed.feed.updated_parsed and feed.feed.author
assert feed.entries
for entry in feed.entries:
    assert entry.id and entry.link and entry.title and entry.updated_parsed and entry.published_parsed, entry
assert len({entry.id for entry in feed.entries}) == len(feed.entries), "an identifier twice"
print(f"two calendars by two readers, {len(feed.entries)} entries of the feed")
