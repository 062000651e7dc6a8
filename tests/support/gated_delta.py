"""Random inputs of the gated delta rule, and its results compared with mlx-lm's loop."""

from __future__ import annotations

import mlx.core as mx
from mlx_lm.models.gated_delta import gated_delta_ops

from morris_mlx.train.gated_delta import gated_delta

BATCH, GROUPS, HEADS, KEY, VALUE = 2, 2, 4, 16, 12


def rule_inputs(length: int, by_key: bool, speed: float = 1.0) -> list[mx.array]:
    """Return q, k, v, the logarithms of the decays, and the rates; `speed` is that of the decay."""
    mx.random.seed(0)
    q, k = (mx.random.normal((BATCH, length, GROUPS, KEY)) for _ in range(2))
    q, k = (x / mx.linalg.norm(x, axis=-1, keepdims=True) for x in (q, k))
    v = mx.random.normal((BATCH, length, HEADS, VALUE))
    shape = (BATCH, length, HEADS, *([KEY] if by_key else []))
    decay = -speed * mx.exp(2 * mx.random.normal(shape))
    return [q * KEY**-0.5, k, v, decay, mx.sigmoid(mx.random.normal((BATCH, length, HEADS)))]


def largest_difference(
    length: int, by_key: bool, speed: float = 1.0, inputs: list[mx.array] | None = None
) -> float:
    """Return the largest difference of the loss or of a gradient, relative to its size."""
    arrays = inputs or rule_inputs(length, by_key, speed)
    weight = mx.random.normal(arrays[2].shape)

    def ours(*arrays: mx.array) -> mx.array:
        output, state = gated_delta(*arrays)
        return (output * weight).sum() + state.square().sum()

    def theirs(q: mx.array, k: mx.array, v: mx.array, decay: mx.array, rates: mx.array) -> mx.array:
        output, state = gated_delta_ops(q, k, v, mx.exp(decay), rates)
        return (output * weight).sum() + state.square().sum()

    every = tuple(range(len(arrays)))
    value, gradients = mx.value_and_grad(ours, every)(*arrays)
    expected, wanted = mx.value_and_grad(theirs, every)(*arrays)
    pairs = zip((value, *gradients), (expected, *wanted), strict=True)
    return max(
        mx.abs(one - other).max().item() / mx.maximum(mx.abs(other).max(), 1e-3).item()
        for one, other in pairs
    )
