"""Verbatim copies: the longest span of every generated text that occurs in the training texts.

Case, punctuation, quotation marks, accents and typographic forms do not count
(`text/copying.normalize_words`). The search extends the hashes of all shared runs of words by one
word at a time. Few runs of two words are shared, and hardly any of five, so the search takes no
longer than a few passes over the training texts, even if the longest copy is long.

found = find_copies(answers, training_texts)
print(found.over_limit, found.longest.words)
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from morris_mlx.text.copying import MAX_COPIED_WORDS, normalize_words

FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, with bits everywhere: a multiplicative hash
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class CopiedSpan:
    """The longest shared span of one generated text.

    Attributes:
        words: The normalized words of the span; empty if no word is shared.
        source: The number of the training text, from 0; -1 without a span.
    """

    words: tuple[str, ...] = ()
    source: int = -1

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
    def over_limit(self) -> float:
        """The share of texts with a span of more than MAX_COPIED_WORDS words."""
        over = sum(len(span.words) > MAX_COPIED_WORDS for span in self.spans)
        return over / len(self.spans) if self.spans else 0.0

    @property
    def median_words(self) -> float:
        """The median length of the longest spans, in words."""
        return float(statistics.median(len(s.words) for s in self.spans)) if self.spans else 0.0


def find_copies(answers: Sequence[str], training_texts: Iterable[str]) -> Copying:
    """Return the longest span that each answer shares with a training text.

    `training_texts` are read once, as a stream. Of several equally long spans, the one of the
    first training text is returned.
    """
    numbers: dict[str, int] = {}
    own_words = [normalize_words(answer) for answer in answers]
    own = _joined([[numbers.setdefault(w, len(numbers) + 1) for w in ws] for ws in own_words])
    ends = np.cumsum([len(words) + 1 for words in own_words], dtype=np.int64)
    rows, openings, size = [], [0], 0
    for text in training_texts:
        row = [numbers.get(word, 0) for word in normalize_words(text)]
        rows.append(np.array([*row, 0], dtype=np.int32))
        size += len(row) + 1
        openings.append(size)
    learned = np.concatenate(rows) if rows else np.zeros(1, dtype=np.int32)
    lengths, places = _longest(own, learned)
    spans = []
    for number, words in enumerate(own_words):
        first = int(ends[number]) - len(words) - 1
        here = lengths[first : first + len(words)]
        best = int(here.argmax()) if len(here) else 0
        length = int(here[best]) if len(here) else 0
        source = int(np.searchsorted(openings, places[first + best], side="right")) - 1
        span = CopiedSpan(tuple(words[best : best + length]), source)
        spans.append(span if length else CopiedSpan())
    return Copying(tuple(spans))


def own_repetition(texts: Sequence[str], words: int) -> Copying:
    """Return the same measure between two halves of the writer's own texts.

    Every writer repeats some phrases. Every second text is searched for in the others, in pieces of
    about `words` words, the length of the generated texts: a longer text has more chances.
    """
    pieces = []
    for text in texts[1::2]:
        split = text.split()
        pieces += [" ".join(split[at : at + words]) for at in range(0, len(split), words)]
    return find_copies(pieces, texts[::2])


def _joined(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """Return rows of word numbers, each ended by a 0 that no span contains."""
    return np.array([n for row in rows for n in (*row, 0)], dtype=np.int32)


def _longest(own: NDArray[np.int32], learned: NDArray[np.int32]) -> tuple[Numbers, Numbers]:
    """Return for each position of `own` the length of the longest match and its first place.

    In both, 0 ends a text; in `learned` it is also every word that `own` does not have.
    """
    lengths = np.zeros(len(own), dtype=np.int64)
    places = np.zeros(len(own), dtype=np.int64)
    at_own, at_learned = np.flatnonzero(own), np.flatnonzero(learned)
    hash_own = np.zeros(len(at_own), dtype=np.uint64)
    hash_learned = np.zeros(len(at_learned), dtype=np.uint64)
    length = 0
    while len(at_own) and len(at_learned):
        at_own, hash_own = _extend(own, at_own, hash_own, length)
        at_learned, hash_learned = _extend(learned, at_learned, hash_learned, length)
        length += 1
        wanted, group = np.unique(hash_own, return_inverse=True)
        if not len(wanted) or not len(hash_learned):
            break
        found = np.minimum(np.searchsorted(wanted, hash_learned), len(wanted) - 1)
        shared = wanted[found] == hash_learned
        at_learned, hash_learned, found = at_learned[shared], hash_learned[shared], found[shared]
        first = np.full(len(wanted), len(learned), dtype=np.int64)
        np.minimum.at(first, found, at_learned)
        place = first[group]
        kept = place < len(learned)
        at_own, hash_own = at_own[kept], hash_own[kept]
        lengths[at_own] = length
        places[at_own] = place[kept]
    return lengths, places


def _extend(
    words: NDArray[np.int32], at: Numbers, hashes: Hashes, length: int
) -> tuple[Numbers, Hashes]:
    """Return the runs that can be extended by a word, with their hashes. 0 ends an array."""
    following = words[np.minimum(at + length, len(words) - 1)]
    goes_on = following > 0
    # The sum of products modulo 2^64 wraps around, as intended.
    extended = hashes[goes_on] * FACTOR + following[goes_on].astype(np.uint64) * FACTOR
    return at[goes_on], extended ^ (extended >> np.uint64(29))
