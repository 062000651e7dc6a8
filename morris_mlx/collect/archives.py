"""Archive readers: a zip, a folder or a single file as named streams. Nothing is unpacked.

Names inside an archive are keys to look up, never paths on this disk. The sizes that a zip claims
are checked before reading and counted while reading.
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
# Text shrinks to a tenth, a zip bomb to a thousandth. Small files cannot do harm at any ratio.
MAX_RATIO, RATIO_FROM_BYTES = 200, 50 << 20


class Archive(Protocol):
    """Named streams. `path` is the file or folder that the user gave; `names` are sorted."""

    path: Path
    names: tuple[str, ...]

    def size(self, name: str) -> int:
        """Return the size of a stream in bytes."""

    def open(self, name: str) -> BinaryIO:
        """Open a stream. Raises MorrisError when it cannot be read."""


class SingleFile:
    """An archive of one file on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: tuple[str, ...] = (path.name,)

    def size(self, name: str) -> int:
        """Return the size of the file in bytes, whatever `name` is."""
        return self.path.stat().st_size

    def open(self, name: str) -> BinaryIO:
        """Open the file for reading. Raises MissingError or MorrisError."""
        return open_file(self.path)


class FolderArchive:
    """The files of a folder by their relative paths. Symbolic links are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        inside = (p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        self.names = tuple(sorted(p.relative_to(path).as_posix() for p in inside))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return (self.path / name).stat().st_size

    def open(self, name: str) -> BinaryIO:
        """Open a file of the folder. Raises MissingError or MorrisError."""
        return open_file(self.path / name)


class ZipArchive:
    """A zip file. Raises MorrisError when it is damaged, encrypted or too large."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _zip_errors(path):
            # Open as long as the command runs: a workspace's archive is read many times.
            self._zip = zipfile.ZipFile(path)
        # zipfile itself fails on a member without a name.
        entries = [e for e in self._zip.infolist() if e.filename and not e.is_dir()]
        if len(entries) > MAX_MEMBERS:
            raise MorrisError(
                f"{path} holds {len(entries):,} files, more than any chat export. "
                "Give the export as it was downloaded."
            )
        self._entries = {e.filename: e for e in entries if "__MACOSX" not in e.filename}
        self.names = tuple(sorted(self._entries))

    def size(self, name: str) -> int:
        """Return the uncompressed size in bytes that the zip states, which may be wrong."""
        return self._entries[name].file_size

    def open(self, name: str) -> BinaryIO:
        """Open a file of the zip for reading.

        Raises MorrisError for a file that is damaged or would expand too much. So does reading from
        it, for damage and for more bytes than the zip states.
        """
        entry = self._entries[name]
        is_bomb = entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        if entry.file_size > MAX_MEMBER_BYTES or (is_bomb and entry.file_size > RATIO_FROM_BYTES):
            raise MorrisError(
                f"{self.path}: {name} would expand to {entry.file_size / 1e9:.1f} GB, more than "
                "any chat. Give the export as it was downloaded."
            )
        with _zip_errors(self.path):
            stream = self._zip.open(entry)
        return cast(BinaryIO, io.BufferedReader(_ZipMember(stream, entry.file_size, self.path)))


class _ZipMember(io.RawIOBase):
    """A stream from a zip that raises MorrisError for damage and for a wrong size."""

    def __init__(self, stream: object, size: int, path: Path) -> None:
        self._stream, self._left, self._path = cast(BinaryIO, stream), size, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        with _zip_errors(self._path):
            data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise MorrisError(
                f"A file in {self._path} is larger than the zip says. Download or export it again."
            )
        view[: len(data)] = data
        return len(data)


_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)


@contextmanager
def _zip_errors(path: Path) -> Iterator[None]:
    """Raise MorrisError in place of the errors of zipfile."""
    try:
        yield
    except _DAMAGE as error:  # ValueError: a member's name cannot be decoded
        raise MorrisError(
            f"{path} is damaged or was cut off ({error}). Download or export it again."
        ) from error
    except NotImplementedError as error:
        raise MorrisError(
            f"{path} uses a compression that cannot be read. Unpack it, and give the folder."
        ) from error
    except RuntimeError as error:  # raised by zipfile for a password
        raise MorrisError(f"{path} has a password. Unpack it, and give the folder.") from error
    except OSError as error:
        raise read_error(path, error) from error


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises MissingError or MorrisError."""
    try:
        return path.open("rb")
    except OSError as error:
        raise read_error(path, error) from error


def read_error(path: Path, error: OSError) -> MorrisError:
    """Return the error for a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return MissingError(f"{path} does not exist. Check the spelling of the path.")
    return MorrisError(
        f"{path} cannot be read ({error.strerror or error}). Check its permissions; on macOS, the "
        "terminal may need Full Disk Access (System Settings → Privacy & Security)."
    )
