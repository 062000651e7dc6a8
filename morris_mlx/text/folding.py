"""Normalization of text for searches, with the position of each character in the original.

Folding removes invisible characters and replaces variants of digits, spaces, dashes and letters by
the common form (NFKC), so that a zero-width space cannot hide a private item.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

KEPT = "№…™"  # NFKC would replace them by letters and full stops
DASHES = "\u2212\u2043\u00ad"  # minus and hyphen bullet; a soft hyphen is a format character
VARIATION = range(0xFE00, 0xFE10)
PLAIN_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `text[i]` stands for `original[starts[i]:ends[i]]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and end in the original of `text[start:end]`, which is not empty."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold a text without changing its case.

    fold("a\u200bb").text == "ab"
    """
    if text.isascii() and text.isprintable():
        return Folded(text, range(len(text)), range(1, len(text) + 1))
    shown: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(text):
        seen = _seen(char)
        if len(seen) == 1 and unicodedata.combining(seen):
            if shown:  # й may be written as и and a breve; other marks are dropped
                shown[-1] = _composed(shown[-1], seen)
                ends[-1] = at + 1
            continue
        for one in seen:
            shown.append(one)
            starts.append(at)
            ends.append(at + 1)
    return Folded("".join(shown), starts, ends)


def lowercase(text: str) -> str:
    """Return the text in lower case with the same length and with ё as е, for comparing names."""
    lowered = text.lower()
    if len(lowered) != len(text):  # İ becomes two characters
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    return lowered.replace("ё", "е")


def fold_lowercase(text: str) -> str:
    """Return a text folded and in lower case."""
    return lowercase(fold(text).text)


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


def without_accents(word: str) -> str:
    """Return a word in lower case with plain Latin letters; other alphabets are unchanged.

    without_accents("zoë") == "zoe"
    """
    if word.isascii():
        return word
    return "".join(_plain_letter(c) for c in word)


@lru_cache(maxsize=1024)
def _plain_letter(char: str) -> str:
    if char in PLAIN_LETTERS:
        return PLAIN_LETTERS[char]
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else char
