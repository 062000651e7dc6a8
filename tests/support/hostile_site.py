"""A server on loopback that can send anything, valid or not, and logs its requests.

It uses raw sockets, because server libraries refuse to send most of this.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate

from morris_mlx.collect import WebCollected, WebRequest, collect_web
from morris_mlx.collect.web.fetch import Outside
from morris_mlx.collect.web.politeness import Clock
from morris_mlx.collect.web.response_body import Limits

WORDS = (
    "The committee met on the day of number {n} and agreed that nothing could be agreed, which it "
    "wrote down, read aloud {n} times, and sent to every member by the slowest post it could find. "
    "Nobody answered, and the chairman called that a consensus, the {n}th in a row of them. "
)


def article(n: object, head: str = "", more: str = "", author: str = "A. Writer") -> str:
    """Return a page with navigation, an article of about 100 words, and a footer."""
    return (
        f"<!doctype html><html><head><title>Column {n}</title>"
        f'<meta name="author" content="{author}">'
        f'<meta property="article:published_time" content="2021-05-06">{head}</head><body>'
        f"<nav><a href='/'>Home</a></nav><article><h1>Column {n}</h1>"
        f"<p>{WORDS.format(n=n)}</p><p>Part two of {n}. {WORDS.format(n=f'{n}-b')}</p>{more}"
        "</article><footer>Copyright and cookies</footer></body></html>"
    )


@dataclass(frozen=True)
class Hit:
    """A request as it arrived, at `at` monotonic seconds."""

    at: float
    path: str
    headers: dict[str, str]


@dataclass
class FakeClock:
    """A clock whose time passes only by sleeping."""

    time: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


Handler = Callable[["HostileSite", Hit, socket.socket], "bytes | str | None"]


class HostileSite:
    """A site with one answer or handler for each path in `routes`; other paths give 404.

    A path that ends in "*" is a prefix; the longest matching prefix counts.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.routes: dict[str, Handler | bytes | str] = {}
        self.log: list[Hit] = []
        self.most_open = 0
        self._open = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server((host, 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    # --- what it serves --------------------------------------------------------------------
    def page(self, path: str, body: str | bytes, *headers: str, status: str = "200 OK") -> None:
        self.routes[path] = answer(body, *headers, status=status)

    def robots(self, text: str | bytes, *headers: str, status: str = "200 OK") -> None:
        self.routes["/robots.txt"] = answer(
            text, "Content-Type: text/plain", *headers, status=status
        )

    # --- what it saw -----------------------------------------------------------------------
    @property
    def paths(self) -> list[str]:
        return [hit.path for hit in self.log]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.paths)

    def gaps(self) -> list[float]:
        """Return the seconds between consecutive requests."""
        return [b.at - a.at for a, b in zip(self.log, self.log[1:], strict=False)]

    # --- serving ---------------------------------------------------------------------------
    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _connection(self, connection: socket.socket) -> None:
        with self._lock:
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        try:
            connection.settimeout(20)
            self._answer(connection)
        except OSError:
            pass  # the visitor has gone
        finally:
            with self._lock:
                self._open -= 1
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            if not (more := connection.recv(65536)):
                return
            raw += more
        first, *lines = raw.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        hit = Hit(time.monotonic(), first.split(" ")[1], {k.lower(): v for k, v in headers.items()})
        with self._lock:
            self.log.append(hit)
        found = self._route(hit.path)
        reply = found(self, hit, connection) if callable(found) else found
        if reply is not None:
            connection.sendall(reply if isinstance(reply, bytes) else answer(reply))

    def _route(self, path: str) -> Handler | bytes | str:
        if path in self.routes:
            return self.routes[path]
        prefixes = [p for p in self.routes if p.endswith("*") and path.startswith(p[:-1])]
        if prefixes:
            return self.routes[max(prefixes, key=len)]
        return answer("<html><body>Not here</body></html>", status="404 Not Found")

    def wrap(self, context: ssl.SSLContext) -> None:
        """Serve over TLS from now on."""
        plain = self._answer
        self._answer = lambda sock: plain(context.wrap_socket(sock, server_side=True))
        self.url = self.url.replace("http:", "https:")

    def close(self) -> None:
        with suppress(OSError):  # macOS: not connected
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()


def answer(body: str | bytes, *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    """Return the bytes of a response."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", *headers]
    if not any(h.lower().startswith("content-type") for h in headers):
        lines.append("Content-Type: text/html; charset=utf-8")
    if length and not any(h.lower().startswith("content-length") for h in headers):
        lines.append(f"Content-Length: {len(raw)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def redirect(to: str, *headers: str, status: str = "302 Found") -> bytes:
    return answer("", f"Location: {to}", *headers, status=status)


def changing(*replies: bytes) -> Handler:
    """Return a handler that sends each reply once, in order, and then repeats the last one."""
    left = list(replies)
    return lambda site, hit, sock: left.pop(0) if len(left) > 1 else left[0]


def with_validators(body: str, etag: str = '"v1"') -> Handler:
    def reply(site: HostileSite, hit: Hit, sock: socket.socket) -> bytes:
        if hit.headers.get("if-none-match") == etag:
            return answer("", f"ETag: {etag}", status="304 Not Modified")
        return answer(body, f"ETag: {etag}", f"Last-Modified: {formatdate(0, usegmt=True)}")

    return reply


def drip(head: bytes, pause: float = 0.05, letter: bytes = b"x") -> Handler:
    """Return a handler that sends single bytes slowly, without end."""

    def reply(site: HostileSite, hit: Hit, sock: socket.socket) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(letter)
            time.sleep(pause)

    return reply


def flood(head: bytes, piece: bytes) -> Handler:
    """Return a handler that sends a piece again and again at full speed, without end."""

    def reply(site: HostileSite, hit: Hit, sock: socket.socket) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(piece)

    return reply


def bomb(times: int = 1) -> bytes:
    """Return 100 MB of zeros, compressed `times` times."""
    body = gzip.compress(b"\0" * 100_000_000, 6)
    for _ in range(times - 1):
        body = gzip.compress(body)
    return body


@contextmanager
def served(host: str = "127.0.0.1") -> Iterator[HostileSite]:
    site = HostileSite(host)
    try:
        yield site
    finally:
        site.close()


def local_names(host: str, port: int) -> list[str]:
    """Resolve IP addresses to themselves, without a network; all other names are unknown."""
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    raise OSError(f"no name service in tests, not even for {host}")


QUICK = Limits(seconds=1.5)


def collect_from(
    site: HostileSite,
    folder,
    *paths: str,
    clock: FakeClock | None = None,
    limits: Limits = QUICK,
    resolve=local_names,
    **options,
) -> WebCollected:
    """Collect with a fake clock from a site that counts as the user's own."""
    urls = tuple(p if "://" in p else site.url + p for p in paths)
    options = {"contact": "me@example.org", "allow_private": True, **options}
    outside = Outside((clock or FakeClock()).clock, resolve, limits)
    return collect_web(WebRequest(urls=urls, **options), folder, outside=outside)
