"""The crawl: from a given URL to every page that it leads to, each visited once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from morris_mlx.collect.web import sitemaps
from morris_mlx.collect.web.address import (
    AddressError,
    is_same_site,
    is_url,
    matches_patterns,
    normalize_url,
    trap_reason,
    url_template,
)
from morris_mlx.collect.web.content_type import BodyKind, detect_kind
from morris_mlx.collect.web.feeds import Entry, read_feed
from morris_mlx.collect.web.fetch import Fetcher
from morris_mlx.collect.web.links import Links, read_links
from morris_mlx.collect.web.page_error import PageError, SkipKind
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.request import SourceKind, WebRequest
from morris_mlx.collect.web.response_body import Limits, gunzip_file

# Pages of one template in a row without anything new: a calendar, for instance.
MAX_BARREN_PAGES = 20
MAX_TAGS = 60_000  # "<" in a page: extraction of more takes many seconds and much memory
MAX_HTML_BYTES = 5_000_000
NO_ENTRY = Entry("", "", "")


class Role(StrEnum):
    """The reason for visiting a URL."""

    GIVEN = "given"
    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Visit:
    """A URL to visit.

    `depth` counts sitemaps in sitemaps. `entry` is the feed's entry that names the page. `listed`
    pages stand in a feed, a sitemap or a given listing, which have an end.
    """

    url: str
    role: Role
    depth: int = 0
    entry: Entry = NO_ENTRY
    listed: bool = False


class PageHandler(Protocol):
    """The receiver of a crawl's pages."""

    def should_fetch(self, visit: Visit) -> bool:
        """Return True if a page is to be fetched; a preview only counts it."""

    def handle(self, visit: Visit, page: Page, links: Links) -> bool:
        """Take a page that may be an article. Return True if it contains anything new."""

    def skip(
        self, url: str, reason: str, later: bool = False, kind: SkipKind = SkipKind.FAILED
    ) -> None:
        """Note a URL that was left out; `later`: a later run may get it."""


