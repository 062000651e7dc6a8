"""A JSON file of any size, read value by value with the memory of its largest one.

The walk goes down to the values that are wanted; each of those is decoded by the standard
library's scanner, at the speed of C. Control characters written as \\xNN, which Telegram Desktop
does and JSON forbids, are repaired on the way.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from morris_mlx.errors import MorrisError

CHUNK_BYTES = 1 << 20
MAX_VALUE = 64 << 20  # characters; a longer single message or contact list is no chat
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_HALF_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?)?)\Z")
_DECODER = json.JSONDecoder()


class JsonStream:
    """A cursor in a JSON text. `describe` says for errors where in the export it stands."""

    def __init__(
        self, file: BinaryIO, name: str, report: Callable[[int], None] = lambda _: None
    ) -> None:
        self._file, self._name, self._report = file, name, report
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at = "", 0
        self._held = ""  # the beginning of an escape that goes on in the next chunk
        self._read_bytes = 0
        self._ended = False
        self.repaired = 0
        self.place = "its beginning"

    # --- the walk --------------------------------------------------------------------------
    def kind(self) -> str:
        """The first character of the value that comes: `{`, `[`, `"` or another."""
        self._skip_space()
        if self._at >= len(self._text):
            raise self._cut()
        return self._text[self._at]

    def members(self) -> Iterator[str]:
        """The keys of the object that comes; each value must be taken or skipped by the caller."""
        self._expect("{")
        if self._accept("}"):
            return
        while True:
            if self.kind() != '"':
                raise self.wrong("has no key where one must stand")
            key = self.value()
            self._expect(":")
            yield str(key)
            if self._accept("}"):
                return
            self._expect(",")

    def items(self) -> Iterator[None]:
        """One step for every value of the list that comes; the caller takes each."""
        self._expect("[")
        if self._accept("]"):
            return
        while True:
            yield
            if self._accept("]"):
                return
            self._expect(",")

    def value(self) -> Any:
        """The whole value that comes, decoded."""
        self._skip_space()
        more = CHUNK_BYTES
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or self._ended:
                    raise self._broken(error) from None
                end = -1
            # A number at the end of the buffer may go on: 12 of 1234.
            if end >= 0 and (end < len(self._text) or self._ended):
                self._at = end
                return value
            if len(self._text) - self._at > MAX_VALUE:
                raise self.wrong("has a value that is damaged or far too large")
            self._fill(more)
            more *= 2

    def skip(self) -> None:
        """Pass the value that comes by; a list or an object item by item."""
        kind = self.kind()
        if kind == "{":
            for _ in self.members():
                self.skip()
        elif kind == "[":
            for _ in self.items():
                self.value()
        else:
            self.value()

    def end(self) -> None:
        """Nothing but white space may follow."""
        self._skip_space()
        if self._at < len(self._text):
            raise self.wrong("goes on after its end")

    # --- errors ----------------------------------------------------------------------------
    def wrong(self, what: str) -> MorrisError:
        return MorrisError(
            f"{self._name} {what} (at {self.place}). Export the chats again, and give the file "
            "as it was written."
        )

    def _cut(self) -> MorrisError:
        return self.wrong("was cut off: the end of the file comes too early")

    def _broken(self, error: ValueError | RecursionError) -> MorrisError:
        if isinstance(error, RecursionError):
            return self.wrong("is nested too deeply")
        if isinstance(error, json.JSONDecodeError):
            unfinished = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 6
            if unfinished:
                return self._cut()
            return self.wrong(f"is not valid JSON: {error.msg}")
        return self.wrong("is not valid JSON")

    # --- the buffer ------------------------------------------------------------------------
    def _expect(self, character: str) -> None:
        if not self._accept(character):
            found = self._text[self._at]
            raise self.wrong(f"is not valid JSON: {found!r} stands where {character!r} must")

    def _accept(self, character: str) -> bool:
        if self.kind() != character:
            return False
        self._at += 1
        return True

    def _skip_space(self) -> None:
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return
            self._fill(CHUNK_BYTES)

    def _fill(self, size: int) -> None:
        """More text behind what is not read yet."""
        raw = self._file.read(size)
        self._read_bytes += len(raw)
        self._report(self._read_bytes)
        try:
            new = self._decode.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise self.wrong(f"is not UTF-8 ({error.reason})") from None
        self._ended = not raw
        self._text = self._text[self._at :] + self._mended(self._held + new)
        self._at = 0

    def _mended(self, text: str) -> str:
        self._held = ""
        if not self._ended and (half := _HALF_ESCAPE.search(text, max(0, len(text) - 4096))):
            self._held = half[1]
            text = text[: half.start(1)]
        if "\\x" not in text:
            return text
        self.repaired += sum(1 for escape in _ESCAPE.finditer(text) if escape[1])
        return mended(text)


def mended(text: str) -> str:
    """JSON text with control characters spelt \\u00NN where Telegram writes \\xNN."""
    return _ESCAPE.sub(lambda e: f"\\u00{e[1]}" if e[1] else e[0], text)
