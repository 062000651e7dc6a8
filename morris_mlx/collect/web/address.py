"""Addresses: one spelling for each page, what may be fetched at all, and what is a trap."""

from __future__ import annotations

import ipaddress
import re
import string
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from morris_mlx.errors import RefusedError

SCHEMES = {"http": 80, "https": 443}
LONGEST = 2000  # characters: longer ones are made by machines for machines
DEEPEST = 12  # parts of a path
MOST_REPEATS = 3  # of one part in a path: relative links that grow at every step
MOST_PARAMETERS = 8
# Who sent the reader and which session it is: the page is the same without.
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|yclid|msclkid|mc_[ce]id|igshid|_ga|"
    r"phpsessid|jsessionid|aspsessionid\w*|session_?id",
    re.IGNORECASE,
)
SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
KEPT_IN_PATH = "/:@!$&'()*+,;=~-._"
UNRESERVED = set(string.ascii_letters + string.digits + "-._~")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that was ever given to anybody (RFC 4291, 2.4): the rest are wrappings and local networks.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class AddressError(RefusedError):
    """An address that is never asked; the text is the reason."""


def is_url(word: str) -> bool:
    """Whether a word of the command is meant as an address, not as a file."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", word) is not None


def normal(url: str, base: str = "") -> str:
    """The one spelling of an address. Raises AddressError with the reason to leave it alone.

    Only http and https; scheme and host in small letters, no fragment, no default port, no
    tracking parameters, percent-encoding as RFC 3986 (6.2.2) has it.
    """
    cleaned = "".join(c for c in url.strip() if c.isprintable())
    if len(cleaned) > 2 * LONGEST:
        raise AddressError(f"longer than {LONGEST} characters")
    try:
        parts = urlsplit(urljoin(base, cleaned) if base else cleaned)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError as error:  # a bad port, an unfinished [, a name that is none
        raise AddressError("not a valid address") from error
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        raise AddressError(f"{scheme or 'no scheme'}: is not http or https")
    if parts.username is not None or parts.password is not None:
        raise AddressError("a name or password in the address")
    if not host or not re.fullmatch(r"[a-z0-9._:%-]+", host):
        raise AddressError("no host in the address")
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != SCHEMES[scheme]:
        place += f":{port}"
    query = _query(parts)
    whole = f"{scheme}://{place}{_path(parts.path)}{'?' + query if query else ''}"
    if len(whole) > LONGEST:
        raise AddressError(f"longer than {LONGEST} characters")
    return whole


def _path(path: str) -> str:
    path = SESSION_IN_PATH.sub("", path)
    kept: list[str] = []
    parts = _percent(path).split("/")
    for part in parts:
        if part == "..":
            del kept[max(1, len(kept) - 1) :]  # never the empty one before the first slash
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    joined = "/".join(kept)
    return joined if joined.startswith("/") else f"/{joined}"


def _percent(text: str) -> str:
    """Percent-encoding in capitals, and only where it is needed."""

    def spelled(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in UNRESERVED else f"%{match[1].upper()}"

    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(re.sub(r"%([0-9A-Fa-f]{2})", spelled, text), safe=KEPT_IN_PATH + "%")


def _query(parts: SplitResult) -> str:
    pairs = parts.query.split("&") if parts.query else []
    kept = [p for p in pairs if p and not TRACKING.fullmatch(unquote(p.partition("=")[0]))]
    return "&".join(quote(_percent(p), safe=KEPT_IN_PATH + "%/?[]") for p in kept)


def host_of(url: str) -> str:
    """The host alone: http and https of one name, and all its ports, are one machine to us."""
    return urlsplit(url).hostname or ""


def address_or_host(word: str) -> tuple[str, str]:
    """A word of the command as (address, ""), as ("", host), or as neither."""
    try:
        if is_url(word):
            return normal(word), ""
        if "/" not in word and normal(f"https://{word}"):
            return "", host_of(normal(f"https://{word}"))
    except AddressError:
        pass
    return "", ""


def origin_of(url: str) -> str:
    """Scheme, host and port: what a robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def same_site(url: str, other: str) -> bool:
    """The same host and port, with or without "www."; http and https may differ."""

    def site(address: str) -> tuple[str, int | None]:
        parts = urlsplit(address)
        name = (parts.hostname or "").removeprefix("www.")
        usual = parts.port is None or parts.port in SCHEMES.values()
        return name, None if usual else parts.port

    return site(url) == site(other)


def follows(url: str, patterns: tuple[str, ...]) -> bool:
    """Whether path and query fit one of the patterns (`*` any letters); a whole URL may be one."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return any(
        fnmatchcase(url if is_url(p) else path, p if is_url(p) or p[:1] in "/*" else f"*{p}")
        for p in patterns
    )


def trap(url: str) -> str:
    """Why an address looks as if its site never ended, or ""."""
    parts = urlsplit(url)
    names = [p for p in parts.path.split("/") if p]
    if len(names) > DEEPEST:
        return f"more than {DEEPEST} folders deep"
    if any(names.count(n) > MOST_REPEATS for n in set(names)):
        return "a path that repeats itself"
    if len(parse_qsl(parts.query, keep_blank_values=True)) > MOST_PARAMETERS:
        return f"more than {MOST_PARAMETERS} parameters"
    return ""


def shape(url: str) -> str:
    """The address with its numbers taken out: what pages of one template have in common."""
    parts = urlsplit(url)
    query = urlencode([(k, "N") for k, _ in parse_qsl(parts.query, keep_blank_values=True)])
    return f"{parts.netloc}{re.sub(r'[0-9]+', 'N', parts.path)}?{query}"


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large, looking through its wrappings.

    IPv4 in IPv6 (mapped, NAT64, 6to4, Teredo) is what it carries.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast
