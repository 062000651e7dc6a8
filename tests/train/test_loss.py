"""The loss and its gradients compared with the plain formula, and with mlx-lm where it is right."""

import math

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx_lm.tuner.trainer import default_loss

from morris_mlx.models.load import load_mlx_model
from morris_mlx.train import loss as loss_module
from morris_mlx.train.batch_sampler import build_batch
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loss import linear_cross_entropy, summed_loss


def random_row(length, learned_from=0, seed=0):
    ids = np.random.default_rng(seed).integers(3, 8000, length).tolist()
    return TokenRow(tuple(ids), tuple(i >= learned_from for i in range(length)))


def plain_loss(logits, targets, weights):
    return (nn.losses.cross_entropy(logits, targets, reduction="none") * weights).sum()


@pytest.mark.parametrize("rows_at_once", [1, 3, 7, 100])
def test_the_chunked_loss_and_its_gradients_are_those_of_the_plain_formula(
    monkeypatch, rows_at_once
):
    monkeypatch.setattr(loss_module, "tile_elements", lambda: 11 * rows_at_once)
    mx.random.seed(0)
    states, weight, low = (mx.random.normal(shape) for shape in ((7, 4), (11, 4), (4, 11)))
    targets, weights = mx.array([0, 3, 10, 3, 3, 1, 2]), mx.array([1.0, 1, 0, 1, 1, 1, 0])

    def logits(states, low):
        return states @ weight.T + states @ low

    def ours(states, low):
        return linear_cross_entropy(logits, states, [low], targets, weights) * 3.0

    def plain(states, low):
        return plain_loss(logits(states, low), targets, weights) * 3.0

    loss, gradients = mx.value_and_grad(ours, argnums=(0, 1))(states, low)
    expected, expected_gradients = mx.value_and_grad(plain, argnums=(0, 1))(states, low)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for ours_, theirs in zip(gradients, expected_gradients, strict=True):
        assert mx.abs(ours_ - theirs).max().item() < 2e-5


def test_the_logits_of_a_long_row_never_exist_as_a_whole():
    """The logits of 7,168 targets over 8,000 tokens have 229 MB; some chunks of 8 MB are enough."""
    states, weight = mx.random.normal((7168, 16)), mx.random.normal((8000, 16))
    targets, weights = mx.zeros(7168, dtype=mx.int32), mx.ones(7168)
    mx.eval(states, weight, targets, weights)
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    loss = mx.value_and_grad(
        lambda s: linear_cross_entropy(lambda x: x @ weight.T, s, [], targets, weights)
    )
    mx.eval(loss(states))
    assert mx.get_peak_memory() - before < 150e6


def test_the_mean_loss_is_that_of_mlx_lm_without_padding_and_mask(tiny):
    model = load_mlx_model(tiny.folder)
    rows = [random_row(40, seed=seed) for seed in (1, 2)]
    ids = mx.array([row.ids for row in rows])
    theirs, count = default_loss(model, ids, mx.array([[0, 40], [0, 40]]))
    ours = summed_loss(model, *build_batch(rows).arrays)
    assert count.item() == 78
    assert (ours / 78).item() == pytest.approx(theirs.item(), rel=1e-5)


def test_only_masked_targets_count(tiny):
    model = load_mlx_model(tiny.folder)
    row = random_row(40, learned_from=30)
    ids = mx.array([row.ids])
    expected = plain_loss(model(ids[:, :-1]), ids[:, 1:], mx.array([row.mask[1:]]))
    assert summed_loss(model, *build_batch([row]).arrays).item() == pytest.approx(
        expected.item(), rel=1e-5
    )


def test_a_prompt_that_fills_the_window_gives_zero_where_mlx_lm_gives_nan(tiny):
    model = load_mlx_model(tiny.folder)
    row = random_row(32, learned_from=32)
    theirs, _ = default_loss(model, mx.array([row.ids]), mx.array([[32, 32]]))
    assert math.isnan(theirs.item())
    assert summed_loss(model, *build_batch([row]).arrays).item() == 0.0
