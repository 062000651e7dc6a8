"""Prompt caches of transformers, made, trimmed and measured for `PrefixCache`."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor
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
        """Return True unless sliding attention has dropped the beginning of the cache.

        The state of a recurrent layer cannot go back.
        """
        if any(not hasattr(layer, "keys") for layer in cache.layers):
            return False
        window = getattr(self._config, "sliding_window", None)
        return window is None or cache.get_seq_length() < window

    def trim(self, cache: Any, count: int) -> None:
        """Cut the last `count` ids off a cache, in place."""
        if count > 0:
            cache.crop(-count)  # a negative number: so many fewer

    def bytes(self, cache: Any) -> int:
        """Return the memory of the keys and values, and of recurrent states, in bytes."""
        return sum(tensor.nbytes for layer in cache.layers for tensor in _tensors(layer))


def _tensors(layer: Any) -> list[Tensor]:
    """Return the tensors of a layer of a cache."""
    if hasattr(layer, "keys"):
        return [layer.keys, layer.values] if layer.is_initialized else []
    states = [*layer.conv_states.values(), *layer.recurrent_states.values()]
    return [state for state in states if state is not None]
