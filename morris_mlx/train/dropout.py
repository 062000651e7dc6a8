"""Dropout with explicit random keys."""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx


class Dropout:
    """Inverted dropout with an explicit key, so that recomputation drops the same values again.

    Layers that read the same input share one mask. Without a key nothing is dropped.
    """

    def __init__(self, rate: float, key: mx.array | None) -> None:
        self._rate = rate
        self._key = key if rate > 0 else None

    def split(self, count: int) -> Sequence[Dropout]:
        """Return `count` dropouts with independent masks."""
        if self._key is None:
            return (self,) * count
        return [Dropout(self._rate, key) for key in mx.random.split(self._key, count)]

    def __call__(self, x: mx.array) -> mx.array:
        """Return `x` with some values set to 0 and the others scaled by 1 / (1 - rate)."""
        if self._key is None:
            return x
        kept = mx.random.bernoulli(1 - self._rate, x.shape, key=self._key)
        return x * (kept * (1 / (1 - self._rate))).astype(x.dtype)


NO_DROPOUT = Dropout(0.0, None)
