"""One request over one connection: to a public address, within a deadline and limits of size.

The connection is made here, not by a library, so that the address that is checked is the address
that is connected to, and so that every single read knows the deadline of the whole.
Proxies of the environment are not used: behind one, nobody could tell whom a request reaches.
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


class _Stream(io.RawIOBase):
    """What the server sends, each read within the deadline, all reads within the limit."""

    def __init__(self, sock: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self._sock, self._deadline, self._left = sock, deadline, most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise PageError("more bytes than any page needs")
        return count


class _Socket:
    """As much of a socket as http.client asks for."""

    def __init__(self, sock: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self._sock, self._deadline = sock, deadline
        self._stream = io.BufferedReader(_Stream(sock, deadline, most_bytes), 1 << 16)

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedIOBase:
        return self._stream

    def close(self) -> None:
        """Nothing yet: http.client closes before the body is read. The caller closes."""


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
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    deadline.start()
    sock: socket.socket | None = None
    try:
        addresses = addresses_of(resolve, host, port, deadline)
        sock = _connected(addresses, host, port, deadline, f"{host}:{port}" in private)
        peer = str(sock.getpeername()[0])
        if parts.scheme == "https":
            sock.settimeout(deadline.left())
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        status, found, body = _exchange(sock, parts.netloc, target, headers, limits, deadline)
        return Reply(url, status, found, body, peer, deadline.stop())
    except ssl.SSLCertVerificationError as error:
        raise PageError(f"its certificate is not valid ({error.verify_message})") from error
    except (OSError, http.client.HTTPException) as error:
        deadline.left()  # a time-out is told as such
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise PageError(f"no answer that can be read ({said})", temporary=True) from error
    finally:
        deadline.stop()
        if sock is not None:
            sock.close()


def _exchange(
    sock: socket.socket,
    place: str,
    target: str,
    headers: Mapping[str, str],
    limits: Limits,
    deadline: Deadline,
) -> tuple[int, dict[str, str], bytes]:
    wrapped = _Socket(sock, deadline, limits.raw_bytes + limits.header_bytes)
    connection = http.client.HTTPConnection(place)
    connection.sock = cast(socket.socket, wrapped)
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": place, **headers, "Connection": "close"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as response:
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            found[key] = f"{found[key]}, {value}" if key in found else value
        body = BodyReader(response, found, limits).read() if response.status == 200 else b""
        return response.status, found, body


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
