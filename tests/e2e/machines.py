"""The guide's files for machines, read by libraries of others: machines.py SITE"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import feedparser
import icalendar

site = pathlib.Path(sys.argv[1])
feed = feedparser.parse((site / "feed.xml").read_bytes())
assert not feed.bozo, feed.bozo_exception
assert feed.version == "atom10", feed.version
assert feed.feed.id and feed.feed.title and feed.feed.updated_parsed and feed.feed.author, feed.feed
ids = [entry.id for entry in feed.entries]
assert len(ids) == len(set(ids)) >= 8, ids
for entry in feed.entries:
    assert entry.title and entry.updated_parsed and entry.summary, entry
    # A release, or a known issue that was found after one.
    assert entry.link == entry.id and entry.link.startswith("https://guide.acme.example/"), entry.link
    page, _, anchor = entry.link.removeprefix("https://guide.acme.example/").partition("#")
    assert (site / page).exists(), entry.link
    assert not anchor or f'id="{anchor}"' in (site / page).read_text(), entry.link
assert any(link.rel == "self" and link.href.endswith("/feed.xml") for link in feed.feed.links)
atom = ElementTree.parse(site / "feed.xml").getroot()
known = {"id", "title", "updated", "published", "author", "link", "summary", "entry", "name", "feed"}
names = {element.tag.removeprefix("{http://www.w3.org/2005/Atom}") for element in atom.iter()}
assert names <= known, names - known

calendar = icalendar.Calendar.from_ical((site / "support.ics").read_text())
events = calendar.walk("VEVENT")
assert events and all(event["UID"] and event["DTSTAMP"] and event["SUMMARY"] for event in events)
assert not calendar.errors and not any(event.errors for event in events)

support = json.loads((site / "support.json").read_text())
assert support["result"]["releases"][0]["isMaintained"] is True
issues = json.loads((site / "known-issues.json").read_text())
assert {issue["id"] for issue in issues} >= {"x_KI-7", "x_KI-9"}
urls = [element.text for element in ElementTree.parse(site / "sitemap.xml").getroot().iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
for url in urls:
    assert (site / (url.removeprefix("https://guide.acme.example/") or "index.html")).exists(), url
assert f"Sitemap: https://guide.acme.example/sitemap.xml" in (site / "robots.txt").read_text()
print(f"{len(ids)} entries in the feed, {len(events)} dates, {len(urls)} addresses in the map")
