"""The pace of requests: when each host may be asked next, and which hosts are left alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from morris_mlx.collect.web.page_error import PageError

MIN_DELAY_SECONDS = 1.0  # on other people's servers, whatever the user asks for
MAX_TRIES = 4  # of one page while its server is busy
FIRST_BACKOFF_SECONDS = 5.0  # doubled after each try
MAX_WAIT_SECONDS = 600.0  # a host that asks for more is left for a later run
MAX_DELAY_SECONDS = 300.0  # between pages: a site that asks for more wants no visitors
BUSY_STATUSES = frozenset({429, 500, 502, 503, 504})


class HostClosedError(PageError):
    """A host that is left alone for the rest of this run. The text is the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, temporary=True)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time in seconds since 1970, and a function that waits. Tests replace both."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Politeness:
    """The delays of all hosts, for a caller that sends one request at a time."""

    def __init__(self, delay_seconds: float, clock: Clock) -> None:
        self._delay, self._clock = delay_seconds, clock
        self._own: set[str] = set()
        self._crawl_delays: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._closed: dict[str, str] = {}

    def delay(self, host: str) -> float:
        """Return the seconds between two requests to a host."""
        least = 0.0 if host in self._own else MIN_DELAY_SECONDS
        return max(self._delay, least, self._crawl_delays.get(host, 0.0))

    def mark_own(self, host: str) -> None:
        """Mark a host as the user's own server, to which the minimal delay does not apply."""
        self._own.add(host)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """Respect the Crawl-delay of robots.txt.

        Raises HostClosedError when it is so long that it shuts crawlers out.
        """
        self._crawl_delays[host] = max(seconds, self._crawl_delays.get(host, 0.0))
        if seconds > MAX_DELAY_SECONDS:
            self.close(host, f"robots.txt asks for {seconds:,.0f} s between pages")
            self.check_open(host)
        if host in self._ended:  # the request for robots.txt itself
            self.not_before(host, self._ended[host] + self.delay(host))

    def not_before(self, host: str, moment: float) -> None:
        """Send no request to a host before a moment (seconds since 1970)."""
        self._next[host] = max(moment, self._next.get(host, 0.0))

    def check_open(self, host: str) -> None:
        """Raise HostClosedError if the host is left alone."""
        if host in self._closed:
            raise HostClosedError(self._closed[host])

    def close(self, host: str, reason: str) -> None:
        """Leave a host alone for the rest of this run."""
        self._closed[host] = reason

    def seconds_left(self, host: str) -> float:
        """Return the seconds until the host may be asked; 0 or less means now."""
        return self._next.get(host, 0.0) - self._clock.now()

    def wait(self, host: str) -> None:
        """Wait until the host may be asked. Raises HostClosedError when that is too long."""
        self.check_open(host)
        seconds = self.seconds_left(host)
        if seconds > max(MAX_WAIT_SECONDS, self.delay(host)):
            self.close(host, f"{host} asks to be left alone for {seconds / 60:,.0f} minutes more")
            self.check_open(host)
        if seconds > 0:
            self._clock.sleep(seconds)

    def record_request(self, host: str) -> None:
        """Note that a request has just ended."""
        self._ended[host] = self._clock.now()
        self.not_before(host, self._ended[host] + self.delay(host))

    def record_busy(self, host: str, headers: Mapping[str, str], attempt: int) -> float:
        """Note that a host was busy (429 or 5xx) at try number `attempt`, counted from 0.

        Returns when it may be asked again, in seconds since 1970: after Retry-After if the server
        sent it, else after a back-off that doubles with every try.
        """
        now = self._clock.now()
        requested = retry_after_seconds(headers, now)
        seconds = FIRST_BACKOFF_SECONDS * 2**attempt if requested is None else requested
        moment = now + max(seconds, self.delay(host))
        self.not_before(host, moment)
        return moment


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that Retry-After asks for, or None without a valid value.

    A date is compared with the server's own clock if it sent a Date (RFC 9110, 10.2.3).
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    moment = _parse_date(value)
    if moment is None:
        return None
    server_now = _parse_date(headers.get("date", ""))
    return max(0.0, moment - (now if server_now is None else server_now))


def _parse_date(value: str) -> float | None:
    try:
        found = parsedate_to_datetime(value)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if math.isfinite(moment) else None
