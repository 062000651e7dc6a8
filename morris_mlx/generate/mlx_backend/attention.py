"""Attention for generating on a CPU: as mlx-lm's, with the exponential that runs on vectors.

MLX's CPU backend takes the exponentials of a softmax one by one, and they are most of what a turn
late in a chat costs. A GPU has a kernel of its own for all of it.
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

NAME = "scaled_dot_product_attention"  # what mlx-lm's models call, each in its own module
FEWEST_SCORES = 2**13  # with fewer, starting more operations costs what they save
HIDDEN = -1e9  # added to a score that does not count: its probability is nothing


@contextmanager
def quick_attention(model: nn.Module) -> Iterator[None]:
    """On a CPU, `model` attends through `attend` inside; elsewhere nothing changes.

    The function is put into mlx-lm's module and taken out again, because nothing smaller of it can
    be exchanged. One thread generates, so nobody else calls it meanwhile.
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
    """[B, H, L, d] of queries [B, H, L, d] over keys and values [B, G, K, d]; mask as mlx-lm's:
    None, "causal", or what counts, [..., L, K]. `theirs` does what is rare or small.
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
        if isinstance(mask, str):  # later keys are hidden from all of these
            seen += start + block.shape[2] - length
        added = _hiding(mask, start, block.shape[2], seen)
        blocks.append(_attended(block, keys[:, :, :seen], values[:, :, :seen], added))
    return mx.concatenate(blocks, axis=2) if len(blocks) > 1 else blocks[0]


def _hiding(mask: Any, start: int, count: int, keys: int) -> mx.array | None:
    """What is added to the scores [B, G, H / G, count, keys] of the queries from `start`."""
    if mask is None:
        return None
    if isinstance(mask, str):
        return (mx.arange(keys) > mx.arange(keys - count, keys)[:, None]) * HIDDEN
    part = mx.logical_not(mask[..., start : start + count, :]) * HIDDEN
    return part[:, :, None] if part.ndim == 4 else part


def _attended(q: mx.array, k: mx.array, v: mx.array, added: mx.array | None) -> mx.array:
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
