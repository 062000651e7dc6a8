"""Text as its reader sees it, and where each of its characters stands in the original.

Invisible characters are gone, other figures, spaces and dashes are the plain ones, compatible
forms are one form (NFKC); so nothing private hides behind a zero-width space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

KEPT = "№…™"  # NFKC would spell them out in letters and full stops that nobody wrote
DASHES = "\u2212\u2043\u00ad"  # minus and hyphen bullet; a soft hyphen is a format character
VARIATION = range(0xFE00, 0xFE10)


@dataclass(frozen=True, slots=True)
class Folded:
    """`text[i]` stands for `original[starts[i]:ends[i]]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) stands in the original."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """The case is kept; `same_case` folds it."""
    if text.isascii() and text.isprintable():
        return Folded(text, range(len(text)), range(1, len(text) + 1))
    shown: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(text):
        seen = _seen(char)
        if len(seen) == 1 and unicodedata.combining(seen):
            if shown:  # й may be written as и and a breve; other marks are decoration
                shown[-1] = _composed(shown[-1], seen)
                ends[-1] = at + 1
            continue
        for one in seen:
            shown.append(one)
            starts.append(at)
            ends.append(at + 1)
    return Folded("".join(shown), starts, ends)


def same_case(text: str) -> str:
    """Lower case of the same length, ё as е: how names are compared."""
    lowered = text.lower()
    if len(lowered) != len(text):  # İ becomes two characters
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    return lowered.replace("ё", "е")


def plain(text: str) -> str:
    """What is left of a text for comparing: folded, in one case."""
    return same_case(fold(text).text)


@lru_cache(maxsize=4096)
def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or ord(char) in VARIATION:
        return ""
    if category == "Cc":
        return char if char in "\n\t" else ("\n" if char in "\r\v\f\x85" else "")
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char in DASHES:
        return "-"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    return char if char in KEPT else unicodedata.normalize("NFKC", char)


def _composed(base: str, mark: str) -> str:
    whole = unicodedata.normalize("NFC", base + mark)
    return whole if len(whole) == 1 else base
