"""SwiGLU with a light backward pass, and the tile size of elementwise operations."""

from __future__ import annotations

from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import CPU_TILE, exp


def tile_elements() -> int:
    """Return how many numbers to compute at once: on a CPU as many as suit its caches."""
    return 2**24 if mx.default_device() == mx.Device(mx.gpu) else CPU_TILE


def swiglu(gate: mx.array, up: mx.array) -> mx.array:
    """Return silu(gate) * up; the backward pass reuses the sigmoid."""
    outputs: Any = _swiglu_and_sigmoid(gate, up)
    product: mx.array = outputs[0]
    return product


@mx.custom_function
def _swiglu_and_sigmoid(gate: mx.array, up: mx.array) -> list[mx.array]:
    """Return the sigmoid as a second output, so that the backward pass has it."""
    sigmoid = (1 / (1 + exp(-gate.astype(mx.float32)))).astype(gate.dtype)
    return [gate * sigmoid * up, sigmoid]


@_swiglu_and_sigmoid.vjp
def _swiglu_vjp(
    primals: list[mx.array], cotangents: list[mx.array], outputs: list[mx.array]
) -> tuple[mx.array, mx.array]:
    (gate, up), sigmoid, by_output = primals, outputs[1], cotangents[0]
    silu = gate * sigmoid
    return by_output * up * (sigmoid + silu * (1 - sigmoid)), by_output * silu
