"""Weights kept as bytes: exactly those of MLX's quantization."""

import mlx.core as mx
import mlx.nn as nn
import pytest

from morris_mlx.train.byte_linear import ByteLinear, keep_blocks_as_bytes


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("bias", [False, True])
def test_a_layer_in_bytes_has_the_weights_and_the_results_of_the_quantized_one(bits, bias):
    quantized = nn.QuantizedLinear(64, 32, bias=bias, group_size=32, bits=bits)
    layer = ByteLinear(quantized)
    expected = mx.dequantize(
        quantized.weight, quantized.scales, quantized.biases, group_size=32, bits=bits
    )
    x = mx.random.normal((3, 64))
    assert layer.weight.dtype == mx.uint8 and layer.weight.shape == (32, 64)
    assert mx.allclose(layer.unpacked([]), expected, atol=1e-6)
    assert mx.allclose(layer(x), quantized(x), atol=1e-4)
    by = mx.grad(lambda x: layer(x).sum())(x)
    assert mx.allclose(by, mx.broadcast_to(expected.sum(axis=0), x.shape), atol=1e-4)
    assert not layer.trainable_parameters()


def test_weights_of_other_sizes_stay_packed():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Sequential(nn.Linear(64, 32), nn.Linear(32, 64))]

    model = Model()
    nn.quantize(
        model,
        class_predicate=lambda name, module: (
            {"bits": 4 if "0.layers.0" in name else 6, "group_size": 32}
            if isinstance(module, nn.Linear)
            else False
        ),
    )
    keep_blocks_as_bytes(model)
    first, second = model.layers[0].layers
    assert isinstance(first, ByteLinear) and isinstance(second, nn.QuantizedLinear)
