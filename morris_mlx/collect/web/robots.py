"""robots.txt by RFC 9309: the pages that a site's owner allows, and the pace."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from morris_mlx.collect.web.address import AddressError, origin_of
from morris_mlx.collect.web.page_error import PageError, SkipKind
from morris_mlx.collect.web.page_store import Page

PRODUCT_TOKEN = "morris-mlx"  # our name in the sense of RFC 9309, 2.2.1
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much is read
MAX_RATE_SECONDS = 10**9  # larger values overflow a division
# "User-agent: name/1.0" means the name; a product token has letters, _ and - only.
VERSION = re.compile(r"(?im)^([ \t]*user-agent[ \t]*:[ \t]*[a-z_-]+)/[^\s#]*")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one robots.txt.

    `parsed` decides for each URL; without it, `allowed` holds for the whole site, and
    `site_verdict` is the reason in words. `temporary`: the file could not be read this time.
    `skip_kind` is the kind of the reason for pages that are not allowed.
    """

    url: str
    delay_seconds: float
    parsed: Protego | None
    allowed: bool
    site_verdict: str
    temporary: bool = False
    skip_kind: SkipKind = SkipKind.DISALLOWED

    def allows(self, url: str) -> bool:
        """Return True if the URL may be fetched."""
        return self.allowed if self.parsed is None else self.parsed.can_fetch(url, PRODUCT_TOKEN)

    def verdict(self, url: str) -> str:
        """Return the decision on a URL in words, for the provenance and for the user."""
        if self.site_verdict:
            return self.site_verdict
        return f"{'allowed' if self.allows(url) else 'disallowed'} by {self.url}"


def robots_url(url: str) -> str:
    """Return the URL of the robots.txt that applies to a URL."""
    return f"{origin_of(url)}/robots.txt"


def parse_robots(url: str, body: bytes) -> RobotsRules:
    """Parse a robots.txt that was fetched from `url`."""
    if len(body) >= MAX_ROBOTS_BYTES:  # half a path would forbid more than the whole one
        body = body[: body.rfind(b"\n", 0, MAX_ROBOTS_BYTES) + 1]
    text = body.decode("utf-8-sig", errors="replace")
    parsed = Protego.parse(VERSION.sub(r"\1", text))
    delays = [float(parsed.crawl_delay(PRODUCT_TOKEN) or 0.0)]
    if (rate := parsed.request_rate(PRODUCT_TOKEN)) and rate.requests > 0:
        seconds, requests = (min(n, MAX_RATE_SECONDS) for n in (rate.seconds, rate.requests))
        delays.append(seconds / requests)
    delay = max(d for d in (*delays, 0.0) if math.isfinite(d))
    return RobotsRules(url, delay, parsed, allowed=False, site_verdict="")


def load_rules(url: str, fetch: Callable[[], Page]) -> RobotsRules:
    """Return the rules of the robots.txt at `url`, read with `fetch`. Never raises PageError.

    By RFC 9309, 2.3.1, a 4xx status allows everything; 5xx, 429, no answer and too many redirects
    allow nothing.
    """
    try:
        page = fetch()
    except (PageError, AddressError) as error:
        reason = f"disallowed: {url} cannot be read ({error})"
        is_private = error.skip_kind is SkipKind.PRIVATE
        kind = SkipKind.PRIVATE if is_private else SkipKind.DISALLOWED
        return RobotsRules(url, 0.0, None, False, reason, isinstance(error, PageError), kind)
    if page.status == 200:
        return parse_robots(url, page.body)
    if 400 <= page.status < 500:
        return RobotsRules(url, 0.0, None, True, f"allowed: there is no {url} ({page.status})")
    reason = f"disallowed: {url} answers {page.status}"
    return RobotsRules(url, 0.0, None, False, reason, temporary=True)
