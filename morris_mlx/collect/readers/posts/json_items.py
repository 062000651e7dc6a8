"""Streams of posts: the values of a large JSON file one by one, and a file's errors as reasons."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from morris_mlx.collect.chats.json_stream import JsonStream, repair_escapes
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import UnreadableError
from morris_mlx.errors import MorrisError

MAX_CHECKED_BYTES = 16 << 20  # a larger file is a data dump; parsing takes ten times its size
_SPACE = re.compile(r"\s*")
_EXTENSIONS = re.compile(r"^[ \t]*(?://|/\*)|,\s*[}\]]", re.MULTILINE)
ASSIGNMENT_BYTES = 200  # before the JSON in a file of JavaScript: "window.YTD.tweets.part0 = "


def xml_head(head: bytes) -> bytes:
    """Return the first bytes of an XML file in UTF-8, without a byte-order mark."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace").encode()
    return head.removeprefix(codecs.BOM_UTF8)


@contextmanager
def opened(member: Member) -> Iterator[BinaryIO]:
    """Open a file. All its errors, also those while reading, become UnreadableError."""
    try:
        with member.open() as file:
            yield file
    except UnreadableError:
        raise
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from error
    except MorrisError as error:
        raise UnreadableError(str(error)) from error


class PostStream(JsonStream):
    """A cursor in a JSON file of posts. Errors are reasons for the user: UnreadableError."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, "")
        self._count = 0

    def error(self, problem: str) -> MorrisError:
        """Return the error for a problem, with the number of the post where it is."""
        place = f"after post {self._count:,}" if self._count else "at its beginning"
        state = problem.removeprefix("was ").removeprefix("is ")
        return UnreadableError(f"{state} ({place}); export or download it again")

    def iter_values(self) -> Iterator[Any]:
        """Yield the items of a list, or the only value where there is no list."""
        if self.peek() != "[":
            self._count += 1
            yield self.read_value()
            return
        for _ in self.iter_items():
            value = self.read_value()
            self._count += 1
            yield value

    def find_lists(self, names: tuple[str, ...], depth: int = 4) -> Iterator[str]:
        """Yield the name of each list of that name, at most `depth` objects or lists deep.

        The caller reads the list with `iter_values` before it asks for the next one.
        """
        first = self.peek()
        if first == "{" and depth:
            for key in self.iter_keys():
                if key in names and self.peek() == "[":
                    yield key
                else:
                    yield from self.find_lists(names, depth - 1)
        elif first == "[" and depth:
            for _ in self.iter_items():
                yield from self.find_lists(names, depth - 1)
        else:
            self.skip_value()


def check_json(member: Member) -> None:
    """Raise UnreadableError for a JSON file that is empty, damaged or cut off.

    Several values in a row are valid. Files with comments, or with commas before closing brackets,
    are valid, too, because some programs write them. Files larger than MAX_CHECKED_BYTES are not
    checked.
    """
    if member.archive.size(member.name) > MAX_CHECKED_BYTES:
        return
    raw = member.read_bytes(MAX_CHECKED_BYTES)
    text = repair_escapes(raw.decode(json.detect_encoding(raw), "replace")).removeprefix("\ufeff")
    decoder, at = json.JSONDecoder(strict=False), 0
    try:
        while rest := _SPACE.match(text, at):
            if rest.end() == len(text):
                return
            _, at = decoder.raw_decode(text, rest.end())
    except RecursionError:
        raise UnreadableError("JSON that is nested too deeply") from None
    except json.JSONDecodeError as error:
        if _EXTENSIONS.search(text):
            return
        is_cut = error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip())
        where = "cut off: its end is missing" if is_cut else f"not valid at line {error.lineno:,}"
        raise UnreadableError(f"damaged JSON ({where}); export or download it again") from None


def iterate_script(member: Member) -> Iterator[Any]:
    """Yield the items of the list that a file of JavaScript assigns: `window.x = [ … ]`."""
    with opened(member) as file:
        head = file.read(ASSIGNMENT_BYTES)
        _, equals, rest = head.partition(b"=")
        whole = cast(BinaryIO, _Rejoined(rest if equals else head, file))
        yield from PostStream(whole).iter_values()


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1) -> bytes:
        if not self._start:
            return self._rest.read(size)
        start, self._start = self._start, b""
        return start
