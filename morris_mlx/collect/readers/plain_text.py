"""Plain text files → prose: wrapped lines are joined, paragraphs and verse are kept apart.

The title is the first line, if it reads like one. A text file with the marks of Markdown is read as
Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from morris_mlx.collect.chats.formats.mail_reply import remove_quoted_replies
from morris_mlx.collect.lines import (
    are_paragraphs,
    is_separator,
    is_verse,
    known_words,
    split_paragraphs,
    unwrap,
    wrap_width,
)
from morris_mlx.collect.readers.characters import decode_file
from morris_mlx.collect.readers.front_matter import split_front_matter
from morris_mlx.collect.readers.markdown import (
    add_facts_of_path,
    is_dateline,
    parse_markdown,
    with_metadata,
)
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.titles import is_title
from morris_mlx.collect.text import Block, ParsedText, UnreadableError, join_blocks

LONG_LINE = 90  # characters: programs wrap earlier, so each such line is a paragraph
MIN_REST = 3  # times the words of a title: the text below it is longer
_UNDERLINE = re.compile(r"\s*([=\-~*_])\1{2,}\s*")
_BREAKS = str.maketrans({"\x85": "\n", "\u2028": "\n", "\u2029": "\n\n", "\f": "\n\n", "\v": "\n",
                         "\x1a": None})  # fmt: skip
# Project Gutenberg puts the text of its license around a book.
_GUTENBERG = re.compile(r"\*\*\* ?(START|END) OF (?:THE|THIS) PROJECT GUTENBERG[^\n]*\*\*\*")
_HEADING_MARK = re.compile(r"(?:\A|\n)#{1,6} \S[^\n]*\n[ \t]*\n")
_MARKDOWN_MARKS = (
    re.compile(r"\]\(https?:"),
    re.compile(r"\*\*\w[^*\n]{0,200}\*\*"),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"!\[[^\]\n]{0,200}\]\("),
    re.compile(r"\[\[[^\]\n]{1,200}\]\]"),
    re.compile(r"^> \S", re.MULTILINE),
)


def read_plain_text(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the one text of a plain text file. Raises UnreadableError."""
    text, damage = decode_file(member)
    if _is_json(text):
        raise UnreadableError("JSON, not a text; rename it so that its name ends in .json")
    yield TextPiece(add_facts_of_path(parse_plain_text(text), member, uses_slugs=True))
    yield from damage


def _is_json(text: str) -> bool:
    """Return True for a JSON object or list."""
    start = text.lstrip("\ufeff \t\r\n")
    if not (start.startswith(("{", "[")) and start.rstrip().endswith(("}", "]"))):
        return False
    try:
        return bool(json.loads(start))
    except (ValueError, RecursionError):
        return False


def parse_plain_text(text: str) -> ParsedText:
    """Return the prose of a plain text, with its title and what a header says about it.

    Paragraphs in which every line begins with ">" are quotations of other people. They are left
    out, and so are the quotations of a mail.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BREAKS)
    text = _inside_gutenberg(text)
    text = remove_quoted_replies(text)
    metadata, rest = split_front_matter(text)
    if is_markdown(rest, bool(metadata.values)):
        return parse_markdown(text)
    paragraphs = split_paragraphs(rest)
    own = [
        lines for lines in paragraphs if not all(line.lstrip().startswith(">") for line in lines)
    ]
    if paragraphs and not own:
        raise UnreadableError("all of it is formatted as a quotation")
    blocks = _mark_title(list(_read_blocks(_split_header(own))))
    return with_metadata(blocks, metadata)


def is_markdown(text: str, has_front_matter: bool) -> bool:
    """Return True for plain text with marks of Markdown of two kinds, or with several headings."""
    headings = len(_HEADING_MARK.findall(text))
    kinds = sum(pattern.search(text) is not None for pattern in _MARKDOWN_MARKS)
    return headings > 1 or kinds + (headings > 0) + has_front_matter >= 2


def _split_header(paragraphs: list[list[str]]) -> list[list[str]]:
    """Separate the title, date and byline at the top, which may be on lines of their own."""
    first = paragraphs[0] if len(paragraphs) > 1 else []
    if len(first) in (2, 3) and is_title(first[0]) and all(map(is_dateline, first[1:])):
        return [[line] for line in first] + paragraphs[1:]
    return paragraphs


def _read_blocks(paragraphs: Sequence[Sequence[str]]) -> Iterator[Block]:
    width = wrap_width([lines for lines in paragraphs if len(lines) > 1])
    words = known_words("\n".join(map("\n".join, paragraphs))) if width else set()
    has_empty_lines = len(paragraphs) > 2
    for lines in paragraphs:
        if len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]):
            yield Block(lines[0].strip(), level=1)
        elif len(lines) == 1:
            yield _one_line(lines[0])
        elif width and not is_verse(lines, width):
            yield from (Block(paragraph) for paragraph in unwrap(lines, width, words))
        elif not width and are_paragraphs(lines) and _has_long_lines(lines, has_empty_lines):
            yield from map(_one_line, lines)
        else:
            yield Block("\n".join(lines))


def _one_line(line: str) -> Block:
    text = line.strip()
    if found := re.match(r"(#{1,6}) (?=\S)", text):
        return Block(text[found.end() :].rstrip("# "), level=len(found[1]))
    return Block(text, is_separator=is_separator(text))


def _has_long_lines(lines: Sequence[str], has_empty_lines: bool) -> bool:
    """Return True if lines that end a sentence are paragraphs, False if they may be verse.

    In a text without empty lines there is nothing else that could part its paragraphs.
    """
    longest = max(len(line) for line in lines)
    return (
        longest > LONG_LINE
        or (not has_empty_lines and not is_verse(lines))
        or (not has_empty_lines and are_paragraphs(lines[1:]))
    )


def _mark_title(blocks: list[Block]) -> list[Block]:
    """Make a first line that reads like a title a heading, if the text is longer than it."""
    if len(blocks) < 2 or blocks[0].level:
        return blocks
    first, rest = blocks[0].text, blocks[1:]
    size = MIN_REST * len(first.split())
    if "\n" in first or not is_title(first) or len(join_blocks(rest).split()) < size:
        return blocks
    return [Block(first, level=1), *rest]


def _inside_gutenberg(text: str) -> str:
    """Return a book of Project Gutenberg without the license around it."""
    marks = {found[1]: found for found in _GUTENBERG.finditer(text)}
    start, end = marks.get("START"), marks.get("END")
    if start and end and start.end() < end.start():
        return text[start.end() : end.start()]
    return text
