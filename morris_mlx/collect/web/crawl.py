"""The frontier: from a given address to every page that it leads to, each visited once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal, Protocol

from morris_mlx.collect.web import sitemaps
from morris_mlx.collect.web.address import AddressError, follows, normal, same_site, shape, trap
from morris_mlx.collect.web.content_type import kind_of
from morris_mlx.collect.web.feeds import read_feed
from morris_mlx.collect.web.fetch import Fetcher
from morris_mlx.collect.web.links import Links, read_links
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.request import Kind, WebRequest
from morris_mlx.collect.web.response_body import Limits, PageError, gunzipped

MOST_BARREN = 20  # pages of one template in a row without anything new: a calendar, not a column
MOST_TAGS = 60_000  # "<" in a page: beyond, extraction takes many seconds and much memory
LARGEST_HTML_BYTES = 5_000_000

Role = Literal["given", "listing", "feed", "sitemap", "page"]


@dataclass(frozen=True, slots=True)
class Visit:
    """An address to go to: why, how deep in sitemaps, and what a feed said of it.

    `listed` pages stand in a feed, a sitemap or a given listing, which have an end.
    """

    url: str
    role: Role
    depth: int = 0
    author: str = ""
    date: str = ""
    listed: bool = False


class Taker(Protocol):
    """What becomes of pages."""

    def wants(self, visit: Visit) -> bool:
        """Whether a page is to be fetched at all; a dry run only counts."""

    def take(self, visit: Visit, page: Page, links: Links) -> bool:
        """A page that may be an article; whether it brought anything new."""

    def skip(self, url: str, reason: str, later: bool = False) -> None:
        """An address that was left out; `later`: another run may get it."""


class Crawl:
    """One collection's walk. `left` counts the pages that may still be visited."""

    def __init__(
        self, request: WebRequest, fetcher: Fetcher, taker: Taker, told: Callable[[str], None]
    ) -> None:
        self._request, self._fetcher, self._taker, self._told = request, fetcher, taker, told
        self.left = request.max_pages
        self.cut_short = False
        self._barren: dict[str, int] = {}
        self._queue: deque[Visit] = deque()
        self._seen: set[str] = set()
        self._kind: Kind = "article"

    def walk(self, seed: str) -> Kind:
        """Visit a given address and what it leads to; what it turned out to be."""
        self._queue, self._seen, self._kind = deque(), set(), "article"
        self._add(seed, Visit(seed, "given"))
        while self._queue:
            visit = self._queue.popleft()
            if not self._taker.wants(visit):
                continue
            if self._is_barren(visit):
                continue
            if self.left <= 0:
                self.cut_short = True
                count = 1 + len(self._queue)
                self._taker.skip(
                    seed,
                    f"stopped after {self._request.max_pages} pages; {count} more addresses were "
                    "found (raise --max-pages for them)",
                )
                break
            self.left -= 1
            done = self._request.max_pages - self.left
            self._told(f"page {done}, {len(self._queue)} to come: {visit.url}")
            if page := self._fetched(visit):
                self._visit(visit, page)
        return self._kind

    def _fetched(self, visit: Visit) -> Page | None:
        """The page, or an earlier copy where its server has no time; else a reason is noted."""
        page: Page | None
        try:
            page = self._fetcher.page(visit.url, anywhere=visit.role == "given")
        except AddressError as error:
            self._taker.skip(visit.url, str(error))
            return None
        except PageError as error:
            copy = self._fetcher.last_copy(visit.url) if error.temporary else None
            if copy is None:
                self._taker.skip(visit.url, str(error), later=error.temporary)
            else:
                self._taker.skip(visit.url, f"{error}; the copy of {copy.day} is used", later=True)
            page = copy
        if page is not None and page.status != HTTPStatus.OK:
            self._taker.skip(visit.url, f"answered {page.status}{_phrase(page.status)}")
            return None
        return page

    def _visit(self, visit: Visit, page: Page) -> None:
        try:
            body = gunzipped(page.body, Limits())
            kind = kind_of(body)
            page = replace(page, body=body)
            if kind == "html":
                self._visit_html(visit, page)
            elif visit.role == "page":
                self._taker.skip(visit.url, f"a {kind}, not a page")
            elif kind == "feed":
                self._visit_feed(visit, page)
            else:
                self._visit_sitemap(visit, page)
        except PageError as error:
            self._taker.skip(visit.url, str(error))

    def _visit_html(self, visit: Visit, page: Page) -> None:
        if len(page.body) > LARGEST_HTML_BYTES or page.body.count(b"<") > MOST_TAGS:
            raise PageError("too large for a page that a person wrote")
        if visit.role in ("feed", "sitemap"):
            raise PageError(f"a page where a {visit.role} was expected")
        links = read_links(page)
        fresh = 0
        if self._request.follow:
            if visit.role == "given":
                self._kind = "listing"
            fresh = self._add_links(visit, page, links)
        lists = visit.role in ("given", "listing")
        listing = lists and self._request.follow and not follows(visit.url, self._request.follow)
        taken = False if listing else self._taker.take(visit, page, links)
        if not visit.listed:
            place = shape(visit.url)
            self._barren[place] = 0 if taken or fresh else self._barren.get(place, 0) + 1

    def _add_links(self, visit: Visit, page: Page, links: Links) -> int:
        """Queue what the patterns want; how many are new and of another template."""
        for href, reason in links.refused.items():
            self._taker.skip(href, f"{reason} (on {page.final_url})")
        fresh = 0
        listing = visit.role in ("given", "listing")
        for url in links.pages:
            found = Visit(url, "page", listed=listing)
            if follows(url, self._request.follow) and self._add(url, found):
                fresh += shape(url) != shape(visit.url)
        if listing:
            for url in links.following:
                self._add(url, Visit(url, "listing"))
        return fresh

    def _visit_feed(self, visit: Visit, page: Page) -> None:
        if visit.role == "given":
            self._kind = "feed"
        feed = read_feed(page.body)
        for entry in feed.entries:
            found = Visit("", "page", author=entry.author, date=entry.date, listed=True)
            self._offer(entry.url, page, found)
        if feed.following:
            self._offer(feed.following, page, Visit("", "feed"))

    def _visit_sitemap(self, visit: Visit, page: Page) -> None:
        if visit.role == "given":
            self._kind = "sitemap"
        found = sitemaps.read_sitemap(page.body)
        if found.maps and visit.depth >= sitemaps.DEEPEST:
            raise PageError(f"sitemaps within sitemaps, more than {sitemaps.DEEPEST} deep")
        for url in found.maps:
            self._offer(url, page, Visit("", "sitemap", depth=visit.depth + 1))
        for url in found.pages:
            self._offer(url, page, Visit("", "page", listed=True))

    def _offer(self, said: str, page: Page, visit: Visit) -> None:
        """Queue an address from a feed or sitemap, if it is of the same site and wanted."""
        try:
            url = normal(said, page.final_url)
        except AddressError as error:
            self._taker.skip(said[:200], f"{error} (in {page.final_url})")
            return
        if not same_site(url, page.final_url):
            self._taker.skip(url, f"on another site than {page.final_url}")
            return
        wanted = visit.role != "page" or not self._request.follow
        if wanted or follows(url, self._request.follow):
            self._add(url, replace(visit, url=url))

    def _add(self, url: str, visit: Visit) -> bool:
        """Queue an address once; whether it is new."""
        if url in self._seen:
            return False
        self._seen.add(url)
        if visit.role != "given" and (reason := trap(url)):
            self._taker.skip(url, f"a trap: {reason}")
            return False
        self._queue.append(visit)
        return True

    def _is_barren(self, visit: Visit) -> bool:
        if visit.listed or visit.role in ("given", "sitemap", "feed"):
            return False
        if self._barren.get(shape(visit.url), 0) < MOST_BARREN:
            return False
        self._taker.skip(visit.url, f"a trap: {MOST_BARREN} pages like it in a row had nothing new")
        return True


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
