"""Archive readers: a zip, a folder or a single file as named streams. Nothing is unpacked to disk.

Names inside an archive are keys to look up, never paths on this disk. The sizes that a zip claims
are checked before reading and counted while reading.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar, Protocol, cast, runtime_checkable

from morris_mlx.errors import MissingError, MorrisError

MAX_MEMBERS = 500_000  # a workspace of ten years has a file for every channel and day
MAX_MEMBER_BYTES = 8 << 30
# Text shrinks to a tenth, a zip bomb to a thousandth. Small files cannot do harm at any ratio.
MAX_RATIO, RATIO_FROM_BYTES = 200, 50 << 20
MAX_INNER_ZIP_BYTES = 2 << 30  # of a zip in a zip, which must be copied to be read
SPOOL_BYTES = 1 << 20  # of such a copy in memory; a larger one is on disk
_WORD, _CYRILLIC = re.compile(r"[^\W\d_]+"), re.compile(r"[\u0400-\u04ff]{2,}")
UTF_8_FLAG = 0x800  # of a zip's entry: its name is in UTF-8
MAX_OPEN_ZIPS = 16  # at a time; macOS allows a process 256 open files


@runtime_checkable
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
    """The files of a folder by their relative paths. Links are not followed unless in `names`."""

    def __init__(self, path: Path, names: Iterable[str] | None = None) -> None:
        self.path = path
        if names is None:
            inside = (p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
            names = (p.relative_to(path).as_posix() for p in inside)
        self.names = tuple(sorted(names))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return (self.path / name).stat().st_size

    def open(self, name: str) -> BinaryIO:
        """Open a file of the folder. Raises MissingError or MorrisError."""
        return open_file(self.path / name)


class ArchivePart:
    """The files of an archive below one of its folders, by their names in that folder.

    `root` ends with a slash. A folder on disk has a path of its own; a folder in a zip has the path
    of the zip.
    """

    def __init__(self, archive: Archive, root: str) -> None:
        self._archive, self._root = archive, root
        is_folder = isinstance(archive, FolderArchive)
        self.path = archive.path / root if is_folder else archive.path
        self.names = tuple(n.removeprefix(root) for n in archive.names if n.startswith(root))

    def size(self, name: str) -> int:
        """Return the size of a stream in bytes."""
        return self._archive.size(self._root + name)

    def open(self, name: str) -> BinaryIO:
        """Open a stream. Raises MorrisError when it cannot be read."""
        return self._archive.open(self._root + name)


class ZipArchive:
    """A zip file. Raises MorrisError when it is damaged, encrypted or too large.

    `copy` opens a copy of a zip that is not on disk itself; `path` is then its name for messages.
    """

    def __init__(self, path: Path, copy: Callable[[], BinaryIO] | None = None) -> None:
        self.path = path
        with _zip_errors(path):
            # Listed as long as the command runs: a workspace's archive is read many times.
            self._zip = zipfile.ZipFile(_LateFile(copy or (lambda: path.open("rb"))))
        # zipfile itself fails on a member without a name.
        entries = [e for e in self._zip.infolist() if e.filename and not e.is_dir()]
        if len(entries) > MAX_MEMBERS:
            raise MorrisError(
                f"{path} holds {len(entries):,} files, more than any export. "
                "Give the export as it was downloaded."
            )
        self.has_password = bool(entries) and all(e.flag_bits & 1 for e in entries)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if "__MACOSX" not in entry.filename:
                self._entries[_unused(_member_name(entry), self._entries)] = entry
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
                "any export. Give the export as it was downloaded."
            )
        with _zip_errors(self.path):
            stream = self._zip.open(entry)
        return cast(BinaryIO, io.BufferedReader(_ZipMember(stream, entry.file_size, self.path)))


def _member_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a file in a zip, with slashes between its folders.

    Older programs wrote names without stating their encoding, which is then UTF-8 on Unix, or that
    of the system: cp866 where the letters are Cyrillic in it.
    """
    name = entry.filename.replace("\\", "/")
    if entry.flag_bits & UTF_8_FLAG or name.isascii():
        return name
    raw = name.encode("cp437")
    with suppress(UnicodeDecodeError):
        return raw.decode("utf-8")
    cyrillic = raw.decode("cp866")
    words = [word for word in _WORD.findall(cyrillic) if not word.isascii()]
    return cyrillic if words and all(_CYRILLIC.fullmatch(word) for word in words) else name


def _unused(name: str, used: Collection[str]) -> str:
    """Return the name, with a number where another file of the zip has the same."""
    number, path = 1, PurePosixPath(name)
    while name in used:
        number += 1
        name = str(path.with_stem(f"{path.stem} ({number})"))
    return name


def open_zip(archive: Archive, name: str) -> ZipArchive:
    """Open a zip that is a file of an archive. Raises MorrisError, also for one too large."""
    if isinstance(archive, SingleFile):
        return ZipArchive(archive.path)
    if isinstance(archive, FolderArchive):
        return ZipArchive(archive.path / name)
    path = Path(f"{archive.path}/{name}")

    def copy() -> BinaryIO:
        # Closed by the caller.
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115
        with archive.open(name) as source:
            while piece := source.read(1 << 20):
                file.write(piece)
                if file.tell() > MAX_INNER_ZIP_BYTES:
                    raise MorrisError(
                        f"{path} is too large for a zip in a zip. Unpack the outer one."
                    )
        return file

    return ZipArchive(path, copy)


class _LateFile(io.RawIOBase):
    """A file that is opened to be read, and closed again when many others are open.

    A folder may hold more zips than a process may have open files.
    """

    _open: ClassVar[OrderedDict[int, BinaryIO]] = OrderedDict()

    def __init__(self, opener: Callable[[], BinaryIO]) -> None:
        self._opener, self._at = opener, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        self._at = self._file().seek(offset, io.SEEK_END if whence == io.SEEK_END else io.SEEK_SET)
        return self._at

    def read(self, size: int = -1) -> bytes:
        file = self._file()
        file.seek(self._at)
        data = file.read(size)
        self._at += len(data)
        return data

    def close(self) -> None:
        if file := self._open.pop(id(self), None):
            file.close()
        super().close()

    def _file(self) -> BinaryIO:
        files = self._open
        if id(self) not in files:
            files[id(self)] = self._opener()
            if len(files) > MAX_OPEN_ZIPS:
                files.popitem(last=False)[1].close()
        files.move_to_end(id(self))
        return files[id(self)]


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
