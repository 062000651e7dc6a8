"""robots.txt by RFC 9309: the pages that a site's owner allows, and the pace."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from protego import Protego

from morris_mlx.collect.web.address import AddressError, origin_of
from morris_mlx.collect.web.page_error import PageError, SkipKind
from morris_mlx.collect.web.page_store import Page

PRODUCT_TOKEN = "morris-mlx"  # our name in the sense of RFC 9309, 2.2.1
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much is read
MAX_RATE_SECONDS = 10**9  # larger values overflow a division
_LINE = re.compile(r"[^\S\r\n]*([A-Za-z][A-Za-z -]*?)\s*:\s*(.*?)\s*(?:#.*)?$")
_TOKEN = re.compile(r"\*|[A-Za-z_-]*")  # RFC 9309, 2.2.1: a product token has no other characters
_ALLOW, _DISALLOW, _AGENT = "allow", "disallow", "user-agent"
_DELAYS = {"crawl-delay", "request-rate"}
# Wrong spellings whose meaning is clear. Google's parser takes them, too.
_SPELLINGS = {
    **dict.fromkeys(("useragent", "user agent"), _AGENT),
    **dict.fromkeys(("dissallow", "dissalow", "disalow", "diasllow", "disallaw"), _DISALLOW),
}
# Reserved characters that mean the same in a query whether they are encoded or not.
_RESERVED = {character: f"%{ord(character):02X}" for character in ":/@!,;'()[]+"}


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
        if self.parsed is None:
            return self.allowed
        address, mark, query = url.partition("?")
        url = address + mark + _encode_reserved(query)
        return bool(self.parsed.can_fetch(url, PRODUCT_TOKEN))

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
    lines = list(_read_lines(body.decode("utf-8-sig", errors="replace").lstrip("\ufeff\ufffd")))
    rules = Protego.parse(_join(line for line in lines if line[0] not in _DELAYS))
    pace = Protego.parse(_join(lines))
    delays = [float(pace.crawl_delay(PRODUCT_TOKEN) or 0.0)]
    if (rate := pace.request_rate(PRODUCT_TOKEN)) and rate.requests > 0:
        seconds, requests = (min(n, MAX_RATE_SECONDS) for n in (rate.seconds, rate.requests))
        delays.append(seconds / requests)
    delay = max(d for d in (*delays, 0.0) if math.isfinite(d))
    return RobotsRules(url, delay, rules, allowed=False, site_verdict="")


def _read_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of the lines that matter, written as Protego needs them.

    Every other line is left out, because Protego ends a group of user agents at it, and by RFC
    9309, 2.2, only a rule ends it. Other programs' product tokens become "other": Protego takes a
    token for ours that is the beginning of ours.
    """
    for line in re.split(r"\r\n|\r|\n", text):
        found = _LINE.match(line)
        if not found:
            continue
        name = found[1].lower()
        name, value = _SPELLINGS.get(name, name), found[2]
        if name == _AGENT:
            token = _TOKEN.match(value)
            token_text = token[0].lower() if token else ""
            yield name, token_text if token_text in ("*", PRODUCT_TOKEN) else "other"
        elif name in (_ALLOW, _DISALLOW):
            yield from ((name, path) for path in _spellings_of_path(value))
        elif name in _DELAYS:
            yield name, value


def _spellings_of_path(path: str) -> tuple[str, ...]:
    """Return a rule's path with the reserved characters of its query encoded.

    A wildcard may stand for the beginning of the query: then both spellings are returned.
    """
    address, mark, query = path.partition("?")
    if mark:
        return (address + mark + _encode_reserved(query),)
    start, star, rest = path.rpartition("*")
    encoded = start + star + _encode_reserved(rest) if star else path
    return tuple(dict.fromkeys((path, encoded)))


def _encode_reserved(query: str) -> str:
    """Encode the reserved characters of a query: RFC 9309, 2.2.2, compares them encoded."""
    return "".join(_RESERVED.get(character, character) for character in query)


def _join(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in lines)


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
