"""Functions that replace some of mlx-lm's during a training, because they need less memory.

mlx-lm's models import these functions by name, so they are replaced in the modules of the model's
classes, and only while its forward pass is built.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import mlx.core as mx
from mlx_lm.models import base

from morris_mlx.records.training import Recompute
from morris_mlx.train.attention import uses_fused_kernel
from morris_mlx.train.gated_delta import gated_delta_update
from morris_mlx.train.long_attention import long_attention

Function = Callable[..., Any]
PACKAGE = "mlx_lm.models."
CAUSAL = "causal"  # mlx-lm's name for the mask of a whole row


class LightFunctions:
    """The modules of one model, and the functions to use in them."""

    def __init__(self, model: Any, recompute: Recompute) -> None:
        names = {type(module).__module__ for module in model.modules()}
        self._modules = [sys.modules[name] for name in sorted(names) if name.startswith(PACKAGE)]
        self._functions: Mapping[str, Function] = {"gated_delta_update": gated_delta_update}
        if recompute != "none":
            self._functions = {
                **self._functions,
                "scaled_dot_product_attention": _attention,
            }

    @contextmanager
    def used(self) -> Iterator[None]:
        """Replace mlx-lm's functions in a `with` block."""
        before: list[tuple[ModuleType, str, Function]] = []
        try:
            for module in self._modules:
                for name, function in self._functions.items():
                    if hasattr(module, name):
                        before.append((module, name, getattr(module, name)))
                        setattr(module, name, function)
            yield
        finally:
            for module, name, function in before:
                setattr(module, name, function)


def _attention(
    queries: mx.array,
    keys: mx.array,
    values: mx.array,
    cache: Any,
    scale: float,
    mask: Any,
    sinks: mx.array | None = None,
) -> mx.array:
    """Return attention as mlx-lm's function does, without keeping the probabilities.

    Caches, sinks, and masks that are added to the scores are left to mlx-lm.
    """
    causal = isinstance(mask, str) and mask == CAUSAL
    boolean = isinstance(mask, mx.array) and mask.dtype == mx.bool_ and mask.ndim in (2, 4)
    square = queries.shape[2] == keys.shape[2] and (causal or _is_square(mask))
    fused = causal and uses_fused_kernel(queries.shape[-1])
    if (causal or boolean) and square and not fused and cache is None and sinks is None:
        return long_attention(queries, keys, values, scale, None if causal else mask)
    mixed: mx.array = base.scaled_dot_product_attention(
        queries, keys, values, cache, scale, mask, sinks
    )
    return mixed


def _is_square(mask: Any) -> bool:
    """Return True for a mask with a value for each query and key, the same for all heads."""
    shape: tuple[int, ...] = getattr(mask, "shape", ())
    return len(shape) >= 2 and shape[-1] == shape[-2] and (len(shape) == 2 or shape[1] == 1)
