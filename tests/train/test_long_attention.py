"""Attention over long rows: MLX's values and gradients, with memory linear in the length."""

import mlx.core as mx
import pytest
from mlx_lm.models.base import create_causal_mask

from morris_mlx.train import long_attention as module
from morris_mlx.train.long_attention import long_attention

LENGTH = 40
MASKS = {
    "causal": None,
    "window": create_causal_mask(LENGTH, window_size=7),
    "by row": mx.stack([create_causal_mask(LENGTH), create_causal_mask(LENGTH, window_size=3)]),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_attention_and_gradients_are_those_of_mlx(monkeypatch, mask, groups):
    monkeypatch.setattr(module, "MOST_QUERIES", 16)
    mx.random.seed(0)
    q = mx.random.normal((2, 4, LENGTH, 8))
    k, v = mx.random.normal((2, groups, LENGTH, 8)), mx.random.normal((2, groups, LENGTH, 6))
    weight = mx.random.normal((2, 4, LENGTH, 6))
    wanted = MASKS[mask]
    if wanted is not None and wanted.ndim == 3:
        wanted = wanted[:, None]

    def ours(q, k, v):
        return (long_attention(q, k, v, 0.5, wanted) * weight).sum()

    def theirs(q, k, v):
        own = "causal" if wanted is None else wanted
        mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=0.5, mask=own)
        return (mixed * weight).sum()

    value, gradients = mx.value_and_grad(ours, (0, 1, 2))(q, k, v)
    expected, wanted_gradients = mx.value_and_grad(theirs, (0, 1, 2))(q, k, v)
    assert value.item() == pytest.approx(expected.item(), rel=1e-4)
    for one, other in zip(gradients, wanted_gradients, strict=True):
        assert mx.abs(one - other).max().item() < 1e-4


def test_the_memory_grows_with_the_length_and_not_with_its_square(monkeypatch):
    monkeypatch.setattr(module, "MOST_QUERIES", 32)

    def per_token(length):
        q, k, v = (mx.random.normal((1, 2, length, 8)) for _ in range(3))
        mx.eval(q, k, v)
        before = mx.get_active_memory()
        mx.reset_peak_memory()
        mx.eval(mx.grad(lambda *x: long_attention(*x, 0.5).square().sum(), (0, 1, 2))(q, k, v))
        return (mx.get_peak_memory() - before) / length

    assert per_token(2048) < 1.5 * per_token(512)
