"""One GET request over one connection: to a public address, within a deadline and size limits.

`requests` speaks HTTP. The connections are made here, for two reasons: the address that is checked
must be the address that is connected to, and every single read must respect the deadline of the
whole URL (the timeout of `requests` starts anew with every read).
Proxies, passwords and certificates from the environment are not used: behind a proxy, the address
of the server is unknown.
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

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from morris_mlx.collect.web.address import AddressError, host_and_port, is_public
from morris_mlx.collect.web.page_error import PageError, SkipKind
from morris_mlx.collect.web.response_body import BodyReader, Limits

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host, or raises OSError."""


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """A server's response: header names in small letters, and the decoded body.

    `peer` is the IP address of the server, `seconds` the time that the request took.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    peer: str
    seconds: float


class Deadline:
    """The time that one URL may take, redirects included. Waits between requests do not count."""

    def __init__(self, seconds: float) -> None:
        self._limit, self._left = seconds, seconds
        self._began: float | None = None

    def start(self) -> None:
        """Let the time run."""
        self._began = time.monotonic()

    def stop(self) -> float:
        """Stop the time, and return the seconds since the start."""
        took = time.monotonic() - self._began if self._began is not None else 0.0
        self._left, self._began = self._left - took, None
        return took

    @property
    def is_over(self) -> bool:
        """True if the time is used up, as of the last stop."""
        return self._left <= 0

    def seconds_left(self) -> float:
        """Return the seconds left. Raises PageError when there are none."""
        running = time.monotonic() - self._began if self._began is not None else 0.0
        if (left := self._left - running) <= 0:
            raise PageError(f"not finished within {self._limit:g} s", temporary=True)
        return left


class _Exchange:
    """One request's server, its socket, and the limits that hold for every read from it."""

    def __init__(
        self,
        url: str,
        limits: Limits,
        deadline: Deadline,
        private_hosts: frozenset[str],
        resolve: Resolver,
    ) -> None:
        self.tls = url.startswith("https:")
        self.host, self.port = host_and_port(url)
        self.peer = ""
        self._may_be_private = f"{self.host}:{self.port}" in private_hosts
        self._resolve, self._deadline = resolve, deadline
        self._bytes_left = limits.raw_bytes + limits.header_bytes
        self._sock: socket.socket | None = None

    def connect(self) -> socket.socket:
        """Connect to the server. Raises AddressError, PageError or OSError."""
        addresses = resolve_addresses(self._resolve, self.host, self.port, self._deadline)
        sock = _connect(addresses, self.host, self.port, self._deadline, self._may_be_private)
        self._sock = sock
        self.peer = str(sock.getpeername()[0])
        self.set_timeout(sock)  # for a TLS handshake
        return sock

    def limit(self, sock: socket.socket) -> socket.socket:
        """Return a stand-in for the connected socket that respects the limits."""
        self._sock = sock
        return cast(socket.socket, _LimitedSocket(sock, self))

    def close(self) -> None:
        """Close the socket if there is one."""
        if self._sock is not None:
            self._sock.close()

    def set_timeout(self, sock: socket.socket) -> None:
        """Limit the socket's next operation to the time that is left of the deadline."""
        sock.settimeout(self._deadline.seconds_left())

    def count_received(self, count: int) -> None:
        """Count received bytes. Raises PageError when there are too many."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise PageError("more bytes than any page needs")


class _Stream(io.RawIOBase):
    """The bytes from a server, every read within the limits of the exchange."""

    def __init__(self, sock: socket.socket, exchange: _Exchange) -> None:
        self._sock, self._exchange = sock, exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._exchange.set_timeout(self._sock)
        count = self._sock.recv_into(buffer)
        self._exchange.count_received(count)
        return count


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
        """Do nothing: the deadline sets the timeout of every read."""

    def close(self) -> None:
        """Do nothing: http.client closes before the body is read. The exchange closes later."""


class _Response(http.client.HTTPResponse):
    """A response without cookies, which `requests` would otherwise parse and keep."""

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
    """A TLS connection to the server of an exchange, within its limits."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """The transport of one exchange. Ignores proxies and certificate bundles."""

    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        """Return a pool for the host whose address is checked, as parsed by this package."""
        host, port = self._exchange.host, self._exchange.port
        host = f"[{host}]" if ":" in host else host
        if not self._exchange.tls:
            return _Pool(host, port, exchange=self._exchange)
        context = ssl.create_default_context()
        return _TLSPool(host, port, ssl_context=context, exchange=self._exchange)

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """Do nothing: the pool's context verifies, with the certificates of the system alone."""


