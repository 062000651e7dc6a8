"""URLs: one spelling for each page, rules for what may be fetched, and signs of endless sites."""

from __future__ import annotations

import ipaddress
import re
import string
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from morris_mlx.collect.web.page_error import SkipKind
from morris_mlx.errors import RefusedError

SCHEMES = {"http": 80, "https": 443}
MAX_URL_LENGTH = 2000  # characters: programs write longer ones, for programs
MAX_PATH_DEPTH = 12  # parts of a path
MAX_PATH_REPEATS = 3  # of one part in a path: relative links that grow at every step
MAX_PARAMETERS = 8
# Campaign and session parameters: the page is the same without them.
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|yclid|msclkid|mc_[ce]id|igshid|_ga|"
    r"phpsessid|jsessionid|aspsessionid\w*|session_?id",
    re.IGNORECASE,
)
SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
KEPT_IN_PATH = "/:@!$&'()*+,;=~-._"
UNRESERVED = set(string.ascii_letters + string.digits + "-._~")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# The only range of public IPv6 addresses (RFC 4291, 2.4): the rest embed IPv4 or are local.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class AddressError(RefusedError):
    """An address that must not be fetched. The text is the reason."""

    def __init__(self, reason: str, skip_kind: SkipKind = SkipKind.FAILED) -> None:
        super().__init__(reason)
        self.skip_kind = skip_kind


def is_url(word: str) -> bool:
    """Return True if a command-line argument is a URL and not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", word) is not None


def normalize_url(url: str, base: str = "") -> str:
    """Return the one spelling of a URL, resolved against `base`.

    The result has scheme http or https, scheme and host in small letters, no fragment, no default
    port, no tracking parameters, and percent-encoding as in RFC 3986 (6.2.2).
    Raises AddressError for a URL that must not be fetched.
    """
    cleaned = "".join(c for c in url.strip() if c.isprintable())
    if len(cleaned) > 2 * MAX_URL_LENGTH:
        raise AddressError(f"longer than {MAX_URL_LENGTH} characters")
    try:
        parts = urlsplit(urljoin(base, cleaned) if base else cleaned)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError as error:  # a bad port, an unclosed "[", an invalid host name
        raise AddressError("not a valid address") from error
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        raise AddressError(f"{scheme or 'no scheme'}: is not http or https")
    if parts.username is not None or parts.password is not None:
        raise AddressError("a name or password in the address")
    if not host or not re.fullmatch(r"[a-z0-9._:%-]+", host):
        raise AddressError("no host in the address")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != SCHEMES[scheme]:
        netloc += f":{port}"
    query = _normalize_query(parts)
    whole = f"{scheme}://{netloc}{_normalize_path(parts.path)}{'?' + query if query else ''}"
    if len(whole) > MAX_URL_LENGTH:
        raise AddressError(f"longer than {MAX_URL_LENGTH} characters")
    return whole


def _normalize_path(path: str) -> str:
    path = SESSION_IN_PATH.sub("", path)
    kept: list[str] = []
    parts = _normalize_percent(path).split("/")
    for part in parts:
        if part == "..":
            del kept[max(1, len(kept) - 1) :]  # never the empty part before the first slash
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    joined = "/".join(kept)
    return joined if joined.startswith("/") else f"/{joined}"


def _normalize_percent(text: str) -> str:
    """Return the text with percent-encoding in capitals, and only where it is needed."""

    def decode_unreserved(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in UNRESERVED else f"%{match[1].upper()}"

    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(re.sub(r"%([0-9A-Fa-f]{2})", decode_unreserved, text), safe=KEPT_IN_PATH + "%")


def _normalize_query(parts: SplitResult) -> str:
    pairs = parts.query.split("&") if parts.query else []
    kept = [p for p in pairs if p and not TRACKING.fullmatch(unquote(p.partition("=")[0]))]
    return "&".join(quote(_normalize_percent(p), safe=KEPT_IN_PATH + "%/?[]") for p in kept)


def host_of(url: str) -> str:
    """Return the host alone. All ports and both schemes of a name count as one machine."""
    return urlsplit(url).hostname or ""


def host_and_port(url: str) -> tuple[str, int]:
    """Return the host and the port, which is the scheme's default where the URL has none."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or SCHEMES[parts.scheme]


def address_or_host(word: str) -> tuple[str, str]:
    """Return (URL, "") or ("", host) for a command-line argument; ("", "") if it is neither."""
    try:
        if is_url(word):
            return normalize_url(word), ""
        if "/" not in word and normalize_url(f"https://{word}"):
            return "", host_of(normalize_url(f"https://{word}"))
    except AddressError:
        pass
    return "", ""


def origin_of(url: str) -> str:
    """Return scheme, host and port: the part of a site to which one robots.txt applies."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_same_site(url: str, other: str) -> bool:
    """Return True if host and port agree, apart from "www." and from http or https."""

    def site(address: str) -> tuple[str, int | None]:
        parts = urlsplit(address)
        name = (parts.hostname or "").removeprefix("www.")
        is_default = parts.port is None or parts.port in SCHEMES.values()
        return name, None if is_default else parts.port

    return site(url) == site(other)


def matches_patterns(url: str, patterns: tuple[str, ...]) -> bool:
    """Return True if path and query match one of the patterns, where `*` is any text.

    A pattern that is a URL is compared with the whole URL.
    """
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return any(
        fnmatchcase(url if is_url(p) else path, p if is_url(p) or p[:1] in "/*" else f"*{p}")
        for p in patterns
    )


def trap_reason(url: str) -> str:
    """Return the reason why a URL looks like part of an endless site, or ""."""
    parts = urlsplit(url)
    names = [p for p in parts.path.split("/") if p]
    if len(names) > MAX_PATH_DEPTH:
        return f"more than {MAX_PATH_DEPTH} folders deep"
    if any(names.count(n) > MAX_PATH_REPEATS for n in set(names)):
        return "a path that repeats itself"
    if len(parse_qsl(parts.query, keep_blank_values=True)) > MAX_PARAMETERS:
        return f"more than {MAX_PARAMETERS} parameters"
    return ""


def url_template(url: str) -> str:
    """Return the URL with "N" for its numbers and values: equal for pages of one template."""
    parts = urlsplit(url)
    query = urlencode([(k, "N") for k, _ in parse_qsl(parts.query, keep_blank_values=True)])
    return f"{parts.netloc}{re.sub(r'[0-9]+', 'N', parts.path)}?{query}"


def is_public(address: str) -> bool:
    """Return True if an IP address belongs to the public internet.

    An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo) is judged by that.
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
