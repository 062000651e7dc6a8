"""Paragraphs of a document from a word processor → its text, title, author and date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.collect.lines import is_separator
from morris_mlx.collect.parse_dates import date_in_path, parse_date
from morris_mlx.collect.readers.markdown import is_dateline
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.titles import is_title, same_title, title_of_name
from morris_mlx.collect.text import (
    Block,
    ParsedText,
    UnreadableError,
    iso_date,
    join_blocks,
    normalize_text,
)

MAX_TITLE_WORDS, MAX_TITLE_CHARACTERS = 20, 200  # a longer line is a paragraph
MAX_VERSE_LINE = 60  # characters of a line that a poet broke, not the page
MIN_REST = 3  # times the words of a title: the text below it is longer
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

BOXES = "text boxes, which are not read; move your own words into the text"
_SPEECH = ("“", '"', "«", "„", "‘", "»")  # a story may begin with dialogue
# Numbers of pictures in fonts of symbols, where programs store them as characters.
_PICTURE = re.compile("[\uf000-\uf0ff]")
# Dates that programs and archives write where they know none.
_NO_DATES = {"1601-01-01", "1899-12-30", "1970-01-01", "1980-01-01", "2013-12-23"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that is kept. An empty text is an empty line between paragraphs.

    `level` is the level of a heading, 0 for a paragraph. `is_title`: it is set as the title.
    """

    text: str
    level: int = 0
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Properties:
    """Facts that a document states beside its text; "" where it states none."""

    title: str = ""
    author: str = ""
    date: str = ""  # ISO 8601
    license: str = ""


def build_parsed(
    paragraphs: Sequence[Paragraph],
    properties: Properties = Properties(),
    member: Member | None = None,
) -> ParsedText:
    """Return the text of paragraphs, with title, author and date.

    A paragraph set as the title wins over the property, and the property over a heading or a line
    at the start that reads like a title. The date that the text or the name of the file states wins
    over the property, which is the day on which the file was made. Title and date are not part of
    the text.
    """
    from morris_mlx.collect.html.article_cleanup import parse_byline

    rest = _part_header(_join_stanzas(paragraphs))
    title = _take_title(rest, usable_title(properties.title))
    author = day = ""
    while len(rest) > 1 and is_dateline(rest[0].text):
        name, written = parse_byline(rest[0].text)
        author, day = author or name, day or written or parse_date(rest[0].text)
        del rest[0]
    if member is not None:
        title = title or title_of_name(member.stem, uses_slugs=False)
        day = day or date_in_path(member.source)
    return ParsedText(
        text=join_blocks(rest),
        title=title,
        author=author or usable_author(properties.author),
        date=day or properties.date,
        license=properties.license,
        blocks=tuple(rest),
    )


def pieces_of(parsed: ParsedText, box_words: int) -> Iterator[TextPiece | LeftOut]:
    """Yield the text of a document, and its text boxes as left out if they contain words.

    Raises UnreadableError for a document that has text only in text boxes.
    """
    if box_words and not parsed.text:
        raise UnreadableError(f"all of its text is in {BOXES}")
    yield TextPiece(parsed)
    if box_words:
        yield LeftOut(BOXES, f"text boxes ({box_words:,} words)")


def _part_header(blocks: list[Block]) -> list[Block]:
    """Separate title, date and byline at the top, which look like the lines of a stanza."""
    lines = blocks[0].text.split("\n") if len(blocks) > 1 else []
    if len(lines) > 1 and is_title(lines[0]) and all(map(is_dateline, lines[1:])):
        return [Block(line) for line in lines] + blocks[1:]
    return blocks


@dataclass(frozen=True, slots=True)
class _TitleBlock(Block):
    """A block that is set as the title."""


def _take_title(blocks: list[Block], given: str) -> str:
    """Return the title, and remove it from the start of the blocks."""
    if not blocks or not _is_short(blocks[0].text):
        return given
    start = " ".join(blocks[0].text.split())
    is_title_line = isinstance(blocks[0], _TitleBlock) or same_title(start, given)
    if is_title_line or (not given and (blocks[0].level or _reads_like_title(blocks))):
        del blocks[0]
        return start
    return given


def _reads_like_title(blocks: Sequence[Block]) -> bool:
    """Return True for a first line that reads like the title of a longer text."""
    first = blocks[0].text
    if "\n" in first or first.startswith(_SPEECH) or not is_title(first):
        return False
    return len(join_blocks(blocks[1:]).split()) >= MIN_REST * len(first.split())


def _is_short(text: str) -> bool:
    return len(text.split()) <= MAX_TITLE_WORDS and len(text) <= MAX_TITLE_CHARACTERS


def _join_stanzas(paragraphs: Sequence[Paragraph]) -> list[Block]:
    """Return paragraphs as blocks. Short lines before or after an empty one are a stanza."""
    blocks: list[Block] = []
    lines: list[str] = []
    is_apart = False  # from the lines before, by an empty paragraph
    for paragraph in (*paragraphs, Paragraph("", is_title=True)):
        text = normalize_text(_PICTURE.sub("", paragraph.text))
        if text and not (paragraph.level or paragraph.is_title):
            lines.append(text)
            continue
        ends_here = not text and not paragraph.is_title
        blocks += _blocks_of_lines(lines, is_apart or ends_here)
        lines.clear()
        is_apart = ends_here
        if text:
            kind = _TitleBlock if paragraph.is_title else Block
            blocks.append(kind(text, paragraph.level or 1))
    return blocks


def _blocks_of_lines(lines: Sequence[str], is_apart: bool) -> list[Block]:
    is_short = all(len(line) <= MAX_VERSE_LINE for line in lines)
    if is_apart and is_short and len(lines) >= MIN_STANZA_LINES:
        return [Block("\n".join(lines))]
    return [Block(line, is_separator=is_separator(line)) for line in lines]


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
