"""The statistics of one text. The judges use nothing else of the text.

A text is measured once and may then be used in every fit. The shipped reference population
consists of such statistics, too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from morris_mlx.evaluate.judges.grammar import (
    END,
    OTHER,
    START,
    fold_word,
    mask_grammar,
    tokenize,
)
from morris_mlx.evaluate.judges.inventory import (
    Inventory,
    character_ngrams,
    distort,
    number_tokens,
)

ORDER = 4  # tokens of the longest n-gram; the paper's 10 gained nothing here over 4
TOKEN_BITS = 10
RHYTHM_MARKS = (",", ";", ":", "?", "!", "(", "–", "…", '"', "-")
SHORT_SENTENCE, LONG_SENTENCE = 8, 30  # words: about the lower and the upper fifth of essays
SHORT_WORD, LONG_WORD = 3, 8  # letters
RHYTHM = (
    "sentence length",
    "spread of sentence length",
    "change from sentence to sentence",
    "short sentences",
    "long sentences",
    "word length",
    "short words",
    "long words",
    "contractions",
    *RHYTHM_MARKS,
)

Vector = NDArray[np.float64]
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredText:
    """Statistics of a text.

    Attributes:
        words: The number of its words.
        keys: Its distinct n-grams of masked tokens, packed, in ascending order.
        counts: The number of occurrences of each of `keys`.
        frequencies: The frequent words of the inventory, per word of the text.
        characters: The character n-grams of the inventory; the sum of their shares is 1.
        rhythm: The figures named in RHYTHM.
    """

    words: int
    keys: Keys
    counts: Keys
    frequencies: Vector
    characters: Vector
    rhythm: Vector


def measure(text: str, inventory: Inventory) -> MeasuredText:
    """Return the statistics of a text. A text without words has zeros."""
    sentences = tokenize(text)
    words = [fold_word(t) for s in sentences for t in s if t[0].isalpha()]
    masked = mask_grammar(sentences, inventory.kept, inventory.language)
    keys, counts = _grammar_ngrams(masked, number_tokens(inventory))
    return MeasuredText(
        words=len(words),
        keys=keys,
        counts=counts,
        frequencies=_shares(words, inventory.words, len(words)),
        characters=_characters(distort(sentences, inventory.visible), inventory.characters),
        rhythm=_rhythm(sentences),
    )


def measure_all(texts: Iterable[str], inventory: Inventory) -> tuple[MeasuredText, ...]:
    """Return the statistics of several texts."""
    return tuple(measure(text, inventory) for text in texts)


def _grammar_ngrams(masked: Sequence[Sequence[str]], numbers: dict[str, int]) -> tuple[Keys, Keys]:
    """Return the packed n-grams that end at each token, with their counts.

    The start of a sentence is padded, so that the first token has a context, too.
    """
    other, start, end = numbers[OTHER], numbers[START], numbers[END]
    found: list[int] = []
    mask = (1 << TOKEN_BITS * ORDER) - 1
    padding = 0
    for _ in range(ORDER):
        padding = padding << TOKEN_BITS | start
    for sentence in masked:
        key = padding
        for token in (*(numbers.get(t, other) for t in sentence), end):
            key = (key << TOKEN_BITS | token) & mask
            found.append(key)
    keys, counts = np.unique(np.array(found, dtype=np.int64), return_counts=True)
    return keys, counts.astype(np.int64)


def _shares(found: Sequence[str], features: Sequence[str], total: int) -> Vector:
    counts = Counter(found)
    return np.array([counts[f] for f in features], dtype=np.float64) / max(1, total)


def _characters(text: str, features: Sequence[str]) -> Vector:
    shares = _shares(character_ngrams(text), features, 1)
    return shares / max(1.0, float(shares.sum()))


def _rhythm(sentences: Sequence[Sequence[str]]) -> Vector:
    """Return the figures named in RHYTHM. Lengths of sentences are logarithms, for their skew."""
    lengths = [sum(t[0].isalpha() for t in sentence) for sentence in sentences]
    lengths = [n for n in lengths if n]
    tokens = [t for sentence in sentences for t in sentence]
    words = [t for t in tokens if t[0].isalpha()]
    if not words:
        return np.zeros(len(RHYTHM))
    logs = [math.log(n) for n in lengths]
    letters = [len(w) for w in words]
    counts = Counter(tokens)
    steps = [abs(b - a) for a, b in pairwise(logs)]
    return np.array(
        [
            sum(logs) / len(logs),
            float(np.std(logs)),
            sum(steps) / max(1, len(steps)),
            sum(n < SHORT_SENTENCE for n in lengths) / len(lengths),
            sum(n > LONG_SENTENCE for n in lengths) / len(lengths),
            sum(letters) / len(words),
            sum(n <= SHORT_WORD for n in letters) / len(words),
            sum(n >= LONG_WORD for n in letters) / len(words),
            sum("’" in w or "'" in w for w in words) / len(words),
            *(counts[mark] / len(words) for mark in RHYTHM_MARKS),
        ]
    )
