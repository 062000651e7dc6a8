"""Sitemaps and sitemap indexes: https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element

from morris_mlx.collect.web.address import MAX_URL_LENGTH
from morris_mlx.collect.web.content_type import is_text_sitemap, iterate_xml
from morris_mlx.collect.web.page_error import PageError

MAX_ENTRIES = 50_000  # of one file, by the protocol
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
    for element in iterate_xml(body):
        name, parent = _local_name(element), element.getparent()
        if parent is not None and parent.getparent() is None:  # an entry has ended: free its memory
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        elif name == "loc" and parent is not None and _local_name(parent) in found:
            urls = found[_local_name(parent)]
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


def _local_name(element: _Element) -> str:
    """Return the element's name without namespace and prefix; "" for comments and the like."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()
