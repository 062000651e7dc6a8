"""One GET request over one connection: to a public address, within a deadline and limits of size.

`requests` speaks HTTP. Its connections are ours, for two reasons: the address that is checked must
be the address that is connected to, and every single read must know the deadline of the whole URL
(a time-out of `requests` starts anew at every read).
Proxies, passwords and certificates that the environment names are not used: behind a proxy, the
address of the server is unknown.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from morris_mlx.collect.web.address import AddressError, is_public
from morris_mlx.collect.web.response_body import BodyReader, Limits, PageError

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: header names in small letters, the body decoded of its content coding.

    `seconds` that it took; `peer` the IP address that gave it.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    peer: str
    seconds: float


class Deadline:
    """The moment by which a URL must be had, redirects and all; waits for politeness aside."""

    def __init__(self, seconds: float) -> None:
        self._limit, self._left = seconds, seconds
        self._began: float | None = None

    def start(self) -> None:
        self._began = time.monotonic()

    def stop(self) -> float:
        """The seconds since start."""
        took = time.monotonic() - self._began if self._began is not None else 0.0
        self._left, self._began = self._left - took, None
        return took

    @property
    def over(self) -> bool:
        return self._left <= 0

    def left(self) -> float:
        """Seconds left. Raises PageError when there are none."""
        running = time.monotonic() - self._began if self._began is not None else 0.0
        if (left := self._left - running) <= 0:
            raise PageError(f"not finished within {self._limit:g} s", temporary=True)
        return left


class _Exchange:
    """One request's server, its socket, and the limits that every read from the socket keeps."""

    def __init__(
        self,
        url: str,
        limits: Limits,
        deadline: Deadline,
        private: frozenset[str],
        resolve: Resolve,
    ) -> None:
        parts = urlsplit(url)
        self.tls = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.tls else 80)
        self.peer = ""
        self._private = f"{self.host}:{self.port}" in private
        self._resolve, self._deadline = resolve, deadline
        self._bytes_left = limits.raw_bytes + limits.header_bytes
        self._sock: socket.socket | None = None

    def connect(self) -> socket.socket:
        """Connect to the server. Raises AddressError, PageError or OSError."""
        addresses = addresses_of(self._resolve, self.host, self.port, self._deadline)
        sock = _connected(addresses, self.host, self.port, self._deadline, self._private)
        self._sock = sock
        self.peer = str(sock.getpeername()[0])
        sock.settimeout(self._deadline.left())  # for a TLS handshake
        return sock

    def limit(self, sock: socket.socket) -> socket.socket:
        """Return a stand-in for the connected socket that keeps the limits."""
        self._sock = sock
        return cast(socket.socket, _LimitedSocket(sock, self))

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()

    def set_timeout(self, sock: socket.socket) -> None:
        """Give the socket's next operation what is left of the deadline."""
        sock.settimeout(self._deadline.left())

    def count(self, received: int) -> None:
        """Count received bytes. Raises PageError when there are too many."""
        self._bytes_left -= received
        if self._bytes_left < 0:
            raise PageError("more bytes than any page needs")


class _Stream(io.RawIOBase):
    """The bytes that a server sends, every read within the limits of the exchange."""

    def __init__(self, sock: socket.socket, exchange: _Exchange) -> None:
        self._sock, self._exchange = sock, exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._exchange.set_timeout(self._sock)
        received = self._sock.recv_into(buffer)
        self._exchange.count(received)
        return received


