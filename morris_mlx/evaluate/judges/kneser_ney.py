"""An n-gram model with interpolated Kneser-Ney smoothing, over packed n-grams.

Formula (Kneser and Ney 1995; Chen and Goodman 1999, doi 10.1006/csla.1999.0128), with context h and
token w, h' being h without its first token, and discount D:

    p(w | h) = max(c(h w) - D, 0) / c(h) + D n(h) / c(h) p(w | h')

c counts occurrences for the longest n-grams; for shorter ones it counts the different tokens that
precede them. n(h) is the number of different tokens after h. The recursion ends at 1 / V.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from morris_mlx.evaluate.judges.measured_text import ORDER, TOKEN_BITS, Keys, MeasuredText, Vector

DISCOUNT = 0.75  # the usual value, and the paper's


class GrammarModel:
    """Probabilities of grammar tokens after the tokens before them, learned from texts."""

    def __init__(self, texts: Sequence[MeasuredText], vocabulary: int) -> None:
        """Count the n-grams of `texts`. `vocabulary` is the number V of possible tokens."""
        self._uniform = 1.0 / vocabulary
        keys, counts = _merge(texts)
        self._levels: list[_Level] = []
        for length in range(ORDER, 0, -1):
            self._levels.insert(0, _Level(keys, counts))
            mask = (1 << TOKEN_BITS * (length - 1)) - 1
            keys, counts = np.unique(keys & mask, return_counts=True)

    def log_probabilities(self, texts: Sequence[MeasuredText]) -> Vector:
        """Return for each text the sum of the natural logarithms of its tokens' probabilities."""
        if not texts:
            return np.zeros(0)
        # All n-grams in one array: NumPy takes longer to start than to look up those of a text.
        keys = np.concatenate([text.keys for text in texts])
        probability = np.full(len(keys), self._uniform)
        for length, level in enumerate(self._levels, 1):
            mask = (1 << TOKEN_BITS * length) - 1
            probability = level.interpolate(keys & mask, probability)
        ends = np.cumsum([len(text.keys) for text in texts])
        parts = np.split(np.log(probability), ends[:-1])
        return np.array(
            [np.dot(text.counts, part) for text, part in zip(texts, parts, strict=True)]
        )


class _Level:
    """The n-grams of one length."""

    def __init__(self, keys: Keys, counts: Keys) -> None:
        self._keys = keys
        self._discounted: Vector = np.maximum(counts - DISCOUNT, 0.0)
        contexts = keys >> TOKEN_BITS  # in ascending order, as the keys are
        begins = np.diff(contexts, prepend=-1) != 0
        self._contexts, at = contexts[begins], np.cumsum(begins) - 1
        self._totals = np.bincount(at, weights=counts, minlength=len(self._contexts))
        self._followers = np.bincount(at, minlength=len(self._contexts))

    def interpolate(self, keys: Keys, shorter: Vector) -> Vector:
        """Return the probabilities of n-grams, given those of the n-grams one token shorter."""
        if not len(self._keys):
            return shorter
        context, known = _find(self._contexts, keys >> TOKEN_BITS)
        at, seen = _find(self._keys, keys)
        total = self._totals[context]
        own = np.where(seen, self._discounted[at], 0.0)
        mixed: Vector = (own + DISCOUNT * self._followers[context] * shorter) / total
        return np.where(known, mixed, shorter)


def _merge(texts: Sequence[MeasuredText]) -> tuple[Keys, Keys]:
    """Return the n-grams of several texts in ascending order, with their counts."""
    if not texts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys, at = np.unique(np.concatenate([t.keys for t in texts]), return_inverse=True)
    counts = np.bincount(at, weights=np.concatenate([t.counts for t in texts]))
    return keys, counts.astype(np.int64)


def _find(sorted_keys: Keys, keys: Keys) -> tuple[Keys, NDArray[np.bool_]]:
    """Return the position of each key, and True where it occurs."""
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return at, sorted_keys[at] == keys
