"""Files that are read in any order, such as zips and PDFs: on disk in place, else from memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import UnreadableError
from morris_mlx.errors import MorrisError

MAX_DOCUMENT_BYTES = 300_000_000  # with pictures, which are not read


@contextmanager
def open_seekable(member: Member) -> Iterator[BinaryIO]:
    """Open a file for reading in any order. Raises UnreadableError.

    A file on disk is not read into memory. A file in a zip is.
    """
    try:
        file = member.open()
    except MorrisError as error:
        raise UnreadableError(f"cannot be read ({error.__cause__ or error})") from error
    with file:
        if not file.seekable():
            yield io.BytesIO(member.read_bytes(MAX_DOCUMENT_BYTES))
            return
        size = file.seek(0, io.SEEK_END)
        if size > MAX_DOCUMENT_BYTES:
            raise UnreadableError(f"larger than {MAX_DOCUMENT_BYTES // 1_000_000} MB")
        if not size:
            raise UnreadableError("empty")
        file.seek(0)
        yield file
