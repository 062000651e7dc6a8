"""Attention for generation on a CPU: mlx-lm's, with a vectorized exponential.

MLX's CPU backend computes the exponentials of a softmax one by one, and they are most of the cost
of a turn late in a chat. On a GPU one kernel does all of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from morris_mlx.models.fast_exp import CPU_TILE, exp

NAME = "scaled_dot_product_attention"  # called by mlx-lm's models, each in its own module
FEWEST_SCORES = 2**13  # with fewer, the additional operations cost as much as they save
HIDDEN = -1e9  # added to a masked score: its probability becomes 0


@contextmanager
def quick_attention(model: nn.Module) -> Iterator[None]:
    """Inside, let `model` use `attend` on a CPU; on a GPU change nothing.

    The function replaces the one in mlx-lm's module and is removed again, because nothing smaller
    can be exchanged. Only one thread generates, so no other code calls it meanwhile.
    """
    module: Any = sys.modules[type(model).__module__]
    theirs = getattr(module, NAME, None)
    if theirs is None or mx.default_device() == mx.Device(mx.gpu):
        yield
        return
    setattr(module, NAME, partial(attend, theirs))
    try:
        yield
    finally:
        setattr(module, NAME, theirs)


def attend(
    theirs: Callable[..., mx.array],
    queries: mx.array,
    keys: Any,
    values: Any,
    cache: Any,
    scale: float,
    mask: Any,
    sinks: mx.array | None = None,
) -> mx.array:
    """Return attention [B, H, L, d] of queries [B, H, L, d] over keys and values [B, G, K, d].

    `mask` is as in mlx-lm: None, "causal", or True where a key counts, [..., L, K]. `theirs`
    computes the cases that are rare or small.
    """
    batch, heads, length, _ = queries.shape
    plain = sinks is None and not hasattr(cache, "bits") and queries.dtype == mx.float32
    if isinstance(mask, mx.array):
        for_all_heads = mask.ndim == 2 or (mask.ndim == 4 and mask.shape[1] == 1)
        plain = plain and mask.dtype == mx.bool_ and for_all_heads
    if not plain or batch * heads * length * keys.shape[2] < FEWEST_SCORES:
        return theirs(queries, keys, values, cache=cache, scale=scale, mask=mask, sinks=sinks)
    size = max(1, CPU_TILE // (batch * heads * keys.shape[2]))
    blocks = []
    for start in range(0, length, size):
        block = queries[:, :, start : start + size] * scale
        seen = keys.shape[2]
        if isinstance(mask, str):  # later keys are masked for all of these
            seen += start + block.shape[2] - length
        added = _mask_scores(mask, start, block.shape[2], seen)
        blocks.append(_attend_block(block, keys[:, :, :seen], values[:, :, :seen], added))
    return mx.concatenate(blocks, axis=2) if len(blocks) > 1 else blocks[0]


def _mask_scores(mask: Any, start: int, count: int, keys: int) -> mx.array | None:
    """Return what to add to the scores [B, G, H / G, count, keys] of the queries from `start`."""
    if mask is None:
        return None
    if isinstance(mask, str):
        return (mx.arange(keys) > mx.arange(keys - count, keys)[:, None]) * HIDDEN
    part = mx.logical_not(mask[..., start : start + count, :]) * HIDDEN
    return part[:, :, None] if part.ndim == 4 else part


def _attend_block(q: mx.array, k: mx.array, v: mx.array, added: mx.array | None) -> mx.array:
    batch, heads, count, width = q.shape
    groups, length = k.shape[1:3]
    # The heads of a group share its keys: one product for all of them.
    scores = q.reshape(batch, groups, -1, width) @ k.swapaxes(-1, -2)
    if added is not None:
        shape = (batch, groups, heads // groups, count, length)
        scores = (scores.reshape(shape) + added).reshape(scores.shape)
    exponentials = exp(scores - scores.max(axis=-1, keepdims=True))
    output = (exponentials @ v) / exponentials.sum(axis=-1, keepdims=True)
    return output.reshape(batch, heads, count, -1)
