"""An mbox file, letter by letter: where one ends is told by more than a line that says From."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

LINE_BYTES = 1 << 20  # a longer one is read in pieces
_CLOCK = re.compile(rb"\d:\d\d")
_HEADER = re.compile(rb">?[!-9;-~]+:")
_BLANK = (b"", b"\n", b"\r\n")


def letters(file: BinaryIO, most_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Each letter without its “From” line, and how far the file is read.

    Of a letter larger than `most_bytes` only its beginning, and one byte more than that.
    """
    current: list[bytes] = []
    size = done = 0
    began = False
    before = b""
    line = file.readline(LINE_BYTES)
    while line:
        following = file.readline(LINE_BYTES)
        done += len(line)
        if _begins(line, before, following):
            if began:
                yield b"".join(current), done
            current, size, began = [], 0, True
        elif size <= most_bytes:
            current.append(line[: most_bytes + 1 - size])
            size += len(line)
        before, line = line, following
    if began:
        yield b"".join(current), done


def _begins(line: bytes, before: bytes, following: bytes) -> bool:
    """Programs do not all write “>From” where a letter's own line begins with that word.

    A letter begins where a header follows, and the line has a time or none of text above it.
    """
    if not line.startswith(b"From ") or not _HEADER.match(following):
        return False
    return before in _BLANK or bool(_CLOCK.search(line))
