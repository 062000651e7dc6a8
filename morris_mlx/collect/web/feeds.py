"""RSS and Atom: what a feed says of its entries."""

from __future__ import annotations

import codecs
import io
import time
from dataclasses import dataclass
from typing import Any

import feedparser

from morris_mlx.collect.text import PARSER_ERRORS
from morris_mlx.collect.web.content_type import check_entities
from morris_mlx.collect.web.response_body import PageError

LARGEST_BYTES, MOST_TAGS = 5_000_000, 100_000  # feedparser takes seconds and megabytes for more
MOST_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's address as it stands there, its byline and ISO date; "" when not told."""

    url: str
    author: str
    date: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries in the feed's order; `following` is the next part of a feed in parts (RFC 5005)."""

    entries: tuple[Entry, ...]
    following: str


def read_feed(body: bytes) -> Feed:
    """Raises PageError with the reason why it is none."""
    check_entities(body)
    if len(body) > LARGEST_BYTES:
        raise PageError(f"a feed of more than {LARGEST_BYTES // 1_000_000} MB")
    if body.count(b"<") > MOST_TAGS:
        raise PageError(f"a feed of more than {MOST_TAGS:,} tags")
    # As a stream: a string could be taken for a file's name or an address, and opened.
    utf16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        found = feedparser.parse(
            io.BytesIO(body),
            resolve_relative_uris=False,
            sanitize_html=False,
            # Without a word about it feedparser does not believe the byte-order mark.
            response_headers={"content-type": "text/xml; charset=utf-16"} if utf16 else {},
        )
    except PARSER_ERRORS as error:
        raise PageError(f"a damaged feed ({type(error).__name__})") from error
    if not found.entries and found.bozo:
        raise PageError("a damaged feed without entries")
    author = _author(found.feed)
    entries = tuple(
        Entry(str(e.get("link", "")), _author(e) if "author" in e else author, _date(e))
        for e in found.entries[:MOST_ENTRIES]
    )
    links = found.feed.get("links", [])
    following = next((str(k.get("href", "")) for k in links if k.get("rel") == "next"), "")
    return Feed(tuple(e for e in entries if e.url), following)


def _author(part: Any) -> str:
    """All names; a mailbox without one is nobody's name."""
    people = [p for p in dict.get(part, "authors") or () if isinstance(p, dict)]
    names = [" ".join(str(p["name"]).split()) for p in people if p.get("name")]
    return "; ".join(dict.fromkeys(n for n in names if "@" not in n))


def _date(entry: Any) -> str:
    # Plain dictionaries' own `get`: feedparser's takes one date for the other, with a warning.
    moment = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        return time.strftime("%Y-%m-%d", moment) if moment else ""
    except (ValueError, OverflowError):
        return ""
