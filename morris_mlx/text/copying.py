"""Verbatim copies: the longest span of each generated text that occurs in the training texts.

The comparison ignores case, punctuation, quotation marks, combining accents and typographic forms
(NFKC). The parts of a hyphenated word count as words.

The generated texts are short and the training texts are long, so the index is of the generated
texts: a suffix automaton over their words (Blumer et al. 1985,
doi 10.1016/0304-3975(85)90157-4). Every word of the training texts advances it by one step,
amortized, and gives the length of the current match. This is linear in both, also where a word or
a span repeats, and stores nothing of the training texts.

found = find_copies(answers, training_texts)
print(found.over_limit, found.longest.words)
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

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
class CopiedSpan:
    """The longest shared span of one generated text.

    Attributes:
        words: The normalized words of the span; empty if no word is shared.
        source: The number of the training text, from 0; -1 without a span.
        opening: The first words of the training text.
    """

    words: tuple[str, ...] = ()
    source: int = -1
    opening: tuple[str, ...] = field(default=(), compare=False)

    @property
    def characters(self) -> int:
        """The number of characters, with one blank between two words."""
        return len(" ".join(self.words))


@dataclass(frozen=True, slots=True)
class Copying:
    """The longest spans of all generated texts, in their order."""

    spans: tuple[CopiedSpan, ...]

    @property
    def longest(self) -> CopiedSpan:
        """The longest span of all."""
        return max(self.spans, key=lambda span: len(span.words), default=CopiedSpan())

    @property
    def many_over_limit(self) -> int:
        """The number of texts with a span of more than MAX_COPIED_WORDS words."""
        return sum(len(span.words) > MAX_COPIED_WORDS for span in self.spans)

    @property
    def over_limit(self) -> float:
        """The share of texts with a span of more than MAX_COPIED_WORDS words."""
        return self.many_over_limit / len(self.spans) if self.spans else 0.0

    @property
    def median_words(self) -> float:
        """The median length of the longest spans, in words."""
        return float(statistics.median(len(s.words) for s in self.spans)) if self.spans else 0.0


def find_copies(answers: Sequence[str], training_texts: Iterable[str]) -> Copying:
    """Return the longest span that each answer shares with a training text.

    `training_texts` are read once, as a stream. Of several equally long spans, one of the first
    training text is returned. Time is linear in the number of all words.
    """
    own_words = [normalize_words(answer) for answer in answers]
    automaton = _Automaton(own_words)
    openings = []
    for text in training_texts:
        words = normalize_words(text)
        openings.append(tuple(words[:SHOWN_WORDS]))
        automaton.read(words, len(openings) - 1)
    spans = []
    for words, found in zip(own_words, automaton.longest_matches(), strict=True):
        length, end, source = found
        copied = tuple(words[end - length : end])
        spans.append(CopiedSpan(copied, source, openings[source]) if length else CopiedSpan())
    return Copying(tuple(spans))


def without_shared_runs(text: str, other: str) -> list[str]:
    """Return the parts of a text, normalized, without its runs that another text has, too.

    A run of more than MAX_COPIED_WORDS words is shared; shorter ones are left in.
    """
    words, length = normalize_words(text), MAX_COPIED_WORDS + 1
    others = normalize_words(other)
    runs = {tuple(others[at : at + length]) for at in range(len(others) - length + 1)}
    shared = [False] * len(words)
    for at in range(len(words) - length + 1):
        if tuple(words[at : at + length]) in runs:
            shared[at : at + length] = [True] * length
    pairs = groupby(zip(words, shared, strict=True), key=lambda pair: pair[1])
    return [" ".join(word for word, _ in part) for is_shared, part in pairs if not is_shared]


class _Automaton:
    """A suffix automaton over the words of several texts, with at most two states per word.

    A state is a class of runs with the same end positions. Words are numbers; each text ends with a
    number of its own, which no other text has, so that no run extends across two texts. The lists
    have an entry per state: `_length` of its longest run, `_link` to the class of the longest run
    that is a suffix of all of its runs and ends elsewhere, too, and `_steps` to other states.
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._length, self._link, self._steps = [0], [-1], [dict[int, int]()]
        self._numbers: dict[str, int] = {}
        self._ends: list[list[int]] = []  # the state after each word, by text
        last = 0
        for number, text in enumerate(texts):
            states = []
            for word in text:
                last = self._add(self._numbers.setdefault(word, len(self._numbers) + 1), last)
                states.append(last)
            last = self._add(-1 - number, last)
            self._ends.append(states)
        # Of each state: the longest match that ended in it, the text of this match, and the first
        # text that reached the state.
        self._matched = [0] * len(self._length)
        self._source = [-1] * len(self._length)
        self._first = [-1] * len(self._length)

    def _add(self, word: int, last: int) -> int:
        new = self._new_state(self._length[last] + 1, -1, {})
        at = last
        while at >= 0 and word not in self._steps[at]:
            self._steps[at][word] = new
            at = self._link[at]
        self._link[new] = self._own_class(word, at) if at >= 0 else 0
        return new

    def _new_state(self, length: int, link: int, steps: dict[int, int]) -> int:
        self._length.append(length)
        self._link.append(link)
        self._steps.append(steps)
        return len(self._length) - 1

    def _own_class(self, word: int, at: int) -> int:
        """Return the target of `word` from state `at`, split from longer runs if necessary."""
        target = self._steps[at][word]
        if self._length[target] == self._length[at] + 1:
            return target
        copy = self._new_state(self._length[at] + 1, self._link[target], dict(self._steps[target]))
        while at >= 0 and self._steps[at].get(word) == target:
            self._steps[at][word] = copy
            at = self._link[at]
        self._link[target] = copy
        return copy

    def read(self, words: Iterable[str], source: int) -> None:
        """Match the words of a training text with the number `source`."""
        steps, link, lengths = self._steps, self._link, self._length
        matched, numbers = self._matched, self._numbers
        at = length = 0
        for word in words:
            number = numbers.get(word)
            if number is None:
                at = length = 0
                continue
            step = steps[at].get(number)
            while step is None:  # ends at the start, which has a step for each known word
                at = link[at]
                length = lengths[at]
                step = steps[at].get(number)
            at = step
            length += 1
            if length > matched[at]:
                if not matched[at]:
                    self._first[at] = source
                matched[at] = length
                self._source[at] = source

    def longest_matches(self) -> list[tuple[int, int, int]]:
        """Return (length, end position, source) of the longest match in each text."""
        matched, source, first = self._matched, self._source, self._first
        order = sorted(range(1, len(matched)), key=self._length.__getitem__)
        for state in reversed(order):  # a match of a run is a match of all of its suffixes
            parent = self._link[state]
            if not matched[state] or not parent:
                continue
            if matched[parent] < self._length[parent]:
                matched[parent], source[parent] = self._length[parent], first[state]
            else:
                source[parent] = min(source[parent], first[state])
            known = first[parent]
            first[parent] = first[state] if known < 0 else min(known, first[state])
        for state in order:  # the suffixes of a run that has no match may have one
            if not matched[state]:
                parent = self._link[state]
                matched[state], source[state] = matched[parent], source[parent]
        found = []
        for states in self._ends:
            best = (0, 0, -1)
            for end, state in enumerate(states, 1):
                longer = matched[state] > best[0]
                if longer or (matched[state] == best[0] > 0 and source[state] < best[2]):
                    best = (matched[state], end, source[state])
            found.append(best)
        return found