class _LimitedSocket:
    """The part of a socket's interface that http.client and urllib3 use."""

    def __init__(self, sock: socket.socket, exchange: _Exchange) -> None:
        self._sock, self._exchange = sock, exchange

    def sendall(self, data: bytes) -> None:
        self._exchange.set_timeout(self._sock)
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedIOBase:
        return io.BufferedReader(_Stream(self._sock, self._exchange), 1 << 16)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: the deadline decides at every read."""

    def close(self) -> None:
        """Do nothing: http.client closes before the body is read. The exchange closes later."""


class _Response(http.client.HTTPResponse):
    """An answer without its cookies: `requests` would parse them into a jar, unasked."""

    def begin(self) -> None:
        super().begin()
        del self.headers["Set-Cookie"]


class _Connection(HTTPConnection):
    """A connection to the server of an exchange, within its limits."""

    response_class = _Response

    def __init__(self, *args: Any, exchange: _Exchange, **options: Any) -> None:
        super().__init__(*args, **options)
        self._exchange = exchange

    def _new_conn(self) -> socket.socket:
        return self._exchange.connect()

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            raise PageError(f"its certificate is not valid ({error.verify_message})") from error
        self.sock = self._exchange.limit(self.sock)


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """The transport of one exchange, whatever proxy or certificate `requests` has heard of."""

    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        """Return a pool for the host whose address is checked, as this module parsed it."""
        host, port = self._exchange.host, self._exchange.port
        host = f"[{host}]" if ":" in host else host
        if not self._exchange.tls:
            return _Pool(host, port, exchange=self._exchange)
        context = ssl.create_default_context()
        return _TLSPool(host, port, ssl_context=context, exchange=self._exchange)

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """Do nothing: the pool's context verifies with the system's certificates, and no others."""


class _Session(requests.Session):
    """A session of one exchange: nothing of the environment, no headers of its own, no redirects.

    A session for every exchange keeps no cookie and no connection for the next one.
    """

    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(exchange))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None. Else `requests` unpacks the whole body of a redirect, even unfollowed."""
        return None


def ask(
    url: str,
    headers: Mapping[str, str],
    limits: Limits,
    deadline: Deadline,
    private: frozenset[str],
    resolve: Resolve,
) -> Reply:
    """GET one address; redirects are the caller's business.

    `private` are host:port pairs that may be anywhere; all others must be on public addresses.
    Raises AddressError before anything is sent to a private address, PageError for what the
    server does wrong or too slowly.
    """
    exchange = _Exchange(url, limits, deadline, private, resolve)
    headers = {**headers, "Connection": "close"}
    deadline.start()
    try:
        with (
            _Session(exchange) as session,
            session.get(url, headers=headers, stream=True, allow_redirects=False) as response,
        ):
            found = {name.lower(): value for name, value in response.headers.items()}
            response.raw.enforce_content_length = False  # BodyReader does, in words
            ok = response.status_code == 200
            body = BodyReader(response.raw, found, limits).read() if ok else b""
            return Reply(url, response.status_code, found, body, exchange.peer, deadline.stop())
    except (HTTPError, OSError, http.client.HTTPException) as error:
        deadline.left()  # a time-out is told as such
        raise PageError(f"no answer that can be read ({_cause(error)})", temporary=True) from error
    finally:
        deadline.stop()
        exchange.close()


def _cause(error: BaseException) -> str:
    """Return the words of the failure that `requests` and urllib3 have wrapped."""
    while isinstance(error, (requests.RequestException, HTTPError)):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def addresses_of(resolve: Resolve, host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """IP addresses of a host. The system's resolver knows no deadline: it works in a thread.

    Raises PageError when there are none or they do not come in time.
    """
    found: list[Sequence[str]] = []
    failed: list[OSError] = []

    def work() -> None:
        try:
            found.append(resolve(host, port))
        except OSError as error:
            failed.append(error)
        except UnicodeError as error:
            failed.append(OSError(str(error)))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if failed:
        raise PageError(f"the host {host} is not known", temporary=True) from failed[0]
    if not found:
        deadline.left()
        raise PageError(f"the host {host} is not known", temporary=True)
    return found[0]


def resolve_host(host: str, port: int) -> list[str]:
    """All IP addresses of a host, as the system orders them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _connected(
    addresses: Sequence[str], host: str, port: int, deadline: Deadline, private: bool
) -> socket.socket:
    """A connection to the first address that answers; none is tried that may not be."""
    allowed = [a for a in addresses if private or is_public(a)]
    if not allowed:
        raise AddressError(f"{host} is at a private address ({', '.join(addresses[:2])})")
    failure: OSError | None = None
    for number, address in enumerate(allowed):
        share = deadline.left() / (len(allowed) - number)  # one dead address must not take all
        try:
            sock = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            failure = error
            continue
        peer = str(sock.getpeername()[0])
        if private or is_public(peer):
            return sock
        sock.close()
        raise AddressError(f"{host} is at a private address ({peer})")
    assert failure is not None
    raise failure
