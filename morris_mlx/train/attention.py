"""Causal attention for training: by blocks of queries, each over its past alone.

Half of what mlx-lm computes is hidden by the causal mask; it is left out here. The backward pass
has the formulas of FlashAttention (Dao et al. 2022, section 3.1): it needs each query's log-sum of
exponentials and its output, and computes the probabilities again unless they were kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import exp
from morris_mlx.train.swiglu import tile_elements

Attend = Callable[..., Any]
MOST_QUERIES, FEWEST_QUERIES = 256, 32  # in a block: beyond, little is saved or much is started
HIDDEN = -1e9  # added to the score of a key that comes later: its probability is nothing


def causal_attention(
    q: mx.array, k: mx.array, v: mx.array, scale: float, recompute: bool
) -> mx.array:
    """Attention [B, H, L, d] of q [B, H, L, d] over k, v [B, H / n, L, d] up to itself.

    With `recompute`, no probabilities are kept for the backward pass.
    """
    batch, heads, length, _ = q.shape
    fitting = tile_elements() // (batch * heads * length)
    size = min(max(fitting, FEWEST_QUERIES), MOST_QUERIES)
    attend: Attend = _attend if recompute else _attend_and_keep
    q = q * scale
    blocks = []
    for start in range(0, length, size):
        end = min(start + size, length)
        past = k[:, :, :end], v[:, :, :end]
        blocks.append(attend(q[:, :, start:end], *past)[0])
    return mx.concatenate(blocks, axis=2) if len(blocks) > 1 else blocks[0]


def _forward(q: mx.array, k: mx.array, v: mx.array) -> tuple[mx.array, mx.array, mx.array]:
    """(output [B, H, l, d], log-sums, probabilities) of the last l queries of a sequence."""
    scores = _scores(q, k)
    top = scores.max(axis=-1, keepdims=True)
    exponentials = exp(scores - top)
    total = exponentials.sum(axis=-1, keepdims=True)
    output = (exponentials.astype(v.dtype) @ v) * (1 / total).astype(v.dtype)
    return output.reshape(q.shape), top + mx.log(total), (exponentials / total).astype(v.dtype)


def _scores(q: mx.array, k: mx.array) -> mx.array:
    """[B, G, H / G * l, L] in float32: the heads of a group share its keys."""
    batch, heads, count, _ = q.shape
    groups, length = k.shape[1:3]
    scores = (_by_group(q, groups) @ k.swapaxes(-1, -2)).astype(mx.float32)
    later = mx.arange(length) > mx.arange(length - count, length)[:, None]
    scores = scores.reshape(batch, groups, heads // groups, count, length) + later * HIDDEN
    return scores.reshape(batch, groups, -1, length)


def _by_group(x: mx.array, groups: int) -> mx.array:
    return x.reshape(x.shape[0], groups, -1, x.shape[-1])


def _backward(
    q: mx.array, k: mx.array, v: mx.array, output: mx.array, by_output: mx.array, chances: mx.array
) -> tuple[mx.array, mx.array, mx.array]:
    """Gradients by q, k, v; `chances` are the probabilities."""
    groups = k.shape[1]
    mean = _by_group((by_output * output).astype(mx.float32).sum(axis=-1, keepdims=True), groups)
    by_output = _by_group(by_output, groups)
    by_chances = (by_output @ v.swapaxes(-1, -2)).astype(mx.float32)
    by_scores = (chances * (by_chances - mean)).astype(q.dtype)
    return (
        (by_scores @ k).reshape(q.shape),
        by_scores.swapaxes(-1, -2) @ _by_group(q, groups),
        chances.astype(v.dtype).swapaxes(-1, -2) @ by_output,
    )


@mx.custom_function
def _attend(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
    output, log_sums, _ = _forward(q, k, v)
    return [output, log_sums]


@_attend.vjp
def _attend_vjp(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, ...]:
    # Not before it is their turn: all blocks' probabilities at once would be the whole matrix.
    q, k, v = mx.depends(primals, cotangents[:1])
    output, log_sums = outputs
    chances = exp(_scores(q, k) - log_sums)
    return _backward(q, k, v, output, cotangents[0], chances)


@mx.custom_function
def _attend_and_keep(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
    output, _, chances = _forward(q, k, v)
    return [output, chances]


@_attend_and_keep.vjp
def _attend_and_keep_vjp(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, ...]:
    q, k, v = primals
    output, chances = outputs
    return _backward(q, k, v, output, cotangents[0], chances)
