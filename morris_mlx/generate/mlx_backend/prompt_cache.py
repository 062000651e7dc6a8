"""Keys and values of prompts that were read, kept for the next turn of the same conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.nn as nn
from mlx_lm.models.cache import (
    RotatingKVCache,
    can_trim_prompt_cache,
    make_prompt_cache,
    trim_prompt_cache,
)

from morris_mlx.generate.backend import PROMPT_CACHES, ActiveAdapter

KEPT_AT_START = 4  # tokens of a prompt that a rotating cache never forgets: attention leans on them
TAKEN_OVER = 1 / 2  # share of a kept prompt that must be the same; less is another conversation


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    active: ActiveAdapter
    ids: tuple[int, ...]
    cache: Any

    @property
    def size_gb(self) -> float:
        return float(sum(layer.nbytes for layer in self.cache)) / 1e9


class PromptCaches:
    """The last few conversations, each under what the model wore when it read them.

    mlx-lm's own LRUPromptCache copies what it gives out: twice the memory, half a gigabyte for
    a long talk with Zephyr. Here the next turn takes the cache itself, and gives it back.
    """

    def __init__(self, model: nn.Module, most_gb: float) -> None:
        self._model = model
        self._most_gb = most_gb
        self._kept: list[_Kept] = []

    def new(self) -> Any:
        """A cache that has read nothing."""
        return make_prompt_cache(self._model)

    def take(self, active: ActiveAdapter, ids: Sequence[int], again: int) -> tuple[Any, int]:
        """(cache, how many of `ids` it has read): never any of the last `again`."""
        most = len(ids) - max(again, 1)
        best, shared = None, 0
        for kept in self._kept:
            same = _shared_length(kept.ids, ids) if kept.active == active else 0
            if same >= max(shared, TAKEN_OVER * len(kept.ids), 1):
                best, shared = kept, same
        shared = min(shared, most)
        if best is None or shared < 1:
            return self.new(), 0
        self._kept.remove(best)
        trim_prompt_cache(best.cache, len(best.ids) - shared)
        return best.cache, shared

    def keep(self, active: ActiveAdapter, ids: Sequence[int], cache: Any) -> None:
        """`cache` has read exactly `ids`. The oldest go when there are too many."""
        if not ids or not can_trim_prompt_cache(cache):
            return
        self._kept.append(_Kept(active, tuple(ids), cache))
        while len(self._kept) > 1 and (
            len(self._kept) > PROMPT_CACHES or sum(k.size_gb for k in self._kept) > self._most_gb
        ):
            del self._kept[0]

    def rotating(self, window: int) -> Any:
        """A cache that forgets all but the last `window` tokens and the first few."""
        layers = len(make_prompt_cache(self._model))
        return [RotatingKVCache(max_size=window, keep=KEPT_AT_START) for _ in range(layers)]


def _shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
