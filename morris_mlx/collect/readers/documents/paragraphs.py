"""Paragraphs of a document from a word processor → its text, title and author."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from morris_mlx.collect.text import iso_date, normalize_text

MAX_TITLE_WORDS, MAX_TITLE_CHARACTERS = 20, 200  # a longer line is a paragraph
MAX_VERSE_LINE = 60  # characters of a line that a poet broke, not the page
MIN_STANZA_LINES = 3  # two short paragraphs may be dialogue or a signature
MIN_CELL_WORDS = 30  # a cell of a table with more is prose in a layout, with fewer it is data
# Names that word processors write in place of an author's.
_NO_AUTHORS = {
    *("microsoft office user", "microsoft word", "microsoft", "windows user", "office user"),
    *("user", "admin", "administrator", "author", "unknown", "owner", "default", "python-docx"),
    *("пользователь", "администратор", "автор", "utilisateur", "benutzer", "usuario", "utente"),
    *("пользователь windows", "пользователь microsoft office", "anonymous", "un-named"),
}
_NO_TITLE = re.compile(
    r"\W*|(?:microsoft word|microsoft office word) - .*|(?:untitled|document|dokument|документ|"
    r"без имени|без названия|powerpoint presentation|word document|normal|blank)[ _-]?\d*|"
    r".*\.(?:docx?|dotx?|odt|rtf|pages|pdf|txt|indd|tex)",
    re.IGNORECASE,
)

# Numbers of pictures in fonts of symbols, where programs store them as characters.
_PICTURE = re.compile("[\uf000-\uf0ff]")
# Dates that programs and archives write where they know none.
_NO_DATES = {"1601-01-01", "1899-12-30", "1970-01-01", "1980-01-01", "2013-12-23"}


class Role(Enum):
    """The part that a paragraph has in a document."""

    TITLE = auto()
    HEADING = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that is kept. An empty text is an empty line between paragraphs."""

    text: str
    role: Role = Role.TEXT


def build_text(paragraphs: Sequence[Paragraph], title: str = "") -> tuple[str, str]:
    """Return title and text. `title` is the one of the document's properties.

    A paragraph set as the title wins over the property, and the property over a heading at the
    start. The title is not part of the text.
    """
    given = usable_title(title)
    kept = [Paragraph(normalize_text(_PICTURE.sub("", p.text)), p.role) for p in paragraphs]
    first = next((n for n, p in enumerate(kept) if p.text), None)
    if first is not None and _is_short(kept[first].text):
        start = " ".join(kept[first].text.split())
        if kept[first].role is Role.TITLE or start.casefold() == given.casefold():
            return start, join_paragraphs(kept[first + 1 :])
        if kept[first].role is Role.HEADING and not given:
            return start, join_paragraphs(kept[first + 1 :])
    return given, join_paragraphs(kept)


def _is_short(text: str) -> bool:
    return len(text.split()) <= MAX_TITLE_WORDS and len(text) <= MAX_TITLE_CHARACTERS


def join_paragraphs(paragraphs: Sequence[Paragraph]) -> str:
    """Return the text of paragraphs. Short lines before or after an empty one are a stanza."""
    blocks: list[_Block] = [_Block()]
    for paragraph in paragraphs:
        if paragraph.role is not Role.TEXT:
            blocks += [_Block([paragraph.text]), _Block()]
        elif paragraph.text:
            blocks[-1].lines.append(paragraph.text)
        else:
            blocks[-1].is_apart = True
            blocks.append(_Block(is_apart=True))
    return "\n\n".join(block.text for block in blocks if block.lines)


@dataclass(slots=True)
class _Block:
    """Paragraphs without an empty one or a heading between them."""

    lines: list[str] = field(default_factory=list)
    is_apart: bool = False  # from the block before or after, by an empty paragraph

    @property
    def text(self) -> str:
        is_short = all(len(line) <= MAX_VERSE_LINE for line in self.lines)
        is_stanza = self.is_apart and is_short and len(self.lines) >= MIN_STANZA_LINES
        return ("\n" if is_stanza else "\n\n").join(self.lines)


def usable_title(title: str) -> str:
    """Return a title from a document's properties, or "" for one that a program made up."""
    title = " ".join(title.split())
    return "" if _NO_TITLE.fullmatch(title) or not _is_short(title) else title


def usable_author(author: str) -> str:
    """Return an author from a document's properties, or "" for one that a program made up."""
    author = " ".join(author.split())
    return "" if author.casefold() in _NO_AUTHORS or len(author) > MAX_TITLE_CHARACTERS else author


def usable_date(*dates: str) -> str:
    """Return the first ISO date of a document's properties that is one, or ""."""
    found = (iso_date(date) for date in dates)
    return next((day for day in found if day and day not in _NO_DATES), "")


def is_prose_cell(paragraphs: Sequence[Paragraph], columns: int) -> bool:
    """Return True if a cell of a table of so many columns holds prose: a layout, not data."""
    words = sum(len(p.text.split()) for p in paragraphs)
    return words >= MIN_CELL_WORDS or (columns == 1 and words > 0)
