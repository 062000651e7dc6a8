"""Not too often, and not too soon again: when a host may be asked next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from morris_mlx.collect.web.response_body import PageError

LEAST_DELAY_SECONDS = 1.0  # nobody is asked faster, but one's own server (--allow-private)

TRIES = 4  # of one page that a server has no time for
FIRST_BACKOFF_SECONDS = 5.0  # doubled after each
LONGEST_WAIT_SECONDS = 600.0  # a host that asks for more is left for a later run
LONGEST_DELAY_SECONDS = 300.0  # between pages: beyond, a site wants no visitors
BUSY = frozenset({429, 500, 502, 503, 504})


class HostClosedError(PageError):
    """A host that is left alone for the rest of this run; the text is the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, temporary=True)


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since 1970 and a way to wait: tests put their own in its place."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Politeness:
    """Keeps every host's delay. One request at a time is the caller's promise."""

    def __init__(self, delay_seconds: float, clock: Clock) -> None:
        self._delay, self._clock = delay_seconds, clock
        self._own: set[str] = set()
        self._asked_for: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._closed: dict[str, str] = {}

    def delay(self, host: str) -> float:
        """Seconds between two requests to a host."""
        least = 0.0 if host in self._own else LEAST_DELAY_SECONDS
        return max(self._delay, least, self._asked_for.get(host, 0.0))

    def is_own(self, host: str) -> None:
        """One's own server: the least delay does not protect it."""
        self._own.add(host)

    def ask_less(self, host: str, seconds: float) -> None:
        """robots.txt's Crawl-delay. Raises HostClosedError when it is meant to keep us out."""
        self._asked_for[host] = max(seconds, self._asked_for.get(host, 0.0))
        if seconds > LONGEST_DELAY_SECONDS:
            self.close(host, f"robots.txt asks for {seconds:,.0f} s between pages")
            self.check(host)
        if host in self._ended:  # the request for robots.txt itself
            self.not_before(host, self._ended[host] + self.delay(host))

    def not_before(self, host: str, moment: float) -> None:
        """Seconds since 1970, from an earlier run or a Retry-After."""
        self._next[host] = max(moment, self._next.get(host, 0.0))

    def check(self, host: str) -> None:
        """Raises HostClosedError for a host that is left alone."""
        if host in self._closed:
            raise HostClosedError(self._closed[host])

    def close(self, host: str, reason: str) -> None:
        self._closed[host] = reason

    def left(self, host: str) -> float:
        """Seconds until the host may be asked; none or less: now."""
        return self._next.get(host, 0.0) - self._clock.now()

    def wait(self, host: str) -> None:
        """Until the host may be asked. Raises HostClosedError when that is too far away."""
        self.check(host)
        seconds = self.left(host)
        if seconds > max(LONGEST_WAIT_SECONDS, self.delay(host)):
            self.close(host, f"{host} asks to be left alone for {seconds / 60:,.0f} minutes more")
            self.check(host)
        if seconds > 0:
            self._clock.sleep(seconds)

    def asked(self, host: str) -> None:
        """A request has just ended."""
        self._ended[host] = self._clock.now()
        self.not_before(host, self._ended[host] + self.delay(host))

    def busy(self, host: str, headers: Mapping[str, str], attempt: int) -> float:
        """A host answered 429 or 5xx to try number `attempt` (from 0): when it may be asked again.

        Seconds since 1970: what Retry-After says, at least the back-off that doubles.
        """
        now = self._clock.now()
        said = retry_after(headers, now)
        seconds = FIRST_BACKOFF_SECONDS * 2**attempt if said is None else said
        moment = now + max(seconds, self.delay(host))
        self.not_before(host, moment)
        return moment


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that Retry-After asks for, given as such or as a date; None when it says nothing.

    A date is compared with the server's own clock where it tells it: RFC 9110, 10.2.3.
    """
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:12])
    moment = _moment(said)
    if moment is None:
        return None
    server = _moment(headers.get("date", ""))
    return max(0.0, moment - (now if server is None else server))


def _moment(said: str) -> float | None:
    try:
        found = parsedate_to_datetime(said)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if math.isfinite(moment) else None
