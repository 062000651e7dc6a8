"""Hits of recognizers: spans of a folded text, how overlapping ones merge, and the text around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from morris_mlx.text.pii import KINDS

SINGLE_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
PRIORITY = {kind: number for number, kind in enumerate(KINDS)}
# Cyrillic letters that look like Latin ones: typed in the wrong layout, or to hide a word.
LATIN_FOR = str.maketrans("асеорхуіјѕАВСЕНКМОРТХУІЈЅ", "aceopxyijsABCEHKMOPTXYIJS")
CYRILLIC_FOR = {latin: cyrillic for cyrillic, latin in LATIN_FOR.items()}


@dataclass(frozen=True, slots=True)
class Hit:
    """A private item at `text[start:end]`; `stand_in` is "" for the placeholder of its kind."""

    kind: str
    start: int
    end: int
    stand_in: str = ""


def merge_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Merge overlapping hits. The merged span covers all of them and has the longest one's kind."""
    merged: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, h.start - h.end, PRIORITY[h.kind])):
        if not merged or hit.start >= merged[-1].end:
            merged.append(hit)
            continue
        last = merged.pop()
        longest = min(last, hit, key=lambda h: (h.start - h.end, PRIORITY[h.kind]))
        merged.append(Hit(longest.kind, last.start, max(last.end, hit.end), longest.stand_in))
    return merged


def pattern_hits(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Hit]:
    """Yield a hit for each match: the group `item` if the pattern has it, else the whole match."""
    group = "item" if "item" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        yield Hit(kind, match.start(group), match.end(group))


def find_across_lines(
    find: Callable[[str], Iterator[Hit]], text: str, *, extend: bool = False
) -> Iterator[Hit]:
    """Yield the hits of a recognizer, and those with one line break inside the item.

    With `extend`, also hits that continue an item on the next line. This is not for numbers, since
    the next line may begin with another number.
    """
    hits = list(find(text))
    yield from hits
    if "\n" not in text:
        return
    for hit in find(SINGLE_BREAK.sub(" ", text)):
        breaks = text.count("\n", hit.start, hit.end)
        overlaps = any(hit.start < other.end and other.start < hit.end for other in hits)
        if breaks == 1 and (extend or not overlaps):
            yield hit


def text_before(text: str, start: int, count: int = 40) -> str:
    """Return at most `count` characters before a position, on the same line, in lower case."""
    return text[max(0, start - count) : start].rpartition("\n")[2].lower()


def text_after(text: str, end: int, count: int = 20) -> str:
    """Return at most `count` characters after a position, on the same line, in lower case."""
    return text[end : end + count].partition("\n")[0].lower()


def to_main_alphabet(word: str) -> str:
    """Return a word of Latin and Cyrillic letters in the alphabet of most of its letters.

    Only letters that look the same in both alphabets are changed.
    """
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in word)
    if not cyrillic or word.isascii():
        return word
    latin = sum(c.isascii() and c.isalpha() for c in word)
    if not latin:
        return word
    return word.translate(LATIN_FOR if latin > cyrillic else CYRILLIC_FOR)
