"""Detection of a body's kind (page, feed, sitemap), and XML parsing that is safe from bombs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from enum import StrEnum

from lxml import etree

from morris_mlx.collect.html.charset import MARKS
from morris_mlx.collect.web.page_error import PageError

MAX_ELEMENTS = 500_000  # of a sitemap: ten for each of its 50,000 addresses
BEGINNING = 4096  # bytes: comments and style sheets may stand before the root
PROLOG = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>|\s)*", re.S | re.I
)
ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
FEED_ROOTS, SITEMAP_ROOTS = {"rss", "feed", "rdf"}, {"urlset", "sitemapindex"}


class BodyKind(StrEnum):
    """The kind of a body."""

    HTML = "html"
    FEED = "feed"
    SITEMAP = "sitemap"


def detect_kind(body: bytes) -> BodyKind:
    """Return the kind of a body by its root element; servers' media types are often wrong."""
    text = _beginning(body)
    start = PROLOG.match(text)
    root = ROOT.match(text, start.end() if start else 0)
    name = root[1].lower() if root else ""
    if name in FEED_ROOTS:
        return BodyKind.FEED
    return BodyKind.SITEMAP if name in SITEMAP_ROOTS else BodyKind.HTML


def _beginning(body: bytes) -> str:
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return body[:BEGINNING].decode(encoding, errors="replace").lstrip("\ufeff")
    return body[:BEGINNING].replace(b"\0", b"").decode("latin-1")


def check_entities(body: bytes) -> None:
    """Raise PageError for XML that declares entities: no feed or sitemap needs any.

    A few lines of them can expand to gigabytes, or name files of this machine.
    """
    if b"<!ENTITY" in body.replace(b"\0", b"").upper():
        raise PageError("declares entities of its own, as XML bombs do")


def iterate_xml(body: bytes) -> Iterator[etree._Element]:
    """Yield the elements in the order of their ends, for the caller to clear.

    Loads and expands nothing from outside. Raises PageError when the body is not XML.
    """
    check_entities(body)
    try:
        for count, (_, element) in enumerate(
            etree.iterparse(
                io.BytesIO(body),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                recover=True,
            )
        ):
            if count > MAX_ELEMENTS:
                raise PageError(f"more than {MAX_ELEMENTS:,} elements")
            yield element
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PageError(f"not valid XML ({error})") from error