class _Session(requests.Session):
    """A session for one exchange: no environment, no default headers, no redirects.

    With a session for each exchange, no cookie and no connection is left for the next one.
    """

    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(exchange))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: `requests` decompresses a redirect's body even if it does not follow it."""
        return None


def http_get(
    url: str,
    headers: Mapping[str, str],
    limits: Limits,
    deadline: Deadline,
    private_hosts: frozenset[str],
    resolve: Resolver,
) -> ServerResponse:
    """Send one GET request, and return the response; redirects are returned, not followed.

    `private_hosts` are "host:port" pairs that may have private addresses; all others must have
    public ones. Raises AddressError before anything is sent to a private address, and PageError
    when the server fails or is too slow.
    """
    exchange = _Exchange(url, limits, deadline, private_hosts, resolve)
    headers = {**headers, "Connection": "close"}
    deadline.start()
    try:
        with (
            _Session(exchange) as session,
            session.get(url, headers=headers, stream=True, allow_redirects=False) as response,
        ):
            found = {name.lower(): value for name, value in response.headers.items()}
            response.raw.enforce_content_length = False  # BodyReader does, with a clear reason
            status = response.status_code
            body = BodyReader(response.raw, found, limits).read() if status == 200 else b""
            return ServerResponse(url, status, found, body, exchange.peer, deadline.stop())
    except (HTTPError, OSError, http.client.HTTPException) as error:
        deadline.seconds_left()  # raises the error of the deadline where that is the cause
        cause = _root_cause(error)
        reason = "no answer that can be read" + (f" ({cause})" if cause else "")
        raise PageError(reason, temporary=True) from error
    finally:
        deadline.stop()
        exchange.close()


def _root_cause(error: BaseException) -> str:
    """Return the text of the error that `requests` and urllib3 have wrapped; "" for none."""
    while isinstance(error, (requests.RequestException, HTTPError)):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return getattr(error, "strerror", None) or str(error)


def resolve_addresses(resolve: Resolver, host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """Return the IP addresses of a host. Raises PageError without any before the deadline.

    The system's resolver cannot be interrupted, so it runs in a thread.
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
    thread.join(deadline.seconds_left())
    if failed:
        raise PageError(f"the host {host} is not known", temporary=True) from failed[0]
    if not found:
        deadline.seconds_left()
        raise PageError(f"the host {host} is not known", temporary=True)
    return found[0]


def system_resolver(host: str, port: int) -> list[str]:
    """Return all IP addresses of a host in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _connect(
    addresses: Sequence[str], host: str, port: int, deadline: Deadline, may_be_private: bool
) -> socket.socket:
    """Connect to the first address that answers. No forbidden address is tried."""
    allowed = [a for a in addresses if may_be_private or is_public(a)]
    if not allowed:
        raise _private_address(host, ", ".join(addresses[:2]))
    failure: OSError | None = None
    for number, address in enumerate(allowed):
        # One dead address must not use up the time of the others.
        share = deadline.seconds_left() / (len(allowed) - number)
        try:
            sock = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            failure = error
            continue
        peer = str(sock.getpeername()[0])
        if may_be_private or is_public(peer):
            return sock
        sock.close()
        raise _private_address(host, peer)
    assert failure is not None
    raise failure


def _private_address(host: str, addresses: str) -> AddressError:
    return AddressError(f"{host} is at a private address ({addresses})", SkipKind.PRIVATE)
