"""Notes of Google Keep out of Google Takeout: a folder with each note as JSON and as HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import head_of
from morris_mlx.collect.readers.posts.pieces import POST, Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

KEEP_MARK = b'"userEditedTimestampUsec"'
TRIED_FILES = 5  # the first files of a folder that are looked at


def is_keep_note(member: Member, head: bytes) -> bool:
    """Return True for a note of Google Keep as JSON, by a key that no other program has."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and KEEP_MARK in head


def read_keep_note(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield a note of Google Keep. Raises UnreadableError."""
    yield _read_note("", load_object(member))


def claim_keep(archive: Archive) -> Iterator[Claim]:
    """Yield the folders of Google Keep in an archive, whose name depends on the language.

    Each note is there as JSON and as HTML: both belong to the export, and one is read.
    """
    pages = {name for name in archive.names if name.endswith(".html")}
    notes: dict[str, list[str]] = {}
    for name in archive.names:
        if name.endswith(".json") and f"{name[:-5]}.html" in pages:
            notes.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, names in notes.items():
        if any(KEEP_MARK in head_of(archive, name) for name in names[:TRIED_FILES]):
            twins = {f"{name[:-5]}.html" for name in names}
            yield Claim(f"{folder}/" if folder else "", frozenset({*names, *twins}))


def read_keep(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the notes of Google Keep. Lists and the trash are left out."""
    for name in sorted(claim.names):
        if name.endswith(".json"):
            try:
                yield _read_note(name, load_object(Member(archive, name)))
            except UnreadableError as error:
                yield LeftOut(str(error), name)
        else:
            yield LeftOut(Reason.TWIN, name)


def _read_note(name: str, note: dict[str, Any]) -> TextPiece | LeftOut:
    if note.get("isTrashed") is True:
        return LeftOut(Reason.TRASH, name)
    if note.get("listContent"):
        return LeftOut(Reason.TABLE, name)
    text = note.get("textContent")
    moment = note.get("createdTimestampUsec") or note.get("userEditedTimestampUsec")
    body = text if isinstance(text, str) else ""
    return make_piece(name, body, note.get("title"), date=post_date(moment), kind=POST)


def load_object(member: Member) -> dict[str, Any]:
    """Return the object of a small JSON file. Raises UnreadableError."""
    try:
        value = json.loads(member.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not valid JSON; export or download it again") from error
    return value if isinstance(value, dict) else {}
