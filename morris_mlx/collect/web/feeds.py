"""RSS and Atom feeds."""

from __future__ import annotations

import codecs
import io
import time
from dataclasses import dataclass
from typing import Any

import feedparser

from morris_mlx.collect.text import DAMAGE
from morris_mlx.collect.web.content_type import check_entities
from morris_mlx.collect.web.page_error import PageError

MAX_BYTES, MAX_TAGS = 5_000_000, 100_000  # feedparser takes seconds and megabytes for more
MAX_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A feed's entry: its URL as written there, its byline and its ISO date; "" if missing."""

    url: str
    author: str
    date: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries in their order, and the URL of its next part (RFC 5005) or ""."""

    entries: tuple[Entry, ...]
    next_part: str


def read_feed(body: bytes) -> Feed:
    """Parse a feed. Raises PageError when it is damaged or too large."""
    check_entities(body)
    if len(body) > MAX_BYTES:
        raise PageError(f"a feed of more than {MAX_BYTES // 1_000_000} MB")
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
    except DAMAGE as error:
        raise PageError(f"a damaged feed ({type(error).__name__})") from error
    if not found.entries and found.bozo:
        raise PageError("a damaged feed without entries")
    author = _authors(found.feed)
    entries = tuple(
        Entry(str(e.get("link", "")), _authors(e) if "author" in e else author, _date(e))
        for e in found.entries[:MAX_ENTRIES]
    )
    links = found.feed.get("links", [])
    next_part = next((str(k.get("href", "")) for k in links if k.get("rel") == "next"), "")
    return Feed(tuple(e for e in entries if e.url), next_part)


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
