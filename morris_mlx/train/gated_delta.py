"""Gated delta rule in chunks of tokens, for training Qwen3.5, Qwen3-Next, Kimi Linear and the like.

The rule keeps a state S [value size, key size] for each head. A token with query q, key k, value v,
decay g and rate b changes it and reads it:

    S = S g;  d = b (v - S k);  S = S + d k^T;  output = S q

mlx-lm computes this token by token while training, and its backward pass keeps several arrays of
the state's size for each token: 31 GB for a layer of Qwen3.5 with 2,048 tokens. Here the tokens of
a chunk are computed together. All d of a chunk solve (I + A) d = b (v - S k), in which S is the
state before the chunk and A [chunk, chunk] has what earlier tokens of the chunk contribute (Yang
et al. 2024, "Gated Delta Networks"). Only the states between chunks are kept for the backward pass,
which computes everything else again, one chunk after the other. So memory grows linearly with the
length, by a state for each chunk.

All decays are exponentials of sums that are not positive, each over its own range of tokens, so
that nothing overflows however fast a state decays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np

# Tokens in a chunk. Fewer keep more states, more take more time for the inverse of I + A. With a
# decay for each number of the key, an array of the size of a chunk's keys exists for each token.
TOKENS, TOKENS_BY_KEY = 32, 16


def log_decay(
    rate_log: mx.array, gate: mx.array, bias: mx.array, lower_bound: float | None
) -> mx.array:
    """Return the logarithm of the decay g in float32, by the formula of mlx-lm's `compute_g`.

    With `lower_bound`, a negative number that no logarithm is below, the formula is that of
    `compute_lower_bound_g`.
    """
    rate = mx.exp(rate_log.astype(mx.float32))
    if lower_bound is not None:
        return lower_bound * mx.sigmoid(rate * (gate.astype(mx.float32) + bias))
    softplus: mx.array = nn.softplus(gate + bias)
    return -rate * softplus


def gated_delta_update(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    a: mx.array,
    b: mx.array,
    A_log: mx.array,  # noqa: N803
    dt_bias: mx.array,
    state: mx.array | None = None,
    mask: mx.array | None = None,
    *,
    use_kernel: bool = True,
    lower_bound: float | None = None,
    allow_neg_eigval: bool = False,
) -> tuple[mx.array, mx.array]:
    """Return what mlx-lm's function of this name does: the outputs and the last state.

    The names of the arguments are mlx-lm's, because its models pass some by name. `mask` and
    `use_kernel` are not used: rows of a training are padded at their end, which no earlier token
    reads, and no kernel has a backward pass.
    """
    rates = mx.sigmoid(b) * (2.0 if allow_neg_eigval else 1.0)
    return gated_delta(q, k, v, log_decay(A_log, a, dt_bias, lower_bound), rates, state)


def gated_delta(
    q: mx.array,
    k: mx.array,
    v: mx.array,
    decay: mx.array,
    rates: mx.array,
    state: mx.array | None = None,
    tokens: int = 0,
) -> tuple[mx.array, mx.array]:
    """Return outputs [B, L, H, V] and the last state [B, H, V, K] of the gated delta rule.

    `q` and `k` are [B, L, G, K], of which H / G heads each share one; `v` is [B, L, H, V], `rates`
    [B, L, H]. `decay`, as a logarithm, is [B, L, H], or [B, L, H, K] with one for each number of
    the key. `tokens`, a power of two, is the size of a chunk (0: the usual one).
    """
    batch, length, _, key = q.shape
    heads, value = v.shape[-2:]
    if state is None:
        state = mx.zeros((batch, heads, value, key))
    by_key = decay.ndim == 4
    tokens = tokens or (TOKENS_BY_KEY if by_key else TOKENS)
    parts = [slice(start, start + tokens) for start in range(0, length, tokens)]
    decay, rates = decay if by_key else decay[..., None], rates[..., None]
    output, state, *_ = _in_chunks(parts)(q, k, v, decay, rates, state)
    return output.astype(q.dtype), state


def _in_chunks(parts: Sequence[slice]) -> Callable[..., list[mx.array]]:
    """Return the rule over chunks as a function of its inputs, with its backward pass.

    Its results are the outputs, the last state, and the states before all chunks but the first.
    """

    @mx.custom_function
    def rule(*inputs: mx.array) -> list[mx.array]:
        *arrays, state = inputs
        outputs: list[mx.array] = []
        states: list[mx.array] = []
        for part in parts:
            # Otherwise the parts of all chunks that need no state would be computed first.
            chunk = mx.depends([x[:, part] for x in arrays], [state, *outputs[-1:]])
            q, k, v, decay, rates = chunk
            output, state = _chunk(q, k, v, decay, rates, state)
            outputs.append(output)
            states.append(state)
        return [mx.concatenate(outputs, axis=1), state, *states[:-1]]

    @rule.vjp
    def _(inputs: Any, cotangents: Any, results: Any) -> Any:
        *arrays, first = inputs
        by_output, by_state, *_ = cotangents
        states = [first, *results[2:]]
        gradients: list[list[mx.array]] = []
        for part, state in zip(reversed(parts), reversed(states), strict=True):
            # Otherwise all chunks would be computed again before the first of them is needed.
            before = [by_state, *(gradient[-1] for gradient in gradients[-1:])]
            chunk = mx.depends([x[:, part] for x in (*arrays, by_output)], before)
            _, found = mx.vjp(_both, [*chunk[:-1], state], [chunk[-1], by_state])
            *by_inputs, by_state = mx.depends(found, found[-1:])
            gradients.append(by_inputs)
        by_input = zip(*gradients, strict=True)
        joined = [mx.concatenate([*reversed(found)], axis=1) for found in by_input]
        return (*joined, by_state)

    function: Callable[..., Any] = rule
    return function


def _both(*arrays: mx.array) -> list[mx.array]:
    return list(_chunk(*arrays))


def _chunk(
    q: mx.array, k: mx.array, v: mx.array, decay: mx.array, rates: mx.array, state: mx.array
) -> tuple[mx.array, mx.array]:
    """Return the outputs of a chunk [B, C, H, V], and the state after it."""
    heads = v.shape[2]
    q, k = (mx.repeat(x, heads // x.shape[2], axis=2) for x in (q, k))
    q, k, v, decay, rates = (x.astype(mx.float32).swapaxes(1, 2) for x in (q, k, v, decay, rates))
    before = state.swapaxes(-1, -2)  # [K, V]
    between = _sums_between(decay)
    by_keys, by_queries = _products(q, k, between)
    since = mx.exp(mx.cumsum(decay, axis=2))  # from the beginning of the chunk
    missing = rates * (v - (since * k) @ before)
    inverse: Any = _inverse(mx.tril(rates * by_keys, -1))
    changes = inverse @ missing
    output = (since * q) @ before + mx.tril(by_queries) @ changes
    until_end = mx.exp(between[:, :, -1])
    after = since[:, :, -1:].swapaxes(-1, -2) * before + (k * until_end).swapaxes(-1, -2) @ changes
    return output.swapaxes(1, 2), after.swapaxes(-1, -2)


def _sums_between(decay: mx.array) -> mx.array:
    """Return the sums [B, H, C, C, n] of decay [B, H, C, n] after one token up to another.

    Element [.., i, j, :] is the sum over the tokens j + 1 to i, and 0 where j is not before i. A
    difference of sums from the beginning would lose digits after a fast decay.
    """
    length = decay.shape[2]
    after = mx.arange(length)[:, None] > mx.arange(length)
    return mx.cumsum(mx.where(after[..., None], decay[:, :, :, None], 0.0), axis=2)


def _products(q: mx.array, k: mx.array, between: mx.array) -> tuple[mx.array, mx.array]:
    """Return k_i . k_j and q_i . k_j, both [B, H, C, C], with the decay from j to i."""
    if between.shape[-1] == 1:
        decays, turned = mx.exp(between[..., 0]), k.swapaxes(-1, -2)
        return (k @ turned) * decays, (q @ turned) * decays
    decayed = mx.exp(between) * k[:, :, None]  # [B, H, i, j, K]
    both = decayed @ mx.stack([k, q], axis=-1)
    return both[..., 0], both[..., 1]


@mx.custom_function
def _inverse(below: mx.array) -> mx.array:
    """Return (I + below)^-1 of strictly lower triangular matrices [.., C, C].

    The inverses of diagonal blocks are joined to those of blocks twice as large, which rounds like
    forward substitution. A product of powers of `below` would lose all digits where keys repeat.
    """
    size = below.shape[-1]
    result = mx.broadcast_to(mx.eye(size), below.shape)
    for corner in _corners(size):
        result = result - result @ (below * corner) @ result
    return result


@_inverse.vjp
def _inverse_vjp(primals: Any, cotangent: Any, output: Any) -> Any:
    turned = output.swapaxes(-1, -2)
    return -(turned @ cotangent @ turned)


@cache
def _corners(size: int) -> tuple[mx.array, ...]:
    """Return masks of the blocks that join two diagonal blocks, of sizes 1, 2, 4 and so on."""
    place = np.arange(size)
    masks = []
    width = 1
    while width < size:
        same = place[:, None] // (2 * width) == place // (2 * width)
        halves = (place[:, None] // width % 2 == 1) & (place // width % 2 == 0)
        masks.append(mx.array(same & halves, dtype=mx.float32))
        width *= 2
    return tuple(masks)
