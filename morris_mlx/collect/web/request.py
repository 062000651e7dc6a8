"""What a web collection is asked for, and what it brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from morris_mlx.collect.web.address import AddressError, normal
from morris_mlx.collect.web.politeness import LEAST_DELAY_SECONDS
from morris_mlx.defaults import CONTACT_VARIABLE, MAX_PAGES, WEB_DELAY_SECONDS
from morris_mlx.errors import RefusedError, UsageError, check_range
from morris_mlx.records.corpus import Document, Skipped

Kind = Literal["article", "listing", "feed", "sitemap"]
LONGEST_CONTACT = 200  # characters


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A collection from the web.

    `urls` are brought to their one spelling; `follow` are patterns of paths whose links are
    followed; `author` "" keeps every byline; `delay_seconds` lie between two requests to a host;
    `offline` reads stored pages only. Raises RefusedError for addresses that are never asked.
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
        object.__setattr__(self, "urls", tuple(dict.fromkeys(map(_given, self.urls))))
        check_range("max-pages", self.max_pages, 1, 1_000_000)
        check_range("delay", self.delay_seconds, 0.0, 3600.0)
        if self.delay_seconds < LEAST_DELAY_SECONDS and not self.allow_private:
            raise RefusedError(
                f"A delay of {self.delay_seconds:g} s is a burden to somebody else's server. "
                f"Use at least {LEAST_DELAY_SECONDS:g}, or --allow-private for a server of "
                "your own."
            )
        if not self.offline:
            _check_contact(self.contact)


def _given(url: str) -> str:
    try:
        return normal(url)
    except AddressError as error:
        raise RefusedError(
            f"{url} is not fetched: {error}. Give an address that begins with https:// or "
            "http://, or a file."
        ) from error


def _check_contact(contact: str) -> None:
    plain = contact.isascii() and contact.isprintable() and len(contact) <= LONGEST_CONTACT
    where = contact.partition("@")[2] or contact.partition("://")[2]
    if not where or not plain or any(c in contact for c in '()<>\\" '):
        said = f"{contact!r} is neither an address nor a page. " if contact else ""
        raise UsageError(
            f"{said}Say whom a site's owner may write to about your requests: "
            f"--contact you@example.org, or set {CONTACT_VARIABLE}."
        )


@dataclass(frozen=True, slots=True)
class PageNote:
    """Where a document came from: `fetched` ISO 8601, robots' verdict and licence in words."""

    url: str
    fetched: str
    robots: str
    licence: str


@dataclass(frozen=True, slots=True)
class SourceNote:
    """One given URL: what it turned out to be, robots' verdict, and its articles."""

    url: str
    kind: str
    robots: str
    pages: tuple[PageNote, ...]


@dataclass(frozen=True, slots=True)
class WebCollected:
    """Documents in order of their source; what was left out; pages that a later run may get.

    `requests` were sent to servers in this run, `reused` pages were read from the store.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    sources: tuple[SourceNote, ...]
    later: tuple[Skipped, ...] = ()
    requests: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class UnwantedPages:
    """Stored fetches that are to go: of these addresses, of these hosts, or with these words.

    Feeds, listings and copies at other addresses hold the `texts`, too.
    """

    urls: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a collection would do: of one given URL.

    `pages` may be fetched, of which `stored` are here already; `refused` may not, by reason.
    `seconds` is the time the delay alone takes.
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
