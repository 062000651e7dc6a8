"""SwiGLU with a light backward pass, and the tile size of elementwise operations."""

from __future__ import annotations

from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import CPU_TILE, exp
from morris_mlx.train.lanes import on_stream


def tile_elements() -> int:
    """Return how many numbers to compute at once: on a CPU as many as suit its caches."""
    return 2**24 if mx.default_device() == mx.Device(mx.gpu) else CPU_TILE


def swiglu(gate: mx.array, up: mx.array, stream: mx.Stream | None = None) -> mx.array:
    """Return silu(gate) * up; the backward pass reuses the sigmoid.

    `stream` also computes the backward pass; the default stream does without it.
    """

    @mx.custom_function
    def product_and_sigmoid(gate: mx.array, up: mx.array) -> list[mx.array]:
        with on_stream(stream):
            sigmoid = (1 / (1 + exp(-gate.astype(mx.float32)))).astype(gate.dtype)
            return [gate * sigmoid * up, sigmoid]

    @product_and_sigmoid.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> tuple[mx.array, mx.array]:
        with on_stream(stream):
            (gate, up), sigmoid, by_output = primals, outputs[1], cotangents[0]
            silu = gate * sigmoid
            return by_output * up * (sigmoid + silu * (1 - sigmoid)), by_output * silu

    outputs: Any = product_and_sigmoid(gate, up)
    product: mx.array = outputs[0]
    return product
