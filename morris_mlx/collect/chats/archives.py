"""A folder, a zip or a single file as named streams: read where it lies, nothing is unpacked.

Names inside an archive are looked up, never used as paths; what it claims about its sizes is
checked before and counted while reading.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from morris_mlx.errors import MissingError, MorrisError

MAX_MEMBERS = 500_000  # a workspace of ten years has a file for every channel and day
MAX_MEMBER_BYTES = 8 << 30
# Text shrinks to a tenth; a bomb to a thousandth. Small files may be all zeros for all we care.
MAX_RATIO, RATIO_FROM_BYTES = 200, 50 << 20


class Container(Protocol):
    """Streams by name. `path` is where the user has it; `names` are in order."""

    path: Path
    names: tuple[str, ...]

    def size(self, name: str) -> int: ...

    def open(self, name: str) -> BinaryIO: ...


class OneFile:
    """A file by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: tuple[str, ...] = (path.name,)

    def size(self, name: str) -> int:
        return self.path.stat().st_size

    def open(self, name: str) -> BinaryIO:
        return open_file(self.path)


class Folder:
    """A folder's files, by their path within it; links that lead out of it are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        inside = (p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        self.names = tuple(sorted(p.relative_to(path).as_posix() for p in inside))

    def size(self, name: str) -> int:
        return (self.path / name).stat().st_size

    def open(self, name: str) -> BinaryIO:
        return open_file(self.path / name)


class Zip:
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told(path):
            # Open as long as the command runs: an archive of a workspace is read many times.
            self._zip = zipfile.ZipFile(path)
        # One without a name: zipfile itself trips over it.
        entries = [e for e in self._zip.infolist() if e.filename and not e.is_dir()]
        if len(entries) > MAX_MEMBERS:
            raise MorrisError(
                f"{path} holds {len(entries):,} files, more than any chat export. "
                "Give the export as it was downloaded."
            )
        self._entries = {e.filename: e for e in entries if "__MACOSX" not in e.filename}
        self.names = tuple(sorted(self._entries))

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def open(self, name: str) -> BinaryIO:
        entry = self._entries[name]
        swollen = entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        if entry.file_size > MAX_MEMBER_BYTES or (swollen and entry.file_size > RATIO_FROM_BYTES):
            raise MorrisError(
                f"{self.path}: {name} would swell to {entry.file_size / 1e9:.1f} GB, which no chat "
                "does. Give the export as it was downloaded."
            )
        with _told(self.path):
            stream = self._zip.open(entry)
        return cast(BinaryIO, io.BufferedReader(_Member(stream, entry.file_size, self.path)))


class _Member(io.RawIOBase):
    """A stream out of a zip that ends with a told error when it is damaged or lies."""

    def __init__(self, stream: object, size: int, path: Path) -> None:
        self._stream, self._left, self._path = cast(BinaryIO, stream), size, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        with _told(self._path):
            data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise MorrisError(f"{self._path} is not what it says: a file in it is larger.")
        view[: len(data)] = data
        return len(data)


_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of a zip, in words."""
    try:
        yield
    except _DAMAGE as error:  # ValueError: a name that is no text
        raise MorrisError(
            f"{path} is damaged or was cut off ({error}). Download or export it again."
        ) from error
    except NotImplementedError as error:
        raise MorrisError(f"{path} is packed in a way that cannot be read. Zip it anew.") from error
    except RuntimeError as error:  # zipfile's word for a password
        raise MorrisError(f"{path} has a password. Unpack it, and give the folder.") from error
    except OSError as error:
        raise unreadable(path, error) from error


def open_file(path: Path) -> BinaryIO:
    """Raises MissingError or MorrisError in words."""
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> MorrisError:
    if isinstance(error, FileNotFoundError):
        return MissingError(f"{path} does not exist. Check the spelling of the path.")
    return MorrisError(
        f"{path} cannot be read ({error.strerror or error}). Check its permissions; macOS may want "
        "Full Disk Access for your terminal (System Settings → Privacy & Security)."
    )
