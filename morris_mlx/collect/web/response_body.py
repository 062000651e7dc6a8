"""Bodies within limits: raw bytes, decoded bytes and their ratio; one content coding at most."""

from __future__ import annotations

import http.client
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from morris_mlx.errors import MorrisError

PAGE_TYPES = (
    *("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"),
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml"),
    *("application/gzip", "application/x-gzip", "application/octet-stream"),
)
CHUNK_BYTES = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Limits:
    """What one URL may take of time, transfer and memory.

    `ratio` of decoded to raw bytes, looked at beyond `free_bytes`: honest pages pack to a tenth,
    a bomb to a thousandth. `cut` ends a body at `decoded_bytes` instead of refusing it.
    `types` are the media types that are read, () all of them.
    """

    seconds: float = 30.0
    raw_bytes: int = 10_000_000
    decoded_bytes: int = 20_000_000
    ratio: float = 100.0
    free_bytes: int = 1_000_000
    header_bytes: int = 300_000
    cut: bool = False
    types: tuple[str, ...] = PAGE_TYPES


class PageError(MorrisError):
    """A page that is left out; the text is the reason. `temporary`: a later try may do better."""

    def __init__(self, reason: str, temporary: bool = False) -> None:
        super().__init__(reason)
        self.temporary = temporary


class BodyReader:
    """Reads a response's body. Raises PageError as soon as a limit is passed."""

    def __init__(
        self, response: http.client.HTTPResponse, headers: Mapping[str, str], limits: Limits
    ) -> None:
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind and limits.types and kind not in limits.types:
            raise PageError(f"{kind[:60]} is not a page")
        self._response, self._limits = response, limits
        self._coding = _coding(headers.get("content-encoding", ""))
        self._promised = self._promised_bytes(headers)

    def _promised_bytes(self, headers: Mapping[str, str]) -> int | None:
        said = headers.get("content-length", "").split(",")[0].strip()
        if "chunked" in headers.get("transfer-encoding", "").lower() or not (
            said.isascii() and said.isdigit()
        ):
            return None
        promised = int(said[:18])
        if promised > self._limits.raw_bytes and not self._limits.cut:
            raise PageError(f"{promised:,} bytes, more than any page needs")
        return promised

    def read(self) -> bytes:
        chunks = self._raw()
        if self._coding:
            return unpacked(chunks, self._limits)
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._limits.decoded_bytes:
                if self._limits.cut:
                    return bytes(body[: self._limits.decoded_bytes])
                raise PageError(_too_large(self._limits))
        return bytes(body)

    def _raw(self) -> Iterator[bytes]:
        """The bytes as they come, at most as many as are allowed, and no fewer than promised."""
        arrived = 0
        while chunk := self._response.read1(CHUNK_BYTES):
            arrived += len(chunk)
            if arrived > self._limits.raw_bytes:
                raise PageError(_too_large(self._limits))
            yield chunk
        if self._promised is not None and arrived < self._promised:
            raise PageError(
                f"the answer ended after {arrived:,} of {self._promised:,} bytes", temporary=True
            )


def _coding(said: str) -> str:
    codings = [c.strip().lower() for c in said.split(",") if c.strip()]
    codings = [c for c in codings if c != "identity"]
    if len(codings) > 1:
        raise PageError(f"packed more than once ({', '.join(codings)[:80]})")
    if codings and codings[0] not in ("gzip", "x-gzip"):
        raise PageError(f"packed in a way that was not asked for ({codings[0][:40]})")
    return codings[0] if codings else ""


def unpacked(chunks: Iterator[bytes], limits: Limits) -> bytes:
    """gzip → bytes, member by member, within the limits. Raises PageError, also when truncated."""
    body = bytearray()
    raw = 0
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        for chunk in chunks:
            raw += len(chunk)
            while chunk:
                if unpacker.eof:  # another member follows
                    unpacker = zlib.decompressobj(GZIP_WINDOW)
                body += unpacker.decompress(chunk, CHUNK_BYTES)
                chunk = unpacker.unconsumed_tail or unpacker.unused_data.lstrip(b"\0")
                if len(body) > limits.decoded_bytes and limits.cut:
                    return bytes(body[: limits.decoded_bytes])
                _check(len(body), raw, limits)
        body += unpacker.flush()
        _check(len(body), raw, limits)
    except zlib.error as error:
        raise PageError(f"its gzip is damaged ({error})", temporary=True) from error
    if not unpacker.eof and raw:
        raise PageError("its gzip ends too early", temporary=True)
    return bytes(body)


def gunzipped(body: bytes, limits: Limits) -> bytes:
    """A file that is itself packed (sitemap.xml.gz) as what is in it."""
    if not body.startswith(GZIP_MAGIC):
        return body
    step = CHUNK_BYTES
    return unpacked((body[at : at + step] for at in range(0, len(body), step)), limits)


def _check(decoded: int, raw: int, limits: Limits) -> None:
    if decoded > limits.decoded_bytes:
        raise PageError(_too_large(limits))
    if decoded > limits.free_bytes and decoded > raw * limits.ratio:
        raise PageError(f"a bomb: {raw:,} bytes that unpack to more than {decoded:,}")


def _too_large(limits: Limits) -> str:
    return f"larger than {limits.decoded_bytes / 1e6:g} MB"
