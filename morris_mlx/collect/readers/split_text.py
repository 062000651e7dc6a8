"""Files of many texts: all columns in one file, a diary. They are split if the user asks for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from morris_mlx.collect.lines import is_separator
from morris_mlx.collect.parse_dates import parse_date
from morris_mlx.collect.readers.reader import LeftOut, TextPiece
from morris_mlx.collect.readers.titles import is_title
from morris_mlx.collect.text import Block, ParsedText, join_blocks
from morris_mlx.defaults import MIN_WORDS
from morris_mlx.records.corpus import SplitAt

MIN_PARTS = 8  # from which a text is said to be several; an article has fewer headings
MAX_NAME = 60  # characters of a heading in a document's source
MIN_WORDS_BELOW = 10  # of the text below a line that is taken for a heading
_DATE_LABEL = re.compile(r"(?:date|datum|fecha|дата)\s*:\s*", re.IGNORECASE)


def split_text(piece: TextPiece, at: SplitAt) -> list[TextPiece]:
    """Return the texts within a text, or the text itself if it cannot be split.

    The heading of a part is its title, or its date. Parts are named by their number and heading,
    so that each of them has a source of its own.
    """
    blocks = piece.parsed.blocks or blocks_of(piece.parsed.text)
    parts = _at_headings(blocks) if at is SplitAt.headings else _at_separators(blocks)
    if len(parts) < 2:
        return [piece]
    digits = len(str(len(parts)))
    pieces: list[TextPiece] = []
    for number, part in enumerate(parts, 1):
        parsed = _read_part(part, piece.parsed)
        name = re.sub(r"[\\/\s]+", " ", parsed.title or parsed.date).strip()[:MAX_NAME]
        place = f"{number:0{digits}d} {name}".strip()
        pieces.append(TextPiece(parsed, f"{piece.name}/{place}".lstrip("/")))
    return pieces


def count_parts(text: str) -> int:
    """Return into how many texts a text would be split at its headings; 0 for a single one.

    An article with a few headings is a single text.
    """
    parts = _at_headings(blocks_of(text))
    if len(parts) < MIN_PARTS:
        return 0
    sizes = [len(join_blocks(part).split()) for part in parts]
    return len(parts) if median(sizes) >= MIN_WORDS else 0


def blocks_of(text: str) -> list[Block]:
    """Return the paragraphs of a text without marks of headings, as blocks."""
    paragraphs = [p.strip() for p in re.split(r"\n[ \t]*\n", text) if p.strip()]
    return [Block(p, is_separator=is_separator(p)) for p in paragraphs]


def _at_headings(blocks: Sequence[Block]) -> list[list[Block]]:
    """Split at the highest level that has several headings, else at lines that read like some."""
    levels = Counter(block.level for block in blocks if block.level)
    level = min((level for level, count in levels.items() if count > 1), default=0)
    if level:
        return _split(blocks, [0 < block.level <= level for block in blocks])
    return _split(blocks, _heading_lines(blocks))


def _heading_lines(blocks: Sequence[Block]) -> list[bool]:
    """Mark lines that read like a heading or a date and have a text below them."""
    marks = [
        not block.is_separator
        and "\n" not in block.text
        and (is_title(block.text) or bool(_date_of(block.text)))
        for block in blocks
    ]
    below = 0
    for index in range(len(blocks) - 1, -1, -1):
        if not marks[index]:
            below += len(blocks[index].text.split())
        elif below < MIN_WORDS_BELOW:
            marks[index] = False
            below += len(blocks[index].text.split())
        else:
            below = 0
    return marks


def _at_separators(blocks: Sequence[Block]) -> list[list[Block]]:
    return _split(blocks, [block.is_separator for block in blocks])


def _split(blocks: Sequence[Block], starts: Sequence[bool]) -> list[list[Block]]:
    """Return the parts that begin at marked blocks. Headings without a text are no part."""
    parts: list[list[Block]] = []
    is_text = False
    for block, is_start in zip(blocks, starts, strict=True):
        if is_start or not parts:
            if parts and not is_text:
                parts.pop()
            parts.append([])
            is_text = False
        parts[-1].append(block)
        is_text |= bool(block.text) and not (is_start or block.level or block.is_separator)
    return parts if is_text else parts[:-1]


def _read_part(part: Sequence[Block], whole: ParsedText) -> ParsedText:
    """Return a part as a text. Heading and date stand in its first lines."""
    rest = list(part)
    while rest[0].is_separator:
        del rest[0]
    while rest[-1].is_separator:
        del rest[-1]
    title = day = ""
    for _ in range(2):
        if len(rest) < 2:
            break
        first = rest[0].text
        if found := _date_of(first):
            day = day or found
        elif not title and "\n" not in first and (rest[0].level or is_title(first)):
            title = first
        else:
            break
        del rest[0]
    return ParsedText(
        join_blocks(rest), title, whole.author, day or whole.date, whole.license, tuple(rest)
    )


def _date_of(line: str) -> str:
    return parse_date(_DATE_LABEL.sub("", line.strip(), count=1))


def split_pieces(
    pieces: Iterable[TextPiece | LeftOut], at: SplitAt | None
) -> Iterator[TextPiece | LeftOut]:
    """Yield what a reader returns, with each text split if that is asked for."""
    for piece in pieces:
        if at is None or isinstance(piece, LeftOut):
            yield piece
        else:
            yield from split_text(piece, at)
