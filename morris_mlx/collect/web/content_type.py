"""What a body is (page, feed, sitemap), and XML that cannot blow up."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Literal

from lxml import etree

from morris_mlx.collect.html.charset import BYTE_ORDER_MARKS
from morris_mlx.collect.web.response_body import PageError

Markup = Literal["html", "feed", "sitemap"]
MOST_ELEMENTS = 500_000  # of a sitemap: ten for each of its 50,000 addresses
BEGINNING = 4096  # bytes: comments and style sheets may stand before the root
PROLOG = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>|\s)*", re.S | re.I
)
ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
FEEDS, SITEMAPS = {"rss", "feed", "rdf"}, {"urlset", "sitemapindex"}


def kind_of(body: bytes) -> Markup:
    """By the root element; servers' media types are too often wrong."""
    text = _beginning(body)
    start = PROLOG.match(text)
    root = ROOT.match(text, start.end() if start else 0)
    name = root[1].lower() if root else ""
    if name in FEEDS:
        return "feed"
    return "sitemap" if name in SITEMAPS else "html"


def _beginning(body: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[:BEGINNING].decode(encoding, errors="replace").lstrip("\ufeff")
    return body[:BEGINNING].replace(b"\0", b"").decode("latin-1")


def check_entities(body: bytes) -> None:
    """Raises PageError for XML with entities of its own: no feed or sitemap needs any.

    A few lines of them can grow to gigabytes, or name files of this machine.
    """
    if b"<!ENTITY" in body.replace(b"\0", b"").upper():
        raise PageError("declares entities of its own, as XML bombs do")


def walk_xml(body: bytes) -> Iterator[etree._Element]:
    """Elements as they end; the caller clears them. Loads nothing and expands nothing.

    Raises PageError when it is no XML.
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
            if count > MOST_ELEMENTS:
                raise PageError(f"more than {MOST_ELEMENTS:,} elements")
            yield element
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PageError(f"not valid XML ({error})") from error
