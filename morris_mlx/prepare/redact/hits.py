"""A hit in a folded text, and what becomes of hits that overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from morris_mlx.redaction import KINDS

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


def before(text: str, start: int, most: int = 40) -> str:
    """The text before a place on the same line, at most so many characters, in lower case."""
    return text[max(0, start - most) : start].rpartition("\n")[2].lower()


def after(text: str, end: int, most: int = 20) -> str:
    return text[end : end + most].partition("\n")[0].lower()
