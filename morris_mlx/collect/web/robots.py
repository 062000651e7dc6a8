"""robots.txt by RFC 9309: what a site's owner allows, and how often."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from morris_mlx.collect.web.address import AddressError, origin_of
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.response_body import PageError

TOKEN = "morris-mlx"  # our name in the sense of RFC 9309, 2.2.1
MOST_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much is read
MOST_SECONDS = 10**9  # a number of more digits is no number
# "User-agent: name/1.0" means the name; a product token has letters, _ and - only.
VERSION = re.compile(r"(?im)^([ \t]*user-agent[ \t]*:[ \t]*[a-z_-]+)/[^\s#]*")


@dataclass(frozen=True, slots=True)
class Rules:
    """One robots.txt. `said` is the verdict on a whole site in words, "" when paths decide.

    `temporary`: it could not be read this time.
    """

    url: str
    delay_seconds: float
    parsed: Protego | None
    allowed: bool
    said: str
    temporary: bool = False

    def allows(self, url: str) -> bool:
        return self.allowed if self.parsed is None else self.parsed.can_fetch(url, TOKEN)

    def verdict(self, url: str) -> str:
        """In words, for provenance and for the user."""
        if self.said:
            return self.said
        return f"{'allowed' if self.allows(url) else 'disallowed'} by {self.url}"


def robots_url(url: str) -> str:
    return f"{origin_of(url)}/robots.txt"


def read_rules(url: str, body: bytes) -> Rules:
    """The rules that a robots.txt at `url` gives us."""
    if len(body) >= MOST_BYTES:  # half a path would forbid more than the whole one
        body = body[: body.rfind(b"\n", 0, MOST_BYTES) + 1]
    text = body.decode("utf-8-sig", errors="replace")
    parsed = Protego.parse(VERSION.sub(r"\1", text))
    delays = [float(parsed.crawl_delay(TOKEN) or 0.0)]
    if (rate := parsed.request_rate(TOKEN)) and rate.requests > 0:
        delays.append(min(rate.seconds, MOST_SECONDS) / min(rate.requests, MOST_SECONDS))
    delay = max(d for d in (*delays, 0.0) if math.isfinite(d))
    return Rules(url, delay, parsed, allowed=False, said="")


def rules_from(url: str, fetch: Callable[[], Page]) -> Rules:
    """The rules at `url`, which `fetch` brings. Never fails for a bad server: RFC 9309, 2.3.1.

    4xx: everything is allowed. 5xx, 429, no answer, too many redirects: nothing is.
    """
    try:
        page = fetch()
    except (PageError, AddressError) as error:
        said = f"disallowed: {url} cannot be read ({error})"
        unknown = isinstance(error, PageError)
        return Rules(url, 0.0, None, allowed=False, said=said, temporary=unknown)
    if page.status == 200:
        return read_rules(url, page.body)
    if 400 <= page.status < 500:
        return Rules(url, 0.0, None, True, f"allowed: there is no {url} ({page.status})")
    return Rules(url, 0.0, None, False, f"disallowed: {url} answers {page.status}", True)
