"""Rotary positions as tables: the results of MLX's own operation, and its gradients."""

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx_lm.models.rope_utils import initialize_rope

from morris_mlx.train.rotations import rotations

SEGMENTS = ((0, 5), (3, 4), (200, 2))
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
ROPES = [
    nn.RoPE(16),
    nn.RoPE(16, traditional=True, base=100),
    initialize_rope(16, 10000.0, False, LLAMA3, 512),
    initialize_rope(16, 10000.0, False, {"rope_type": "yarn", "factor": 4.0}, 512),
]


def expected(rope, x):
    parts, start = [], 0
    for before, length in SEGMENTS:
        parts.append(rope(x[None, :, start : start + length], offset=before)[0])
        start += length
    return mx.concatenate(parts, axis=1)


@pytest.mark.parametrize("rope", ROPES)
def test_tables_rotate_as_the_operation_does(rope):
    x, by = mx.random.normal((3, 11, 16)), mx.random.normal((3, 11, 16))
    tables = rotations(rope, 16, SEGMENTS)
    (theirs,), (by_x,) = mx.vjp(lambda x: [expected(rope, x)], [x], [by])
    assert mx.allclose(tables.forward(x), theirs, atol=1e-5)
    assert mx.allclose(tables.backward(by), by_x, atol=1e-5)
    assert mx.allclose(tables.scaled(0.5).forward(x), theirs * 0.5, atol=1e-5)
