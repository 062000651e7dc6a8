"""Verbatim copies: the longest run of words that a text shares with what was learned from.

Words are compared without regard to case, punctuation, quotation marks, accents set as marks of
their own, and typographic forms (NFKC). The parts of a hyphenated word count as words.

The text is short and what was learned from is long, so the text is what gets an index: a suffix
automaton over its words (Blumer et al. 1985, doi 10.1016/0304-3975(85)90157-4). Every word of the
training texts moves it by one step, amortised, and the length of the match so far falls out. That
is linear in both, holds nothing of the training texts, and has no bad case, where an index of
13-word shingles has one: a shingle that repeats.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_COPIED_WORDS = 12  # longer runs are no idiom or turn of phrase any more: they were learned
SHOWN_WORDS = 4  # of each end of a copy: enough to find it, too few to publish it by a log
APOSTROPHES = "'’‘ʼ´`＇"
GROUPED_DIGITS = re.compile(r"(?<=\d)[.,](?=\d)")


class _Letters(dict[int, str]):
    """What a character is to a comparison of words: itself, nothing, or a gap between words."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Mn", "Me", "Cf") or character in APOSTROPHES:
            self[code] = ""  # a stress mark, a soft hyphen; don't and don’t are one word
        else:
            self[code] = character if category[0] in "LMN" else " "
        return self[code]


_LETTERS = _Letters()


def bare_words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    plain = unicodedata.normalize("NFKC", text.replace("´", "'")).casefold()
    plain = GROUPED_DIGITS.sub("", unicodedata.normalize("NFKC", plain))  # 1,000 is one word
    return plain.translate(_LETTERS).split()


@dataclass(frozen=True, slots=True)
class Copied:
    """The longest run: its words, and the training text by number (from 1) and first words."""

    words: tuple[str, ...]
    source: int
    source_opening: tuple[str, ...]


def longest_copy(text: str, training_texts: Iterable[str]) -> Copied | None:
    """The longest run of words that `text` shares with one of them; None without any.

    Among runs of equal length the first to be met counts. Time is linear in all words together.
    """
    words = bare_words(text)
    automaton = _Automaton(words)
    best: Copied | None = None
    for number, training_text in enumerate(training_texts, 1):
        learned = bare_words(training_text)
        length, end = automaton.longest_match(learned)
        if length > (len(best.words) if best else 0):
            best = Copied(tuple(learned[end - length : end]), number, tuple(learned[:SHOWN_WORDS]))
    return best


@dataclass(slots=True)
class _State:
    """A class of runs that end at the same places: the longest's length, and where to fall back."""

    length: int
    link: int = -1
    steps: dict[str, int] = field(default_factory=dict)


class _Automaton:
    """All runs of words of one text, in at most two states a word."""

    def __init__(self, words: Sequence[str]) -> None:
        self._states = [_State(0)]
        last = 0
        for word in words:
            last = self._add(word, last)

    def _add(self, word: str, last: int) -> int:
        states = self._states
        new = len(states)
        states.append(_State(states[last].length + 1))
        at = last
        while at >= 0 and word not in states[at].steps:
            states[at].steps[word] = new
            at = states[at].link
        states[new].link = self._own_class(word, at) if at >= 0 else 0
        return new

    def _own_class(self, word: str, at: int) -> int:
        """Where `word` leads from `at`, parted from the longer runs that end in more places."""
        states = self._states
        target = states[at].steps[word]
        if states[target].length == states[at].length + 1:
            return target
        copy = len(states)
        old = states[target]
        states.append(_State(states[at].length + 1, old.link, dict(old.steps)))
        while at >= 0 and states[at].steps.get(word) == target:
            states[at].steps[word] = copy
            at = states[at].link
        old.link = copy
        return copy

    def longest_match(self, words: Sequence[str]) -> tuple[int, int]:
        """(words of the longest run, its end in `words`)."""
        states = self._states
        at = length = best = end = 0
        for position, word in enumerate(words, 1):
            while at and word not in states[at].steps:
                at = states[at].link
                length = states[at].length
            if word in states[at].steps:
                at = states[at].steps[word]
                length += 1
            if length > best:
                best, end = length, position
        return best, end
