"""The request and the result of a web collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from morris_mlx.collect.web.address import AddressError, normalize_url
from morris_mlx.collect.web.politeness import MIN_DELAY_SECONDS
from morris_mlx.defaults import CONTACT_VARIABLE, MAX_PAGES, WEB_DELAY_SECONDS
from morris_mlx.errors import RefusedError, UsageError, check_range
from morris_mlx.records.corpus import Document, Skipped

MAX_CONTACT_LENGTH = 200  # characters


class SourceKind(StrEnum):
    """The kind of a given address, known once it is fetched."""

    ARTICLE = "article"
    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request to collect from the web.

    `urls` are normalized. `follow` are patterns of paths whose links are followed. `author` keeps
    only texts with that byline; "" keeps all. `delay_seconds` is the least time between two
    requests to a host. `offline` reads stored pages only. `allow_private` permits private
    addresses for the hosts of `urls`.
    Raises RefusedError for addresses that must not be fetched and for a delay that is too short,
    UsageError for other invalid values.
    """

    urls: tuple[str, ...]
    follow: tuple[str, ...] = ()
    max_pages: int = MAX_PAGES
    author: str = ""
    delay_seconds: float = WEB_DELAY_SECONDS
    contact: str = ""
    offline: bool = False
    allow_private: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "urls", tuple(dict.fromkeys(map(_normalize_given, self.urls))))
        check_range("max-pages", self.max_pages, 1, 1_000_000)
        check_range("delay", self.delay_seconds, 0.0, 3600.0)
        if self.delay_seconds < MIN_DELAY_SECONDS and not self.allow_private:
            raise RefusedError(
                f"A delay of {self.delay_seconds:g} s is a burden on other people's servers. "
                f"Use at least {MIN_DELAY_SECONDS:g} s, or --allow-private for a server of "
                "your own."
            )
        if not self.offline:
            _check_contact(self.contact)


def _normalize_given(url: str) -> str:
    try:
        return normalize_url(url)
    except AddressError as error:
        raise RefusedError(
            f"{url} is not fetched: {error}. Give an address that begins with https:// or "
            "http://, or a file."
        ) from error


def _check_contact(contact: str) -> None:
    is_plain = contact.isascii() and contact.isprintable() and len(contact) <= MAX_CONTACT_LENGTH
    place = contact.partition("@")[2] or contact.partition("://")[2]
    if not place or not is_plain or any(c in contact for c in '()<>\\" '):
        problem = (
            f"{contact!r} is neither an e-mail address nor a URL."
            if contact
            else "The contact for the owners of web sites is missing."
        )
        raise UsageError(f"{problem} Add --contact you@example.org, or set {CONTACT_VARIABLE}.")


@dataclass(frozen=True, slots=True)
class PageNote:
    """The provenance of a document: time of the fetch (ISO 8601), robots.txt verdict, license."""

    url: str
    fetched: str
    robots: str
    licence: str


@dataclass(frozen=True, slots=True)
class SourceNote:
    """The provenance of one given URL: its kind, its robots.txt verdict and its articles."""

    url: str
    kind: str
    robots: str
    pages: tuple[PageNote, ...]


@dataclass(frozen=True, slots=True)
class WebCollected:
    """The result of a web collection.

    `documents` are in the order of their sources. `skipped` are left out for good, `later` may
    succeed in a later run. `requests` is the number of requests sent in this run, `reused` the
    number of pages read from the store.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    sources: tuple[SourceNote, ...]
    later: tuple[Skipped, ...] = ()
    requests: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class UnwantedPages:
    """A selection of stored pages to remove: by URL, by host, or by the `texts` in them.

    `texts` also select feeds, listings and copies at other URLs that contain them.
    """

    urls: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The preview of a collection from one given URL.

    `pages` may be fetched; `stored` of them are in the store already. `refused` maps the URLs that
    are left out to their reasons. `seconds` is the time that the delay alone takes.
    """

    url: str
    kind: str
    robots: str
    delay_seconds: float
    pages: tuple[str, ...]
    stored: int
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return (len(self.pages) - self.stored) * self.delay_seconds
