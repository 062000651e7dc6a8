"""Response bodies within limits: raw bytes, decoded bytes, their ratio, and one content coding."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.collect.web.page_error import PageError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

PAGE_TYPES = (
    *("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"),
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml"),
    *("application/feed+json", "application/json"),
    *("application/gzip", "application/x-gzip", "application/octet-stream"),
)
CHUNK_BYTES = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Limits:
    """The time, transfer and memory that one URL may take.

    `ratio` is of decoded to raw bytes and counts beyond `free_bytes`: ordinary pages shrink to a
    tenth, a decompression bomb to a thousandth. `cut` ends a body at `decoded_bytes` instead of
    refusing it. `types` are the accepted media types; () accepts all.
    """

    seconds: float = 30.0
    raw_bytes: int = 10_000_000
    decoded_bytes: int = 20_000_000
    ratio: float = 100.0
    free_bytes: int = 1_000_000
    header_bytes: int = 300_000
    cut: bool = False
    types: tuple[str, ...] = PAGE_TYPES


class BodyReader:
    """Reader of one response's body. Raises PageError as soon as a limit is exceeded."""

    def __init__(
        self, response: BaseHTTPResponse, headers: Mapping[str, str], limits: Limits
    ) -> None:
        """Check the headers, whose names are in small letters, before anything is read."""
        media_type = headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type and limits.types and media_type not in limits.types:
            raise PageError(f"{media_type[:60]} is not a page")
        self._response, self._limits = response, limits
        self._is_gzip = _is_gzip(headers.get("content-encoding", ""))
        self._promised = self._promised_bytes(headers)

    def _promised_bytes(self, headers: Mapping[str, str]) -> int | None:
        length = headers.get("content-length", "").split(",")[0].strip()
        if "chunked" in headers.get("transfer-encoding", "").lower() or not (
            length.isascii() and length.isdigit()
        ):
            return None
        promised = int(length[:18])
        if promised > self._limits.raw_bytes and not self._limits.cut:
            raise PageError(f"{promised:,} bytes, more than any page needs")
        return promised

    def read(self) -> bytes:
        """Return the decoded body."""
        chunks = self._raw_chunks()
        if self._is_gzip:
            return decompress_gzip(chunks, self._limits)
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._limits.decoded_bytes:
                if self._limits.cut:
                    return bytes(body[: self._limits.decoded_bytes])
                raise PageError(_too_large(self._limits))
        return bytes(body)

    def _raw_chunks(self) -> Iterator[bytes]:
        """Yield the bytes as they arrive: no more than allowed, no fewer than promised."""
        arrived = 0
        while chunk := self._response.read1(CHUNK_BYTES, decode_content=False):
            arrived += len(chunk)
            if arrived > self._limits.raw_bytes:
                raise PageError(_too_large(self._limits))
            yield chunk
        if self._promised is not None and arrived < self._promised:
            raise PageError(
                f"the answer ended after {arrived:,} of {self._promised:,} bytes", temporary=True
            )


def _is_gzip(header: str) -> bool:
    """Return True if a Content-Encoding header says gzip, False if it says nothing.

    Raises PageError for other and for several codings.
    """
    codings = [c.strip().lower() for c in header.split(",") if c.strip()]
    codings = [c for c in codings if c != "identity"]
    if len(codings) > 1:
        raise PageError(f"packed more than once ({', '.join(codings)[:80]})")
    if codings and codings[0] not in ("gzip", "x-gzip"):
        raise PageError(f"packed in a way that was not asked for ({codings[0][:40]})")
    return bool(codings)


def decompress_gzip(chunks: Iterator[bytes], limits: Limits) -> bytes:
    """Decompress gzip, member by member, within the limits.

    Raises PageError when a limit is exceeded and when the data is damaged or truncated.
    """
    body = bytearray()
    raw = 0
    decompressor = zlib.decompressobj(GZIP_WINDOW)
    try:
        for chunk in chunks:
            raw += len(chunk)
            while chunk:
                if decompressor.eof:  # another member follows
                    decompressor = zlib.decompressobj(GZIP_WINDOW)
                body += decompressor.decompress(chunk, CHUNK_BYTES)
                chunk = decompressor.unconsumed_tail or decompressor.unused_data.lstrip(b"\0")
                if len(body) > limits.decoded_bytes and limits.cut:
                    return bytes(body[: limits.decoded_bytes])
                _check_size(len(body), raw, limits)
        body += decompressor.flush()
        _check_size(len(body), raw, limits)
    except zlib.error as error:
        raise PageError(f"its gzip is damaged ({error})", temporary=True) from error
    if not decompressor.eof and raw:
        raise PageError("its gzip ends too early", temporary=True)
    return bytes(body)


def gunzip_file(body: bytes, limits: Limits) -> bytes:
    """Return the content of a file that is itself compressed (sitemap.xml.gz), or the body."""
    if not body.startswith(GZIP_MAGIC):
        return body
    step = CHUNK_BYTES
    return decompress_gzip((body[at : at + step] for at in range(0, len(body), step)), limits)


def _check_size(decoded: int, raw: int, limits: Limits) -> None:
    if decoded > limits.decoded_bytes:
        raise PageError(_too_large(limits))
    if decoded > limits.free_bytes and decoded > raw * limits.ratio:
        raise PageError(f"a bomb: {raw:,} bytes that unpack to more than {decoded:,}")


def _too_large(limits: Limits) -> str:
    return f"larger than {limits.decoded_bytes / 1e6:g} MB"
