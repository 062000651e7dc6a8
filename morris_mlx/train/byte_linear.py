"""Linear layers whose quantized weights are kept as bytes and unpacked where they are used.

On a CPU MLX's products with quantized weights are slow, so small models are unpacked. That takes
four bytes a weight. Bytes take a fourth of it, and to unpack them takes a tenth of the time that
MLX needs for packed weights: about 3 % of a training step.
"""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_unflatten

from morris_mlx.models.shape import is_kept_as_bytes

WORD = 32  # bits


class ByteLinear(nn.Linear):  # type: ignore[misc]  # MLX has no types for it
    """A linear layer with `weight` uint8 [out, in], and a scale and a bias for each group.

    A weight is its byte times the scale, plus the bias. It is made of a layer that MLX quantized
    in the affine mode, and its weights are exactly those.
    """

    def __init__(self, layer: nn.QuantizedLinear) -> None:
        nn.Module.__init__(self)
        places = mx.arange(0, WORD, layer.bits, dtype=mx.uint32)
        words = layer.weight[..., None] >> places
        self.weight = (words & (2**layer.bits - 1)).astype(mx.uint8).reshape(len(words), -1)
        self.scales = layer.scales.astype(mx.float32)[..., None]
        self.biases = layer.biases.astype(mx.float32)[..., None]
        if "bias" in layer:
            self.bias = layer.bias
        self.freeze()

    def unpacked(self, after: list[mx.array]) -> mx.array:
        """Return the weights [out, in] in float32, not computed before `after` are."""
        codes = mx.depends([self.weight], after)[0] if after else self.weight
        grouped = codes.reshape(*self.scales.shape[:2], -1).astype(mx.float32)
        weights: mx.array = grouped * self.scales + self.biases
        return weights.reshape(codes.shape)

    def __call__(self, x: mx.array) -> mx.array:
        """Return the outputs [..., out] of x [..., in]."""
        result: mx.array = x @ self.unpacked([x]).T
        return result + self.bias if "bias" in self else result


def keep_blocks_as_bytes(model: Any) -> None:
    """Replace the quantized linear layers of a model's blocks where that is possible."""
    for block in model.layers:
        found = [
            (name, ByteLinear(module))
            for name, module in block.named_modules()
            if isinstance(module, nn.QuantizedLinear) and is_kept_as_bytes(module.bits, module.mode)
        ]
        block.update_modules(tree_unflatten(found))
        mx.eval(block.parameters())
