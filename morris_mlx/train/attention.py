"""Causal attention for training: MLX's fused kernel on Metal, blocks of queries elsewhere.

`blockwise_attention` computes each block of queries over the keys up to its end, so it leaves out
the half that the causal mask hides. Its backward pass has the formulas of FlashAttention (Dao et
al. 2022, section 3.1): it needs each query's log-sum of exponentials and its output, and computes
the probabilities again unless they were kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import exp
from morris_mlx.train.swiglu import tile_elements

Attend = Callable[..., Any]
MOST_QUERIES, FEWEST_QUERIES = 256, 32  # in a block: more save little, fewer start many operations
HIDDEN = -1e9  # added to the score of a later key, whose probability becomes 0
# The usual head sizes, which MLX has fused kernels for. For others it would compute, and keep, the
# whole matrix of probabilities.
FUSED_HEAD_SIZES = (64, 128)


def causal_attention(
    q: mx.array, k: mx.array, v: mx.array, scale: float, recompute: bool
) -> mx.array:
    """Return attention [B, H, L, d] of q [B, H, L, d] over k, v [B, H / n, L, d] up to itself.

    With `recompute`, no probabilities are kept for the backward pass. Padding at the end of a row
    needs no mask: no token before it attends to it.
    """
    if uses_fused_kernel(q.shape[-1]):
        return mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask="causal")
    return blockwise_attention(q, k, v, scale, recompute)


def uses_fused_kernel(head_size: int) -> bool:
    """Return True if MLX's fused attention is the better one on this device.

    On Metal it is: since MLX 0.32.4 its kernel has a backward pass that keeps no matrix of
    probabilities. That holds for the causal mask alone: packed rows or sliding windows would need
    an array as mask, with which MLX keeps the whole matrix, and so an extension of
    `blockwise_attention`.

    On a CPU MLX has no such kernel and computes the whole matrix, including the hidden half.
    scripts/bench/attention.py printed these milliseconds and peaks in MB for a forward and
    backward pass of four layers on two busy cores:

        tokens   blockwise, recomputing   fused
           256         172    35           212     36
           512         634    82           702    124
         1,024       2,096   209         3,702    460
         2,048       9,363   597        15,293  1,763
    """
    on_metal = mx.metal.is_available() and mx.default_device() == mx.Device(mx.gpu)
    return on_metal and head_size in FUSED_HEAD_SIZES


def blockwise_attention(
    q: mx.array, k: mx.array, v: mx.array, scale: float, recompute: bool
) -> mx.array:
    """Return the same as `causal_attention`, computed block by block of queries."""
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
    """Return (output [B, H, l, d], log-sums, probabilities) of a sequence's last l queries."""
    scores = _scores(q, k)
    top = scores.max(axis=-1, keepdims=True)
    exponentials = exp(scores - top)
    total = exponentials.sum(axis=-1, keepdims=True)
    output = (exponentials.astype(v.dtype) @ v) * (1 / total).astype(v.dtype)
    return output.reshape(q.shape), top + mx.log(total), (exponentials / total).astype(v.dtype)


def _scores(q: mx.array, k: mx.array) -> mx.array:
    """Return scores [B, G, H / G * l, L] in float32: the heads of a group share its keys."""
    batch, heads, count, _ = q.shape
    groups, length = k.shape[1:3]
    scores = (_by_group(q, groups) @ k.swapaxes(-1, -2)).astype(mx.float32)
    later = mx.arange(length) > mx.arange(length - count, length)[:, None]
    scores = scores.reshape(batch, groups, heads // groups, count, length) + later * HIDDEN
    return scores.reshape(batch, groups, -1, length)


def _by_group(x: mx.array, groups: int) -> mx.array:
    return x.reshape(x.shape[0], groups, -1, x.shape[-1])


def _backward(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    output: mx.array,
    by_output: mx.array,
    probabilities: mx.array,
) -> tuple[mx.array, mx.array, mx.array]:
    """Return the gradients with respect to q, k and v."""
    groups = k.shape[1]
    mean = _by_group((by_output * output).astype(mx.float32).sum(axis=-1, keepdims=True), groups)
    by_output = _by_group(by_output, groups)
    by_probabilities = (by_output @ v.swapaxes(-1, -2)).astype(mx.float32)
    by_scores = (probabilities * (by_probabilities - mean)).astype(q.dtype)
    return (
        (by_scores @ k).reshape(q.shape),
        by_scores.swapaxes(-1, -2) @ _by_group(q, groups),
        probabilities.astype(v.dtype).swapaxes(-1, -2) @ by_output,
    )


@mx.custom_function
def _attend(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
    output, log_sums, _ = _forward(q, k, v)
    return [output, log_sums]


@_attend.vjp
def _attend_vjp(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, ...]:
    # One block after the other: the probabilities of all blocks would be the whole matrix.
    q, k, v = mx.depends(primals, cotangents[:1])
    output, log_sums = outputs
    probabilities = exp(_scores(q, k) - log_sums)
    return _backward(q, k, v, output, cotangents[0], probabilities)


@mx.custom_function
def _attend_and_keep(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
    output, _, probabilities = _forward(q, k, v)
    return [output, probabilities]


@_attend_and_keep.vjp
def _attend_and_keep_vjp(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, ...]:
    q, k, v = primals
    output, probabilities = outputs
    return _backward(q, k, v, output, cotangents[0], probabilities)
