"""Prompt caches of mlx-lm, made, trimmed and measured for `PrefixCache`."""

from __future__ import annotations

from typing import Any

import mlx.nn as nn
from mlx_lm.models.cache import (
    KVCache,
    RotatingKVCache,
    can_trim_prompt_cache,
    make_prompt_cache,
    trim_prompt_cache,
)

KEPT_AT_START = 4  # tokens that a rotating cache never drops: attention relies on the first ones


class MLXCaches:
    """The operations on caches of one model."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model

    def new(self) -> Any:
        """Return an empty cache, which grows without limit."""
        return make_prompt_cache(self._model)

    def rotating(self, window: int) -> Any:
        """Return an empty cache that drops all but the last `window` tokens and the first few.

        Layers with their own kind of cache, such as sliding attention, have a fixed maximum size.
        """
        return [
            RotatingKVCache(max_size=window, keep=KEPT_AT_START) if type(own) is KVCache else own
            for own in make_prompt_cache(self._model)
        ]

    def are_plain(self, cache: Any) -> bool:
        """Return True if every layer keeps all keys and values, so that any batch can copy them."""
        return all(type(layer) is KVCache for layer in cache)

    def can_trim(self, cache: Any) -> bool:
        """Return True if the end of every layer's cache can be cut off."""
        return bool(can_trim_prompt_cache(cache))

    def trim(self, cache: Any, count: int) -> None:
        """Cut the last `count` ids off a cache, in place."""
        trim_prompt_cache(cache, count)

    def bytes(self, cache: Any) -> int:
        """Return the memory of a cache's keys and values in bytes."""
        return sum(layer.nbytes for layer in cache)
