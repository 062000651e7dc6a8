"""Mails that are files of their own: .eml, Apple Mail's .emlx, and the files of a Maildir."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

from morris_mlx.collect.archives import Archive, SingleFile
from morris_mlx.errors import MorrisError

HEAD_BYTES = 1 << 14
SUFFIXES = (".eml", ".emlx")
MAILDIR_FOLDERS = ("cur", "new")
MIN_HEADERS = 2  # of those below, beside the sender: a letter may begin with "From:", too
MAX_ODD_LINES = 2  # in a header, which programs have damaged; more are a text
_HEADERS = {"to", "cc", "date", "subject", "message-id", "mime-version", "received"}
_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:")
_BEFORE = b"\xef\xbb\xbf\r\n"  # bytes before a header that mail programs do not expect
_LENGTH_LINE = re.compile(rb"\s*(\d{1,10})[ \t]*\r?\n")  # before the mail in an .emlx file


class MailFiles:
    """The mails of an archive, as an archive of their own.

    `path` is the file, or the folder that holds all mails with their suffix, such as
    "letters/*.eml", so that the mails and the texts of a folder have different sources.
    """

    def __init__(self, archive: Archive, names: Sequence[str]) -> None:
        self._archive = archive
        self.names = tuple(sorted(names))
        if isinstance(archive, SingleFile):
            self.path = archive.path
        else:
            folder = os.path.commonpath([PurePosixPath(name).parent for name in self.names])
            suffix = PurePosixPath(self.names[0]).suffix.lower()
            self.path = archive.path / folder / f"*{suffix if suffix in SUFFIXES else ''}"

    def size(self, name: str) -> int:
        """Return the size of a mail in bytes."""
        return self._archive.size(name)

    def open(self, name: str) -> BinaryIO:
        """Open a mail for reading. Raises MorrisError when it cannot be read."""
        return self._archive.open(name)


def find_mail_files(archive: Archive) -> MailFiles | None:
    """Return the mails in an archive that are files of their own, or None if there are none."""
    names = [name for name in archive.names if _may_be_mail(name) and _is_mail_file(archive, name)]
    return MailFiles(archive, names) if names else None


def _may_be_mail(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    in_maildir = path.parent.name in MAILDIR_FOLDERS and path.name[:1].isdigit()
    return not is_hidden and (path.suffix.lower() in SUFFIXES or in_maildir)


def _is_mail_file(archive: Archive, name: str) -> bool:
    try:
        with archive.open(name) as file:
            return is_mail(file.read(HEAD_BYTES))
    except (MorrisError, OSError):
        return False  # it is reported with the files that cannot be read


def is_mail(head: bytes) -> bool:
    """Return True if the first bytes of a file are the header of a mail."""
    if length := _LENGTH_LINE.match(head):
        head = head[length.end() :]
    found: set[str] = set()
    odd = 0
    for number, line in enumerate(head.lstrip(_BEFORE).decode("latin-1").splitlines()):
        if line.startswith((" ", "\t")) or (number == 0 and line.startswith("From ")):
            continue  # a folded header, or the first line of a mail in an mbox file
        header = _HEADER.match(line)
        odd += header is None
        if not line.strip() or odd > MAX_ODD_LINES:
            break
        if header:
            found.add(header[1].lower())
    return "from" in found and len(found & _HEADERS) >= MIN_HEADERS


def read_mail_files(mails: Archive, max_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Yield each mail, and the number of bytes that were read so far.

    A mail larger than `max_bytes` is cut to one byte more. Raises MorrisError when a file cannot be
    read.
    """
    done = 0
    for name in mails.names:
        with mails.open(name) as file:
            raw = file.read(max_bytes + 1)
        done += len(raw)
        yield _without_length(raw), done


def _without_length(raw: bytes) -> bytes:
    """Return the mail of an .emlx file: the length of the mail, the mail, and a list of marks."""
    length = _LENGTH_LINE.match(raw)
    mail = raw[length.end() : length.end() + int(length[1])] if length else raw
    return mail.lstrip(_BEFORE)


def total_size(mails: Archive) -> int:
    """Return the size of all mails in bytes, for progress; 0 for those that are gone."""
    total = 0
    for name in mails.names:
        try:
            total += mails.size(name)
        except OSError:
            continue
    return total
