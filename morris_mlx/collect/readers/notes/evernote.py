"""Evernote exports (.enex): the notes. Pages that were clipped from the web are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.documents.html_blocks import html_paragraphs, parse_html
from morris_mlx.collect.readers.documents.paragraphs import (
    Properties,
    build_parsed,
)
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import begins_as_xml, child, parse_xml, text_of
from morris_mlx.collect.text import UnreadableError, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_BYTES = 300_000_000  # attached files are in it
_NOTE, _NOTE_END = (b"<note>", b"<note "), b"</note>"
_ATTACHMENT, _ATTACHMENT_END = b"<resource>", b"</resource>"
_CLIPPED = ("web.clip", "web.clip7", "mobile.clip")  # Evernote's marks of clipped pages


def is_enex(member: Member, head: bytes) -> bool:
    """Return True for an Evernote export by its first element, or by its name."""
    return (begins_as_xml(head) and b"<en-export" in head) or member.suffix == ".enex"


def read_enex(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the notes of an export, and those that are left out. Raises UnreadableError."""
    raw = member.read_bytes(MAX_BYTES)
    if b"<en-export" not in raw[: 1 << 14]:
        raise UnreadableError("not an Evernote export, although its name says so")
    number = 0
    for number, note in enumerate(_notes(raw), 1):
        name = f"note {number}"
        try:
            yield _read_note(parse_xml(note), name)
        except UnreadableError as error:
            yield LeftOut(str(error), name)
    if not number:
        raise UnreadableError("no note in it")


def _notes(raw: bytes) -> Iterator[bytes]:
    """Yield the XML of each note without its attached files, which may be large."""
    at = 0
    while True:
        starts = [start for mark in _NOTE if (start := raw.find(mark, at)) >= 0]
        if not starts:
            return
        start = min(starts)
        end = raw.find(_NOTE_END, start)
        if end < 0:
            yield raw[start:]  # cut off: reading it fails, with the reason
            return
        at = end + len(_NOTE_END)
        yield _without_attachments(raw[start:at])


def _without_attachments(note: bytes) -> bytes:
    kept, at = [], 0
    while (start := note.find(_ATTACHMENT, at)) >= 0:
        end = note.find(_ATTACHMENT_END, start)
        if end < 0:
            break
        kept.append(note[at:start])
        at = end + len(_ATTACHMENT_END)
    return b"".join((*kept, note[at:]))


def _read_note(note: _Element, name: str) -> TextPiece | LeftOut:
    if text_of(child(note, "note-attributes", "source")).casefold() in _CLIPPED:
        return LeftOut("a page clipped from the web", name)
    content = child(note, "content")
    markup = "".join(map(str, content.itertext())) if content is not None else ""
    # The document type is no part of the note, and an HTML parser may take it for text.
    markup = re.sub(r"<\?xml[^>]*>|<!DOCTYPE[^>]*>", "", markup)
    if not markup.strip():
        return LeftOut("no text in it", name)
    created = re.match(r"(\d{4})(\d\d)(\d\d)", text_of(child(note, "created")))
    author = text_of(child(note, "note-attributes", "author"))
    date = iso_date("-".join(created.groups())) if created else ""
    title = text_of(child(note, "title"))
    paragraphs = html_paragraphs(parse_html(markup))
    return TextPiece(build_parsed(paragraphs, Properties(title, author, date)), name)
