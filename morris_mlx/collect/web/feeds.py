"""Feeds: RSS, Atom and JSON Feed (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import codecs
import html
import io
import json
import time
from dataclasses import dataclass
from typing import Any

import feedparser

from morris_mlx.collect.html.fragment import plain_title
from morris_mlx.collect.text import PARSER_ERRORS, iso_date
from morris_mlx.collect.web.content_type import check_entities, is_json
from morris_mlx.collect.web.page_error import PageError

MAX_BYTES, MAX_TAGS = 5_000_000, 100_000  # feedparser takes seconds and megabytes for more
MAX_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A feed's entry: its URL as written there, its byline and its ISO date; "" if missing.

    `content` is the text in HTML, where the feed has the whole of it and not a summary.
    """

    url: str
    author: str
    date: str
    title: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries in their order, and the URL of its next part (RFC 5005) or "".

    `home` is the URL of the site to which the feed belongs, or "". Another site may host the feed.
    """

    entries: tuple[Entry, ...]
    next_part: str
    home: str = ""


def read_feed(body: bytes) -> Feed:
    """Parse a feed. Raises PageError when it is damaged or too large."""
    if len(body) > MAX_BYTES:
        raise PageError(f"a feed of more than {MAX_BYTES // 1_000_000} MB")
    if is_json(body):
        return _read_json_feed(body)
    check_entities(body)
    if body.count(b"<") > MAX_TAGS:
        raise PageError(f"a feed of more than {MAX_TAGS:,} tags")
    # As a stream: feedparser could take a string for a file name or a URL, and open it.
    is_utf16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        found = feedparser.parse(
            io.BytesIO(body),
            resolve_relative_uris=False,
            sanitize_html=False,
            # Without this header feedparser ignores the byte-order mark.
            response_headers={"content-type": "text/xml; charset=utf-16"} if is_utf16 else {},
        )
    except PARSER_ERRORS as error:
        raise PageError("a damaged feed") from error
    if not found.entries and found.bozo:
        raise PageError("a damaged feed without entries")
    author = _authors(found.feed)
    entries = tuple(
        Entry(
            url=str(e.get("feedburner_origlink") or e.get("link", "")),
            author=_authors(e) if "author" in e else author,
            date=_date(e),
            title=plain_title(str(e.get("title", ""))),
            content=_content(e),
        )
        for e in found.entries[:MAX_ENTRIES]
    )
    links = found.feed.get("links", [])
    next_part = next((str(k.get("href", "")) for k in links if k.get("rel") == "next"), "")
    home = str(found.feed.get("link") or "")
    return Feed(tuple(e for e in entries if e.url), next_part, home)


def _content(entry: Any) -> str:
    """Return the longest `content` of an entry, which feeds use for whole texts."""
    contents = [c for c in dict.get(entry, "content") or () if isinstance(c, dict)]
    return max((str(c.get("value") or "") for c in contents), key=len, default="")


def _read_json_feed(body: bytes) -> Feed:
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PageError("a damaged feed (not valid JSON)") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise PageError("a damaged feed without entries")
    author = _json_authors(feed)
    entries = []
    for item in (i for i in items[:MAX_ENTRIES] if isinstance(i, dict)):
        text = "".join(
            f"<p>{html.escape(p)}</p>" for p in _text(item, "content_text").split("\n\n")
        )
        entries.append(
            Entry(
                url=_text(item, "url") or _text(item, "external_url"),
                author=_json_authors(item) or author,
                date=iso_date(_text(item, "date_published")),
                title=plain_title(_text(item, "title")),
                content=_text(item, "content_html") or text,
            )
        )
    home = _text(feed, "home_page_url")
    return Feed(tuple(e for e in entries if e.url), _text(feed, "next_url"), home)


def _json_authors(part: dict[str, Any]) -> str:
    """Return all names of a feed or item, joined. Version 1 has one `author`."""
    people = part.get("authors")
    people = people if isinstance(people, list) else [part.get("author")]
    names = [" ".join(_text(p, "name").split()) for p in people if isinstance(p, dict)]
    return "; ".join(dict.fromkeys(n for n in names if n and "@" not in n))


def _text(part: dict[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""


def _authors(part: Any) -> str:
    """Return all names, joined; an e-mail address is not a name."""
    people = [p for p in dict.get(part, "authors") or () if isinstance(p, dict)]
    names = [" ".join(str(p["name"]).split()) for p in people if p.get("name")]
    return "; ".join(dict.fromkeys(n for n in names if "@" not in n))


def _date(entry: Any) -> str:
    # The plain dictionary's `get`: feedparser's own takes one date for the other, with a warning.
    moment = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        return time.strftime("%Y-%m-%d", moment) if moment else ""
    except (ValueError, OverflowError):
        return ""
