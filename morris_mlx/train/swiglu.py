"""SwiGLU with a light backward pass, and the tile size of elementwise operations."""

from __future__ import annotations

from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import CPU_TILE, exp


def tile_elements() -> int:
    """Return how many numbers to compute at once: on a CPU as many as suit its caches."""
    return 2**24 if mx.default_device() == mx.Device(mx.gpu) else CPU_TILE


def sigmoid(x: mx.array) -> mx.array:
    """Return 1 / (1 + e^-x) in the precision of x. It is not differentiable."""
    return (1 / (1 + exp(-x.astype(mx.float32)))).astype(x.dtype)


def swiglu(gate: mx.array, up: mx.array) -> mx.array:
    """Return silu(gate) * up; the backward pass reuses the sigmoid."""

    @mx.custom_function
    def product_and_sigmoid(gate: mx.array, up: mx.array) -> list[mx.array]:
        share = sigmoid(gate)
        return [gate * share * up, share]

    @product_and_sigmoid.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, mx.array]:
        (gate, up), share, by_output = primals, outputs[1], cotangents[0]
        silu = gate * share
        return by_output * up * (share + silu * (1 - share)), by_output * silu

    outputs: Any = product_and_sigmoid(gate, up)
    product: mx.array = outputs[0]
    return product
