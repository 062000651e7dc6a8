"""Normalization of text for searches, with the position of each character in the original.

Folding removes invisible characters and replaces variants of digits, spaces, dashes and letters by
the common form (NFKC), so that a zero-width space cannot hide a private item.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

KEPT = "№…™"  # NFKC would replace them by letters and full stops
DASHES = "\u2212\u2043\u00ad"  # minus and hyphen bullet; a soft hyphen is a format character
VARIATION = range(0xFE00, 0xFE10)
PLAIN_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
PLAIN_LETTERS["ı"] = "i"  # Turkish
IRREGULAR = "\0"  # no character is folded to it: control characters are removed
RUN_OF_IRREGULAR = re.compile(f"{IRREGULAR}+")


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
    plain = text.translate(_TABLE)
    if IRREGULAR not in plain:
        return Folded(plain, range(len(text)), range(1, len(text) + 1))
    return _fold_irregular(text, plain)


def _fold_irregular(text: str, plain: str) -> Folded:
    """Fold a text in which some characters are not replaced by exactly one.

    `plain` is the text with IRREGULAR in their places. What is between them is copied whole, since
    a loop over every character would take most of the time of a preparation.
    """
    shown: list[str] = []
    starts, ends = array("q"), array("q")
    done = 0
    for match in RUN_OF_IRREGULAR.finditer(plain):
        _copy(plain, done, match.start(), shown, starts, ends)
        for at in range(match.start(), match.end()):
            seen = _seen(text[at])
            if len(seen) == 1 and unicodedata.combining(seen):
                if shown:  # й may be written as и and a breve; other marks are dropped
                    shown[-1] = _composed(shown[-1], seen)
                    ends[-1] = at + 1
                continue
            for one in seen:
                shown.append(one)
                starts.append(at)
                ends.append(at + 1)
        done = match.end()
    _copy(plain, done, len(plain), shown, starts, ends)
    return Folded("".join(shown), starts, ends)


def _copy(
    plain: str, start: int, end: int, shown: list[str], starts: array[int], ends: array[int]
) -> None:
    """Copy `plain[start:end]`, its last character apart: a mark that follows may change it."""
    if start < end:
        shown += [plain[start : end - 1], plain[end - 1]] if end - start > 1 else [plain[start]]
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))


def lowercase(text: str) -> str:
    """Return the text in lower case with the same length and with ё as е, for comparing names."""
    lowered = text.lower()
    if len(lowered) != len(text):  # İ becomes two characters
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    return lowered.replace("ё", "е")


def fold_lowercase(text: str) -> str:
    """Return a text folded and in lower case."""
    return lowercase(fold(text).text)


class _Table(dict[int, str]):
    """The folded form of each character, or IRREGULAR if that is not one letter or sign."""

    def __missing__(self, code: int) -> str:
        seen = _seen(chr(code))
        single = len(seen) == 1 and not unicodedata.combining(seen)
        self[code] = seen if single else IRREGULAR
        return self[code]


_TABLE = _Table()


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
