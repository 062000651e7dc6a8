"""Detection of a body's kind (page, feed, sitemap), and of malicious XML."""

from __future__ import annotations

import re
from enum import StrEnum

from morris_mlx.collect.html.charset import BYTE_ORDER_MARKS
from morris_mlx.collect.safe_xml import OWN_ENTITIES, declares_entities
from morris_mlx.collect.web.page_error import PageError

JSON_BEGINNING = 1 << 16  # bytes: the version may stand after other keys
BEGINNING = 4096  # bytes: comments and style sheets may stand before the root
PROLOG = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>|\s)*", re.S | re.I
)
ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
JSON_FEED = re.compile(r'"version"\s*:\s*"https?:(?://|\\/\\/)jsonfeed\.org')
ADDRESS = re.compile(r"https?://\S+", re.I)
FEED_ROOTS, SITEMAP_ROOTS = {"rss", "feed", "rdf"}, {"urlset", "sitemapindex"}


class BodyKind(StrEnum):
    """The kind of a body."""

    HTML = "html"
    FEED = "feed"
    SITEMAP = "sitemap"
    JSON = "JSON file"


def detect_kind(body: bytes) -> BodyKind:
    """Return the kind of a body by its root element; servers' media types are often wrong.

    A JSON Feed is recognized by its version, and a sitemap in plain text by its lines.
    """
    text = _beginning(body)
    if is_json(body):
        head = body[:JSON_BEGINNING].decode("utf-8", errors="replace")
        return BodyKind.FEED if JSON_FEED.search(head) else BodyKind.JSON
    if is_text_sitemap(text, is_cut=len(body) > BEGINNING):
        return BodyKind.SITEMAP
    start = PROLOG.match(text)
    root = ROOT.match(text, start.end() if start else 0)
    name = root[1].lower() if root else ""
    if name in FEED_ROOTS:
        return BodyKind.FEED
    return BodyKind.SITEMAP if name in SITEMAP_ROOTS else BodyKind.HTML


def is_json(body: bytes) -> bool:
    """Return True for a body that begins as a JSON object."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def is_text_sitemap(text: str, is_cut: bool = False) -> bool:
    """Return True for a text of addresses, one in each line; the last line may be cut."""
    if is_cut:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(ADDRESS.fullmatch(line) for line in lines)


def _beginning(body: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[:BEGINNING].decode(encoding, errors="replace").lstrip("\ufeff")
    return body[:BEGINNING].replace(b"\0", b"").decode("latin-1")


def check_entities(body: bytes) -> None:
    """Raise PageError for XML that declares entities, which no feed or sitemap needs."""
    if declares_entities(body):
        raise PageError(OWN_ENTITIES)
