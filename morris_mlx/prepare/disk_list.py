"""Sequences in temporary files, for texts that the memory cannot hold together.

A preparation holds every text of an archive several times: collected, cleaned, redacted, and in
rows. In memory, that would be gigabytes; here, only the place of each item is held.
"""

from __future__ import annotations

import tempfile
import weakref
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar, overload

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.codecs import Codec

# Of each list, before it is moved to disk: a small archive needs no temporary file.
MEMORY_BYTES = 256_000
_FOLDER: ContextVar[Path | None] = ContextVar("folder of temporary files", default=None)

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
S = TypeVar("S")


@contextmanager
def temporary_files_in(folder: Path | None) -> Iterator[None]:
    """Make the lists of a block in a folder; None is the system's folder of temporary files.

    The texts are private, so they belong on the disk where the user's project is.
    """
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


class StoredSequence(Sequence[T_co]):
    """A sequence whose items are made when they are read: two reads give two equal objects."""

    @abstractmethod
    def _item(self, place: int) -> T_co:
        """Return the item at a place from 0 to the length."""

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | Sequence[T_co]:
        if isinstance(index, slice):
            return Selection(self, range(len(self))[index])
        return self._item(range(len(self))[index])

    def __iter__(self) -> Iterator[T_co]:
        place = 0
        while place < len(self):
            yield self._item(place)
            place += 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # compared by its items, as a list is

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


class DiskList(StoredSequence[T]):
    """A list in a temporary file, which is private and ends with the list."""

    def __init__(self, codec: Codec[T], items: Iterable[T] = ()) -> None:
        self._codec = codec
        folder = _FOLDER.get()
        self._folder = str(folder) if folder else None
        self._starts = array("Q", [0])
        self._file = tempfile.SpooledTemporaryFile(MEMORY_BYTES, dir=self._folder)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self.extend(items)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def append(self, item: T) -> None:
        """Add an item. Raises MorrisError when the disk is full."""
        data = self._codec.dump(item)
        try:
            self._file.seek(self._starts[-1])
            self._file.write(data)
        except OSError as error:
            raise self._error(error) from error
        self._starts.append(self._starts[-1] + len(data))

    def extend(self, items: Iterable[T]) -> None:
        """Add items. Raises MorrisError when the disk is full."""
        for item in items:
            self.append(item)

    def _item(self, place: int) -> T:
        start, end = self._starts[place], self._starts[place + 1]
        try:
            self._file.seek(start)
            data = self._file.read(end - start)
        except OSError as error:
            raise self._error(error) from error
        return self._codec.load(data)

    def _error(self, error: OSError) -> MorrisError:
        folder = self._folder or tempfile.gettempdir()
        return MorrisError(
            f"Cannot write a temporary file in {folder}: {error.strerror or error}. Correct this "
            "and run the command again."
        )


class Selection(StoredSequence[T_co]):
    """Some items of another sequence, by their places in it. No item is copied."""

    def __init__(self, items: Sequence[T_co], places: Iterable[int]) -> None:
        self._items = items
        self._places = places if isinstance(places, range) else array("Q", places)

    def __len__(self) -> int:
        return len(self._places)

    def _item(self, place: int) -> T_co:
        return self._items[self._places[place]]


class Mapped(StoredSequence[T_co]):
    """The results of a function for the items of another sequence, computed at every read."""

    def __init__(self, function: Callable[[S], T_co], items: Sequence[S]) -> None:
        self._function, self._items = function, items

    def __len__(self) -> int:
        return len(self._items)

    def _item(self, place: int) -> T_co:
        return self._function(self._items[place])


class DiskDict(Mapping[str, T]):
    """A dictionary whose values are in a temporary file."""

    def __init__(self, codec: Codec[T], items: Iterable[tuple[str, T]] = ()) -> None:
        self._values = DiskList(codec)
        self._places: dict[str, int] = {}
        for key, value in items:
            self[key] = value

    def __setitem__(self, key: str, value: T) -> None:
        self._places[key] = len(self._values)
        self._values.append(value)

    def __getitem__(self, key: str) -> T:
        return self._values[self._places[key]]

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
