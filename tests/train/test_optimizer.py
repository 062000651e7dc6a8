"""Learning rate schedule, clipping and AdamW compared with their published formulas."""

import itertools
import math

import mlx.core as mx
import pytest

from morris_mlx.train.optimizer import build_optimizer, learning_rate, scale_and_clip
from morris_mlx.train.recipes import ARTICLES_RECIPE


def test_the_learning_rate_rises_to_its_maximum_then_falls_along_a_cosine_to_a_tenth():
    steps = 100
    rates = [learning_rate(ARTICLES_RECIPE, s, steps) for s in range(steps)]
    top = ARTICLES_RECIPE.learning_rate
    assert rates[0] == pytest.approx(top / 5)
    assert rates[4] == rates[5] == pytest.approx(top)
    assert all(a > b for a, b in itertools.pairwise(rates[5:]))
    assert rates[52] == pytest.approx(0.55 * top, rel=0.02)
    assert learning_rate(ARTICLES_RECIPE, steps, steps) == pytest.approx(top / 10)


def test_gradients_become_means_and_are_clipped_by_their_global_norm():
    gradients = {"a": mx.array([6.0, 0.0]), "b": mx.array([[8.0]])}
    clipped, norm = scale_and_clip(gradients, tokens=2, clip_norm=1.0)
    assert norm.item() == pytest.approx(5.0)  # |(3, 0, 4)|
    assert clipped["a"].tolist() == pytest.approx([0.6, 0.0], rel=1e-5)
    assert clipped["b"].tolist()[0] == pytest.approx([0.8], rel=1e-5)
    small, _ = scale_and_clip(gradients, tokens=2, clip_norm=100.0)
    assert small["b"].item() == pytest.approx(4.0)
    off, _ = scale_and_clip(gradients, tokens=2, clip_norm=0.0)
    assert off["b"].item() == pytest.approx(4.0)


def test_adamw_corrects_its_bias_from_the_first_step():
    optimizer = build_optimizer(ARTICLES_RECIPE)
    optimizer.learning_rate = 0.1
    weight = {"w": mx.array([[1.0]]), "m": mx.array([1.0])}
    gradient = 0.5
    gradients = {"w": mx.array([[gradient]]), "m": mx.array([gradient])}
    new = optimizer.apply_gradients(gradients, weight)
    # torch's AdamW: decay first, then lr * m_hat / (sqrt(v_hat) + eps), where both are exact.
    expected = 1.0 * (1 - 0.1 * ARTICLES_RECIPE.weight_decay) - 0.1 * gradient / math.sqrt(
        gradient**2
    )
    assert new["w"].item() == pytest.approx(expected, rel=1e-6)
    assert new["m"].item() == pytest.approx(0.9, rel=1e-6), "DoRA's magnitudes do not decay"
