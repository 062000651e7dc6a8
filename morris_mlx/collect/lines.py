"""Line breaks in texts: made by a program that wraps lines, between paragraphs, or in verse.

A program breaks a line where the next word no longer fits. A writer breaks it elsewhere: after a
paragraph, a line of verse, a heading, a turn of a dialog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

MIN_WIDTH, MAX_WIDTH = 40, 120  # columns at which programs wrap lines
MIN_WIDTH_CJK = 15  # a character of Chinese or Japanese takes two columns
MIN_WRAPPED_LINES = 3  # fewer show a width only if they are long
CERTAIN_WIDTH = 58  # characters: longer than most lines of verse
CERTAIN_WIDTH_CJK = 20
MAX_CAPITALS = 0.8  # of the first letters of lines; in wrapped German, nouns make up a third
TOLERANCE = 1  # column: some programs end a line one earlier
MIN_FULL = 0.75  # of the lines before another line: they end where the next word did not fit
MAX_OVERLONG = 0.02  # of the lines
MIN_LINES_PER_OVERLONG = 8  # in a short text
VERSE_LENGTH = 60  # characters of a line of verse
MIN_SHORT = 0.8  # of the lines of verse: a few may be longer
MIN_VERSE_LINES = 3  # two short lines may be wrapped by hand
MIN_SENTENCES = 0.7  # of lines that end a sentence, if each line is a paragraph
SENTENCE_END = re.compile(r"[.!?…。！？:][\"”’»“)\]*_]*\s*$")
_STARTS_ITEM = re.compile(r"(?:[-*+•–—]|\d{1,3}[.)])\s+\S")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_CJK_BREAK = re.compile(
    "(?<=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])\n(?=[\u3001-\u30ff\u3400-\u9fff\uff00-\uffef])"
)
SEPARATOR = re.compile(r"[\s*\-_=~#•·—–+<>⁂§o.]*[*\-_=~#•·—–⁂§][\s*\-_=~#•·—–+<>⁂§o.]*")
MAX_SEPARATOR = 80  # characters
_CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_DASH_AT_END = re.compile(r"\w(?:--|—)$")
_CODE = re.compile(
    r"[{}<>|\\$`]|[;=]\s*$|\w\(|\)\s*:?$|^\s*(?:#|//|import |from |def |class |sudo |git |npm |"
    r"pip |SELECT |return\b|if \(|for \()|==|::|->|\+="
)
# First parts of words that are written with a hyphen also where no line ends.
_HYPHENATED = {
    *("self", "well", "ex", "half", "non", "semi", "anti", "all", "cross", "mother", "father"),
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "e", "co"),
    *("кое", "по", "из", "во", "в", "северо", "юго", "пол"),
}
# Words after a part of a compound that is finished later: "Haupt- und Nebenwege".
_AFTER_PART = {"und", "oder", "sowie", "bzw", "and", "og", "och", "или"}
_HYPHENATED_ENDS = {"то", "либо", "нибудь", "таки", "за", "под", "law", "in", "ci", "là"}


def wrap_width(paragraphs: Sequence[Sequence[str]]) -> int:
    """Return the column at which a program wrapped all lines, or 0 if the breaks are the writer's.

    `paragraphs` are the lines of each paragraph.
    """
    every = sorted(len(line.rstrip()) for lines in paragraphs for line in lines)
    cjk = sum(_CJK.search(line) is not None for lines in paragraphs for line in lines)
    narrowest = MIN_WIDTH_CJK if cjk > len(every) // 2 else MIN_WIDTH
    certain = CERTAIN_WIDTH_CJK if narrowest == MIN_WIDTH_CJK else CERTAIN_WIDTH
    # A few lines may be longer than the others: an address cannot be wrapped.
    overlong = min(len(every) // MIN_LINES_PER_OVERLONG, max(2, int(len(every) * MAX_OVERLONG)))
    for width in sorted(set(every[-1 - overlong :]), reverse=True):
        if narrowest <= width <= MAX_WIDTH and _is_wrapped(paragraphs, width, certain):
            return width
    return 0


def _is_wrapped(paragraphs: Sequence[Sequence[str]], width: int, certain: int) -> bool:
    """Return True if a program wrapped these paragraphs at a width, apart from verse.

    From `certain` on, a width needs fewer lines to be believed.
    """
    inner = [
        (line.rstrip(), after.strip())
        for lines in paragraphs
        if not is_verse(lines, width)
        for line, after in pairwise(lines)
        if line.strip() and after.strip()
    ]
    ends = any(SENTENCE_END.search(line) for line, _ in inner)
    if len(inner) < MIN_WRAPPED_LINES and (width < certain or ends):
        return False
    # Verse often has a capital at the start of each line.
    capitals = sum(after[:1].isupper() for _, after in inner)
    if len(inner) >= MIN_WRAPPED_LINES and capitals >= len(inner) * MAX_CAPITALS:
        return False
    full = sum(is_full(line, after, width) for line, after in inner)
    return bool(inner) and full >= len(inner) * MIN_FULL


def is_full(line: str, after: str, width: int) -> bool:
    """Return True if a program that wraps lines at `width` would break between the two lines."""
    first = after.split(None, 1)[0] if after.strip() else ""
    if _CJK.match(first):
        return len(line) >= width - 3  # any character may begin a line
    return len(line) + 1 + len(first) > width - TOLERANCE


def is_verse(lines: Sequence[str], width: int = 0) -> bool:
    """Return True if the breaks between these lines are part of the text.

    Lines of verse are short, few of them end a sentence, and most end before the next word would
    have had no room. `width` is the width of a wrapped text, 0 for one that is not wrapped.
    """
    short = sum(len(line.strip()) <= VERSE_LENGTH for line in lines)
    if short < len(lines) * MIN_SHORT:
        return False
    if width and len(lines) == 2:
        return lines[1].strip()[:1].isupper() and not is_full(lines[0].rstrip(), lines[1], width)
    if len(lines) < MIN_VERSE_LINES:
        return False
    if width:
        early = sum(
            not is_full(line.rstrip(), after.strip(), width) for line, after in pairwise(lines)
        )
        return early >= (len(lines) - 1) * 0.5
    return True


def are_paragraphs(lines: Sequence[str]) -> bool:
    """Return True if each line is a paragraph: most of them end a sentence."""
    ends = sum(SENTENCE_END.search(line) is not None for line in lines)
    return len(lines) > 1 and ends >= len(lines) * MIN_SENTENCES


def is_separator(text: str) -> bool:
    """Return True for a line of asterisks, dashes or similar marks between two parts of a text."""
    return len(text) <= MAX_SEPARATOR and SEPARATOR.fullmatch(text) is not None


def looks_like_prose(lines: Sequence[str]) -> bool:
    """Return True if indented lines are sentences or verse, False if they are a program's code."""
    full = [line for line in lines if line.strip()]
    if not full or any(_CODE.search(line) for line in full):
        return False
    text = " ".join(line.strip() for line in full)
    words = _WORD.findall(text)
    letters = sum(c.isalpha() or c.isspace() for c in text)
    begins = re.match(r"[\"“‘«„—–(*_-]*\s*", text)
    start = text[begins.end() if begins else 0 :]
    return (
        len(words) >= max(4, 2 * len(full))
        and letters >= len(text) * 0.9
        and (start[:1].isupper() or not start[:1].islower())
        and re.search(r"[.,!?…:;—–](?:\s|[\"”»’)]|$)", text) is not None
    )


