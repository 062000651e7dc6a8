"""Sitemaps and their indexes: https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import QName, _Element

from morris_mlx.collect.web.body import PageError
from morris_mlx.collect.web.markup import parse_xml

MOST_ENTRIES = 50_000  # of one file, by the protocol
DEEPEST = 3  # an index of indexes; the protocol allows one level


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Addresses as they stand in the file: of other sitemaps, and of pages."""

    maps: tuple[str, ...]
    pages: tuple[str, ...]


def read_sitemap(body: bytes) -> Sitemap:
    """Raises PageError with the reason why it is none."""
    root = parse_xml(body)
    found: dict[str, list[str]] = {"sitemap": [], "url": []}
    for entry in root:
        name = _name(entry)
        if name in found and (address := _location(entry)):
            found[name].append(address)
            if len(found[name]) > MOST_ENTRIES:
                raise PageError(f"more than {MOST_ENTRIES:,} addresses in one sitemap")
    return Sitemap(tuple(found["sitemap"]), tuple(found["url"]))


def _location(entry: _Element) -> str:
    for child in entry:
        if _name(child) == "loc":
            return "".join((child.text or "").split())
    return ""


def _name(element: _Element) -> str:
    return QName(element).localname.lower() if isinstance(element.tag, str) else ""
