"""Search for verbatim copies: the longest run of words that a text shares with training texts.

The comparison ignores case, punctuation, quotation marks, combining accents and typographic forms
(NFKC). The parts of a hyphenated word count as words.

The text is short and the training texts are long, so the index is of the text: a suffix automaton
over its words (Blumer et al. 1985, doi 10.1016/0304-3975(85)90157-4). Every word of the training
texts advances it by one step, amortized, and gives the length of the current match. This is linear
in both and stores nothing of the training texts. An index of 13-word shingles has a bad case that
this has not: a shingle that repeats.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_COPIED_WORDS = 12  # a longer run is not an idiom: it was memorized
SHOWN_WORDS = 4  # of each end of a copy: enough to find it, too few to publish it in a log
APOSTROPHES = "'’‘ʼ´`＇"
GROUPED_DIGITS = re.compile(r"(?<=\d)[.,](?=\d)")


class _Letters(dict[int, str]):
    """The replacement of each character in a comparison: itself, nothing, or a space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Mn", "Me", "Cf") or character in APOSTROPHES:
            self[code] = ""  # a stress mark or soft hyphen; don't and don’t are the same word
        else:
            self[code] = character if category[0] in "LMN" else " "
        return self[code]


_LETTERS = _Letters()


def normalize_words(text: str) -> list[str]:
    """Return the words of a text in the form in which they are compared."""
    plain = unicodedata.normalize("NFKC", text.replace("´", "'")).casefold()
    plain = GROUPED_DIGITS.sub("", unicodedata.normalize("NFKC", plain))  # "1,000" is one word
    return plain.translate(_LETTERS).split()


@dataclass(frozen=True, slots=True)
class CopiedRun:
    """The longest shared run, and its training text by number (from 1) and first words."""

    words: tuple[str, ...]
    source: int
    source_opening: tuple[str, ...]


def longest_copy(text: str, training_texts: Iterable[str]) -> CopiedRun | None:
    """Return the longest run of words that `text` shares with a training text, or None.

    The first of several equally long runs is returned. Time is linear in the number of all words.
    """
    words = normalize_words(text)
    automaton = _Automaton(words)
    best: CopiedRun | None = None
    for number, training_text in enumerate(training_texts, 1):
        learned = normalize_words(training_text)
        length, end = automaton.longest_match(learned)
        if length > (len(best.words) if best else 0):
            best = CopiedRun(
                tuple(learned[end - length : end]), number, tuple(learned[:SHOWN_WORDS])
            )
    return best


@dataclass(slots=True)
class _State:
    """A class of runs with the same end positions: the longest length and the suffix link."""

    length: int
    link: int = -1
    steps: dict[str, int] = field(default_factory=dict)


class _Automaton:
    """A suffix automaton over the words of one text, with at most two states per word."""

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
        """Return the target of `word` from state `at`, split from longer runs if necessary."""
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
        """Return (length of the longest run in words, its end position in `words`)."""
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
