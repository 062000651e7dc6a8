"""Pages from the store or from their servers: robots.txt, delays, redirects, retries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from morris_mlx import __version__
from morris_mlx.collect.web.address import (
    AddressError,
    host_and_port,
    host_of,
    is_public,
    is_same_site,
    normalize_url,
    origin_of,
)
from morris_mlx.collect.web.http_client import (
    Deadline,
    Resolver,
    ServerResponse,
    http_get,
    resolve_addresses,
    system_resolver,
)
from morris_mlx.collect.web.page_error import PageError
from morris_mlx.collect.web.page_store import FRESH_SECONDS, Page, PageStore
from morris_mlx.collect.web.politeness import (
    BUSY_STATUSES,
    MAX_TRIES,
    Clock,
    HostClosedError,
    Politeness,
)
from morris_mlx.collect.web.request import WebRequest
from morris_mlx.collect.web.response_body import Limits
from morris_mlx.collect.web.robots import (
    MAX_ROBOTS_BYTES,
    PRODUCT_TOKEN,
    RobotsRules,
    load_rules,
    robots_url,
)

MAX_REDIRECTS = 5  # RFC 9309, 2.3.1.2 asks for at least so many; browsers stop at 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Servers often answer so to robots, or for a while; 404 and 410 mean that the page is gone.
ACCESS_DENIED = frozenset({401, 403})
MAX_CONNECTION_TRIES = 2  # of a page whose server does not answer or breaks off
LONG_WAIT_SECONDS = 10.0  # beyond, the user is told about the wait
MAX_FAILURES = 5  # in a row: then the host is left alone
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1"


class RobotsError(PageError):
    """A page that robots.txt forbids. The text is the verdict."""

    def __init__(self, url: str, rules: RobotsRules) -> None:
        super().__init__(rules.verdict(url), rules.temporary, rules.skip_kind)


@dataclass(frozen=True, slots=True)
class Outside:
    """The dependencies that tests replace: the clock, the resolver, and the limits of one URL."""

    clock: Clock = field(default_factory=Clock)
    resolve: Resolver = system_resolver
    limits: Limits = field(default_factory=Limits)


class Fetcher:
    """The fetcher of one collection: one request at a time, to any host."""

    def __init__(
        self,
        request: WebRequest,
        store: PageStore,
        began: float,
        outside: Outside,
        on_progress: Callable[[str], None],
    ) -> None:
        """Prepare the delays that earlier runs have left.

        Pages that were checked since `began` (seconds since 1970) are not requested again.
        """
        self._request, self._store, self._began = request, store, began
        self._outside, self._clock, self._on_progress = outside, outside.clock, on_progress
        self._politeness = Politeness(request.delay_seconds, outside.clock)
        self._headers = {
            "User-Agent": f"{PRODUCT_TOKEN}/{__version__} (+{request.contact})",
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip",
        }
        own = map(host_and_port, request.urls) if request.allow_private else ()
        self._own = frozenset(own)
        self._private_hosts = frozenset(f"{host}:{port}" for host, port in self._own)
        if not request.offline:
            self._mark_own_hosts()
        self._rules: dict[str, RobotsRules] = {}
        self._failures: dict[str, int] = {}
        self.requests = self.reused = 0
        for host, until in store.closed_hosts().items():
            self._politeness.not_before(host, until)
        for host, moment in store.last_request.items():
            if moment <= self._clock.now():  # else the clock was put back
                self._politeness.not_before(host, moment + self._politeness.delay(host))

    def _mark_own_hosts(self) -> None:
        """Lift the minimal delay for given hosts with private addresses only."""
        for host, port in self._own:
            deadline = Deadline(self._outside.limits.seconds)
            deadline.start()
            with suppress(PageError):  # reported when the page itself is fetched
                found = resolve_addresses(self._outside.resolve, host, port, deadline)
                if not any(map(is_public, found)):
                    self._politeness.mark_own(host)

    def stored_page(self, url: str) -> Page | None:
        """Return the page with its body if no request is needed for it, else None."""
        page = self._store.find(url)
        if page is None or not (self._request.offline or page.checked >= self._began):
            return None
        return self._store.read_body(page)

    def fetch(self, url: str, anywhere: bool = False) -> Page:
        """Return the page at `url`; `anywhere` permits redirects to other sites.

        Raises PageError (RobotsError, HostClosedError) or AddressError with the reason.
        """
        page = self.stored_page(url)
        if page is not None:
            self.reused += 1
            if page.error:
                raise PageError(page.error, skip_kind=page.skip_kind)
            return page
        if self._request.offline:
            if not (rules := self.rules(url)).temporary and not rules.allows(url):
                raise RobotsError(url, rules)
            raise PageError(f"not in the store ({self._store.folder})", temporary=True)
        old = self.last_copy(url)
        try:
            page = self._fetch_redirected(url, old, anywhere, self._outside.limits)
            if old is not None and page.status in ACCESS_DENIED:
                raise PageError(f"answered {page.status}, unlike before", temporary=True)
            return self._store.save(page)
        except (HostClosedError, RobotsError):
            raise
        except PageError as error:
            if error.temporary:
                self._count_failure(host_of(url), error)
                raise
            if old is not None:  # the old copy is worth more than a note of today's failure
                raise PageError(str(error), temporary=True) from error
            now = self._clock.now()
            failed = Page(url, url, 0, now, now, error=str(error), error_kind=error.skip_kind)
            self._store.save(failed)
            raise

    def last_copy(self, url: str) -> Page | None:
        """Return the page as an earlier run has stored it, or None."""
        page = self._store.find(url)
        return self._store.read_body(page) if page is not None and page.status == 200 else None

    def delay(self, url: str) -> float:
        """Return the seconds between two requests to a URL's host, as far as known."""
        return self._politeness.delay(host_of(url))

    def rules(self, url: str) -> RobotsRules:
        """Return the rules for a URL, from a robots.txt that is at most a day old."""
        origin = origin_of(url)
        if origin not in self._rules:
            found = load_rules(robots_url(url), lambda: self._fetch_robots(robots_url(url)))
            self._rules[origin] = found
            self._politeness.set_crawl_delay(host_of(url), found.delay_seconds)
        return self._rules[origin]

    def _fetch_robots(self, url: str) -> Page:
        old = self._store.find(url)
        old = self._store.read_body(old) if old is not None else None
        is_fresh = old is not None and self._clock.now() - old.checked < FRESH_SECONDS
        if old is not None and (is_fresh or self._request.offline):
            return old
        if self._request.offline:
            raise PageError("not in the store", temporary=True)
        limits = replace(self._outside.limits, decoded_bytes=MAX_ROBOTS_BYTES, cut=True, types=())
        if old is not None and old.status != 200:
            old = None
        return self._store.save(self._fetch_redirected(url, old, True, limits, robots=True))

    def _fetch_redirected(
        self, url: str, old: Page | None, anywhere: bool, limits: Limits, robots: bool = False
    ) -> Page:
        """Fetch a page over all redirects, with robots.txt, delay and address check for each hop.

        `old` is a stored copy whose validators make the request conditional. `robots`: the page is
        a robots.txt itself.
        """
        deadline = Deadline(limits.seconds)
        current, seen, verdict = url, {url}, ""
        for _ in range(MAX_REDIRECTS + 1):
            known = self.stored_page(current) if current != url and not robots else None
            if known is not None and known.status == HTTPStatus.OK:
                return replace(known, url=url)
            is_same = old is not None and old.final_url == current
            headers = self._headers | (old.validators if old is not None and is_same else {})
            try:
                verdict = "" if robots else self._check_robots(current)
                response = self._request_politely(current, headers, limits, deadline)
            except (AddressError, RobotsError) as error:
                if current == url or getattr(error, "temporary", False):
                    raise
                # `url` itself was requested: the result is stored, and it is not requested again.
                raise PageError(str(error), skip_kind=error.skip_kind) from error
            if response.status in REDIRECTS and "location" in response.headers:
                current = self._redirect_target(url, current, response, seen, anywhere)
                continue
            now = self._clock.now()
            if response.status == 304 and old is not None and is_same:
                return replace(old, url=url, checked=now, robots=verdict)
            return Page(
                url=url,
                final_url=current,
                status=response.status,
                fetched=now,
                checked=now,
                headers=response.headers,
                robots=verdict,
                body=response.body,
            )
        raise PageError(f"redirected more than {MAX_REDIRECTS} times")

    def _check_robots(self, url: str) -> str:
        """Return the verdict of robots.txt in words. Raises RobotsError if it forbids the URL."""
        rules = self.rules(url)
        if not rules.allows(url):
            raise RobotsError(url, rules)
        return rules.verdict(url)

    def _redirect_target(
        self, url: str, current: str, response: ServerResponse, seen: set[str], anywhere: bool
    ) -> str:
        """Return the next URL, and add it to `seen`. Raises PageError if it is not followed."""
        location = response.headers["location"]
        location = location.encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            target = normalize_url(location, current)
        except AddressError as error:
            raise PageError(f"redirects to an address that is refused: {error}") from error
        if target in seen:
            raise PageError("redirects in a circle")
        if not anywhere and not is_same_site(url, target):
            raise PageError(f"redirects to another site ({host_of(target)})")
        seen.add(target)
        return target

    def _request_politely(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: Deadline
    ) -> ServerResponse:
        """Send a request after the host's delay, and again while the server is busy.

        Raises PageError when the tries are used up.
        """
        host = host_of(url)
        for attempt in range(MAX_TRIES):
            if (seconds := self._politeness.seconds_left(host)) > LONG_WAIT_SECONDS:
                self._on_progress(f"waiting {seconds:.0f} s for {host}")
            self._politeness.wait(host)
            self.requests += 1
            resolve = self._outside.resolve
            try:
                response = http_get(url, headers, limits, deadline, self._private_hosts, resolve)
            except PageError as error:
                if error.temporary:
                    self._politeness.record_busy(host, {}, attempt)
                is_last = deadline.is_over or attempt + 1 >= MAX_CONNECTION_TRIES
                if not error.temporary or is_last:
                    raise
                continue
            finally:
                self._politeness.record_request(host)
            if response.status not in BUSY_STATUSES:
                self._failures[host] = 0
                return response
            until = self._politeness.record_busy(host, response.headers, attempt)
            self._store.close_host(host, until)
        raise PageError(f"answered {response.status} {MAX_TRIES} times", temporary=True)

    def _count_failure(self, host: str, error: PageError) -> None:
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= MAX_FAILURES:
            self._politeness.close(host, f"{MAX_FAILURES} failures in a row, the last: {error}")
