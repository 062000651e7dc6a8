"""Sitemaps and their indexes: https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element

from morris_mlx.collect.web.address import LONGEST
from morris_mlx.collect.web.content_type import walk_xml
from morris_mlx.collect.web.response_body import PageError

MOST_ENTRIES = 50_000  # of one file, by the protocol
DEEPEST = 3  # an index of indexes; the protocol allows one level


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Addresses as they stand in the file: of other sitemaps, and of pages."""

    maps: tuple[str, ...]
    pages: tuple[str, ...]


def read_sitemap(body: bytes) -> Sitemap:
    """Raises PageError with the reason why it is none."""
    found: dict[str, list[str]] = {"sitemap": [], "url": []}
    for element in walk_xml(body):
        name, parent = _name(element), element.getparent()
        if parent is not None and parent.getparent() is None:  # an entry: read, and forgotten
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        elif name == "loc" and parent is not None and _name(parent) in found:
            places = found[_name(parent)]
            places.append("".join((element.text or "").split())[:LONGEST])
            if len(places) > MOST_ENTRIES:
                raise PageError(f"more than {MOST_ENTRIES:,} addresses in one sitemap")
    return Sitemap(tuple(found["sitemap"]), tuple(found["url"]))


def _name(element: _Element) -> str:
    """Without namespace or prefix; "" for comments and the like."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()
