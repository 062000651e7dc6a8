"""Interpolated modified Kneser-Ney (Chen & Goodman 1999) over token ids, in NumPy.

The yardstick of the practice base: a strong model that only counts.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Order:
    """One order's n-grams. Keys are context index * V + token, sorted; contexts are rows of the
    order below. `probability` holds each n-gram's discounted share, `backoff` each context's
    weight for the lower order."""

    keys: np.ndarray
    share: np.ndarray
    contexts: np.ndarray
    backoff: np.ndarray


class KneserNey:
    """Fit on `ids` (a 1-D array of tokens); `bits` codes another array."""

    def __init__(self, ids: np.ndarray, order: int, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        ids = ids.astype(np.int64)
        positions = [ids]  # index of the n-gram of each length that ends at each position
        keys = [np.arange(vocab_size, dtype=np.int64)]
        for n in range(2, order + 1):
            key = positions[-1][:-1] * vocab_size + ids[n - 1 :]
            unique, inverse = np.unique(key, return_inverse=True)
            keys.append(unique)
            positions.append(inverse)
            print(f"\r{n}-grams: {len(unique):,}   ", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        self._keys = keys
        counts = [
            np.bincount(p, minlength=len(k)).astype(float)
            for p, k in zip(positions, keys, strict=True)
        ]
        # Below the top order an n-gram counts by how many different tokens come before it.
        for n in range(order - 1):
            suffix = self._suffix_index(n + 1, positions)
            counts[n] = np.bincount(suffix, minlength=len(keys[n])).astype(float)
        self.orders = [
            self._discount(keys[n], counts[n], len(keys[n - 1])) for n in range(1, order)
        ]
        smoothed = counts[0] + 0.5
        self.unigram = smoothed / smoothed.sum()

    def _suffix_index(self, n: int, positions: list[np.ndarray]) -> np.ndarray:
        """For every distinct n-gram of order n+1: the row of its last n tokens in order n."""
        longer, shorter = positions[n], positions[n - 1]
        _, first = np.unique(longer, return_index=True)
        return shorter[1:][first] if len(shorter) > len(longer) else shorter[first]

    def _discount(self, keys: np.ndarray, counts: np.ndarray, contexts: int) -> Order:
        ones, twos, threes, fours = ((counts == k).sum() for k in (1, 2, 3, 4))
        y = ones / max(1, ones + 2 * twos)
        # Chen & Goodman's three discounts; kept in range where a text is too small to fit them.
        amounts = (
            np.clip(1 - 2 * y * twos / max(1, ones), 0, 1),
            np.clip(2 - 3 * y * threes / max(1, twos), 0, 2),
            np.clip(3 - 4 * y * fours / max(1, threes), 0, 3),
        )
        discount = np.choose(np.clip(counts, 0, 3).astype(int), (0.0, *amounts))
        context = keys // self.vocab_size
        total = np.bincount(context, weights=counts, minlength=contexts)
        kept = np.bincount(context, weights=discount, minlength=contexts)
        share = (counts - discount) / np.maximum(total[context], 1e-12)
        backoff = np.where(total > 0, kept / np.maximum(total, 1e-12), 1.0)
        return Order(keys, share, total, backoff)

    def bits(self, ids: np.ndarray) -> float:
        """Bits to code `ids`, each token from the up to four before it."""
        ids = ids.astype(np.int64)
        probability = self.unigram[ids].copy()
        context = ids[:-1]  # row of the one token before, for positions 1..
        known = np.ones(len(context), dtype=bool)
        for n, order in enumerate(self.orders, 1):
            token = ids[n:]
            key = context * self.vocab_size + token
            row = np.minimum(np.searchsorted(order.keys, key), len(order.keys) - 1)
            seen = known & (order.keys[row] == key)
            mixed = np.where(seen, order.share[row], 0.0) + order.backoff[context] * probability[n:]
            probability[n:] = np.where(known, mixed, probability[n:])
            # The context one longer ends one token later: rows found here serve the next order.
            context, known = np.where(seen, row, 0)[:-1], seen[:-1]
        return float(-np.log2(probability).sum())
