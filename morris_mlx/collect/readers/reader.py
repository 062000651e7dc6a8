"""Interface of the file readers: their input and their output.

A reader turns one file into texts, whether the file is on disk or in a zip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import BinaryIO

from morris_mlx.collect.archives import Archive, SingleFile
from morris_mlx.collect.text import ParsedText, UnreadableError
from morris_mlx.errors import MorrisError
from morris_mlx.files import path_text

HEAD_BYTES = 1 << 14  # what a reader is shown of a file to recognize it
MAX_BYTES = 20_000_000  # a larger text file is a dump of data, not a text


@dataclass(frozen=True, slots=True)
class Member:
    """A file on disk or in a zip: the stream `name` of `archive`."""

    archive: Archive
    name: str

    @property
    def source(self) -> str:
        r"""The path on disk; for a file in a zip or folder its name there follows.

        Bytes that are not UTF-8 are shown as \xNN. A zip may hold names such as "/etc/x" and
        "../x", which must not lead out of it.
        """
        if isinstance(self.archive, SingleFile):
            return path_text(self.archive.path)
        inside = "/".join(p for p in self.name.split("/") if p not in ("", ".", ".."))
        return path_text(f"{self.archive.path}/{inside}")

    @property
    def stem(self) -> str:
        """The file name without its suffix."""
        return path_text(PurePosixPath(self.name).stem)

    @property
    def suffix(self) -> str:
        """The suffix in lower case, with its dot, or ""."""
        return PurePosixPath(self.name).suffix.lower()

    def open(self) -> BinaryIO:
        """Open the file for reading. Raises MorrisError when that is impossible."""
        return self.archive.open(self.name)

    def read_head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes of the file. Raises UnreadableError."""
        return self._read(size)

    def read_bytes(self, limit: int = MAX_BYTES) -> bytes:
        """Return the whole file. Raises UnreadableError for an empty or too large file."""
        raw = self._read(limit + 1)
        if len(raw) > limit:
            raise UnreadableError(f"larger than {limit // 1_000_000} MB")
        if not raw.strip():
            raise UnreadableError("empty")
        return raw

    def _read(self, size: int) -> bytes:
        try:
            with self.open() as file:
                return file.read(size)
        except OSError as error:
            raise UnreadableError(f"cannot be read ({error.strerror})") from error
        except MorrisError as error:
            cause = error.__cause__
            reason = f"cannot be read ({cause.strerror})" if isinstance(cause, OSError) else error
            raise UnreadableError(str(reason)) from error


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A text of a file. `name` is its place in the file, or "" where the file is one text.

    `source` of the document is the file's source, then a slash, then `name`: so the documents of a
    file or zip are replaced when it is collected again, and forgotten with it. `kind` becomes the
    document's.
    """

    parsed: ParsedText
    name: str = ""
    kind: str = "article"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a file that is not taken, with the reason for the user: "a draft", "a comment"."""

    reason: str
    name: str = ""


class FileKind(StrEnum):
    """A kind of file that is read. The value is its name for the user."""

    TEXT = "plain text"
    MARKDOWN = "Markdown"
    HTML = "HTML"
    WORDPRESS = "WordPress export"
    FEED = "feed"
    GHOST = "Ghost export"
    TWEETS = "posts from X"
    MASTODON = "posts from Mastodon"
    TUMBLR_XML = "posts from Tumblr as XML"
    TUMBLR_PAGE = "a post from Tumblr"
    META_POSTS = "posts from Facebook or Instagram"
    POST_TABLE = "table of posts"
    POST_LINES = "posts as JSON lines"
    POST_LIST = "posts as JSON"
    KEEP_NOTE = "note of Google Keep"
    RTF = "rich text (RTF)"
    PDF = "PDF"
    WORD = "Word"
    OPEN_DOCUMENT = "OpenDocument"
    FLAT_OPEN_DOCUMENT = "OpenDocument (one file)"
    EPUB = "EPUB"
    WEB_ARCHIVE = "Safari web archive"
    EVERNOTE = "Evernote"
    DAY_ONE = "Day One"
    ORG = "Org"
    MDX = "MDX"


@dataclass(frozen=True, slots=True)
class FileReader:
    """The reader of one kind of file.

    Attributes:
        kind: the kind of file.
        accepts: returns True for a file that this reader reads, given its first bytes.
        read: returns the texts of the file, and the parts that it leaves out. Raises
            UnreadableError with the reason where the whole file must be left out.
    """

    kind: FileKind
    accepts: Callable[[Member, bytes], bool]
    read: Callable[[Member], Iterable[TextPiece | LeftOut]]


def has_suffix(*suffixes: str) -> Callable[[Member, bytes], bool]:
    """Return a test that accepts files with one of the suffixes, whatever is in them."""
    return lambda member, head: member.suffix in suffixes
