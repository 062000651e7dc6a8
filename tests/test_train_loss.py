"""The loss, against numbers worked out by hand and against mlx-lm where mlx-lm is right."""

import math

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.tuner.trainer import default_loss

from morris_mlx.models import load_mlx_model
from morris_mlx.train.loss import summed_loss


def test_only_masked_targets_count():
    logits = np.random.default_rng(0).normal(size=(1, 3, 5)).astype(np.float32)
    ids = mx.array([[1, 2, 3, 4]])
    mask = mx.array([[True, False, True, False]])
    loss = summed_loss(lambda x: mx.array(logits), ids, mask).item()
    row = logits[0, 1]  # position 1 predicts the token at position 2, which is 3
    assert loss == pytest.approx(math.log(np.exp(row).sum()) - row[3], rel=1e-6)


def test_the_mean_is_mlx_lms_where_nothing_is_padded_or_masked(tiny):
    model = load_mlx_model(tiny.folder)
    ids = mx.random.randint(3, 8000, (2, 40))
    theirs, count = default_loss(model, ids, mx.array([[0, 40], [0, 40]]))
    ours = summed_loss(model, ids, mx.ones_like(ids) > 0)
    assert count.item() == 78
    assert (ours / 78).item() == pytest.approx(theirs.item(), rel=1e-6)


def test_a_prompt_that_fills_the_window_gives_zero_where_mlx_lm_gives_nan(tiny):
    model = load_mlx_model(tiny.folder)
    ids = mx.random.randint(3, 8000, (1, 32))
    theirs, _ = default_loss(model, ids, mx.array([[32, 32]]))
    assert math.isnan(theirs.item())
    assert summed_loss(model, ids, mx.zeros_like(ids) > 0).item() == 0.0
