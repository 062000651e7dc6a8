"""Causal attention over packed rows: each row attends to itself, block by block of queries.

On Metal MLX's fused kernel computes each row. Elsewhere the formulas are those of attention.py,
with one backward pass for all rows of a lane, which computes the blocks one after the other: the
matrices of one block only are alive at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import mlx.core as mx
import numpy as np

from morris_mlx.models.fast_exp import exp
from morris_mlx.train.attention import HIDDEN, uses_fused_kernel
from morris_mlx.train.batch_shapes import QUERIES_IN_BLOCK, query_blocks
from morris_mlx.train.packed_batch import Segment

KEPT_MASKS = 64  # a mask has at most QUERIES_IN_BLOCK times the longest row's numbers


class _Block(NamedTuple):
    """Some queries of a lane and the keys of their row up to the last of them."""

    part: slice  # of the lane's tokens
    keys: slice  # of the lane's keys, in which each segment's are preceded by those before it
    is_last: bool  # of its segment


def packed_attention(
    q: mx.array, k: mx.array, v: mx.array, segments: Sequence[Segment], keep_probabilities: bool
) -> tuple[mx.array, list[mx.array]]:
    """Return attention [n, H * d] of a lane's scaled queries q [H, n, d], and what to keep.

    In the keys and values k, v [G, m, d], each segment's are preceded by those of the tokens of
    its row in earlier segments. For the backward pass, the probabilities of each block are kept,
    or, to compute them again, each query's log-sum of exponentials.
    """
    if uses_fused_kernel(q.shape[-1]):
        return flat(_fused(q, k, v, segments)), []
    results, kept = [], []
    for block in _blocks(segments, QUERIES_IN_BLOCK):
        queries, values = _grouped(q[:, block.part], k), v[:, block.keys]
        scores = _scores(queries, k[:, block.keys], len(q))
        top = scores.max(axis=-1, keepdims=True)
        exponentials = exp(scores - top)
        total = exponentials.sum(axis=-1, keepdims=True)
        if keep_probabilities:
            exponentials = exponentials / total
            kept.append(exponentials)
            result = exponentials @ values
        else:
            kept.append(top + mx.log(total))
            result = (exponentials @ values) / total
        results.append(result.reshape(len(q), -1, q.shape[-1]))
    return flat(_joined(results)), kept


def packed_attention_gradients(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    segments: Sequence[Segment],
    result: mx.array,
    by_result: mx.array,
    kept: Sequence[mx.array],
    kept_probabilities: bool,
) -> tuple[mx.array, mx.array, mx.array]:
    """Return the gradients with respect to q, k and v of `packed_attention`.

    `result` and `kept` are what it returned, and `by_result` is the gradient with respect to the
    result.
    """
    if uses_fused_kernel(q.shape[-1]):

        def fused(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
            return [flat(_fused(q, k, v, segments))]

        by_q, by_k, by_v = mx.vjp(fused, [q, k, v], [by_result])[1]
        return by_q, by_k, by_v
    # Of each query: the mean of the gradients with respect to its probabilities.
    means = (result * by_result).reshape(-1, len(q), q.shape[-1]).sum(axis=-1).T[..., None]
    by_result = by_head(by_result, len(q))
    by_qs: list[mx.array] = []
    by_ks: list[mx.array] = []
    by_vs: list[mx.array] = []
    sums: list[mx.array] = []  # of the segment so far: the gradients of its keys and its values
    blocks = _blocks(segments, QUERIES_IN_BLOCK)
    for block, of_block in zip(blocks, kept, strict=True):
        keys, values = k[:, block.keys], v[:, block.keys]
        # One block after the other: all at once would need the memory of the whole matrix.
        keys, values, *sums = mx.depends([keys, values, *sums], by_qs[-1:])
        queries, by_output = _grouped(q[:, block.part], k), _grouped(by_result[:, block.part], k)
        probabilities = of_block
        if not kept_probabilities:
            probabilities = exp(_scores(queries, keys, len(q)) - of_block)
        mean = _grouped(means[:, block.part], k)
        by_scores = probabilities * (by_output @ values.swapaxes(-1, -2) - mean)
        by_qs.append((by_scores @ keys).reshape(len(q), -1, q.shape[-1]))
        new = [by_scores.swapaxes(-1, -2) @ queries, probabilities.swapaxes(-1, -2) @ by_output]
        sums = [_extended(*both) for both in zip(sums, new, strict=True)] if sums else new
        if block.is_last:
            by_ks.append(sums[0])
            by_vs.append(sums[1])
            sums = []
    return _joined(by_qs), _joined(by_ks), _joined(by_vs)


def by_head(x: mx.array, heads: int) -> mx.array:
    """Return x [n, heads * d] as [heads, n, d]."""
    return x.reshape(x.shape[0], heads, -1).transpose(1, 0, 2)


def flat(x: mx.array) -> mx.array:
    """Return x [heads, n, d] as [n, heads * d]."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def _fused(q: mx.array, k: mx.array, v: mx.array, segments: Sequence[Segment]) -> mx.array:
    results = []
    for block in _blocks(segments, max(length for _, length in segments)):
        parts = q[:, block.part], k[:, block.keys], v[:, block.keys]
        q_, k_, v_ = (part[None] for part in parts)
        results.append(
            mx.fast.scaled_dot_product_attention(q_, k_, v_, scale=1.0, mask="causal")[0]
        )
    return _joined(results)


def _blocks(segments: Sequence[Segment], size: int) -> Iterator[_Block]:
    """Yield the blocks of each segment, of about `size` queries."""
    start = first_key = 0
    for before, length in segments:
        for begin, end in query_blocks(length, size):
            keys = slice(first_key, first_key + before + end)
            yield _Block(slice(start + begin, start + end), keys, end == length)
        start, first_key = start + length, first_key + before + length


def _grouped(x: mx.array, k: mx.array) -> mx.array:
    """Return x [H, c, d] as [G, H / G * c, d]: the heads of a group share its keys."""
    return x.reshape(len(k), -1, x.shape[-1])


def _scores(queries: mx.array, keys: mx.array, heads: int) -> mx.array:
    """Return the scores [G, H / G * c, L] of a block; later keys have a very low one."""
    groups, length, _ = keys.shape
    scores = (queries @ keys.swapaxes(-1, -2)).astype(mx.float32)
    count = queries.shape[1] * groups // heads
    masked = scores.reshape(groups, -1, count, length) + _mask(count, length)
    return masked.reshape(scores.shape)


def _extended(sums: mx.array, more: mx.array) -> mx.array:
    """Return the sum of [G, a, d] and [G, b, d], the first of which are of the first tokens."""
    length = sums.shape[1]
    return mx.concatenate([sums + more[:, :length], more[:, length:]], axis=1)


def _joined(parts: Sequence[mx.array]) -> mx.array:
    return mx.concatenate(list(parts), axis=1) if len(parts) > 1 else parts[0]


@lru_cache(maxsize=KEPT_MASKS)
def _mask(queries: int, keys: int) -> mx.array:
    """Return what is added to the scores [queries, keys] of a row's last queries."""
    later = np.triu(np.ones((queries, keys), dtype=np.float32), k=keys - queries + 1)
    return mx.array(later * HIDDEN)
