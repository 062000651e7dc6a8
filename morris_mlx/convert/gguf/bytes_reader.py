"""A reader of GGUF's primitive values that never reads beyond the end of the file."""

from __future__ import annotations

import mmap
import struct
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from morris_mlx.errors import MorrisError

# Limit for all lists together: the largest vocabularies have 262,144 tokens, each with a score and
# a type, and 515,000 merges. A file that claims more would only fill the memory.
MOST_ITEMS = 3_000_000
MOST_BYTES = 256_000_000  # of the whole header; those vocabularies take some 15 MB


class Kind(IntEnum):
    """Types of metadata values, with their numbers in a file."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12


NUMBER_FORMATS = {
    Kind.UINT8: "<u1",
    Kind.INT8: "<i1",
    Kind.UINT16: "<u2",
    Kind.INT16: "<i2",
    Kind.UINT32: "<u4",
    Kind.INT32: "<i4",
    Kind.FLOAT32: "<f4",
    Kind.BOOL: "<u1",
    Kind.UINT64: "<u8",
    Kind.INT64: "<i8",
    Kind.FLOAT64: "<f8",
}
U32, U64 = struct.Struct("<I"), struct.Struct("<Q")


class BytesReader:
    """A position in a mapped file, moved by each value that is read.

    Every method raises MorrisError if the file ends too early or a value is impossible.
    """

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path = path
        self.position = 0
        self._data = data
        self._items_left = MOST_ITEMS

    def damaged(self, reason: str) -> MorrisError:
        """Return the error for a file that violates the format."""
        return MorrisError(f"{self.path} is damaged: {reason}. Get the file again.")

    def take(self, size: int, what: str) -> bytes:
        """Return the next bytes; `what` names them in an error."""
        end = self.position + size
        if end > len(self._data):
            raise self.damaged(
                f"{what} at byte {self.position:,} would end at byte {end:,}, and the file has "
                f"{len(self._data):,}"
            )
        if end > MOST_BYTES:
            raise self.damaged(f"its header would have more than {MOST_BYTES:,} bytes")
        found = self._data[self.position : end]
        self.position = end
        return found

    def u32(self, what: str) -> int:
        """Return the next unsigned number of 32 bits."""
        return int(U32.unpack(self.take(4, what))[0])

    def u64(self, what: str) -> int:
        """Return the next unsigned number of 64 bits."""
        return int(U64.unpack(self.take(8, what))[0])

    def string(self, what: str) -> str:
        """Return the next string."""
        start = self.position
        raw = self.take(self.u64(f"the length of {what}"), what)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.damaged(f"{what} at byte {start:,} is not UTF-8") from None

    def kind(self, what: str) -> Kind:
        """Return the next type of a value."""
        number = self.u32(f"the type of {what}")
        if number not in set(Kind):
            raise self.damaged(f"{what} has the unknown type {number}")
        return Kind(number)

    def value(self, what: str) -> Any:
        """Return the next value with its type before it: a number, a text, a bool or a list."""
        kind = self.kind(what)
        if kind is Kind.ARRAY:
            return self._array(what)
        if kind is Kind.STRING:
            return self.string(what)
        if kind is Kind.FLOAT32:
            # The shortest decimal form of the number: 1e-05, not 9.999999747378752e-06.
            return float(str(np.frombuffer(self.take(4, what), "<f4")[0]))
        return self._numbers(kind, 1, what)[0]

    def _array(self, what: str) -> list[Any]:
        kind = self.kind(f"the items of {what}")
        count = self.u64(f"the length of {what}")
        if kind is Kind.ARRAY:
            raise self.damaged(f"{what} is a list of lists")
        self._items_left -= count
        if self._items_left < 0:
            raise self.damaged(
                f"{what} has {count:,} items; in all lists, {MOST_ITEMS:,} are read at most"
            )
        if kind is not Kind.STRING:
            return self._numbers(kind, count, what)
        return [self.string(f"item {number:,} of {what}") for number in range(count)]

    def _numbers(self, kind: Kind, count: int, what: str) -> list[Any]:
        layout = np.dtype(NUMBER_FORMATS[kind])
        raw = np.frombuffer(self.take(count * layout.itemsize, what), layout)
        values: list[Any] = (raw != 0).tolist() if kind is Kind.BOOL else raw.tolist()
        return values
