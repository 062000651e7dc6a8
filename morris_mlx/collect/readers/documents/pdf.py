"""PDF files: the text of their text layer. Scans have none, and are refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from unicodedata import category

from morris_mlx.collect.readers.documents.paragraphs import Paragraph, Properties, build_parsed
from morris_mlx.collect.readers.documents.seekable import open_seekable
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError, iso_date

MAGIC = b"%PDF-"
MAGIC_WITHIN = 1024  # bytes; programs read files that have other bytes before the magic
MIN_PAGE_LETTERS = 20  # a page with fewer is a picture with a page number
MAX_UNKNOWN_SHARE = 0.03  # of characters that do not exist; more is a cipher, not a text
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_NO_CHARACTERS = ("Cn", "Co", "Cs", "Cc")  # Unicode's categories of what is no character
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\ud800-\udfff]")


def is_pdf(member: Member, head: bytes) -> bool:
    """Return True for a PDF by its first bytes, or by its name."""
    return head.startswith(MAGIC) or member.suffix == ".pdf"


def read_pdf(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the one text of a PDF, and the number of its pages without text.

    Raises UnreadableError for a scan, and for a damaged or locked file.
    """
    from morris_mlx.collect.readers.documents.pdf_layout import build_paragraphs
    from morris_mlx.collect.readers.documents.pdf_pages import read_pages

    with open_seekable(member) as file:
        if MAGIC not in file.read(MAGIC_WITHIN):
            raise UnreadableError("not a PDF, although its name says so")
        file.seek(0)
        content = read_pages(file)
    pages = [page for page in content.pages if page.letters >= MIN_PAGE_LETTERS]
    if not pages:
        raise UnreadableError(
            "a PDF without text, such as a scan. Recognize its text with an OCR program, and "
            "collect the result"
        )
    paragraphs = build_paragraphs(pages)
    if _count_unknown(paragraphs) > MAX_UNKNOWN_SHARE * sum(len(p.text) for p in paragraphs):
        raise UnreadableError(
            "the letters of its text are not stored in a readable form. Collect the document that "
            "it was made from"
        )
    kept = [replace(p, text=_UNKNOWN.sub("", p.text)) for p in paragraphs]
    day = _DATE.match(content.created)
    properties = Properties(
        title=_UNKNOWN.sub("", content.title),
        author=_UNKNOWN.sub("", content.author),
        date=iso_date("-".join(day.groups())) if day else "",
    )
    yield TextPiece(build_parsed(kept, properties, member))
    if missing := len(content.pages) + content.damaged - len(pages):
        yield LeftOut(f"{missing} of its pages: no text on them, only pictures or a scan", "pages")


def _count_unknown(paragraphs: Sequence[Paragraph]) -> int:
    """Return the number of characters without a meaning in Unicode, which unreadable fonts give.

    Those that programs use as bullets are not counted.
    """
    return sum(
        category(character) in _NO_CHARACTERS and not "\uf000" <= character <= "\uf0ff"
        for paragraph in paragraphs
        for character in paragraph.text
        if not character.isspace()
    )