def unwrap(lines: Sequence[str], width: int, words: Set[str]) -> Iterator[str]:
    """Yield the paragraphs of lines that a program wrapped at `width`.

    A line that ends early ends a paragraph if it also ends a sentence, or if the next one begins
    an item of a list or a turn of a dialog. `words` are the words of the whole text, in lower
    case: they tell a divided word from one that is written with a hyphen.
    """
    pieces: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        pieces.append(line.strip())
        if not after.strip():
            continue
        is_early = not is_full(line.rstrip(), after.strip(), width)
        is_indented = _indent(after) > _indent(line) and _indent(after) - _indent(line) <= 8
        new = _STARTS_ITEM.match(after.strip()) and (
            is_early or _STARTS_ITEM.match(lines[0].strip())
        )
        if (is_early or is_indented) and (new or SENTENCE_END.search(line)):
            yield _join(pieces, words)
            pieces = []
        elif is_early and not after.strip()[:1].islower() and len(line.strip()) < width * 0.5:
            pieces.append("\n")  # a line of an address, or a heading
    yield _join(pieces, words)


def join_east_asian(text: str) -> str:
    """Return a text without line breaks between Chinese or Japanese characters."""
    return _CJK_BREAK.sub("", text)


def known_words(text: str) -> set[str]:
    """Return the words of a text in lower case, also those that are written with hyphens."""
    return {word.casefold() for word in _WORD.findall(text)}


def split_paragraphs(text: str) -> list[list[str]]:
    """Return the lines of each paragraph of a text. Paragraphs are separated by empty lines."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]


def _join(pieces: Sequence[str], words: Set[str]) -> str:
    """Join lines with a space, or without one where a word was divided."""
    text = ""
    for piece in pieces:
        if piece == "\n" or not text or text.endswith("\n"):
            text += piece
        elif text[-1] in "\u00ad¬" and len(text) > 1:
            text = text[:-1] + piece
        elif text[-1] in "-‐" and len(text) > 1 and text[-2].isalpha() and piece[:1].islower():
            if _is_part_of_compound(text, piece, words):
                text += f" {piece}"
            else:
                text = (text if _has_hyphen(text, piece, words) else text[:-1]) + piece
        elif _DASH_AT_END.search(text[-3:]) or (_CJK.match(text[-1]) and _CJK.match(piece)):
            text += piece
        else:
            text += f" {piece}"
    return text


def _is_part_of_compound(before: str, after: str, words: Set[str]) -> bool:
    """Return True if a hyphen at the end of a line stands for a word after "and"."""
    first, second = _around_hyphen(before, after)
    return second in _AFTER_PART and after[len(second) :][:1] == " " and first + second not in words


def _around_hyphen(before: str, after: str) -> tuple[str, str]:
    """Return the parts of a word around the end of a line, in lower case, without the hyphen."""
    first = before[-80:].split()[-1][:-1].strip('"“‘«(').casefold()
    found = _WORD.match(after)
    return first, found[0].casefold() if found else ""


def _has_hyphen(before: str, after: str, words: Set[str]) -> bool:
    """Return True if a word that is divided at the end of a line is written with a hyphen."""
    first, second = _around_hyphen(before, after)
    if first + second in words:
        return False
    if f"{first}-{second}" in words or first in _HYPHENATED or second in _HYPHENATED_ENDS:
        return True
    return "-" in first or (len(first) > 3 and len(second) > 3 and {first, second} <= words)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