class Crawl:
    """The crawl of one collection. At most `pages_left` more pages are visited."""

    def __init__(
        self,
        request: WebRequest,
        fetcher: Fetcher,
        handler: PageHandler,
        on_progress: Callable[[str], None],
    ) -> None:
        self._request, self._fetcher = request, fetcher
        self._handler, self._on_progress = handler, on_progress
        self.pages_left = request.max_pages
        self.cut_short = False
        self._barren: dict[str, int] = {}
        self._queue: deque[Visit] = deque()
        self._seen: set[str] = set()
        self._kind = SourceKind.ARTICLE

    def walk(self, seed: str) -> SourceKind:
        """Visit a given URL and all that it leads to. Return the kind of the given URL."""
        self._queue, self._seen, self._kind = deque(), set(), SourceKind.ARTICLE
        self._enqueue(Visit(seed, Role.GIVEN))
        while self._queue:
            visit = self._queue.popleft()
            if not self._handler.should_fetch(visit):
                continue
            if self._is_barren(visit):
                continue
            if self.pages_left <= 0:
                self.cut_short = True
                count = 1 + len(self._queue)
                self._handler.skip(
                    seed,
                    f"stopped after {self._request.max_pages} pages; {count} more addresses were "
                    "found (raise --max-pages for them)",
                )
                break
            self.pages_left -= 1
            done = self._request.max_pages - self.pages_left
            self._on_progress(f"page {done}, {len(self._queue)} to come: {visit.url}")
            if page := self._fetch(visit):
                self._handle(visit, page)
        return self._kind

    def _fetch(self, visit: Visit) -> Page | None:
        """Return the page, or an earlier copy if its server fails; else note the reason."""
        page: Page | None
        try:
            page = self._fetcher.fetch(visit.url, anywhere=visit.role is Role.GIVEN)
        except AddressError as error:
            self._handler.skip(visit.url, str(error), kind=error.skip_kind)
            return None
        except PageError as error:
            later, kind = error.temporary, error.skip_kind
            copy = self._fetcher.last_copy(visit.url) if later else None
            if copy is None:
                self._handler.skip(visit.url, str(error), later, kind)
            else:
                reason = f"{error}; the copy of {copy.day} is used"
                self._handler.skip(visit.url, reason, later=True)
            page = copy
        if page is not None and page.status != HTTPStatus.OK:
            self._handler.skip(visit.url, f"answered {page.status}{_phrase(page.status)}")
            return None
        return page

    def _handle(self, visit: Visit, page: Page) -> None:
        try:
            body = gunzip_file(page.body, Limits())
            kind = detect_kind(body)
            page = replace(page, body=body)
            if kind is BodyKind.HTML:
                self._handle_html(visit, page)
            elif visit.role is Role.PAGE or kind is BodyKind.JSON:
                self._handler.skip(visit.url, f"a {kind}, not a page")
            elif kind is BodyKind.FEED:
                self._handle_feed(visit, page)
            else:
                self._handle_sitemap(visit, page)
        except PageError as error:
            self._handler.skip(visit.url, str(error), kind=error.skip_kind)

    def _handle_html(self, visit: Visit, page: Page) -> None:
        if len(page.body) > MAX_HTML_BYTES or page.body.count(b"<") > MAX_TAGS:
            raise PageError("too large for a page that a person wrote")
        if visit.role in (Role.FEED, Role.SITEMAP):
            raise PageError(f"a page where a {visit.role} was expected")
        links = read_links(page)
        patterns = self._request.follow
        new_links = 0
        if patterns:
            if visit.role is Role.GIVEN:
                self._kind = SourceKind.LISTING
            new_links = self._enqueue_links(visit, page, links)
        may_be_listing = visit.role in (Role.GIVEN, Role.LISTING)
        is_listing = may_be_listing and patterns and not matches_patterns(visit.url, patterns)
        is_new = False if is_listing else self._handler.handle(visit, page, links)
        if not visit.listed:
            template = url_template(visit.url)
            barren = 0 if is_new or new_links else self._barren.get(template, 0) + 1
            self._barren[template] = barren

    def _enqueue_links(self, visit: Visit, page: Page, links: Links) -> int:
        """Enqueue the links that match. Return how many are new and of another template."""
        for href, reason in links.refused.items():
            self._handler.skip(href, f"{reason} (on {page.final_url})")
        count = 0
        is_listing = visit.role in (Role.GIVEN, Role.LISTING)
        for url in links.pages:
            found = Visit(url, Role.PAGE, listed=is_listing)
            if matches_patterns(url, self._request.follow) and self._enqueue(found):
                count += url_template(url) != url_template(visit.url)
        if is_listing:
            for url in links.next_pages:
                self._enqueue(Visit(url, Role.LISTING))
            if links.not_followed:
                self._handler.skip(page.final_url, links.not_followed)
        return count

    def _handle_feed(self, visit: Visit, page: Page) -> None:
        if visit.role is Role.GIVEN:
            self._kind = SourceKind.FEED
        feed = read_feed(page.body)
        for entry in feed.entries:
            found = Visit(entry.url, Role.PAGE, entry=entry, listed=True)
            self._enqueue_listed(found, page, feed.home)
        if feed.next_part:
            self._enqueue_listed(Visit(feed.next_part, Role.FEED), page)

    def _handle_sitemap(self, visit: Visit, page: Page) -> None:
        if visit.role is Role.GIVEN:
            self._kind = SourceKind.SITEMAP
        found = sitemaps.read_sitemap(page.body)
        if found.sitemaps and visit.depth >= sitemaps.MAX_DEPTH:
            raise PageError(f"sitemaps within sitemaps, more than {sitemaps.MAX_DEPTH} deep")
        for url in found.sitemaps:
            self._enqueue_listed(Visit(url, Role.SITEMAP, depth=visit.depth + 1), page)
        for url in found.pages:
            self._enqueue_listed(Visit(url, Role.PAGE, listed=True), page)

    def _enqueue_listed(self, visit: Visit, page: Page, home: str = "") -> None:
        """Enqueue an entry of a feed or sitemap `page` if it is of the same site and wanted.

        Entries of a feed may also be on its `home`, because a service may host the feed of a site.
        """
        try:
            url = normalize_url(visit.url, page.final_url)
        except AddressError as error:
            self._handler.skip(visit.url[:200], f"{error} (in {page.final_url})")
            return
        if not (is_same_site(url, page.final_url) or (is_url(home) and is_same_site(url, home))):
            reason = f"on another site than {page.final_url}"
            self._handler.skip(url, reason, kind=SkipKind.ELSEWHERE)
            return
        patterns = self._request.follow
        if visit.role is not Role.PAGE or not patterns or matches_patterns(url, patterns):
            self._enqueue(replace(visit, url=url))

    def _enqueue(self, visit: Visit) -> bool:
        """Enqueue a visit. Return True if its URL is new and no trap."""
        if visit.url in self._seen:
            return False
        self._seen.add(visit.url)
        if visit.role is not Role.GIVEN and (reason := trap_reason(visit.url)):
            self._handler.skip(visit.url, f"a trap: {reason}")
            return False
        self._queue.append(visit)
        return True

    def _is_barren(self, visit: Visit) -> bool:
        """Return True, and note the reason, if too many pages like it had nothing new."""
        if visit.listed or visit.role in (Role.GIVEN, Role.SITEMAP, Role.FEED):
            return False
        if self._barren.get(url_template(visit.url), 0) < MAX_BARREN_PAGES:
            return False
        reason = f"a trap: {MAX_BARREN_PAGES} pages like it in a row had nothing new"
        self._handler.skip(visit.url, reason)
        return True


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
