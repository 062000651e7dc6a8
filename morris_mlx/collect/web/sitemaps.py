"""Sitemaps and sitemap indexes: https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

from morris_mlx.collect.safe_xml import iterate_xml, local_name
from morris_mlx.collect.text import UnreadableError
from morris_mlx.collect.web.address import MAX_URL_LENGTH
from morris_mlx.collect.web.content_type import check_entities, is_text_sitemap
from morris_mlx.collect.web.page_error import PageError

MAX_ENTRIES = 50_000  # of one file, by the protocol
MAX_ELEMENTS = 500_000  # ten for each of the 50,000 addresses that a sitemap may have
MAX_DEPTH = 3  # of indexes in indexes; the protocol allows one level


@dataclass(frozen=True, slots=True)
class Sitemap:
    """URLs as written in a sitemap: of other sitemaps, and of pages."""

    sitemaps: tuple[str, ...]
    pages: tuple[str, ...]


def read_sitemap(body: bytes) -> Sitemap:
    """Parse a sitemap, in XML or plain text, or an index.

    Raises PageError when it is damaged or too large.
    """
    text = decode_text(body)
    if not text.lstrip().startswith("<") and is_text_sitemap(text):
        return _read_text_sitemap(text)
    found: dict[str, list[str]] = {"sitemap": [], "url": []}
    for element in _iterate_elements(body):
        name, parent = _plain_name(element), element.getparent()
        if parent is not None and parent.getparent() is None:  # an entry has ended: free its memory
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        elif name == "loc" and parent is not None and _plain_name(parent) in found:
            urls = found[_plain_name(parent)]
            urls.append("".join((element.text or "").split())[:MAX_URL_LENGTH])
            if len(urls) > MAX_ENTRIES:
                raise PageError(f"more than {MAX_ENTRIES:,} addresses in one sitemap")
    return Sitemap(tuple(found["sitemap"]), tuple(found["url"]))


def _read_text_sitemap(text: str) -> Sitemap:
    urls = tuple(url[:MAX_URL_LENGTH] for url in text.split())
    if len(urls) > MAX_ENTRIES:
        raise PageError(f"more than {MAX_ENTRIES:,} addresses in one sitemap")
    return Sitemap((), urls)


def decode_text(body: bytes) -> str:
    """Return the characters of a sitemap in plain text, which is UTF-8 by the protocol."""
    return body.decode("utf-8-sig", errors="replace").replace("\0", "")


def _iterate_elements(body: bytes) -> Iterator[_Element]:
    """Yield the elements in the order of their ends. Raises PageError if the body is not XML."""
    check_entities(body)
    try:
        for count, (_, element) in enumerate(iterate_xml(io.BytesIO(body))):
            if count > MAX_ELEMENTS:
                raise PageError(f"more than {MAX_ELEMENTS:,} elements")
            yield element
    except UnreadableError as error:
        raise PageError(str(error)) from error


def _plain_name(element: _Element) -> str:
    """Return the element's name without its namespace and its (possibly undeclared) prefix."""
    return local_name(element).rpartition(":")[2].lower()
