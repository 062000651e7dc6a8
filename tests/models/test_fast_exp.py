"""The vectorized exponential of the CPU, compared with the C library's."""

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from morris_mlx.models.fast_exp import HIGHEST, LOWEST, exp
from morris_mlx.train.swiglu import swiglu


def test_exp_is_as_exact_as_that_of_mlx_within_its_bounds():
    x = mx.array(np.linspace(LOWEST, HIGHEST, 200_001), dtype=mx.float32)
    exact = np.exp(np.array(x, dtype=np.float64))
    ours = np.abs(np.array(exp(x)) / exact - 1).max()
    theirs = np.abs(np.array(mx.exp(x)) / exact - 1).max()
    assert ours < max(1.2 * theirs, 4e-6)


def test_exp_is_bounded_and_never_infinite_or_zero():
    ends = exp(mx.array([-1e9, -61.0, 100.0, 1e9]))
    assert mx.all(mx.isfinite(ends)).item()
    assert ends.tolist()[0] == ends.tolist()[1] > 0 and ends.tolist()[2] == ends.tolist()[3]


def test_swiglu_and_its_gradients_equal_those_of_mlx():
    mx.random.seed(0)
    gate, up = mx.random.normal((50, 7)) * 20, mx.random.normal((50, 7))
    for ours, theirs in zip(
        mx.grad(lambda g, u: swiglu(g, u).square().sum(), argnums=(0, 1))(gate, up),
        mx.grad(lambda g, u: (nn.silu(g) * u).square().sum(), argnums=(0, 1))(gate, up),
        strict=True,
    ):
        assert mx.allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    assert mx.allclose(swiglu(gate, up), nn.silu(gate) * up, rtol=1e-5, atol=1e-5)
