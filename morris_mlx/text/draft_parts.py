"""The parts of a draft: paragraphs to rewrite, and what stays unchanged between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from morris_mlx.text.front_matter import OWN_FRONT_MATTER
from morris_mlx.text.words import PLAIN_WORD, split_sentences

MIN_WORDS = 4  # a shorter paragraph is a greeting, a signature or a heading
MAX_WORDS = 200  # drafts of longer passages are not learned, so a long paragraph is divided
BREAK = re.compile(r"\n[ \t]*\n\s*")
FENCE = re.compile(r"^(?:```|~~~).*?(?:^(?:```|~~~)[ \t]*$|\Z)", re.M | re.S)
LIST_MARK = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
LIST_ITEM = re.compile(rf"^{LIST_MARK.pattern}", re.M)
# Headings, quotations of others, tables, rules, HTML and pictures.
KEPT_BLOCK = re.compile(
    r"#{1,6}\s|>|\||(?:[-*_=][ \t]*){3,}\Z|<[a-z!/]|!\[|[^\n]+\n(?:=+|-+)[ \t]*\Z", re.I
)
WRAPPED_LINE = 50  # characters of the longest line: shorter ones are verse or an address


@dataclass(frozen=True, slots=True)
class DraftPart:
    """A part of a draft. The texts of all parts, each after its `before`, are the whole draft.

    `before` is white space or the mark of a list item; `is_prose` is False for what is kept.
    """

    before: str
    text: str
    is_prose: bool

    @property
    def words(self) -> int:
        """The number of words."""
        return len(PLAIN_WORD.findall(self.text))


def split_draft(text: str) -> list[DraftPart]:
    """Return the parts of a draft in plain text or Markdown.

    Paragraphs and list items are prose; a paragraph of more than MAX_WORDS is divided between
    sentences. Front matter, code, headings, quotations, tables and very short paragraphs are kept.
    """
    text = text.replace("\r\n", "\n").strip("\n")
    parts: list[DraftPart] = []
    at = 0
    if matter := OWN_FRONT_MATTER.match(text):
        parts.append(DraftPart("", matter[0].rstrip(), False))
        at = len(matter[0].rstrip())
    for fence in FENCE.finditer(text, at):
        parts += _paragraphs(text[at : fence.start()])
        gap = re.search(r"\s*\Z", text[at : fence.start()])
        parts.append(DraftPart(gap[0] if gap else "", fence[0], False))
        at = fence.end()
    return [*parts, *_paragraphs(text[at:])]


def _paragraphs(text: str) -> Iterator[DraftPart]:
    before, rest = _leading_space(text)
    while rest:
        gap = BREAK.search(rest)
        block = (rest[: gap.start()] if gap else rest).rstrip()
        yield from _block(before, block)
        before = gap[0] if gap else ""
        rest = rest[gap.end() :] if gap else ""


def _leading_space(text: str) -> tuple[str, str]:
    rest = text.lstrip()
    return text[: len(text) - len(rest)], rest.rstrip()


def _block(before: str, block: str) -> Iterator[DraftPart]:
    if KEPT_BLOCK.match(block):
        yield DraftPart(before, block, False)
    elif LIST_MARK.match(block):
        for number, item in enumerate(_items(block)):
            mark = LIST_MARK.match(item)
            assert mark is not None
            start = before if number == 0 else "\n"
            yield from _prose(start + mark[0], item[mark.end() :].rstrip())
    else:
        yield from _prose(before, block)


def _items(block: str) -> Iterator[str]:
    starts = [match.start() for match in LIST_ITEM.finditer(block)]
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        yield block[start:end]


def _prose(before: str, text: str) -> Iterator[DraftPart]:
    """Yield a paragraph, in several parts if it is long."""
    lines = text.split("\n")
    if len(lines) > 1 and max(map(len, lines)) >= WRAPPED_LINE:
        text = " ".join(line.strip() for line in lines)
    if len(PLAIN_WORD.findall(text)) < MIN_WORDS:
        yield DraftPart(before, text, False)
        return
    for number, piece in enumerate(_pieces(text)):
        yield DraftPart(before if number == 0 else " ", piece, True)


def _pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces of whole sentences, about equally long, up to MAX_WORDS each."""
    total = len(text.split())
    goal = total / -(-total // MAX_WORDS)
    held: list[str] = []
    size = 0
    for sentence in split_sentences(text):
        words = len(sentence.split())
        if held and (size + words > MAX_WORDS or size >= goal):
            yield "".join(held).strip()
            held, size = [], 0
        held.append(sentence)
        size += words
    if rest := "".join(held).strip():
        yield rest
