"""TextBundles: the folders in which Bear and other programs export notes with their pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.characters import read_characters
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.notes.google_keep import load_object
from morris_mlx.collect.readers.posts.claims import claimed
from morris_mlx.collect.readers.posts.pieces import Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

_FOLDER = re.compile(r"(?P<folder>(?:.*/)?[^/]+\.textbundle/)(?P<below>.+)", re.DOTALL)
TEXTS = ("text.md", "text.markdown", "text.txt")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\dZ.:_-]+")
BEAR = "net.shinyfrog.bear"
# A line of tags, which Bear keeps in the text of a note.
_TAG_LINE = re.compile(r"^[ \t]*(?:#[^\s#][^\s#]*#?[ \t]*)+$", re.MULTILINE)


def claim_bundles(archive: Archive) -> Iterator[Claim]:
    """Yield one claim of all TextBundles in an archive."""
    found = [match for name in archive.names if (match := _FOLDER.fullmatch(name))]
    bundles = {match["folder"] for match in found if match["below"] == "info.json"}
    if names := frozenset(match[0] for match in found if match["folder"] in bundles):
        yield Claim("", names)


def read_bundles(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the notes of TextBundles. A title is the note's heading, or the name of its folder."""
    for member in claimed(archive, claim):
        match = _FOLDER.fullmatch(member.name)
        below = match["below"] if match else ""
        if match and below in TEXTS:
            try:
                yield _read_text(member, match["folder"])
            except UnreadableError as error:
                yield LeftOut(str(error), member.name)
        elif below != "info.json":
            yield LeftOut(Reason.MEDIA, member.name)


def _read_text(member: Member, folder: str) -> TextPiece | LeftOut:
    from morris_mlx.collect.readers.markdown import parse_markdown

    try:
        info = load_object(Member(member.archive, f"{folder}info.json"))
    except UnreadableError:  # the note is whole without it
        info = {}
    bear = info.get(BEAR)
    facts = bear if isinstance(bear, dict) else {}
    if facts.get("trashed") in (1, True):
        return LeftOut(Reason.TRASH, member.name)
    text = read_characters(member)
    folder_title = PurePosixPath(folder).stem
    if _MOMENT.fullmatch(folder_title):  # Bear's name for a note without a title
        folder_title = ""
    if member.suffix == ".txt":
        return make_piece(member.name, text, folder_title)
    is_bear = BEAR in info or info.get("creatorIdentifier") == BEAR
    parsed = parse_markdown(_TAG_LINE.sub("", text) if is_bear else text)
    date = parsed.date or post_date(facts.get("creationDate"))
    return make_piece(member.name, parsed.text, parsed.title or folder_title, parsed.author, date)
