"""A hit in a folded text, and what becomes of hits that overlap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from morris_mlx.text.pii import KINDS

SINGLE_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
PRIORITY = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Hit:
    """`text[start:end]` is private; `stand_in` where it has one of its own."""

    kind: str
    start: int
    end: int
    stand_in: str = ""


def merged(hits: Iterable[Hit]) -> list[Hit]:
    """Hits that touch no other: of several that overlap all is private, the longest names it.

    Their union goes, not the longest alone: no end of the other may be left standing.
    """
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, h.start - h.end, PRIORITY[h.kind])):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
            continue
        last = kept.pop()
        first = min(last, hit, key=lambda h: (h.start - h.end, PRIORITY[h.kind]))
        kept.append(Hit(first.kind, last.start, max(last.end, hit.end), first.stand_in))
    return kept


def hits_of(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Hit]:
    """A hit for every match: its group `item` where the pattern has one, else all of it."""
    group = "item" if "item" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        yield Hit(kind, match.start(group), match.end(group))


# Cyrillic letters that nobody can tell from Latin ones, typed in the wrong layout or on purpose.
LATIN_FOR = str.maketrans("асеорхуіјѕАВСЕНКМОРТХУІЈЅ", "aceopxyijsABCEHKMOPTXYIJS")
CYRILLIC_FOR = {latin: cyrillic for cyrillic, latin in LATIN_FOR.items()}


def one_alphabet(word: str) -> str:
    """A word of Latin and Cyrillic letters in those that most of it has; others stay."""
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in word)
    if not cyrillic or word.isascii():
        return word
    latin = sum(c.isascii() and c.isalpha() for c in word)
    if not latin:
        return word
    return word.translate(LATIN_FOR if latin > cyrillic else CYRILLIC_FOR)


def also_broken(
    find: Callable[[str], Iterator[Hit]], text: str, *, wider: bool = False
) -> Iterator[Hit]:
    """What is found, and what is found where a line ends inside of it, once.

    `wider`: also what goes on over the end of a line; of figures the next line may be another
    thing.
    """
    whole = list(find(text))
    yield from whole
    if "\n" not in text:
        return
    taken = [(hit.start, hit.end) for hit in whole]
    for hit in find(SINGLE_BREAK.sub(" ", text)):
        lines = text.count("\n", hit.start, hit.end)
        apart = wider or not any(hit.start < b and a < hit.end for a, b in taken)
        if lines == 1 and apart:
            yield hit


def before(text: str, start: int, most: int = 40) -> str:
    """The text before a place on the same line, at most so many characters, in lower case."""
    return text[max(0, start - most) : start].rpartition("\n")[2].lower()


def after(text: str, end: int, most: int = 20) -> str:
    return text[end : end + most].partition("\n")[0].lower()
