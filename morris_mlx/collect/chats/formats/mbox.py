"""Splitter of an mbox file into mails. A “From” line alone does not prove that a mail begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

LINE_BYTES = 1 << 20  # a longer line is read in pieces
_CLOCK = re.compile(rb"\d:\d\d")
_HEADER = re.compile(rb">?[!-9;-~]+:")
_BLANK_LINES = (b"", b"\n", b"\r\n")


def split_mbox(file: BinaryIO, max_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Yield each mail without its “From” line, and the position in the file after it.

    A mail larger than `max_bytes` is cut to one byte more, so that the caller can see that it is
    too large.
    """
    current: list[bytes] = []
    size = done = 0
    in_mail = False
    before = b""
    line = file.readline(LINE_BYTES)
    while line:
        following = file.readline(LINE_BYTES)
        done += len(line)
        if _starts_mail(line, before, following):
            if in_mail:
                yield b"".join(current), done
            current, size, in_mail = [], 0, True
        elif size <= max_bytes:
            current.append(line[: max_bytes + 1 - size])
            size += len(line)
        before, line = line, following
    if in_mail:
        yield b"".join(current), done


def _starts_mail(line: bytes, before: bytes, following: bytes) -> bool:
    """Return True for a “From” line before a header, with a time in it or a blank line above it.

    Not all programs write “>From” where a line of a mail's own text begins with that word.
    """
    if not line.startswith(b"From ") or not _HEADER.match(following):
        return False
    return before in _BLANK_LINES or bool(_CLOCK.search(line))
