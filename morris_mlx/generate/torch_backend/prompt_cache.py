"""Keys and values of earlier prompts, so that the next turn of a chat reads only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import DynamicCache

from morris_mlx.generate.backend import ActiveAdapter

MOST_KEPT = 3  # conversations; each costs as much memory as a batch row of its length
# Reusing a cache cuts it down to what is common. Below this share of it, it is left whole.
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    active: ActiveAdapter
    ids: tuple[int, ...]
    cache: Any


class PrefixCaches:
    """The last few caches of single rows, the latest last."""

    def __init__(self, config: Any) -> None:
        """`config` is transformers' of the model."""
        self._config = config
        self._kept: list[_Kept] = []

    def new(self) -> Any:
        return DynamicCache(config=self._config)

    def take(self, active: ActiveAdapter, ids: Sequence[int]) -> tuple[Any, int]:
        """(a cache, how many of `ids` are in it already): all but the last at most.

        The cache is the caller's from now on.
        """
        best, common = None, 0
        for kept in self._kept:
            if kept.active == active:
                shared = min(_shared(kept.ids, ids), len(ids) - 1)
                if shared > common and shared >= LEAST_SHARE * len(kept.ids):
                    best, common = kept, shared
        if best is None:
            return self.new(), 0
        self._kept.remove(best)
        best.cache.crop(common - len(best.ids))  # a negative number: so many fewer
        return best.cache, common

    def keep(self, active: ActiveAdapter, ids: Sequence[int], cache: Any) -> None:
        """Keep a cache that holds `ids` or the first of them, unless it could not be cut down."""
        length = cache.get_seq_length()
        window = getattr(self._config, "sliding_window", None)
        if 0 < length <= len(ids) and (window is None or length < window):
            self._kept.append(_Kept(active, tuple(ids[:length]), cache))
            del self._kept[:-MOST_KEPT]

    def clear(self) -> None:
        self._kept.clear()

    def bytes(self) -> int:
        return sum(
            layer.keys.nbytes + layer.values.nbytes
            for kept in self._kept
            for layer in kept.cache.layers
            if layer.is_initialized
        )


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    """The length of the longest common beginning."""
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared
