"""Causal attention over packed rows: each row attends to itself, block by block of queries.

On Metal MLX's fused kernel computes each row. Elsewhere the formulas are those of attention.py,
with one backward pass for all rows of a lane, which computes the blocks one after the other: the
matrices of one block only are alive at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import mlx.core as mx
import numpy as np

from morris_mlx.models.fast_exp import exp
from morris_mlx.train.attention import HIDDEN, uses_fused_kernel
from morris_mlx.train.batch_shapes import QUERIES_IN_BLOCK
from morris_mlx.train.packed_batch import Segment

KEPT_MASKS = 64  # a mask has at most QUERIES_IN_BLOCK times the longest row's numbers


class Heads(NamedTuple):
    """The numbers of heads of queries and of keys, and the scale of the scores."""

    queries: int
    keys: int
    scale: float

    def split(self, x: mx.array) -> mx.array:
        """Return x [n, H * d] as [G, H / G * n, d]: the heads of a group share its keys."""
        by_head = x.reshape(x.shape[0], self.queries, -1).transpose(1, 0, 2)
        return by_head.reshape(self.keys, -1, by_head.shape[-1])

    def join(self, x: mx.array) -> mx.array:
        """Return x [G, H / G * n, d] as [n, H * d]."""
        return _flat(x.reshape(self.queries, -1, x.shape[-1]))


class _Block(NamedTuple):
    """Some queries of a lane and the keys of their row up to the last of them."""

    part: slice  # of the lane's tokens
    keys: slice  # of the keys that the lane has, which begin with those of earlier lanes
    is_last: bool  # of its row


def packed_attention(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    segments: Sequence[Segment],
    heads: Heads,
    recompute: bool,
    stream: mx.Stream,
) -> mx.array:
    """Return attention [n, H * d] of the queries q [n, H * d] of a lane.

    The keys and values k, v [b + n, G * d] begin with the b tokens of the first segment's row that
    are in earlier lanes. With `recompute`, no probabilities are kept for the backward pass.
    """
    if uses_fused_kernel(q.shape[-1] // heads.queries):
        return _fused(q, k, v, segments, heads)
    result: mx.array = _blockwise(segments, heads, recompute, stream)(q, k, v)[0]
    return result


def _fused(
    q: mx.array, k: mx.array, v: mx.array, segments: Sequence[Segment], heads: Heads
) -> mx.array:
    results = []
    for block in _blocks(segments, max(length for _, length in segments)):
        parts = (
            (q[block.part], heads.queries),
            (k[block.keys], heads.keys),
            (v[block.keys], heads.keys),
        )
        result = mx.fast.scaled_dot_product_attention(
            *(_by_head(x, count)[None] for x, count in parts), scale=heads.scale, mask="causal"
        )
        results.append(_flat(result[0]))
    return mx.concatenate(results)


def _blockwise(
    segments: Sequence[Segment], heads: Heads, recompute: bool, stream: mx.Stream
) -> Any:
    """Return the attention of a lane as a function of q, k, v with its own backward pass.

    Its outputs are the result and, for each block, what the backward pass needs: the probabilities
    or, to compute them again, each query's log-sum of exponentials.
    """

    @mx.custom_function
    def attend(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
        with mx.stream(stream):
            q, k, v = q * heads.scale, _by_head(k, heads.keys), _by_head(v, heads.keys)
            results, kept = [], []
            for block in _blocks(segments, QUERIES_IN_BLOCK):
                keys, values = k[:, block.keys], v[:, block.keys]
                scores = _scores(heads.split(q[block.part]), keys, heads.queries)
                top = scores.max(axis=-1, keepdims=True)
                exponentials = exp(scores - top)
                total = exponentials.sum(axis=-1, keepdims=True)
                if recompute:
                    results.append(heads.join((exponentials @ values) / total))
                    kept.append(top + mx.log(total))
                else:
                    kept.append(exponentials / total)
                    results.append(heads.join(kept[-1] @ values))
            return [mx.concatenate(results), *kept]

    @attend.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, ...]:
        with mx.stream(stream):
            q, k, v = mx.depends(list(primals), list(cotangents[:1]))
            return _backward(q, k, v, cotangents[0], outputs, segments, heads, recompute)

    return attend


def _backward(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    by_result: mx.array,
    outputs: Sequence[mx.array],
    segments: Sequence[Segment],
    heads: Heads,
    recompute: bool,
) -> tuple[mx.array, mx.array, mx.array]:
    """Return the gradients with respect to q, k and v."""
    q, k, v = q * heads.scale, _by_head(k, heads.keys), _by_head(v, heads.keys)
    by_q: list[mx.array] = []
    by_k: list[mx.array] = []
    by_v: list[mx.array] = []
    sums: list[mx.array] = []  # of the row so far: the gradients of its keys and of its values
    for block, kept in zip(_blocks(segments, QUERIES_IN_BLOCK), outputs[1:], strict=True):
        queries = heads.split(q[block.part])
        # One block after the other: all at once would need the memory of the whole matrix.
        keys, values, *sums = mx.depends([k[:, block.keys], v[:, block.keys], *sums], by_q[-1:])
        by_output = heads.split(by_result[block.part])
        mean = (by_output * heads.split(outputs[0][block.part])).sum(axis=-1, keepdims=True)
        probabilities = exp(_scores(queries, keys, heads.queries) - kept) if recompute else kept
        by_scores = probabilities * (by_output @ values.swapaxes(-1, -2) - mean)
        by_q.append(heads.join(by_scores @ keys))
        new = [by_scores.swapaxes(-1, -2) @ queries, probabilities.swapaxes(-1, -2) @ by_output]
        sums = [_extended(*both) for both in zip(sums, new, strict=True)] if sums else new
        if block.is_last:
            by_k.append(_flat(sums[0]))
            by_v.append(_flat(sums[1]))
            sums = []
    return mx.concatenate(by_q) * heads.scale, mx.concatenate(by_k), mx.concatenate(by_v)


def _blocks(segments: Sequence[Segment], size: int) -> Iterator[_Block]:
    """Yield the blocks of at most `size` queries of each segment."""
    start = first_key = 0
    for before, length in segments:
        for begin in range(0, length, size):
            end = min(begin + size, length)
            keys = slice(first_key, first_key + before + end)
            yield _Block(slice(start + begin, start + end), keys, end == length)
        start, first_key = start + length, first_key + before + length


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


def _by_head(x: mx.array, heads: int) -> mx.array:
    """Return x [n, heads * d] as [heads, n, d]."""
    return x.reshape(x.shape[0], heads, -1).transpose(1, 0, 2)


def _flat(x: mx.array) -> mx.array:
    """Return x [heads, n, d] as [n, heads * d]."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


@lru_cache(maxsize=KEPT_MASKS)
def _mask(queries: int, keys: int) -> mx.array:
    """Return what is added to the scores [queries, keys] of a row's last queries."""
    later = np.triu(np.ones((queries, keys), dtype=np.float32), k=keys - queries + 1)
    return mx.array(later * HIDDEN)
