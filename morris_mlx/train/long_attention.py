"""Attention over long rows with any mask, in memory that grows linearly with the length.

The queries are computed block by block, one block after the other, in the forward and in the
backward pass. The formulas are those of FlashAttention (Dao et al. 2022, section 3.1): of each
query its output and its log-sum of exponentials are kept, and the probabilities are computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import exp
from morris_mlx.train.swiglu import tile_elements

MOST_QUERIES, FEWEST_QUERIES = 256, 32  # in a block: more save little, fewer start many operations
HIDDEN = -1e9  # the score of a key that a query does not read, whose probability becomes 0


def long_attention(
    q: mx.array, k: mx.array, v: mx.array, scale: float, mask: mx.array | None = None
) -> mx.array:
    """Return attention [B, H, L, e] of q [B, H, L, d] over k [B, G, L, d] and v [B, G, L, e].

    H / G heads share the keys of a group. `mask` is boolean, True where a query reads a key:
    [L, L], or [B, 1, L, L]. Without it, a query reads all keys up to its own.
    """
    batch, heads, length, _ = q.shape
    fitting = tile_elements() // (batch * heads * length)
    size = min(max(fitting, FEWEST_QUERIES), MOST_QUERIES)
    parts = [slice(start, min(start + size, length)) for start in range(0, length, size)]
    output: mx.array = _in_blocks(parts, scale, mask)(q, k, v)[0]
    return output


def _in_blocks(
    parts: Sequence[slice], scale: float, mask: mx.array | None
) -> Callable[..., list[mx.array]]:
    """Return attention as a function of q, k and v, with its backward pass.

    Its results are the outputs and the log-sums of exponentials.
    """

    def scores(q: mx.array, k: mx.array, part: slice) -> mx.array:
        """Return the scores [B, G, H / G, l, L] of a block of queries in float32."""
        found = (q @ k[:, :, None].swapaxes(-1, -2)).astype(mx.float32) * scale
        if mask is None:
            places = mx.arange(part.start, part.stop)[:, None]
            return mx.where(mx.arange(k.shape[2]) > places, HIDDEN, found)
        rows = mask[..., part, :]
        return mx.where(rows[:, :, None] if rows.ndim == 4 else rows, found, HIDDEN)

    def keys(part: slice) -> slice:
        return slice(0, part.stop if mask is None else None)

    @mx.custom_function
    def attend(q: mx.array, k: mx.array, v: mx.array) -> list[mx.array]:
        outputs: list[mx.array] = []
        sums: list[mx.array] = []
        for part in parts:
            (block,) = mx.depends([_grouped(q[:, :, part], k)], outputs[-1:])
            found = scores(block, k[:, :, keys(part)], part)
            log_sums = mx.logsumexp(found, axis=-1, keepdims=True)
            mixed = exp(found - log_sums).astype(v.dtype) @ v[:, :, None, keys(part)]
            outputs.append(mixed.flatten(1, 2))
            sums.append(log_sums)
        return [mx.concatenate(outputs, axis=2), mx.concatenate(sums, axis=3)]

    @attend.vjp
    def _(primals: Any, cotangents: Any, results: Any) -> tuple[mx.array, ...]:
        q, k, v = primals
        by_queries: list[mx.array] = []
        by_keys, by_values = mx.zeros_like(k), mx.zeros_like(v)
        for part in parts:
            read = keys(part)
            pieces = [_grouped(x[:, :, part], k) for x in (q, cotangents[0], results[0])]
            # Otherwise the probabilities of all blocks would exist together.
            block, by_output, output = mx.depends(pieces, [by_keys, by_values, *by_queries[-1:]])
            shares = exp(scores(block, k[:, :, read], part) - results[1][:, :, :, part])
            mean = (by_output * output).astype(mx.float32).sum(axis=-1, keepdims=True)
            by_shares = (by_output @ v[:, :, None, read].swapaxes(-1, -2)).astype(mx.float32)
            by_scores = (shares * (by_shares - mean) * scale).astype(q.dtype)
            by_queries.append((by_scores @ k[:, :, None, read]).flatten(1, 2))
            by_keys = _added(by_keys, _over_group(by_scores, block))
            by_values = _added(by_values, _over_group(shares.astype(v.dtype), by_output))
        return mx.concatenate(by_queries, axis=2), by_keys, by_values

    function: Callable[..., Any] = attend
    return function


def _grouped(x: mx.array, k: mx.array) -> mx.array:
    """Return x [B, H, l, d] as [B, G, H / G, l, d]."""
    return mx.unflatten(x, 1, (k.shape[1], -1))


def _over_group(weights: mx.array, x: mx.array) -> mx.array:
    """Return the weighted sums [B, G, L, d] over the queries of all heads of a group."""
    return weights.flatten(2, 3).swapaxes(-1, -2) @ x.flatten(2, 3)


def _added(total: mx.array, part: mx.array) -> mx.array:
    """Add a part to the first tokens of a sum [B, G, L, d]."""
    missing = total.shape[2] - part.shape[2]
    return total + mx.pad(part, [(0, 0), (0, 0), (0, missing), (0, 0)])
