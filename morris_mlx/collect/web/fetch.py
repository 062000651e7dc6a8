"""A page from the store, else from its server: asked politely, followed carefully, stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from morris_mlx import __version__
from morris_mlx.collect.web.address import (
    AddressError,
    host_of,
    is_public,
    normal,
    origin_of,
    same_site,
)
from morris_mlx.collect.web.connection import (
    Deadline,
    Reply,
    Resolve,
    addresses_of,
    ask,
    resolve_host,
)
from morris_mlx.collect.web.page_store import FRESH_SECONDS, Page, PageStore
from morris_mlx.collect.web.politeness import BUSY, TRIES, Clock, HostClosedError, Politeness
from morris_mlx.collect.web.request import WebRequest
from morris_mlx.collect.web.response_body import Limits, PageError
from morris_mlx.collect.web.robots import MOST_BYTES, TOKEN, Rules, robots_url, rules_from

MOST_REDIRECTS = 5  # RFC 9309, 2.3.1.2 asks for at least so many; browsers stop at 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
DOORS_SHUT = frozenset({401, 403})  # to robots, often, or for a while; 404 and 410 mean it is gone
CONNECTION_TRIES = 2  # of a page whose server does not answer or breaks off
LONG_WAIT_SECONDS = 10.0  # beyond, a person is told what is waited for
MOST_FAILURES = 5  # in a row: then the host is left alone
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1"


class RobotsError(PageError):
    """robots.txt forbids it; the text is the verdict."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The world that tests replace: time, names and what one URL may take."""

    clock: Clock = field(default_factory=Clock)
    resolve: Resolve = resolve_host
    limits: Limits = field(default_factory=Limits)


