"""Documents that are zips of XML files: Word, OpenDocument, EPUB. Their parts within limits."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import unquote

from morris_mlx.collect.readers.documents.seekable import open_seekable
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import UnreadableError
from morris_mlx.errors import MorrisError

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_PART_BYTES = 40_000_000  # the XML of a text of some million words, whatever the zip states
MAX_PARTS = 50_000
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error, OSError),
    *(OverflowError, IndexError, KeyError, MorrisError),
)


class ZipDocument(StrEnum):
    """A kind of document that is a zip. The value is its name in messages."""

    WORD = "a Word document"
    OPEN_DOCUMENT = "an OpenDocument text"
    EPUB = "an EPUB book"


_SUFFIXES = {
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), ZipDocument.WORD),
    **dict.fromkeys((".odt", ".ott"), ZipDocument.OPEN_DOCUMENT),
    ".epub": ZipDocument.EPUB,
}
# The first file of an OpenDocument text or EPUB is its type, uncompressed.
_TYPES = {
    b"mimetypeapplication/vnd.oasis.opendocument.text": ZipDocument.OPEN_DOCUMENT,
    b"mimetypeapplication/epub+zip": ZipDocument.EPUB,
}
_NAME_AT = 30  # bytes before the name of the first file of a zip


class ZipParts:
    """The parts of an open document by their names."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > MAX_PARTS:
            raise UnreadableError(f"more than {MAX_PARTS:,} parts in it")
        # zipfile itself fails on a part without a name.
        self.names = tuple(e.filename for e in entries if e.filename and not e.is_dir())
        self._exact = frozenset(self.names)
        self._by_name = {name.lower(): name for name in reversed(self.names)}

    def find(self, name: str) -> str | None:
        """Return the part of a name in the spelling of the document, or None."""
        name = posixpath.normpath(unquote(name)).lstrip("/")
        return name if name in self._exact else self._by_name.get(name.lower())

    def read(self, name: str) -> bytes:
        """Return a part. Raises UnreadableError for a missing, damaged or too large one."""
        found = self.find(name)
        if found is None:
            raise UnreadableError(f"damaged: {name} is missing in it")
        try:
            with self._archive.open(found) as part:
                raw = part.read(MAX_PART_BYTES + 1)
        except RuntimeError as error:
            raise _runtime_error(error) from error
        except _DAMAGE as error:
            raise UnreadableError(f"damaged or cut off ({name})") from error
        if len(raw) > MAX_PART_BYTES:
            raise UnreadableError(f"more than {MAX_PART_BYTES // 1_000_000} MB of text in it")
        return raw

    def read_if_there(self, name: str) -> bytes:
        """Return a part that a document may lack, or b"". Raises UnreadableError for damage."""
        return self.read(name) if self.find(name) else b""


def _runtime_error(error: RuntimeError) -> UnreadableError:
    if isinstance(error, NotImplementedError):
        return UnreadableError("its compression cannot be read")
    return UnreadableError("it has a password; save a copy without one")  # zipfile's sign for that


@contextmanager
def open_parts(member: Member, kind: ZipDocument) -> Iterator[ZipParts]:
    """Open a document. Raises UnreadableError for a damaged, locked or other file."""
    with open_seekable(member) as file:
        head = file.read(8)
        if head == OLE_MAGIC:
            raise UnreadableError(
                "it has a password, or is an old Word document with a newer suffix; "
                "save a copy as .docx without a password"
            )
        if not head.startswith(ZIP_MAGIC):
            raise UnreadableError(f"not {kind}, although its name says so")
        file.seek(0)
        try:
            archive = zipfile.ZipFile(file)
        except RuntimeError as error:
            raise _runtime_error(error) from error
        except _DAMAGE as error:
            raise UnreadableError("damaged or cut off") from error
        with archive:
            yield ZipParts(archive)


def accepts_zip(kind: ZipDocument) -> Callable[[Member, bytes], bool]:
    """Return a test that accepts documents of a kind by their content.

    A file that has only the name of the kind is accepted, too: its reader says what is wrong.
    """
    return lambda member, head: find_zip_document(member, head) is kind


def find_zip_document(member: Member, head: bytes) -> ZipDocument | None:
    """Return the kind of a document that is a zip, by its content or else its name, or None."""
    by_name = _SUFFIXES.get(member.suffix)
    if not head.startswith(ZIP_MAGIC):
        return by_name
    for type_, kind in _TYPES.items():
        if head.startswith(type_, _NAME_AT):
            return kind
    if by_name is None and not _is_on_disk(member):
        return None  # a zip in a zip is not read into memory to look at its list of parts
    return _kind_by_parts(member) or by_name


def _is_on_disk(member: Member) -> bool:
    try:
        with member.open() as file:
            return file.seekable()
    except MorrisError:
        return False


def _kind_by_parts(member: Member) -> ZipDocument | None:
    try:
        with open_seekable(member) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names and any(n.startswith("word/") for n in names):
                return ZipDocument.WORD
            if "META-INF/container.xml" in names and any(n.endswith(".opf") for n in names):
                return ZipDocument.EPUB
            if not {"content.xml", "META-INF/manifest.xml"} <= names:
                return None
            is_text = b"opendocument.text" in archive.read("META-INF/manifest.xml")[:MAX_PART_BYTES]
            return ZipDocument.OPEN_DOCUMENT if is_text else None
    except (*_DAMAGE, RuntimeError):
        return None
