"""Prompt caches of transformers, made, trimmed and measured for `PrefixCache`."""

from __future__ import annotations

import inspect
from typing import Any

from transformers import DynamicCache, GenerationMixin

# The argument that a model takes its cache by; transformers renamed it within version 5.
_PARAMETERS = inspect.signature(GenerationMixin.prepare_inputs_for_generation).parameters
CACHE_ARGUMENT = "cache" if "cache" in _PARAMETERS else "past_key_values"


class TorchCaches:
    """The operations on caches, of single rows, of one model."""

    def __init__(self, config: Any) -> None:
        """Make caches for the model of transformers' `config`."""
        self._config = config

    def new(self) -> Any:
        """Return an empty cache."""
        return DynamicCache(config=self._config)

    def can_trim(self, cache: Any) -> bool:
        """Return True unless sliding attention has dropped the beginning of the cache."""
        window = getattr(self._config, "sliding_window", None)
        return window is None or cache.get_seq_length() < window

    def trim(self, cache: Any, count: int) -> None:
        """Cut the last `count` ids off a cache, in place."""
        if count > 0:
            cache.crop(-count)  # a negative number: so many fewer

    def bytes(self, cache: Any) -> int:
        """Return the memory of the keys and values of a cache in bytes."""
        return sum(
            layer.keys.nbytes + layer.values.nbytes
            for layer in cache.layers
            if layer.is_initialized
        )