class Fetcher:
    """One collection's way to pages: one request at a time, to any host."""

    def __init__(
        self,
        request: WebRequest,
        store: PageStore,
        began: float,
        outside: Outside,
        told: Callable[[str], None],
    ) -> None:
        """`began` (seconds since 1970): what was checked since then is not asked for again."""
        self._request, self._store, self._began = request, store, began
        self._outside, self._clock, self._told = outside, outside.clock, told
        self._polite = Politeness(request.delay_seconds, outside.clock)
        self._headers = {
            "User-Agent": f"{TOKEN}/{__version__} (+{request.contact})",
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip",
        }
        self._private = frozenset(map(_place, request.urls) if request.allow_private else ())
        if not request.offline:
            self._know_own_hosts()
        self._rules: dict[str, Rules] = {}
        self._failures: dict[str, int] = {}
        self.requests = self.reused = 0
        for host, until in store.closed_hosts().items():
            self._polite.not_before(host, until)
        for host, moment in store.last_request.items():
            if moment <= self._clock.now():  # else the clock was put back
                self._polite.not_before(host, moment + self._polite.delay(host))

    def _know_own_hosts(self) -> None:
        """The least delay protects everybody's servers but one's own, at private addresses."""
        for place in self._private:
            host, _, port = place.rpartition(":")
            deadline = Deadline(self._outside.limits.seconds)
            deadline.start()
            with suppress(PageError):  # told when the page itself is asked for
                found = addresses_of(self._outside.resolve, host, int(port), deadline)
                if not any(map(is_public, found)):
                    self._polite.is_own(host)

    def stored(self, url: str) -> Page | None:
        """The page with its body, as far as no request is needed for it."""
        page = self._store.find(url)
        if page is None or not (self._request.offline or page.checked >= self._began):
            return None
        return self._store.read(page)

    def page(self, url: str, anywhere: bool = False) -> Page:
        """The page at `url`, which a redirect to another site may bring only when `anywhere`.

        Raises PageError (RobotsError, HostClosedError) or AddressError with the reason why not.
        """
        page = self.stored(url)
        if page is not None:
            self.reused += 1
            if page.error:
                raise PageError(page.error)
            return page
        if self._request.offline:
            if not (rules := self.rules(url)).temporary and not rules.allows(url):
                raise RobotsError(rules.verdict(url))
            raise PageError(f"not in the store ({self._store.folder})", temporary=True)
        old = self._store.find(url)
        old = self._store.read(old) if old is not None and old.status == 200 else None
        try:
            page = self._followed(url, old, anywhere, self._outside.limits)
            if old is not None and page.status in DOORS_SHUT:
                raise PageError(f"answered {page.status}, and not so before", temporary=True)
            return self._store.keep(page)
        except (HostClosedError, RobotsError):
            raise
        except PageError as error:
            if error.temporary:
                self._count_failure(host_of(url), error)
                raise
            if old is not None:  # which is worth more than a note that today's is worth nothing
                raise PageError(str(error), temporary=True) from error
            now = self._clock.now()
            self._store.keep(Page(url, url, 0, now, now, error=str(error)))
            raise

    def last_copy(self, url: str) -> Page | None:
        """What an earlier run stored, for a server that has no time today."""
        page = self._store.find(url)
        return self._store.read(page) if page is not None and page.status == 200 else None

    def delay(self, url: str) -> float:
        """Seconds between two requests to a URL's host, as far as it has been asked."""
        return self._polite.delay(host_of(url))

    def rules(self, url: str) -> Rules:
        """robots.txt for a URL: read once a run, and once a day at most."""
        origin = origin_of(url)
        if origin not in self._rules:
            found = rules_from(robots_url(url), lambda: self._robots_page(robots_url(url)))
            self._rules[origin] = found
            self._polite.ask_less(host_of(url), found.delay_seconds)
        return self._rules[origin]

    def _robots_page(self, url: str) -> Page:
        old = self._store.find(url)
        old = self._store.read(old) if old is not None else None
        fresh = old is not None and self._clock.now() - old.checked < FRESH_SECONDS
        if old is not None and (fresh or self._request.offline):
            return old
        if self._request.offline:
            raise PageError("not in the store", temporary=True)
        limits = replace(self._outside.limits, decoded_bytes=MOST_BYTES, cut=True, types=())
        if old is not None and old.status != 200:
            old = None
        return self._store.keep(self._followed(url, old, True, limits, robots=True))

    def _followed(
        self, url: str, old: Page | None, anywhere: bool, limits: Limits, robots: bool = False
    ) -> Page:
        """Ask, and follow redirects, every hop with robots, delay and address of its own."""
        deadline = Deadline(limits.seconds)
        current, seen, verdict = url, {url}, ""
        for _ in range(MOST_REDIRECTS + 1):
            known = self.stored(current) if current != url and not robots else None
            if known is not None and known.status == HTTPStatus.OK:
                return replace(known, url=url)
            ours = old is not None and old.final_url == current
            headers = self._headers | (old.validators if old is not None and ours else {})
            try:
                verdict = "" if robots else self._permitted(current)
                reply = self._asked(current, headers, limits, deadline)
            except (AddressError, RobotsError) as error:
                if current == url or getattr(error, "temporary", False):
                    raise
                # `url` itself was asked: what is known of it is stored, and it is not asked again.
                raise PageError(str(error)) from error
            if reply.status in REDIRECTS and "location" in reply.headers:
                current = self._next(url, current, reply, seen, anywhere)
                continue
            now = self._clock.now()
            if reply.status == 304 and old is not None and ours:
                return replace(old, url=url, checked=now, robots=verdict)
            return Page(
                url=url,
                final_url=current,
                status=reply.status,
                fetched=now,
                checked=now,
                headers=reply.headers,
                robots=verdict,
                body=reply.body,
            )
        raise PageError(f"redirected more than {MOST_REDIRECTS} times")

    def _permitted(self, url: str) -> str:
        """robots.txt's verdict, in words. Raises RobotsError where it is no."""
        rules = self.rules(url)
        if not rules.allows(url):
            raise RobotsError(rules.verdict(url), rules.temporary)
        return rules.verdict(url)

    def _next(self, url: str, current: str, reply: Reply, seen: set[str], anywhere: bool) -> str:
        said = reply.headers["location"].encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            target = normal(said, current)
        except AddressError as error:
            raise PageError(f"redirects to what is {error}") from error
        if target in seen:
            raise PageError("redirects in a circle")
        if not anywhere and not same_site(url, target):
            raise PageError(f"redirects to another site ({host_of(target)})")
        seen.add(target)
        return target

    def _asked(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: Deadline
    ) -> Reply:
        """One answer, with patience for servers that are busy. Raises PageError when it ends."""
        host = host_of(url)
        for attempt in range(TRIES):
            if (seconds := self._polite.left(host)) > LONG_WAIT_SECONDS:
                self._told(f"waiting {seconds:.0f} s for {host}")
            self._polite.wait(host)
            self.requests += 1
            try:
                reply = ask(url, headers, limits, deadline, self._private, self._outside.resolve)
            except PageError as error:
                if error.temporary:
                    self._polite.busy(host, {}, attempt)
                if not error.temporary or deadline.over or attempt + 1 >= CONNECTION_TRIES:
                    raise
                continue
            finally:
                self._polite.asked(host)
            if reply.status not in BUSY:
                self._failures[host] = 0
                return reply
            until = self._polite.busy(host, reply.headers, attempt)
            self._store.close_host(host, until)
        raise PageError(f"answered {reply.status} {TRIES} times", temporary=True)

    def _count_failure(self, host: str, error: PageError) -> None:
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= MOST_FAILURES:
            self._polite.close(host, f"{MOST_FAILURES} failures in a row, the last: {error}")


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
