"""Linear layers with low-rank adapters, and norms, with backward passes written by hand.

Layers that read the same input are computed together: one product x A with all their A matrices,
and one gradient with respect to x. On a CPU, a product with a matrix of few columns takes nearly
as long for one layer as for three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.tuner.lora import LoRALinear

from morris_mlx.train.byte_linear import ByteLinear
from morris_mlx.train.dropout import Dropout


def adapter_arrays(modules: Sequence[Any]) -> list[mx.array]:
    """Return A and B of every module that has an adapter."""
    adapted = [module for module in modules if isinstance(module, LoRALinear)]
    return [array for module in adapted for array in (module.lora_a, module.lora_b)]


class _FrozenLayer:
    """A linear layer of the base model, with its weights as they are or unpacked."""

    def __init__(self, layer: Any, after: Sequence[mx.array]) -> None:
        self._layer = layer
        self._weight: mx.array | None = None
        if isinstance(layer, ByteLinear):
            self._weight = layer.unpacked(list(after))
        elif not isinstance(layer, nn.QuantizedLinear):
            self._weight = layer.weight

    def forward(self, x: mx.array) -> mx.array:
        """Return the output [n, out] of x [n, in]."""
        layer = self._layer
        if self._weight is None:
            quantized: mx.array = layer(x)
            return quantized
        if "bias" in layer:
            return mx.addmm(layer.bias, x, self._weight.T)
        return x @ self._weight.T

    def backward(self, by_output: mx.array, plus: mx.array | None) -> mx.array:
        """Return the gradient with respect to x, added to `plus`."""
        if self._weight is not None:
            if plus is None:
                return by_output @ self._weight
            return mx.addmm(plus, by_output, self._weight)
        layer = self._layer
        product: mx.array = mx.quantized_matmul(
            by_output,
            layer.weight,
            scales=layer.scales,
            biases=layer.get("biases"),
            transpose=False,
            group_size=layer.group_size,
            bits=layer.bits,
            mode=layer.mode,
        )
        return product if plus is None else plus + product


class LinearGroup:
    """Linear layers that read the same input x [n, in].

    `arrays` are A [in, r] and B [r, out] of every adapter, in the order of the `modules`. Weights
    that are kept as bytes are unpacked once for all calls, after the arrays `after`.
    """

    def __init__(
        self, modules: Sequence[Any], arrays: Sequence[mx.array], after: Sequence[mx.array]
    ) -> None:
        adapted = [isinstance(module, LoRALinear) for module in modules]
        frozen = [m.linear if has else m for m, has in zip(modules, adapted, strict=True)]
        self._frozen = [_FrozenLayer(layer, after) for layer in frozen]
        self._adapted = [place for place, has in enumerate(adapted) if has]
        self._scales = [modules[place].scale for place in self._adapted]
        self._b = [s * b for s, b in zip(self._scales, arrays[1::2], strict=True)]
        self._rank = arrays[0].shape[1] if arrays else 0
        self._a = mx.concatenate(list(arrays[::2]), axis=1) if arrays else None

    def forward(self, x: mx.array, dropout: Dropout) -> tuple[list[mx.array], mx.array | None]:
        """Return the outputs [n, out] of the layers, and x A [n, layers * r] for `backward`."""
        outputs = [layer.forward(x) for layer in self._frozen]
        if self._a is None:
            return outputs, None
        low = dropout(x) @ self._a
        for number, place in enumerate(self._adapted):
            outputs[place] = _plus_product(
                outputs[place], self._columns(low, number), self._b[number]
            )
        return outputs, low

    def backward(
        self, x: mx.array, low: mx.array | None, by_outputs: Sequence[mx.array], dropout: Dropout
    ) -> tuple[mx.array, list[mx.array]]:
        """Return the gradients with respect to x and to A and B of every adapter."""
        by_x, by_arrays = None, []
        if low is not None and self._a is not None:
            outer = [by_outputs[place] for place in self._adapted]
            by_low = _joined([by @ b.T for by, b in zip(outer, self._b, strict=True)])
            by_a = dropout(x).T @ by_low
            for number, (by, scale) in enumerate(zip(outer, self._scales, strict=True)):
                by_arrays.append(self._columns(by_a, number))
                by_arrays.append((scale * self._columns(low, number)).T @ by)
            by_x = dropout(by_low @ self._a.T).astype(x.dtype)
        for layer, by in zip(self._frozen, by_outputs, strict=True):
            by_x = layer.backward(by, by_x)
        assert by_x is not None  # a group has at least one layer
        return by_x, by_arrays

    def _columns(self, low: mx.array, number: int) -> mx.array:
        """Return the columns of one adapter of x A."""
        if len(self._adapted) == 1:
            return low
        return low[:, number * self._rank : (number + 1) * self._rank]


def _joined(parts: Sequence[mx.array]) -> mx.array:
    return mx.concatenate(list(parts), axis=1) if len(parts) > 1 else parts[0]


def _plus_product(plain: mx.array, low: mx.array, b: mx.array) -> mx.array:
    """Return plain + low B, in the precision of `plain`."""
    if plain.dtype == low.dtype:
        return mx.addmm(plain, low, b)
    return plain + (low @ b).astype(plain.dtype)


def norm_and_gradient(
    norm: nn.RMSNorm, x: mx.array
) -> tuple[mx.array, Callable[[mx.array], mx.array]]:
    """Return the RMS norm of x, and the function from its gradient to that of x.

    MLX's own operation has a kernel on a GPU; on a CPU it is made of many operations.
    """
    if mx.default_device() == mx.Device(mx.gpu):

        def fast(x: mx.array) -> list[mx.array]:
            return [mx.fast.rms_norm(x, norm.weight, norm.eps)]

        return fast(x)[0], lambda by: mx.vjp(fast, [x], [by])[1][0]
    inverse = mx.rsqrt(mx.square(x).mean(axis=-1, keepdims=True) + norm.eps)
    unit = x * inverse

    def gradient(by_result: mx.array) -> mx.array:
        by_unit = by_result * norm.weight
        by_x: mx.array = (by_unit - unit * (by_unit * unit).mean(axis=-1, keepdims=True)) * inverse
        return by_x

    normalized: mx.array = unit * norm.weight
    return normalized, gradient
