r"""Streaming JSON reader: memory for the largest value, not for the whole file.

The caller descends to the values it wants; the standard library's C scanner decodes each of them.
Control characters written as \xNN, which Telegram Desktop does and JSON forbids, are repaired.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from morris_mlx.errors import MorrisError

CHUNK_BYTES = 1 << 20
MAX_VALUE = 64 << 20  # characters; no message or contact list is longer
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_INCOMPLETE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?)?)\Z")
_DECODER = json.JSONDecoder()


class JsonStream:
    """A cursor in a JSON file.

    `location` names the current place in the export for error messages; the caller updates it.
    `repaired` counts the invalid escapes that were repaired.
    """

    def __init__(
        self, file: BinaryIO, name: str, on_bytes: Callable[[int], None] = lambda _: None
    ) -> None:
        """Start at the beginning of `file`.

        Args:
            file: a binary stream of UTF-8.
            name: the file's name for error messages.
            on_bytes: called with the number of bytes read so far.
        """
        self._file, self._name, self._on_bytes = file, name, on_bytes
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at = "", 0
        self._held = ""  # the first part of an escape that ends in the next chunk
        self._bytes_read = 0
        self._ended = False
        self.repaired = 0
        self.location = "the beginning"

    # --- reading ---------------------------------------------------------------------------
    def peek(self) -> str:
        """Return the first character of the next value: `{`, `[`, `"` or another."""
        self._skip_space()
        if self._at >= len(self._text):
            raise self._cut_off()
        return self._text[self._at]

    def iter_keys(self) -> Iterator[str]:
        """Iterate over the keys of an object. The caller reads or skips the value of each."""
        self._expect("{")
        if self._accept("}"):
            return
        while True:
            if self.peek() != '"':
                raise self.error("has something else in place of a key")
            key = self.read_value()
            self._expect(":")
            yield str(key)
            if self._accept("}"):
                return
            self._expect(",")

    def iter_items(self) -> Iterator[None]:
        """Iterate over the items of a list. The caller reads or skips each."""
        self._expect("[")
        if self._accept("]"):
            return
        while True:
            yield
            if self._accept("]"):
                return
            self._expect(",")

    def read_value(self) -> Any:
        """Read and decode the next value, whole."""
        self._skip_space()
        more = CHUNK_BYTES
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or self._ended:
                    raise self._invalid(error) from None
                end = -1
            # A number at the end of the buffer may be incomplete: 12 of 1234.
            if end >= 0 and (end < len(self._text) or self._ended):
                self._at = end
                return value
            if len(self._text) - self._at > MAX_VALUE:
                raise self.error("has a value that is damaged or far too large")
            self._fill(more)
            more *= 2

    def skip_value(self) -> None:
        """Skip the next value. Lists and objects are skipped item by item, to save memory."""
        first = self.peek()
        if first == "{":
            for _ in self.iter_keys():
                self.skip_value()
        elif first == "[":
            for _ in self.iter_items():
                self.read_value()
        else:
            self.read_value()

    def expect_end(self) -> None:
        """Raise MorrisError if anything but white space follows."""
        self._skip_space()
        if self._at < len(self._text):
            raise self.error("has more text after the end of its JSON")

    # --- errors ----------------------------------------------------------------------------
    def error(self, problem: str) -> MorrisError:
        """Return an error that names the file and the current location.

        `problem` is the predicate of the sentence: "is not valid JSON".
        """
        return MorrisError(
            f"{self._name} {problem} (at {self.location}). Export the chats again, and give the "
            "file unchanged."
        )

    def _cut_off(self) -> MorrisError:
        return self.error("was cut off: the end of the file is missing")

    def _invalid(self, error: ValueError | RecursionError) -> MorrisError:
        if isinstance(error, RecursionError):
            return self.error("is nested too deeply")
        if isinstance(error, json.JSONDecodeError):
            # The json module gives no other sign of a string without an end than its message.
            unfinished = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 6
            if unfinished:
                return self._cut_off()
            return self.error(f"is not valid JSON: {error.msg}")
        return self.error("is not valid JSON")

    # --- the buffer ------------------------------------------------------------------------
    def _expect(self, character: str) -> None:
        if not self._accept(character):
            found = self._text[self._at]
            raise self.error(f"is not valid JSON: it has {found!r} in place of {character!r}")

    def _accept(self, character: str) -> bool:
        if self.peek() != character:
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
        """Read more text into the buffer, and drop what has been consumed."""
        raw = self._file.read(size)
        self._bytes_read += len(raw)
        self._on_bytes(self._bytes_read)
        try:
            new = self._decode.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise self.error(f"is not UTF-8 ({error.reason})") from None
        self._ended = not raw
        self._text = self._text[self._at :] + self._repair(self._held + new)
        self._at = 0

    def _repair(self, text: str) -> str:
        """Repair the escapes of a chunk, and hold back an incomplete one at its end."""
        self._held = ""
        if not self._ended and (found := _INCOMPLETE_ESCAPE.search(text, max(0, len(text) - 4096))):
            self._held = found[1]
            text = text[: found.start(1)]
        if "\\x" not in text:
            return text
        self.repaired += sum(1 for escape in _ESCAPE.finditer(text) if escape[1])
        return repair_escapes(text)


def repair_escapes(text: str) -> str:
    r"""Replace Telegram's invalid \xNN escapes in JSON text by \u00NN."""
    return _ESCAPE.sub(lambda e: f"\\u00{e[1]}" if e[1] else e[0], text)
