"""Blockwise causal attention and its gradients compared with MLX's own."""

import mlx.core as mx
import pytest

from morris_mlx.train import attention as module
from morris_mlx.train.attention import blockwise_attention, causal_attention, uses_fused_kernel


@pytest.mark.parametrize("recompute", [True, False])
@pytest.mark.parametrize("queries", [3, 8, 32, 256])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_attention_and_gradients_are_those_of_mlx(monkeypatch, recompute, queries, groups):
    monkeypatch.setattr(module, "MOST_QUERIES", queries)
    monkeypatch.setattr(module, "FEWEST_QUERIES", min(queries, 32))
    mx.random.seed(0)
    q = mx.random.normal((2, 4, 40, 8))
    k, v = mx.random.normal((2, groups, 40, 8)), mx.random.normal((2, groups, 40, 8))
    weight = mx.random.normal(q.shape)

    def ours(q, k, v):
        return (blockwise_attention(q, k, v, 0.5, recompute) * weight).sum()

    def theirs(q, k, v):
        mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=0.5, mask="causal")
        return (mixed * weight).sum()

    every = (0, 1, 2)
    ours_value, ours_gradients = mx.value_and_grad(ours, argnums=every)(q, k, v)
    value, gradients = mx.value_and_grad(theirs, argnums=every)(q, k, v)
    assert ours_value.item() == pytest.approx(value.item(), rel=1e-4)
    for one, other in zip(ours_gradients, gradients, strict=True):
        assert mx.abs(one - other).max().item() < 1e-4


def test_half_precision_keeps_its_type_and_is_close_to_float32(monkeypatch):
    monkeypatch.setattr(module, "MOST_QUERIES", 16)
    mx.random.seed(0)
    q, k, v = (mx.random.normal((1, 2, 40, 8)) for _ in range(3))
    exact = blockwise_attention(q, k, v, 0.3, True)
    half = [x.astype(mx.bfloat16) for x in (q, k, v)]
    rough = blockwise_attention(*half, 0.3, True)
    assert rough.dtype == mx.bfloat16
    assert mx.abs(rough.astype(mx.float32) - exact).max().item() < 0.05
    gradient = mx.grad(lambda q: blockwise_attention(q, *half[1:], 0.3, True).sum())(half[0])
    assert gradient.dtype == mx.bfloat16


def test_recomputing_keeps_no_probabilities():
    q = mx.random.normal((1, 4, 1024, 16))

    def layers(q, recompute):
        for _ in range(6):
            q = blockwise_attention(q, q, q, 0.1, recompute)
        return q.sum()

    def peak(recompute):
        mx.eval(q)
        mx.reset_peak_memory()
        mx.eval(mx.grad(lambda q: layers(q, recompute))(q))
        return mx.get_peak_memory()

    assert peak(True) < 0.7 * peak(False)


def test_a_cpu_computes_attention_by_blocks_and_metal_with_the_fused_kernel(monkeypatch):
    """MLX has no fused kernel for a CPU: it would compute and keep the whole matrix."""
    q = mx.random.normal((1, 2, 40, 64))
    calls = []
    monkeypatch.setattr(module, "blockwise_attention", lambda *_: calls.append("blocks"))
    causal_attention(q, q, q, 0.1, True)
    assert calls == ["blocks"] and not uses_fused_kernel(64)
    monkeypatch.setattr(mx.metal, "is_available", lambda: True)
    monkeypatch.setattr(mx, "default_device", lambda: mx.Device(mx.gpu))
    assert uses_fused_kernel(64) and uses_fused_kernel(128)
    assert not uses_fused_kernel(20), "without a kernel of this size the matrix would be kept"
